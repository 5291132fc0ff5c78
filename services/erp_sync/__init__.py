"""The way to and from the ERP: documents in, orders out."""
