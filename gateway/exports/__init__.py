"""Exports of reports (R5): rows as typed values, files of them, and the processes that make the large ones."""
