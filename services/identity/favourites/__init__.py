"""The pages that a person has pinned to the top of their menu."""
