"""The six services. Each folder has the same rooms; `contract.py` is the only one others may import."""
