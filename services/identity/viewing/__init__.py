"""Staff looking at the portal as a contact sees it: who, whom, from when until when."""
