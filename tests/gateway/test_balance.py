"""The account balance: every open item of one's branches, and how late what is owed is."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from gateway.people import PERMISSIONS
from services.payments.projections import PROJECTIONS as payments
from services.payments.projections.balance import OPEN_ITEMS
from tests.gateway.ground import CUSTOMER, Ground, ReadModel

TODAY = datetime.now(UTC).date()


@pytest.fixture
def owing(ground: Ground) -> Ground:
    """Items of 1.00, 2.00, 4.00 … EUR on either side of each bucket's border, one of 5 JPY, and another company's."""
    model = ground.model("payments", payments)
    late = (None, -5, 0, 1, 30, 31, 60, 61, 90, 91)
    for place, days in enumerate(late):
        due = None if days is None else (TODAY - timedelta(days=days)).isoformat()
        minor = 100 * 2**place
        model.put(
            OPEN_ITEMS, company="C-A", kind="invoice", number=f"I-{place}", branch="N", currency="EUR", due_date=due,
            date="2020-01-01", amount_minor=minor, open_minor=minor,
        )  # fmt: skip
    model.put(
        OPEN_ITEMS, company="C-A", kind="payment", number="P-1", branch="S", currency="JPY", date="2020-01-01",
        amount_minor=-5, open_minor=-5,
    )  # fmt: skip
    model.put(
        OPEN_ITEMS, company="C-B", kind="invoice", number="B-1", branch="N", currency="EUR", date="2020-01-01",
        open_minor=77_700,
    )  # fmt: skip
    model.move("balance", "C-A", 3)
    return ground


def cells(page: str, row: str) -> list[str]:
    """The texts of a row of the page, by its head."""
    found = re.search(rf'<tr><th scope="row"[^>]*>{row}</th>(.*?)</tr>', page, re.S)
    assert found is not None, row
    return [re.sub(r"<[^>]+>", "", cell).replace("\xa0", " ").strip() for cell in found.group(1).split("</td>")[:-1]]


def test_items_age_from_the_day_after_they_are_due(owing: Ground) -> None:
    page = owing.signed_in().get("/balance").text
    assert cells(page, "EUR") == ["1,023.00 EUR", "7.00", "24.00", "96.00", "384.00", "512.00"]
    assert cells(page, "JPY") == ["-5 JPY", "-5", "–", "–", "–", "–"]
    assert "777.00" not in page


def test_items_are_listed_by_their_due_date(owing: Ground) -> None:
    page = owing.signed_in().get("/balance").text
    numbers = re.findall(r'href="/(?:invoices|payments)/([^"]+)"', page)
    assert numbers == [f"I-{place}" for place in range(9, 0, -1)] + ["I-0", "P-1"]
    assert "1 day late" in page
    assert "91 days late" in page


def test_it_is_the_persons_branches(owing: Ground) -> None:
    owing.person(CUSTOMER, "C-A", "ann@a.example", "Ann Archer", branches=("S",))
    page = owing.signed_in().get("/balance").text
    assert "I-1" not in page
    assert cells(page, "JPY")[0] == "-5 JPY"


def test_what_a_company_has_to_its_credit_is_never_late(ground: Ground) -> None:
    model = ground.model("payments", payments)
    for kind, number, minor in (("invoice", "I-1", 10_000), ("credit_memo", "C-1", -3_000)):
        model.put(
            OPEN_ITEMS, company="C-A", kind=kind, number=number, branch="N", currency="EUR", date="2020-01-01",
            due_date="2020-02-01", amount_minor=minor, open_minor=minor,
        )  # fmt: skip
    model.move("balance", "C-A", 3)
    page = ground.signed_in().get("/balance").text
    assert cells(page, "EUR") == ["70.00 EUR", "-30.00", "–", "–", "–", "100.00"]
    assert page.count("days late") - page.count("1–30 days late") == 1
    assert "deducted under" in page


def test_it_is_for_who_may_see_the_balance(owing: Ground) -> None:
    assert 'href="/balance"' in owing.signed_in().get("/").text
    others = tuple(one for one in PERMISSIONS if one != "see_balance")
    owing.person(CUSTOMER, "C-A", "ann@a.example", "Ann Archer", permissions=others)
    browser = owing.signed_in()
    assert browser.get("/balance").status_code == 403
    assert 'href="/balance"' not in browser.get("/").text


def test_open_items_are_a_report_whose_undated_ones_come_last(ground: Ground) -> None:
    model = ground.model("payments", payments)
    for number, kind, due, minor in (("I-2", "invoice", "2026-05-02", 500), ("I-1", "invoice", "2026-04-01", 700)):
        put(model, number, kind, due, due, minor)
    put(model, "M-1", "credit_memo", None, "9999-12-31", -200)
    browser = ground.signed_in()
    page = browser.get("/open-items").text
    assert re.findall(r">([IM]-[0-9])</a>", page) == ["I-1", "I-2", "M-1"]
    assert "10.00\N{NO-BREAK SPACE}EUR" in page.partition("<tfoot>")[2]
    assert re.findall(r">([IM]-[0-9])</a>", browser.get("/open-items?overdue=1&sort=-open").text) == ["I-1", "I-2"]
    assert re.findall(r">([IM]-[0-9])</a>", browser.get("/open-items?q=m1").text) == ["M-1"]


def put(model: ReadModel, number: str, kind: str, due: str | None, key: str, minor: int) -> None:
    """An open item of the company's."""
    facts = {"currency": "EUR", "date": "2026-03-01", "amount_minor": minor, "open_minor": minor}
    model.put(OPEN_ITEMS, company="C-A", kind=kind, number=number, due_date=due, due_key=key, **facts)
