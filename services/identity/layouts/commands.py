"""What may be asked about layouts, and how it comes over the wire."""

from __future__ import annotations

from dataclasses import dataclass

from marshmallow import fields
from marshmallow.validate import Length, Regexp

from chassis.messages import Command
from services.identity.shapes import Stripped, once

LONGEST_NAME, MOST_COLUMNS = 60, 60
_WORD = Regexp(r"^[a-z][a-z0-9_]{0,39}\Z", error="There is no such column.")
_LAYOUT = Length(max=20)


@dataclass(frozen=True, slots=True)
class SaveLayout(Command):
    """The actor saves how a report is shown: as a new layout, or (with `layout`) in the place of one that is there."""

    actor: str
    company: str
    report: str
    name: str
    columns: tuple[str, ...]
    sort: str = ""
    group: str = ""
    shared: bool = False
    layout: str = ""


@dataclass(frozen=True, slots=True)
class RemoveLayout(Command):
    """The actor removes a layout."""

    actor: str
    layout: str


@dataclass(frozen=True, slots=True)
class ChooseLayout(Command):
    """The actor wants a report to be shown by this layout, or by none, whenever the address does not say."""

    actor: str
    company: str
    report: str
    layout: str = ""


class SaveLayoutShape(Stripped):
    """SaveLayout as the layouts' page sends it."""

    makes = SaveLayout
    report = fields.String(required=True, validate=_WORD)
    name = fields.String(
        required=True,
        validate=Length(1, LONGEST_NAME, error="Please write a name of at most 60 characters."),
    )
    columns = fields.List(
        fields.String(validate=_WORD),
        required=True,
        validate=[Length(1, MOST_COLUMNS, error="Choose one column at least."), once],
    )
    sort = fields.String(validate=Regexp(r"^(-?[a-z][a-z0-9_]{0,39})?\Z", error="There is no such order."))
    group = fields.String(validate=Regexp(r"^([a-z][a-z0-9_]{0,39})?\Z", error="There is no such group."))
    shared = fields.Boolean()
    layout = fields.String(validate=_LAYOUT)


class RemoveLayoutShape(Stripped):
    """RemoveLayout as the layouts' page sends it."""

    makes = RemoveLayout
    layout = fields.String(required=True, validate=_LAYOUT)


class ChooseLayoutShape(Stripped):
    """ChooseLayout as the layouts' page sends it."""

    makes = ChooseLayout
    report = fields.String(required=True, validate=_WORD)
    layout = fields.String(validate=_LAYOUT)
