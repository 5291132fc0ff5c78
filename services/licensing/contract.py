"""The public face of licensing."""

from __future__ import annotations

from marshmallow import RAISE, Schema, fields
from marshmallow.validate import Length, Range

from chassis.codec import Codec
from services.licensing import events
from services.licensing.domain import FEATURES, MARKETPLACE, ORDER_PAD

SERVICE = "licensing"
STREAMS = ("owned-", "features-")
CODEC = Codec(events.ALL)
PUBLISHED = frozenset({"FeatureGranted", "FeatureWithdrawn"})

PRODUCTS_MODEL = "products_v1"
"""Published table `owned_products_v1` (see projections/products.py)."""
FEATURES_MODEL = "features_v1"
"""Published table `features_v1`: (company or "*", feature)."""
FEATURE_CHANGES_MODEL = "featurechanges_v1"
"""Published table `feature_changes_v1` (see projections/feature_changes.py)."""


class OwnedProductDocument(Schema):
    """A product that a company owns, as an ERP connector sends it; see docs/connecting-an-erp.md."""

    class Meta:
        """Unknown fields are refused."""

        unknown = RAISE

    product = fields.String(required=True, validate=Length(min=1))
    name = fields.String(required=True, validate=Length(min=1))
    version = fields.String(load_default="")
    licence_type = fields.String(load_default="")
    users = fields.Integer(load_default=0, validate=Range(min=0))
    maintenance_until = fields.Date(load_default=None, allow_none=True)
    serial = fields.String(load_default="")


__all__ = [
    "CODEC",
    "FEATURES",
    "FEATURES_MODEL",
    "FEATURE_CHANGES_MODEL",
    "MARKETPLACE",
    "ORDER_PAD",
    "PRODUCTS_MODEL",
    "PUBLISHED",
    "SERVICE",
    "STREAMS",
    "OwnedProductDocument",
]
