"""Real parts and small helpers shared by all tests."""
