"""What a company's own admin may hand out: what they have, as long as they have it, unless the supplier said more."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from services.identity.domain import Contact, Delegation, Rights
from services.identity.errors import BeyondYours, NotYourself, OnlyTheSupplier
from services.identity.limits import Limits, last_days, limits_of, refuse_beyond, refuse_peers

TODAY, JUNE, JULY = date(2026, 5, 20), date(2026, 6, 30), date(2026, 7, 31)
ROLES = {"R-BUY": ("order", "report_orders"), "R-BOSS": ("company_admin",)}
ADA = Rights(("company_admin", "order", "pay"), ("HH",), ("R-BUY",), {"pay": JUNE})
BEN = Rights(("open_cases", "order"), ("HH",))


def limits(rights: Rights = ADA, **delegated: object) -> Limits:
    """What Ada may hand out."""
    found = limits_of("ada", rights, replace(Delegation(), **delegated), ROLES, TODAY)  # type: ignore[arg-type]
    assert found is not None
    return found


def test_who_is_no_admin_today_hands_out_nothing() -> None:
    assert limits_of("ada", replace(ADA, permissions=("order",)), Delegation(), ROLES, TODAY) is None
    ended = replace(ADA, ends={"company_admin": date(2026, 5, 19)})
    assert limits_of("ada", ended, Delegation(), ROLES, TODAY) is None


def test_by_default_it_is_what_they_have_and_as_long() -> None:
    assert last_days(ADA, ROLES, TODAY) == {"company_admin": None, "order": None, "pay": JUNE, "report_orders": None}
    assert limits().until == {"order": None, "pay": JUNE, "report_orders": None}
    assert limits().may_give(("pay",), JUNE)
    assert not limits().may_give(("pay",), JULY)
    assert not limits().may_give(("pay",))


def test_the_supplier_may_allow_more_less_and_making_admins() -> None:
    assert limits(permissions=("see_balance",)).until == {"see_balance": None}
    assert not limits().appoints
    assert not limits(permissions=("company_admin",)).appoints
    assert limits(appoints=True).until["company_admin"] is None


@pytest.mark.parametrize(
    "after",
    [
        replace(BEN, permissions=("open_cases", "order", "pay"), ends={"pay": JUNE}),
        replace(BEN, permissions=("open_cases",)),
        replace(BEN, permissions=("open_cases",), roles=("R-BUY",)),
        replace(BEN, ends={"order": JULY}),
    ],
    ids=["gives what they have", "takes it", "by a role", "gives it an end"],
)
def test_within_it_they_decide(after: Rights) -> None:
    refuse_beyond(limits(), BEN, after, ROLES)


@pytest.mark.parametrize(
    "after",
    [
        replace(BEN, permissions=("open_cases", "order", "see_balance")),
        replace(BEN, permissions=("open_cases", "order", "pay")),
        replace(BEN, permissions=("order",)),
        replace(BEN, permissions=("open_cases", "order", "company_admin")),
        replace(BEN, roles=("R-BOSS",)),
        replace(BEN, branches=("HB",)),
        replace(BEN, branches=None),
    ],
    ids=[
        "not theirs",
        "longer",
        "takes another's gift",
        "an admin",
        "an admin by role",
        "other branch",
        "all branches",
    ],
)
def test_beyond_it_nothing_is_changed(after: Rights) -> None:
    with pytest.raises(BeyondYours):
        refuse_beyond(limits(), BEN, after, ROLES)


def test_a_new_contact_is_limited_to_their_branches() -> None:
    refuse_beyond(limits(), None, Rights(("order",), ("HH",)), ROLES)
    with pytest.raises(BeyondYours):
        refuse_beyond(limits(), None, Rights(("order",)), ROLES)


def test_neither_themselves_nor_another_admin_is_theirs_to_change() -> None:
    ben, ada = Contact(contact="ben", company="N"), Contact(contact="ada", company="N")
    refuse_peers(limits(), ben, BEN, ROLES, TODAY)
    with pytest.raises(NotYourself):
        refuse_peers(limits(), ada, ADA, ROLES, TODAY)
    peer = replace(BEN, roles=("R-BOSS",))
    with pytest.raises(OnlyTheSupplier):
        refuse_peers(limits(), ben, peer, ROLES, TODAY)
    refuse_peers(limits(appoints=True), ben, peer, ROLES, TODAY)


def test_a_portal_admin_has_no_limits() -> None:
    everything = Limits("sam", all=True)
    refuse_beyond(everything, BEN, Rights(("company_admin", "pay")), ROLES)
    refuse_peers(everything, Contact(contact="sam"), ADA, ROLES, TODAY)
    assert everything.appoints
