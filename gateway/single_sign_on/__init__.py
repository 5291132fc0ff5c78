"""OpenID Connect: what this gateway asks a provider, and how it makes sure of the answer."""
