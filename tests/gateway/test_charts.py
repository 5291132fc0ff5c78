"""Charts: figures over time as pictures and tables, what stands behind each, and the words home has for the balance."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from gateway.charts import Bar, columns
from gateway.people import PERMISSIONS
from gateway.reports.figures import month_starts
from gateway.texts import LOCALE
from services.orders.contract import ORDERS
from services.orders.projections import PROJECTIONS as orders
from services.payments.contract import AGEING_MONTHS, BALANCES, DOCUMENTS, MOVED_ITEMS, MOVEMENTS, OPEN_ITEMS
from services.payments.projections import PROJECTIONS as payments
from tests.gateway.ground import CUSTOMER, Ground, ReadModel

TODAY = datetime.now(UTC).date()
STARTS = month_starts(TODAY)
BEFORE = (STARTS[0] - timedelta(days=1)).isoformat()[:7]


def month(place: int) -> str:
    """The month at this place of the thirteen."""
    return STARTS[place].isoformat()[:7]


def end_of(place: int) -> str:
    """Its last day."""
    return (STARTS[place + 1] - timedelta(days=1)).isoformat()


@pytest.fixture
def moved(ground: Ground) -> ReadModel:
    """100.00 EUR since before the year, 20.00 of it late from the third month on, all paid in the fifth; 7 JPY."""
    model = ground.model("payments", payments)
    steps = (
        (BEFORE, "N", "EUR", 0, 10_000),
        (month(2), "N", "EUR", 0, -2_000),
        (month(2), "N", "EUR", 1, 2_000),
        (month(4), "N", "EUR", 0, -8_000),
        (month(4), "N", "EUR", 1, -2_000),
        (month(11), "S", "JPY", 0, 7),
    )
    for at, branch, currency, late, minor in steps:
        model.put(AGEING_MONTHS, company="C-A", branch=branch, currency=currency, month=at, late=late, minor=minor)
    model.put(AGEING_MONTHS, company="C-B", branch="N", currency="EUR", month=BEFORE, late=0, minor=77_700)
    for company, number, branch, minor in (("C-A", "I-1", "N", 3_300), ("C-B", "B-1", "N", 55_500)):
        model.put(
            OPEN_ITEMS, company=company, kind="invoice", number=number, branch=branch, currency="EUR",
            date=TODAY.isoformat(), amount_minor=minor, open_minor=minor,
        )  # fmt: skip
    model.move("movements", "C-A", 3)
    return model


def row(page: str, head: str) -> list[str]:
    """The texts of a row of a table, by what its head links to or says."""
    found = re.search(
        rf'<tr><th scope="row"[^>]*>(?:<a href="{re.escape(head)}">[^<]*</a>|{head})</th>(.*?)</tr>', page, re.S
    )
    assert found is not None, head
    return [re.sub(r"<[^>]+>", "", cell).replace("\xa0", " ").strip() for cell in found.group(1).split("</td>")[:-1]]


def past(place: int) -> str:
    """Where the balance at a month's end leads."""
    return f"/balance/past?on={end_of(place)}"


@pytest.mark.usefixtures("moved")
def test_the_balance_at_each_months_end_is_a_bar_and_a_row(ground: Ground) -> None:
    page = ground.signed_in().get("/charts").text
    assert row(page, past(0)) == ["100.00", "100.00", "–", "–", "–", "–"]
    assert row(page, past(2)) == ["100.00", "80.00", "20.00", "–", "–", "–"]
    assert row(page, past(4)) == ["0.00", "–", "–", "–", "–", "–"]
    assert row(page, "/balance") == ["33.00", "33.00", "–", "–", "–", "–"]
    bars = re.findall(rf'<a href="{re.escape(past(2))}" aria-label="([^"]+)">', page)
    assert [bar.partition(": ")[2].replace("\xa0", " ") for bar in bars] == [
        *["100.00 EUR (20.00 EUR overdue)"] * 2,
        *["0 JPY"] * 2,
    ]
    assert "777.00" not in page
    assert "555.00" not in page
    assert ' style="' not in page
    # The company's own currency first, and none of a currency's digits are another's.
    assert page.index('id="balance-EUR"') < page.index('id="balance-JPY"')
    assert page.count(">7</strong>") == 1


@pytest.mark.usefixtures("moved")
def test_charts_are_of_the_persons_branches(ground: Ground) -> None:
    ground.person(CUSTOMER, "C-A", "ann@a.example", "Ann Archer", branches=("S",))
    page = ground.signed_in().get("/charts").text
    assert 'id="balance-EUR"' not in page
    assert row(page, past(11))[0] == "7"


def test_without_figures_it_says_so(ground: Ground) -> None:
    ground.model("payments", payments)
    page = ground.signed_in().get("/charts").text
    assert "Nothing was open in the last twelve months." in page
    assert "Nothing was invoiced in the last twelve months." in page


def spent(model: ReadModel) -> None:
    """Invoices and credit memos of two months."""
    months = DOCUMENTS.months
    for kind, at, status, minor in (
        ("invoice", month(12), "open", 50_000), ("invoice", month(12), "paid", 25_000),
        ("invoice", month(12), "cancelled", 99_900), ("credit_memo", month(12), "closed", -5_000),
        ("invoice", month(3), "paid", 1_000), ("invoice", BEFORE, "paid", 88_800),
    ):  # fmt: skip
        values = {"kind": kind, "month": at, "status": status, "branch": "N", "currency": "EUR"}
        model.put(months, company="C-A", count=1, total_minor=minor, **values)


def test_spend_is_what_was_invoiced_less_what_was_credited(ground: Ground) -> None:
    spent(ground.model("payments", payments))
    page = ground.signed_in().get("/charts").text
    now = f"?since={STARTS[12]}&amp;until={TODAY}"
    assert f'href="/invoices{now}">750.00</a>' in page
    assert f'href="/credit-memos{now}">-50.00</a>' in page
    assert ">700.00</strong>" in page
    assert f"/invoices?since={STARTS[3]}&amp;until={end_of(3)}" in page
    assert "888.00" not in page
    assert "710.00\xa0EUR in these thirteen months" in page


def test_without_the_right_to_credit_memos_it_is_what_was_invoiced(ground: Ground) -> None:
    spent(ground.model("payments", payments))
    rights = tuple(one for one in PERMISSIONS if one not in ("report_credit_memos", "see_balance"))
    ground.person(CUSTOMER, "C-A", "ann@a.example", "Ann Archer", permissions=rights)
    page = ground.signed_in().get("/charts").text
    assert "Invoiced by month" in page
    assert "760.00\xa0EUR in these thirteen months" in page
    assert "-50.00" not in page
    assert "How old it was" not in page
    assert ground.signed_in().get("/balance/past?on=2026-01-31").status_code == 403


def test_orders_are_counted_by_what_has_become_of_them(ground: Ground) -> None:
    model = ground.model("orders", orders)
    for at, status, count in ((month(12), "queued", 2), (month(12), "closed", 3), (month(0), "rejected", 1)):
        values = {"kind": "order", "month": at, "status": status, "branch": "N", "currency": "EUR"}
        model.put(ORDERS.months, company="C-A", count=count, total_minor=count * 1_000, **values)
    page = ground.signed_in().get("/charts/orders").text
    assert row(page, f"/orders?since={STARTS[12]}&amp;until={TODAY}") == ["5", "2", "3", "–"]
    assert row(page, f"/orders?since={STARTS[0]}&amp;until={end_of(0)}") == ["1", "–", "–", "1"]
    assert f'href="/orders?status=queued&amp;since={STARTS[0]}"' in page
    assert "30.00\xa0EUR" in page


def item(model: ReadModel, number: str, total: int, opened: str, closed: str, due: str = "2020-02-10") -> None:
    """An invoice that was open for some time."""
    model.put(
        MOVED_ITEMS, company="C-A", kind="invoice", number=number, branch="N", currency="EUR", date=opened,
        due_date=due, total_minor=total, opened=opened, closed=closed,
    )  # fmt: skip


def test_what_was_open_on_a_day_is_listed_as_it_was(ground: Ground) -> None:
    model = ground.model("payments", payments)
    item(model, "I-1", 10_000, "2020-01-10", "~")
    item(model, "I-2", 5_000, "2020-01-10", "2020-02-20")
    item(model, "I-3", 4_400, "2020-03-01", "~")
    for number, day, minor in (
        ("I-1", "2020-02-15", -2_500),
        ("I-1", "2020-04-01", -7_500),
        ("I-2", "2020-02-20", -5_000),
    ):
        model.put(
            MOVEMENTS, company="C-A", kind="invoice", number=number, date=day, source_kind="payment",
            source_number="P", currency="EUR", minor=minor,
        )  # fmt: skip
    browser = ground.signed_in()
    page = browser.get("/balance/past?on=2020-02-19").text
    assert row(page, "EUR") == ["125.00 EUR", "–", "125.00", "–", "–", "–"]
    assert re.findall(r'href="/invoices/([^"]+)"', page) == ["I-1", "I-2"]
    assert "9 days late" in page
    page = browser.get("/balance/past?on=2020-02-20").text
    assert row(page, "EUR")[0] == "75.00 EUR"
    assert "Nothing was open then." in browser.get("/balance/past?on=2020-01-09").text
    assert browser.get(f"/balance/past?on={TODAY}").location == "/balance"
    assert "is not a date like" in browser.get("/balance/past?on=soon").text
    assert "is still to come" in browser.get("/balance/past?on=2199-01-01").text


def owed(ground: Ground, *items: int, due: str = "2020-01-31") -> str:
    """Home's words for a balance of these items."""
    model = ground.model("payments", payments)
    for place, minor in enumerate(items):
        model.put(
            OPEN_ITEMS, company="C-A", kind="invoice", number=f"I-{place}", branch="N", currency="EUR",
            date="2020-01-01", due_date=due, amount_minor=minor, open_minor=minor,
        )  # fmt: skip
    model.put(BALANCES, company="C-A", branch="N", currency="EUR", items=len(items), open_minor=sum(items))
    model.move("balance", "C-A", 9)
    text = ground.signed_in().get("/").text.partition('id="balance-label"')[2].partition("</section>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text.replace("\xa0", " ")))


def test_home_says_how_much_of_the_balance_is_overdue(ground: Ground) -> None:
    words = owed(ground, 10_000, 2_000)
    assert "120.00 EUR of it overdue since 31 Jan 2020" in words
    assert "credit" not in words


def test_home_says_why_more_is_overdue_than_the_balance(ground: Ground) -> None:
    words = owed(ground, 10_000, -4_000)
    assert "60.00 EUR 100.00 EUR overdue since 31 Jan 2020" in words
    assert "40.00 EUR of credit is deducted from the balance." in words


def test_home_says_that_a_balance_is_in_the_companys_favour(ground: Ground) -> None:
    assert "In your favour" in owed(ground, -4_000)


def test_home_shows_the_year_behind_the_balance(ground: Ground, moved: ReadModel) -> None:
    moved.put(BALANCES, company="C-A", branch="N", currency="EUR", items=1, open_minor=3_300)
    moved.move("balance", "C-A", 9)
    page = ground.signed_in().get("/").text
    spark = page.partition('class="balance-past"')[2].partition("</a>")[0]
    assert spark.count("<rect") == 13
    assert "From 100.00\xa0EUR on" in spark
    moved.put(AGEING_MONTHS, company="C-A", branch="N", currency="EUR", month=month(0), late=0, minor=5_000)
    moved.move("movements", "C-A", 10)
    assert "From 150.00\xa0EUR on" in ground.signed_in().get("/").text


def bars(*values: int) -> list[Bar]:
    """A column for each value."""
    return [
        Bar(f"M{place}", f"M{place}: {value}", f"/rows?{place}", (("main", value),))
        for place, value in enumerate(values)
    ]


def test_time_runs_as_the_reader_reads() -> None:
    def first_two() -> list[float]:
        drawn = columns(bars(1, 2, 3, 4), str, "Sums")
        return [float(x) for x in re.findall(r'class="hit" x="([\d.]+)%"', drawn)][:2]

    assert first_two() == [0, 25]
    token = LOCALE.set("ar")
    try:
        assert first_two() == [75, 50]
    finally:
        LOCALE.reset(token)


def test_credit_hangs_below_the_line() -> None:
    drawn = columns(bars(100, -50), str, "<Sums>")
    above, below = re.findall(r'class="main" [^>]* y="([\d.]+)" height="([\d.]+)"', drawn)
    assert float(above[0]) + float(above[1]) == pytest.approx(float(below[0]), abs=0.2)
    assert float(above[1]) == pytest.approx(2 * float(below[1]), abs=0.2)
    assert "&lt;Sums&gt;" in drawn


def test_nothing_at_all_can_be_drawn() -> None:
    assert columns(bars(0, 0), str, "Sums").count("<a ") == 2
