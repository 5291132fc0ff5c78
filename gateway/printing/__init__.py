"""HTML made into PDFs, by a process beside the gateway's own: see printer.py."""
