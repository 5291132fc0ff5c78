"""The read models of licensing, one file each."""

from services.licensing.projections import feature_changes, features, products

PROJECTIONS = (products.PROJECTION, features.PROJECTION, feature_changes.PROJECTION)
