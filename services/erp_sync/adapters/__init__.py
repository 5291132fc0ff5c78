"""Outside systems: the port (`port.py`), what documents look like for all of them (`shapes.py`), one folder a connector."""
