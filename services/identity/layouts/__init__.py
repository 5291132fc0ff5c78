"""Layouts of reports: how a company's people look at their lists, saved under names."""
