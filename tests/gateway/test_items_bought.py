"""Items bought: the list of all time and of some months, for who may see credit memos and who may not, as a file."""

from __future__ import annotations

import csv
import html
import io
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.people import PERMISSIONS
from services.payments.contract import ITEM_MONTHS, ITEMS, MILLION
from services.payments.projections import PROJECTIONS as payments
from tests.gateway.ground import CUSTOMER, Ground, ReadModel, post

WITHOUT_CREDIT = tuple(one for one in PERMISSIONS if one not in ("report_credit_memos", "see_balance"))


def put(model: ReadModel, item: str, *months: tuple[str, int, int, int], **more: Any) -> None:
    """An item: of each month the last day, quantity in millionths, minor units and invoices (none: a credit memo)."""
    place: dict[str, Any] = {"company": "C-A", "item": item, "branch": "N", "currency": "EUR"}
    place |= {name: value for name, value in more.items() if name in place}
    names = ("quantity_millionths", "amount_minor", "invoice_count")
    sums: dict[str, Any] = {name: sum(month[n] for month in months) for n, name in enumerate(names, 1)}
    last = max(day for day, _quantity, _minor, invoices in months if invoices)
    model.put(
        ITEMS, **place, name=more.get("name", f"Name of {item}"), unit="pcs", last_date=last,
        document_count=len(months), **sums,
    )  # fmt: skip
    for day, *own in months:
        kind = "invoice" if own[2] else "credit_memo"
        values: dict[str, Any] = {
            "month": day[:7],
            "kind": kind,
            "last_date": day if own[2] else "",
            "document_count": 1,
        }
        model.put(ITEM_MONTHS, **place, **(values | dict(zip(names, own, strict=True))))


@pytest.fixture
def bought(ground: Ground) -> ReadModel:
    """A scanner of two months with a credit memo, cables, something in yen, and what another company bought."""
    model = ground.model("payments", payments)
    put(
        model, "SCN-100",
        ("2026-03-05", 2_500_000, 150_000, 2), ("2026-05-07", MILLION, 60_000, 1), ("2026-06-01", -MILLION, -30_000, 0),
        name="Warehouse scanner (blue)",
    )  # fmt: skip
    put(model, "CAB-1", ("2026-05-09", 10 * MILLION, 5_000, 1), branch="S")
    put(model, "YEN-1", ("2026-05-10", MILLION, 700, 1), currency="JPY")
    put(model, "SECRET-1", ("2026-05-10", MILLION, 99_900, 1), company="C-B")
    model.move("items", "C-A", 3)
    return model


def rows(page: str) -> dict[str, list[str]]:
    """Item → the texts of its other cells."""
    found = {}
    for line in re.findall(r"<tr><th scope=\"row\"[^>]*>(.*?)</tr>", page.partition("<tfoot")[0], re.S):
        head, *cells = line.split("<td")
        texts = [html.unescape(re.sub(r"<[^>]+>", "", f"<td{cell}")).replace("\xa0", " ").strip() for cell in cells]
        found[re.sub(r"<[^>]+>", "", head)] = texts
    return found


@pytest.mark.usefixtures("bought")
def test_each_item_with_its_sums_the_most_spent_first(ground: Ground) -> None:
    page = ground.signed_in().get("/items-bought").text
    assert rows(page) == {
        "SCN-100": ["Warehouse scanner (blue)", "pcs", "2.5", "1,800.00 EUR", "7 May 2026", "3"],
        "CAB-1": ["Name of CAB-1", "pcs", "10", "50.00 EUR", "9 May 2026", "1"],
        "YEN-1": ["Name of YEN-1", "pcs", "1", "700 JPY", "10 May 2026", "1"],
    }
    assert "1,850.00\xa0EUR" in page.partition("<tfoot")[2]
    assert 'href="/search?q=SCN-100&amp;kind=invoice"' in page
    assert "SECRET" not in page


@pytest.mark.usefixtures("bought")
@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("q=scn1", ["SCN-100"]),
        ("q=scanner", ["SCN-100"]),
        ("q=%25", []),
        ("amount_from=60", ["SCN-100", "YEN-1"]),
        ("quantity_from=2.5&quantity_to=9", ["SCN-100"]),
        ("currency=JPY", ["YEN-1"]),
        ("sort=item", ["CAB-1", "SCN-100", "YEN-1"]),
        ("sort=-date", ["YEN-1", "CAB-1", "SCN-100"]),
        ("since=2026-06-01&until=2026-06-30", ["SCN-100"]),
        ("since=2026-04-01&until=2026-04-30", []),
        ("until=2026-03-31", ["SCN-100"]),
        ("group=date", ["YEN-1", "SCN-100", "CAB-1"]),
    ],
)
def test_it_is_filtered_sorted_and_grouped(ground: Ground, address: str, found: list[str]) -> None:
    page = ground.signed_in().get(f"/items-bought?{address}").text
    assert sorted(rows(page)) == sorted(found)
    if "sort" in address:
        assert list(rows(page)) == found


@pytest.mark.usefixtures("bought")
@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_number_that_no_row_can_have_is_left_out_and_said(ground: Ground) -> None:
    browser = ground.signed_in()
    for name in ("quantity_from", "quantity_to", "amount_from", "amount_to"):
        for typed in ("9300000000000", "-9300000000000", "1e13", "1e400", "NaN"):
            page = browser.get(f"/items-bought?{name}={typed}")
            assert page.status_code == 200, (name, typed)
            said = f"“{typed}” is not a number like 1250.50; it was left out." in page.text
            assert said == (name.startswith("quantity") or "93" not in typed), (name, typed)
        for typed in ("1e-999999", "-1e-400", "999999999999.9999999"):
            assert browser.get(f"/items-bought?{name}={typed}").status_code == 200, (name, typed)
    address = "quantity_from=9300000000000"
    answer = post(browser, "/items-bought", "/exports/item", address=address, format="csv")
    assert answer.data.decode("utf-8-sig").count("\n") == 4


@pytest.mark.usefixtures("bought")
def test_a_month_has_what_was_bought_in_it(ground: Ground) -> None:
    browser = ground.signed_in()
    march = rows(browser.get("/items-bought?since=2026-03-01&until=2026-03-31").text)
    assert march == {"SCN-100": ["Warehouse scanner (blue)", "pcs", "2.5", "1,500.00 EUR", "5 Mar 2026", "2"]}
    page = browser.get("/items-bought?since=2026-03-20&until=2026-05-08").text
    assert rows(page)["SCN-100"][2:] == ["3.5", "2,100.00 EUR", "7 May 2026", "3"]
    assert "Items are counted by whole months: 1 Mar 2026 – 31 May 2026." in page


@pytest.mark.usefixtures("bought")
def test_who_may_not_see_credit_memos_sees_what_was_invoiced(ground: Ground) -> None:
    ground.person(CUSTOMER, "C-A", "ann@a.example", "Ann Archer", permissions=WITHOUT_CREDIT)
    browser = ground.signed_in()
    page = browser.get("/items-bought").text
    assert rows(page)["SCN-100"][2:] == ["3.5", "2,100.00 EUR", "7 May 2026", "3"]
    assert "1,800.00" not in page
    assert rows(browser.get("/items-bought?since=2026-06-01").text) == {}


@pytest.mark.usefixtures("bought")
def test_it_is_of_the_persons_branches_and_rights(ground: Ground) -> None:
    ground.person(CUSTOMER, "C-A", "ann@a.example", "Ann Archer", branches=("S",))
    assert list(rows(ground.signed_in().get("/items-bought").text)) == ["CAB-1"]
    ground.person(CUSTOMER, "C-A", "ann@a.example", "Ann Archer", permissions=("report_orders",))
    assert ground.signed_in().get("/items-bought").status_code == 403


def test_it_goes_on_page_by_page(ground: Ground) -> None:
    model = ground.model("payments", payments)
    for nth in range(120):
        put(model, f"X-{nth:03}", ("2026-03-05", MILLION, 100 * (nth // 7), 1))
    browser = ground.signed_in()
    for dates in ("", "since=2026-03-01"):
        seen: list[str] = []
        address = f"/items-bought?{dates}"
        while address:
            page = browser.get(address).text
            seen += rows(page)
            following = re.search(r'rel="next" href="([^"]+)"', page)
            address = html.unescape(following.group(1)) if following else ""
        assert sorted(seen) == [f"X-{nth:03}" for nth in range(120)], dates


@pytest.mark.usefixtures("bought")
def test_it_is_exported(ground: Ground) -> None:
    browser = ground.signed_in()
    answer = post(browser, "/items-bought", "/exports/item", address="q=scanner", format="csv")
    [_heads, row] = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=",")
    assert row[:5] == ["SCN-100", "Warehouse scanner (blue)", "pcs", "2.5", "1800.00"]


def test_spend_by_item_names_the_first_ten_and_adds_up_the_others(ground: Ground) -> None:
    model = ground.model("payments", payments)
    today = datetime.now(UTC).date().isoformat()
    for nth in range(1, 13):
        put(model, f"X-{nth:02}", (today, MILLION, 1_000 * nth, 1), (today, -MILLION, -100, 0))
    put(model, "OLD-1", ("2020-01-05", MILLION, 99_900, 1))
    put(model, "SECRET-1", (today, MILLION, 99_900, 1), company="C-B")
    found = rows(ground.signed_in().get("/charts").text.partition('id="items-EUR"')[2])
    assert list(found) == [f"Name of X-{nth:02} X-{nth:02}" for nth in range(12, 2, -1)] + ["2 other items"]
    assert found["Name of X-12 X-12"][-1] == "119.00 EUR"
    assert found["2 other items"][-1] == "28.00 EUR"
    ground.person(CUSTOMER, "C-A", "ann@a.example", "Ann Archer", permissions=WITHOUT_CREDIT)
    page = ground.signed_in().get("/charts").text
    assert "Invoiced by item" in page
    assert rows(page.partition('id="items-EUR"')[2])["2 other items"][-1] == "30.00 EUR"
