"""Wire ⇄ command."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields
from marshmallow.validate import ContainsOnly, Email, Length

from services.identity.details import commands
from services.identity.domain import STAFF_ROLES
from services.identity.shapes import Stripped, once

_NAME = Length(min=1, max=200, error="Please write a name of at most 200 characters.")
_PHONE = Length(max=50, error="A phone number has at most 50 characters.")


def _address(text: str) -> Any:
    """Raise ValidationError for what is neither an address nor nothing."""
    if text:
        Email(error="This is no e-mail address.")(text)
    if len(text) > 254:
        raise ValidationError("An e-mail address has at most 254 characters.")


class CorrectContactShape(Stripped):
    """CorrectContact as an admin's form sends it."""

    makes = commands.CorrectContact
    contact_id = fields.String(required=True)
    name = fields.String(required=True, validate=_NAME)
    email = fields.String(required=True, validate=_address)
    phone = fields.String(validate=_PHONE)
    language = fields.String(validate=Length(max=10))


class CorrectOwnDetailsShape(Stripped):
    """CorrectOwnDetails as the settings page sends it."""

    makes = commands.CorrectOwnDetails
    name = fields.String(required=True, validate=_NAME)
    phone = fields.String(validate=_PHONE)


class SetStaffRolesShape(Stripped):
    """SetStaffRoles as `portico admin roles` sends it."""

    makes = commands.SetStaffRoles
    contact_id = fields.String(required=True)
    staff_roles = fields.List(
        fields.String(),
        required=True,
        validate=[Length(min=1), ContainsOnly(STAFF_ROLES, error="There is no such role."), once],
    )
