"""Mails to contacts: which there are, how each is written, how it is sent."""
