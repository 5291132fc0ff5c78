"""What portal admins decide of the portal as a whole: how it looks, what stands in its menu, which features it has."""
