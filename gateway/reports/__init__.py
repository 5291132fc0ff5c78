"""Reports over documents: kinds, filters and the statements that read them."""
