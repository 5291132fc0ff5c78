"""A contact's name, addresses and language, put right by an admin or by themselves."""
