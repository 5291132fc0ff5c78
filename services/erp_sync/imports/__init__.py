"""An import run: staged from its file, sent to the documents' owners, counted; what must survive is in tables."""
