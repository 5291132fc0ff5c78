"""What a contact is in a company besides what they may do: its admin."""
