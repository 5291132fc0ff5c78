"""Canonical examples with fixed values, shared by the tests of a service."""
