"""Who sees and does what: a world full of marks, the people in it, and a walk of all of them through every door."""
