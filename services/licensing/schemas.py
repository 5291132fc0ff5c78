"""Wire ⇄ command."""

from __future__ import annotations

from marshmallow import fields
from marshmallow.validate import Length, OneOf

from chassis.dispatch import Shape
from services.licensing import commands
from services.licensing.domain import FEATURES


class GrantFeatureShape(Shape):
    """GrantFeature as the admin's form sends it."""

    makes = commands.GrantFeature
    feature = fields.String(required=True, validate=OneOf(FEATURES))
    for_company = fields.String(required=True, validate=Length(min=1, max=100))


class WithdrawFeatureShape(Shape):
    """WithdrawFeature as the admin's form sends it."""

    makes = commands.WithdrawFeature
    feature = fields.String(required=True, validate=OneOf(FEATURES))
    for_company = fields.String(required=True, validate=Length(min=1, max=100))
