"""The statement of account: what was owed, what moved, what is owed; per currency, page by page, and as a file."""

from __future__ import annotations

import html
import io
import re
from datetime import date, timedelta
from typing import Any

import openpyxl
import pytest
from pypdf import PdfReader

from gateway.people import PERMISSIONS
from services.payments.projections import PROJECTIONS as payments
from services.payments.projections.balance import OPEN_ITEMS
from services.payments.projections.documents import DOCUMENTS
from services.payments.projections.movements import TRANSFERS
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
    [
        ("?since=x", "is not a date like"),
        ("?until=2999-01-01", "taken from 1900 to 2200 alone"),
        ("?since=2026-05-01&until=2026-04-01", "they were swapped"),
        ("", ""),
    ],
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


def test_it_is_a_pdf_in_the_readers_language(filled: Ground) -> None:
    browser = filled.signed_in()
    assert 'href="/statement/pdf?since=2026-03-01&amp;until=2026-03-31&amp;currency=EUR"' in browser.get(RANGE).text
    answer = browser.get(RANGE.replace("?", "/pdf?"))
    assert answer.mimetype == "application/pdf", answer.text[:500]
    assert "statement-EUR-2026-03-01-2026-03-31.pdf" in answer.headers["Content-Disposition"]
    text = PdfReader(io.BytesIO(answer.data)).pages[0].extract_text().replace("\xa0", " ")
    for fact in ("Statement of account", "1 Mar 2026 – 31 Mar 2026", "I-2", "P-1", "M-1", "-25.00", "1 / 1"):
        assert fact in text
    assert re.search(r"Closing balance\s+175\.00", text)
    assert "U-1" not in text, "it is of one currency"
    browser.set_cookie("portico_lang", "de")
    made = PdfReader(io.BytesIO(browser.get(RANGE.replace("?", "/pdf?")).data))
    root: Any = made.trailer["/Root"]
    assert root["/Lang"] == "de-DE"


def test_a_statement_too_long_for_paper_says_what_to_do(filled: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.pages.statement.ON_PAPER", 2)
    browser = filled.signed_in()
    assert "/statement/pdf" not in browser.get(RANGE).text
    answer = browser.get(RANGE.replace("?", "/pdf?"))
    assert answer.status_code == 422
    assert "Choose fewer days, or export them to Excel." in answer.text


def test_the_balance_leads_to_past_days_and_to_the_statement(filled: Ground) -> None:
    page = filled.signed_in().get("/balance").text
    assert 'href="/balance/past"' in page
    assert 'href="/statement"' in page
    past = filled.signed_in().get("/balance/past")
    assert "is not a date" not in past.text
    end = date.today().replace(day=1) - timedelta(days=1)
    assert f'value="{end}"' in past.text


@pytest.fixture
def across(ground: Ground) -> Ground:
    """A payment of the north that settled an invoice of its own and one of the south; nothing is open."""
    model = ground.model("payments", payments)
    put(model, "invoice", "I-N", "2026-03-04", 5000, branch="N")
    put(model, "invoice", "I-S", "2026-03-05", 10000, branch="S")
    put(model, "payment", "P-N", "2026-03-10", 15000, branch="N", status="closed")
    model.put(
        TRANSFERS, company="C-A", date="2026-03-10", payment="P-N", payment_branch="N", currency="EUR",
        kind="invoice", number="I-S", branch="S", minor=-10000,
    )  # fmt: skip
    model.put(
        TRANSFERS, company="C-B", date="2026-03-10", payment="P-B", payment_branch="N", currency="EUR",
        kind="invoice", number="I-B", branch="S", minor=-77700,
    )  # fmt: skip
    return ground


def movements(page: str) -> list[tuple[str, ...]]:
    """What each movement is, its number, its amount and the balance after it."""
    lines = [row.partition("</tr>")[0] for row in page.split("<tr") if "row-link" in row and 'class="phone-only' in row]
    return [
        (
            *re.findall(r'muted small">([^<]+)<', row),
            *re.findall(r">([^<]+)</a>", row),
            *(one.replace("\xa0", " ") for one in re.findall(r'<td class="num">([^<]*)</td>', row)),
        )
        for row in lines
    ]


def seen_by(ground: Ground, *branches: str) -> str:
    """March's statement as somebody of these branches reads it."""
    ground.person(CUSTOMER, "C-A", "ann@a.example", "Ann Archer", branches=branches or None)
    return ground.signed_in().get(RANGE).text


def test_what_another_branch_paid_is_a_movement_of_the_branch_that_owed_it(across: Ground) -> None:
    page = seen_by(across, "S")
    assert movements(page) == [
        ("Invoice", "I-S", "100.00 EUR", "100.00 EUR"),
        ("Paid by another branch", "I-S", "-100.00 EUR", "0.00 EUR"),
    ]
    [line] = [row for row in page.split("<tr") if ">EUR</a>" in row]
    assert re.findall(r"(-?[0-9.,]+)\sEUR", line) == ["0.00", "100.00", "0.00", "0.00", "-100.00", "0.00"]
    assert "P-N" not in page, "the other branch's payment is the other branch's"


def test_what_a_payment_paid_for_another_branch_does_not_stand_to_its_own_branchs_credit(across: Ground) -> None:
    page = seen_by(across, "N")
    assert sorted(one[:3] for one in movements(page)) == [
        ("Invoice", "I-N", "50.00 EUR"),
        ("Paid for another branch", "P-N", "100.00 EUR"),
        ("Payment", "P-N", "-150.00 EUR"),
    ]
    assert movements(page)[-1][3] == "0.00 EUR"
    assert "I-S" not in page


@pytest.mark.parametrize("branches", [(), ("N", "S")])
def test_who_sees_both_branches_sees_the_payment_alone(across: Ground, branches: tuple[str, ...]) -> None:
    page = seen_by(across, *branches)
    assert [one[1:] for one in movements(page)] == [
        ("I-N", "50.00 EUR", "50.00 EUR"),
        ("I-S", "100.00 EUR", "150.00 EUR"),
        ("P-N", "-150.00 EUR", "0.00 EUR"),
    ]
    assert "Other branches" not in page


def test_a_branchs_earlier_statement_counts_what_was_paid_across_branches_since(across: Ground) -> None:
    across.person(CUSTOMER, "C-A", "ann@a.example", "Ann Archer", branches=("S",))
    page = across.signed_in().get("/statement?since=2026-03-06&until=2026-03-09").text
    [line] = [row for row in page.split("<tr") if ">EUR</a>" in row]
    assert re.findall(r"(-?[0-9.,]+)\sEUR", line) == ["100.00", "0.00", "0.00", "0.00", "100.00"]


def test_movements_across_branches_are_read_page_by_page_and_stand_in_the_file(across: Ground) -> None:
    model = across.models["payments"]
    for nth in range(60):
        put(model, "invoice", f"X-{nth:03}", "2026-03-20", 100, branch="S")
        model.put(
            TRANSFERS, company="C-A", date="2026-03-21", payment=f"Q-{nth}", payment_branch="N", currency="EUR",
            kind="invoice", number=f"X-{nth:03}", branch="S", minor=-100,
        )  # fmt: skip
    first = seen_by(across, "S")
    browser = across.signed_in()
    third = browser.get(neighbour(browser.get(neighbour(first, "next")).text, "next")).text
    assert "of 122</p>" in third
    assert movements(third)[-1] == ("Paid by another branch", "X-059", "-1.00 EUR", "0.00 EUR")
    second = browser.get(neighbour(third, "prev")).text
    assert movements(second)[-1][3] == "22.00 EUR"
    answer = post(browser, "/settings", "/exports/statement", format="csv", address=RANGE.partition("?")[2])
    lines = answer.get_data(as_text=True).splitlines()
    assert len(lines) == 1 + 1 + 122 + 1
    assert sum("Paid by another branch" in line for line in lines) == 61
