"""Searching: what a person may find, kind by kind, how it is ranked, and how it shows where the words stand."""
