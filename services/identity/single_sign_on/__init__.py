"""Signing in by another's word: OpenID Connect providers, and whom of theirs we let in."""
