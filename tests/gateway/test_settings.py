"""The settings pane (A6): what the portal knows of a person, their company and balance, and what they may do."""

from __future__ import annotations

import re

import pytest

from services.payments.projections import PROJECTIONS as payments
from services.payments.projections.balance import BALANCES, OPEN_ITEMS
from tests.gateway.ground import CUSTOMER, Ground

BUYER, GONE = "R-BUYR-0001", "R-GONE-0001"


@pytest.fixture
def owing(ground: Ground) -> Ground:
    """A company that owes 12.00 EUR, 5.00 of it since long, and another that owes 777.00."""
    model = ground.model("payments", payments)
    for company, minor in (("C-A", 1_200), ("C-B", 77_700)):
        model.put(BALANCES, company=company, branch="N", currency="EUR", open_minor=minor, items=2)
    model.put(
        OPEN_ITEMS, company="C-A", kind="invoice", number="I-1", branch="N", currency="EUR", date="2020-01-01",
        due_date="2020-02-01", amount_minor=500, open_minor=500,
    )  # fmt: skip
    model.move("balance", "C-A", 3)
    return ground


def text(page: str) -> str:
    """The page's words in one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.replace("<wbr>", ""))).replace("\xa0", " ")


def test_it_has_the_account_the_company_and_the_balance(owing: Ground) -> None:
    owing.company("C-A", "Alpha Ltd")
    page = text(owing.signed_in().get("/settings").text)
    for words in ("Ann Archer", "ann@a.example", "Alpha Ltd", "C-A", "12.00 EUR", "5.00 EUR of it overdue"):
        assert words in page
    assert "777" not in page
    assert "C-B" not in page


def test_the_balance_is_for_who_may_see_it(owing: Ground) -> None:
    owing.person(CUSTOMER, "C-A", "ann@a.example", "Ann Archer", ("open_cases",))
    page = text(owing.signed_in().get("/settings").text)
    assert "12.00" not in page
    assert "Account balance" not in page


def test_it_says_what_one_may_do_where_and_until_when(ground: Ground) -> None:
    ground.role(BUYER, "Buyer", ("report_orders",))
    ground.branch("C-A", "N", "North")
    ground.branch("C-A", "S", "South")
    ends = {"open_cases": "2199-12-31", "pay": "2020-01-01"}
    ground.person(
        CUSTOMER, "C-A", "ann@a.example", "Ann Archer", ("open_cases", "pay"),
        granted=(BUYER, GONE), branches=("S",), ends=ends,
    )  # fmt: skip
    page = text(ground.signed_in().get("/settings").text)
    assert "Allowed Support cases, Orders report" in page.replace(
        "Orders report, Support cases", "Support cases, Orders report"
    )
    assert "Roles Buyer" in page
    assert "Branches South" in page
    assert "Support cases: until 31 Dec 2199" in page
    assert GONE not in page
    assert "2020" not in page  # what has ended


def test_who_may_nothing_is_told_whom_to_ask(ground: Ground) -> None:
    ground.person(CUSTOMER, "C-A", "ann@a.example", "Ann Archer", (), branches=())
    page = text(ground.signed_in().get("/settings").text)
    assert "Nothing yet. Ask us" in page
    assert "Branches None" in page


def test_staff_have_an_account_and_no_company(ground: Ground) -> None:
    page = text(ground.signed_in("sam@s.example").get("/settings").text)
    assert "What you may see and do" not in page
    assert "Customer number" not in page


def test_one_can_log_out_there(ground: Ground) -> None:
    assert 'action="/logout"' in ground.signed_in().get("/settings").text.partition('<main id="main"')[2]
