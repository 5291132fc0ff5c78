"""Who could do what on a date: by each change of a contact and of a role, and by what ended by itself."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from gateway.rights.history import on_day, timeline
from services.identity.projections.rights_history import RIGHTS, ROLE_CHANGES
from tests.gateway.ground import CUSTOMER, STAFF, Ground
from tests.gateway.test_scope import asking

BUYER = "R-BUYR-0001"
BERLIN = "Europe/Berlin"


def given(ground: Ground, position: int, at: str, kind: str, contact: str = CUSTOMER, **now: Any) -> None:
    """A row of the contact's changes."""
    words = {
        name: json.dumps(now.get(name, empty)) for name, empty in (("permissions", []), ("roles", []), ("ends", {}))
    }
    branches = json.dumps(now["branches"]) if "branches" in now else None
    ground.models["identity"].put(
        RIGHTS,
        contact_id=contact,
        position=position,
        company=now.get("company", "C-A"),
        at=f"{at}+00:00",
        actor=now.get("actor", STAFF),
        kind=kind,
        branches=branches,
        signed_up=now.get("signed_up", True),
        shut=now.get("shut", ""),
        hands_out=json.dumps(now["hands_out"]) if "hands_out" in now else None,
        appoints=now.get("appoints", False),
        **words,
    )


def role(ground: Ground, position: int, at: str, kind: str, *permissions: str, name: str = "Buyer") -> None:
    """A row of the role's changes."""
    ground.models["identity"].put(
        ROLE_CHANGES,
        role=BUYER,
        position=position,
        at=f"{at}+00:00",
        actor=STAFF,
        kind=kind,
        name=name,
        permissions=json.dumps(permissions),
    )


@pytest.fixture
def read_env(engine: str) -> dict[str, str]:
    return {"PORTICO_TIMEZONE": BERLIN}


@pytest.fixture
def told(ground: Ground) -> Ground:
    """Ann: support cases from 1 March; a buyer from the 10th until the 20th; the role is wider from the 15th.

    On the 25th the role is removed, on the 28th her access is switched off. Times are UTC; the portal is in Berlin.
    """
    given(ground, 2, "2026-03-01T08:00:00", "created", permissions=["open_cases"], signed_up=False)
    role(ground, 3, "2026-03-09T08:00:00", "defined", "order")
    buyer: dict[str, Any] = {
        "permissions": ["open_cases"],
        "roles": [BUYER],
        "ends": {BUYER: "2026-03-20"},
        "branches": ["N"],
    }
    given(ground, 4, "2026-03-10T23:30:00", "permissions", **buyer)  # the 11th in Berlin
    role(ground, 5, "2026-03-15T08:00:00", "changed", "order", "report_orders", name="Senior buyer")
    role(ground, 6, "2026-03-25T08:00:00", "removed", name="Senior buyer")
    given(ground, 7, "2026-03-28T08:00:00", "switched_off", shut="off", **buyer)
    ground.branch("C-A", "N", "North")
    return ground


def test_each_day_has_what_was_in_force_at_its_end(told: Ground) -> None:
    def could(day: int, month: int = 3) -> tuple[list[str], list[str], str] | None:
        with asking(told, "sam@s.example") as scope:
            found = on_day(scope, "C-A", date(2026, month, day))
        return (found[0].may, found[0].roles, found[0].access) if found else None

    assert could(28, month=2) is None
    assert could(1) == (["Support cases"], [], "recorded")
    assert could(10) == (["Support cases"], [], "recorded"), "it was the 11th in the portal's zone"
    assert could(11) == (["Place orders", "Support cases"], ["Buyer"], "active")
    senior = ["Place orders", "Support cases", "Orders report"]
    assert could(15) == (senior, ["Senior buyer"], "active")
    assert could(20) == (senior, ["Senior buyer"], "active"), "the last day is one"
    assert could(21) == (["Support cases"], [], "active")
    assert could(28) == (["Support cases"], [], "inactive")


def test_a_day_says_whose_rights_changed_on_it(told: Ground) -> None:
    with asking(told, "sam@s.example") as scope:
        changed = {day: on_day(scope, "C-A", date(2026, 3, day))[0].changed for day in (10, 11, 12, 15, 25)}
    assert changed == {10: False, 11: True, 12: False, 15: True, 25: True}


def test_a_contacts_history_has_every_change_and_what_ended_by_itself(told: Ground) -> None:
    with asking(told, "sam@s.example") as scope:
        changes = timeline(scope, CUSTOMER, "C-A")
    seen = [(str(one.at.date()), one.kind, one.gained, one.lost) for one in reversed(changes)]
    assert seen == [
        ("2026-03-01", "created", ["Support cases"], []),
        ("2026-03-11", "permissions", ["Place orders"], []),
        ("2026-03-15", "changed", ["Orders report"], []),
        ("2026-03-21", "ended", [], ["Place orders", "Orders report"]),
        ("2026-03-25", "removed", [], []),
        ("2026-03-28", "switched_off", [], []),
    ]
    assert [one.until for one in changes] == [None, *(one.at for one in changes[:-1])]
    assert changes[0].may == ["Support cases"]
    assert changes[2].what == "Senior buyer"
    assert changes[2].at.isoformat() == "2026-03-21T00:00:00+01:00"


def test_an_admin_of_another_company_is_in_its_history_with_what_they_may_hand_out_until_they_leave(
    ground: Ground,
) -> None:
    there: dict[str, Any] = {"company": "C-B", "permissions": ["company_admin", "order"], "branches": ["OSL"]}
    given(ground, 2, "2026-03-01T08:00:00", "created", permissions=["open_cases"])
    given(ground, 3, "2026-03-02T08:00:00", "member", **there)
    given(ground, 4, "2026-03-03T08:00:00", "delegated", **there, hands_out=["order", "report_orders"], appoints=True)
    given(ground, 5, "2026-03-04T08:00:00", "left", company="C-B")
    ground.branch("C-B", "OSL", "Oslo")
    with asking(ground, "sam@s.example") as scope:
        days = {day: on_day(scope, "C-B", date(2026, 3, day)) for day in (1, 2, 3, 4)}
    said = {day: [(one.hands_out, one.branches) for one in found] for day, found in days.items()}
    wider = "Place orders, Orders report, and make others administrators"
    assert said == {1: [], 2: [("what they may do themselves", ("OSL",))], 3: [(wider, ("OSL",))], 4: []}
    admin = ground.signed_in("sam@s.example")
    history = admin.get(f"/contacts/{CUSTOMER}/history?of=C-B").text
    assert "What they may hand out changed" in history
    assert f"may hand out {wider}." in history
    assert f"may hand out {wider}." in admin.get("/companies/C-B/rights?on=2026-03-03").text
    assert "may hand out" not in admin.get(f"/contacts/{CUSTOMER}/history").text


def test_the_pages_show_it_in_words(told: Ground) -> None:
    admin = told.signed_in("sam@s.example")
    history = admin.get(f"/contacts/{CUSTOMER}/history").text
    for said in (
        "Ended by itself: Senior buyer",
        "Sam Steel",
        "Lost: Place orders, Orders report",
        "By itself",
        "all branches → North",
    ):
        assert said in history, said
    day = admin.get("/companies/C-A/rights?on=2026-03-16").text
    for said in ("As it stood at the end of 16 Mar 2026", "Place orders, Support cases, Orders report", "Ann Archer"):
        assert said in day, said
    assert "is not a date" in admin.get("/companies/C-A/rights?on=yesterday").text
    assert "no contacts then" in admin.get("/companies/C-A/rights?on=2020-01-01").text
    assert admin.get("/companies/C-Z/rights").status_code == 404
