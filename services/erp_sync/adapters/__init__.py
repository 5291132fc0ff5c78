"""Outside systems: the port (`port.py`), the shape of documents for all of them (`shapes.py`), a folder a connector."""
