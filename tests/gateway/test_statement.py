"""The statement of account: what was owed, what moved, what is owed; per currency, page by page, and as a file."""

from __future__ import annotations

import html
import io
import re
from datetime import date, timedelta
from typing import Any

import openpyxl
import pytest

from gateway.people import PERMISSIONS
from services.payments.projections import PROJECTIONS as payments
from services.payments.projections.balance import OPEN_ITEMS
from services.payments.projections.documents import DOCUMENTS
from tests.gateway.ground import CUSTOMER, Ground, ReadModel, post

RANGE = "/statement?since=2026-03-01&until=2026-03-31"


def put(model: ReadModel, kind: str, number: str, day: str, minor: int, **more: Any) -> None:
    """A document of the company's, and its part in the sums."""
    facts = {"currency": "EUR", "status": "paid", "branch": "", **more}
    where = {"company": "C-A", "kind": kind}
    model.put(
        DOCUMENTS.documents,
        **where,
        number=number,
        number_key=number,
        date=day,
        due_date=day,
        total_minor=minor,
        **facts,
    )
    for table, period, value in ((DOCUMENTS.totals, "date", day), (DOCUMENTS.months, "month", day[:7])):
        group = {**where, "branch": facts["branch"], "status": facts["status"], "currency": facts["currency"]}
        keys = " AND ".join(f"{name} = ?" for name in (*group, period))
        found = model.db.execute(
            f"SELECT count, total_minor FROM {table.name} WHERE {keys}", (*group.values(), value)
        ).fetchone()
        count, total = (found[0], found[1]) if found else (0, 0)
        model.put(table, **group, **{period: value}, count=count + 1, total_minor=total + minor)


@pytest.fixture
def filled(ground: Ground) -> Ground:
    """An account with movements before, in and after March; 80 EUR and 5 USD are open today."""
    model = ground.model("payments", payments)
    put(model, "invoice", "I-1", "2026-02-10", 10000)
    put(model, "invoice", "I-2", "2026-03-05", 20000)
    put(model, "payment", "P-1", "2026-03-05", 10000, status="closed")
    put(model, "credit_memo", "M-1", "2026-03-20", -2500, status="closed")
    put(model, "invoice", "I-9", "2026-03-21", 99900, status="cancelled")
    put(model, "payment", "P-2", "2026-04-02", 17500, status="closed")
    put(model, "invoice", "I-3", "2026-04-03", 8000, status="open")
    put(model, "invoice", "U-1", "2026-03-07", 500, status="open", currency="USD")
    for number, currency, minor in (("I-3", "EUR", 8000), ("U-1", "USD", 500)):
        facts = {"date": "2026-04-03", "due_date": "2026-05-03", "amount_minor": minor, "open_minor": minor}
        model.put(OPEN_ITEMS, company="C-A", kind="invoice", number=number, currency=currency, **facts)
    return ground


def amounts(page: str, number: str) -> list[str]:
    """What the line of a document says in its last two columns."""
    row = next(row for row in page.split("<tr") if f">{number}</a>" in row)
    return [one.replace("\xa0", " ") for one in re.findall(r'<td class="num">([^<]*)</td>', row)]


def test_the_balance_runs_from_the_opening_to_the_closing_one(filled: Ground) -> None:
    page = filled.signed_in().get(RANGE).text
    [line] = [row for row in page.split("<tr") if ">EUR</a>" in row]
    found = re.findall(r"(-?[0-9.,]+)\sEUR", line)
    assert found == ["100.00", "200.00", "25.00", "100.00", "175.00"]
    assert amounts(page, "I-2") == ["200.00 EUR", "300.00 EUR"]
    assert amounts(page, "P-1") == ["-100.00 EUR", "200.00 EUR"]
    assert amounts(page, "M-1") == ["-25.00 EUR", "175.00 EUR"]
    assert "I-9" not in page, "what was cancelled moved nothing"
    assert "U-1" not in page
    assert amounts(filled.signed_in().get(RANGE + "&currency=USD").text, "U-1") == ["5.00 USD", "5.00 USD"]


def test_it_is_read_page_by_page_and_the_balance_goes_on(filled: Ground) -> None:
    model = filled.models["payments"]
    for nth in range(120):
        put(model, "invoice", f"X-{nth:03}", (date(2026, 6, 1) + timedelta(days=nth // 40)).isoformat(), 100)
    put(model, "payment", "P-X", "2026-06-30", 12000)
    browser = filled.signed_in()
    first = browser.get("/statement?since=2026-06-01&until=2026-06-30").text
    assert "of 121</p>" in first
    second = browser.get(neighbour(first, "next")).text
    third = browser.get(neighbour(second, "next")).text
    opening = 8000
    lines: tuple[tuple[str, str, int], ...] = ((first, "X-049", 50), (second, "X-050", 51), (third, "X-100", 101))
    for page, number, place in lines:
        assert amounts(page, number)[1] == f"{(opening + place * 100) / 100:,.2f} EUR"
    assert "Closing balance</td>" in third
    assert "Opening balance</td>" not in third
    back = browser.get(neighbour(third, "prev")).text
    assert re.findall(r">(X-\d+)<", back) == re.findall(r">(X-\d+)<", second)
    assert amounts(back, "X-050") == amounts(second, "X-050")


def neighbour(page: str, rel: str) -> str:
    """The address of the page before or behind this one."""
    found = re.search(f'rel="{rel}" href="([^"]+)"', page)
    assert found is not None
    return html.unescape(found.group(1))


def test_excel_has_the_same_and_the_ageing(filled: Ground) -> None:
    answer = post(filled.signed_in(), "/settings", "/exports/statement", format="xlsx", address=RANGE.partition("?")[2])
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    rows = [[cell.value for cell in row] for row in book["Statement"].iter_rows(min_row=2)]
    assert [(row[1], row[2], row[5], row[6]) for row in rows] == [
        ("Opening balance", None, None, 100),
        ("Invoice", "I-2", 200, 300),
        ("Payment", "P-1", -100, 200),
        ("Credit memo", "M-1", -25, 175),
        ("Closing balance", None, None, 175),
    ]
    ageing = [[cell.value for cell in row] for row in book["Ageing"].iter_rows(min_row=2)]
    assert [row[:2] for row in ageing] == [["EUR", 80], ["USD", 5]]


@pytest.mark.parametrize(
    ("address", "said"),
    [("?since=x", "is not a date like"), ("?since=2026-05-01&until=2026-04-01", "they were swapped"), ("", "")],
)
def test_it_answers_whatever_its_address_says(filled: Ground, address: str, said: str) -> None:
    page = filled.signed_in().get("/statement" + address)
    assert page.status_code == 200
    assert said in page.text


def test_it_is_for_who_sees_the_balance_and_links_to_what_they_may_open(filled: Ground) -> None:
    browser = filled.signed_in()
    for permissions, status in ((("see_balance",), 200), (tuple({*PERMISSIONS} - {"see_balance"}), 403)):
        filled.person(CUSTOMER, "C-A", "ann@a.example", "Ann Archer", permissions=permissions)
        page = browser.get(RANGE)
        assert page.status_code == status
        assert "/invoices/I-2" not in page.text
