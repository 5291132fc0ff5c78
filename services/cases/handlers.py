"""What cases can do, on one screen."""

from __future__ import annotations

from chassis.dispatch import CommandHandler, changes, creates, staff_only
from chassis.repository import Aggregate
from services.cases import domain, schemas
from services.cases.contract import CODEC

CASE = Aggregate("case", domain.Case(), domain.evolve, lambda state: state.company, CODEC, version=2)

COMMAND_HANDLERS = {
    "OpenCase": CommandHandler(schemas.OpenCaseShape, creates(CASE, "C", domain.decide_open_case)),
    "ReplyToCase": CommandHandler(schemas.ReplyToCaseShape, changes(CASE, "case", domain.decide_reply)),
    "AnswerCase": CommandHandler(schemas.AnswerCaseShape, staff_only(changes(CASE, "case", domain.decide_answer))),
    "ChangeCaseStatus": CommandHandler(
        schemas.ChangeCaseStatusShape, staff_only(changes(CASE, "case", domain.decide_change_status))
    ),
}
