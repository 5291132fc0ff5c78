"""What the shapes of several commands share."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, pre_load, validates_schema
from marshmallow.validate import ContainsOnly, Length

from chassis.dispatch import Shape
from chassis.messages import ALL_COMPANIES
from services.identity.domain import PERMISSIONS

CODES = fields.List(fields.String(validate=Length(min=1, max=100)), allow_none=True)


def once(values: list[str]) -> None:
    """Raise ValidationError where one stands twice."""
    if len(set(values)) < len(values):
        raise ValidationError("Each may be named once only.")


def one_company(code: str) -> None:
    """Raise ValidationError for what stands for all companies."""
    if code == ALL_COMPANIES:
        raise ValidationError("A contact belongs to one company. Please choose it.")


def permissions(required: bool) -> fields.List:
    """A list of permissions that there are."""
    only = ContainsOnly(PERMISSIONS, error="There is no such permission.")
    return fields.List(fields.String(), required=required, validate=[only, once])


class Stripped(Shape):
    """A shape whose texts have no space around them."""

    @pre_load
    def _strip(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {name: value.strip() if isinstance(value, str) else value for name, value in data.items()}


class RightsShape(Shape):
    """Branches, roles and last days of what is given, beside its permissions."""

    branches = CODES
    roles = fields.List(fields.String(validate=Length(min=1, max=20)), validate=once)
    ends = fields.Dict(keys=fields.String(), values=fields.Date())

    @validates_schema
    def _ends_are_of_grants(self, data: dict[str, Any], **_: Any) -> None:
        if not data.get("ends", {}).keys() <= {*data.get("permissions", ()), *data.get("roles", ())}:
            raise ValidationError("Only what is given can end.", "ends")
