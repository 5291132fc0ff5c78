"""How mail leaves the installation."""
