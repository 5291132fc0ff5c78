"""The file connector: exports that an ERP writes come in, orders go out as files that an ERP imports."""
