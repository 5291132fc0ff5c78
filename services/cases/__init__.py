"""Support cases and projects of the customers' companies."""
