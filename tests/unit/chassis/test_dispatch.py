"""Who may command: what is for the supplier's own staff alone."""

from __future__ import annotations

import asyncio
from typing import Any, cast
from uuid import uuid4

import pytest

from chassis.dispatch import Handlers, Tools, staff_only
from chassis.errors import NotAllowed
from chassis.messages import ALL_COMPANIES, Context, Reply
from services.cases.handlers import COMMAND_HANDLERS as CASES
from services.erp_sync.handlers import COMMAND_HANDLERS as ERP_SYNC
from services.licensing.handlers import COMMAND_HANDLERS as LICENSING

DONE = Reply("stream-1", 0, 1, "1")
NO_TOOLS = cast(Tools, None)  # it is refused before any is used


def context(company: str) -> Context:
    return Context(uuid4(), company, "K-1", "test", "test")


async def _handle(_command: Any, _context: Context, _tools: Tools) -> Reply:
    return DONE


def test_staff_pass() -> None:
    assert asyncio.run(staff_only(_handle)("command", context(ALL_COMPANIES), NO_TOOLS)) is DONE


@pytest.mark.parametrize(
    ("handlers", "name"),
    [
        (CASES, "AnswerCase"),
        (CASES, "ChangeCaseStatus"),
        (LICENSING, "GrantFeature"),
        (LICENSING, "WithdrawFeature"),
        (ERP_SYNC, "StartImport"),
    ],
)
def test_what_customers_may_not_command(handlers: Handlers, name: str) -> None:
    with pytest.raises(NotAllowed, match="own staff"):
        asyncio.run(handlers[name].handle("command", context("C10010"), NO_TOOLS))
