"""Requests of contacts that a colleague be let in, too: asked, approved or refused, and told."""
