"""Wire ⇄ command, and what older events become."""

from __future__ import annotations

from marshmallow import fields, pre_load
from marshmallow.validate import Length, OneOf

from chassis.codec import Upcaster
from chassis.dispatch import Shape
from services.cases import commands
from services.cases.domain import STATUSES

_LINE = Length(min=1, max=200, error="Please write a line of at most 200 characters.")
_TEXT = Length(min=1, max=20_000, error="Please write something, at most 20,000 characters.")


class _WrittenShape(Shape):
    """What people type; blanks around it are not kept, so blanks alone are nothing."""

    @pre_load
    def _strip(self, data: dict[str, object], **_: object) -> dict[str, object]:
        return {name: value.strip() if isinstance(value, str) else value for name, value in data.items()}


class OpenCaseShape(_WrittenShape):
    """OpenCase as a form sends it."""

    makes = commands.OpenCase
    summary = fields.String(required=True, validate=_LINE)
    detail = fields.String(required=True, validate=_TEXT)
    customer_reference = fields.String(validate=Length(max=100))
    product = fields.String(validate=Length(max=200))
    vendor_approval = fields.Boolean()


class ReplyToCaseShape(_WrittenShape):
    """ReplyToCase as a form sends it."""

    makes = commands.ReplyToCase
    case = fields.String(required=True)
    text = fields.String(required=True, validate=_TEXT)


class AnswerCaseShape(_WrittenShape):
    """AnswerCase as the agent's form sends it."""

    makes = commands.AnswerCase
    case = fields.String(required=True)
    text = fields.String(required=True, validate=_TEXT)
    status = fields.String(validate=OneOf(("", *STATUSES)))


class ChangeCaseStatusShape(Shape):
    """ChangeCaseStatus as the agent's form sends it."""

    makes = commands.ChangeCaseStatus
    case = fields.String(required=True)
    status = fields.String(required=True, validate=OneOf(STATUSES))


UPCASTERS: dict[tuple[str, int], Upcaster] = {
    ("AgentAnswered", 1): lambda data: {**data, "opened_by": ""},  # it did not say whom
}
