"""The read models of licensing, one file each."""

from services.licensing.projections import features, products

PROJECTIONS = (products.PROJECTION, features.PROJECTION)
