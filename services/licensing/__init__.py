"""Products that companies own, and the licences of the portal's own features."""
