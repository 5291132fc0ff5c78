"""Generates the demo company's ERP export: Tarnbrook Supply, fittings and add-on software. See docs/demo-export-set.md.

The same anchor date gives the same files, byte for byte.
"""

from deploy.local.demo_data.export import FILES, write_export

__all__ = ["FILES", "write_export"]
