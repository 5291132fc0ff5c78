"""Wire ⇄ command, and what older events become."""

from __future__ import annotations

from marshmallow import fields
from marshmallow.validate import Length, OneOf, Regexp

from chassis.dispatch import Shape
from services.erp_sync import commands

_KEPT = Regexp(r"^[0-9a-f]{64}(\.[a-z0-9]{1,8}){0,2}\Z", error="This is not the name of a kept file.")
_NAME = Regexp(r"^[\w-]{1,60}\Z", error="This is not a name of letters, digits, _ and -.")
_REFERENCE = Regexp(r"^[A-Z0-9][A-Z0-9-]{2,39}\Z", error="This is not a reference like W-7K3Q-M2XA.")


class StartImportShape(Shape):
    """StartImport as `portico import` sends it."""

    makes = commands.StartImport
    file = fields.String(required=True, validate=_KEPT)
    file_name = fields.String(required=True, validate=Length(min=1, max=255))
    size = fields.Integer(required=True)
    profile = fields.String(required=True, validate=_NAME)
    profile_file = fields.String(required=True, validate=_KEPT)
    connection = fields.String(required=True, validate=_NAME)
    dry_run = fields.Boolean()


class RequestPostingShape(Shape):
    """RequestPosting as the reaction to a placed order makes it."""

    makes = commands.RequestPosting
    kind = fields.String(required=True, validate=OneOf(("order",)))
    reference = fields.String(required=True, validate=_REFERENCE)
    connection = fields.String(required=True, validate=_NAME)
    document = fields.Dict(required=True)
    document_version = fields.Integer(required=True)


class WithdrawPostingShape(Shape):
    """WithdrawPosting as the reaction to a cancelled order makes it."""

    makes = commands.WithdrawPosting
    reference = fields.String(required=True, validate=_REFERENCE)
