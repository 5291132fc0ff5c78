"""Reports filtered by what a single column has in it: the rows, their totals, the address, files."""

from __future__ import annotations

import csv
import html
import io
import re
from typing import Any

import pytest

from services.cases.projections import PROJECTIONS as cases
from services.cases.projections.cases import CASE_LIST
from services.orders.contract import ORDERS
from services.payments.contract import ITEMS, OPEN_ITEMS
from services.payments.projections import PROJECTIONS as payments
from tests.gateway.ground import CUSTOMER, Ground, post
from tests.gateway.three_orders import three_orders


@pytest.fixture
def filled(ground: Ground) -> Ground:
    """Three orders (100 EUR, 250.50 EUR, 9,000 JPY) with references that are hard to find."""
    three_orders(ground)
    reference(ground, "A-1", "Übergabe 4500/7_a", branch="N", total_minor=10000)
    reference(ground, "A-2", "100% wool 4500!", branch="S", total_minor=25050)
    return ground


def reference(ground: Ground, number: str, text: str, **facts: Any) -> None:
    """Have an order of Ann's company say so."""
    usual = {"company": "C-A", "kind": "order", "date": "2026-05-01", "currency": "EUR", "status": "open"}
    ground.models["orders"].put(
        ORDERS.documents, **usual, **facts, key=number, number=number, number_key=number, reference=text
    )


def numbers(page: str) -> list[str]:
    """The orders of the table, from above."""
    body = page.partition("</thead>")[2].partition("<tfoot>")[0]
    return list(dict.fromkeys(re.findall(r"/orders/(A-[0-9])", body)))


FOUND: tuple[tuple[str, list[str]], ...] = (
    ("reference_has=4500", ["A-1", "A-2"]),
    ("reference_has=00/7", ["A-1"]),
    ("reference_has=po", ["A-3"]),
    ("reference_has=%C3%BCBER", ["A-1"]),
    ("reference_has=%C3%9Cbergabe", ["A-1"]),
    ("reference_has=0%25", ["A-2"]),
    ("reference_has=_", ["A-1"]),
    ("reference_has=0!", ["A-2"]),
    ("reference_has=%25o%25", []),
    ("reference_has=+%20", ["A-1", "A-2", "A-3"]),
    ("number_has=a-3", ["A-3"]),
    ("number_has=-&reference_has=4500&branch=S", ["A-2"]),
    ("reference_has=4500&total_from=101", ["A-2"]),
    ("reference_has=4500&q=A-2", ["A-2"]),
    ("portal_reference_has=x", []),
    ("total_has=1", ["A-1", "A-2", "A-3"]),
)
"""What is asked for → the orders there are of it."""


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_column_has_what_was_typed(filled: Ground) -> None:
    filled.models["orders"].put(ORDERS.search, company="C-A", term="a2", kind="order", key="A-2")
    browser = filled.signed_in()
    for address, found in FOUND:
        page = browser.get(f"/orders?sort=number&{address}").text
        assert numbers(page) == found, address
        assert ("Nothing fits these filters" in page) == (not found), address


def test_totals_are_of_what_is_found(filled: Ground) -> None:
    page = filled.signed_in().get("/orders?reference_has=4500&group=branch").text
    assert "350.50\xa0EUR" in page.partition("<tfoot")[2]
    assert "JPY" not in page.partition("<thead")[2]
    groups = re.findall(r'<tr class="group"><th scope="row">([^<]+)', page)
    assert groups == ["North · 1 row", "South · 1 row"]


def test_branches_stay_what_they_are(filled: Ground) -> None:
    filled.person(CUSTOMER, "C-A", "ann@a.example", "Ann Archer", branches=("S",))
    assert numbers(filled.signed_in().get("/orders?reference_has=4500").text) == ["A-2"]


def test_shown_columns_have_a_field_and_what_is_filtered_a_chip(filled: Ground) -> None:
    browser = filled.signed_in()
    page = browser.get("/orders?cols=reference,total").text
    assert set(re.findall(r'name="(\w+_has)"', page)) == {"reference_has"}
    page = html.unescape(browser.get("/orders?cols=total&reference_has=%22%3Cb%3E&status=open").text)
    assert 'name="reference_has" type="text" value=""<b>"' in page, "what was typed is not lost"
    assert re.search(r'href="/orders\?status=open&cols=total"><span>Your reference contains: <strong>"<b>', page)
    assert '<details class="more-filters" open>' in page


def test_links_and_layouts_keep_it(filled: Ground) -> None:
    browser = filled.signed_in()
    page = browser.get("/orders?reference_has=4500").text
    assert 'href="/orders?reference_has=4500&amp;sort=number"' in page
    assert 'href="/layouts/order?reference_has=4500"' in page
    form = {"order": ["number"], "show": ["number"], "sort_by": "number", "way": "up", "grouped": "", "action": "show"}
    shown = post(browser, "/layouts/order", "/layouts/order", **form, filters="reference_has=4500")
    assert shown.headers["Location"] == "/orders?reference_has=4500&cols=number&sort=number"


def test_a_file_has_the_same_rows(filled: Ground) -> None:
    browser = filled.signed_in()
    address = "reference_has=%C3%BCbergabe&cols=number,reference"
    answer = post(browser, "/orders", "/exports/order", address=address, format="csv")
    [_heads, row] = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=",")
    assert row[:2] == ["A-1", "Übergabe 4500/7_a"]


def test_items_and_open_items_are_found_likewise(ground: Ground) -> None:
    model = ground.model("payments", payments)
    for item, name in (("SCN-100", "Warehouse scanner (blue)"), ("CAB-1", "Cable for scanners")):
        place = {"company": "C-A", "branch": "N", "currency": "EUR", "last_date": "2026-05-01"}
        model.put(ITEMS, item=item, name=name, unit="pcs", **place)
    for number, text in (("I-1", "PO 77"), ("I-2", "PO 78")):
        facts = {"currency": "EUR", "date": "2026-03-01", "due_key": "2026-04-01", "due_date": "2026-04-01"}
        model.put(OPEN_ITEMS, company="C-A", kind="invoice", number=number, reference=text, open_minor=500, **facts)
    browser = ground.signed_in()

    def cells(address: str) -> list[str]:
        return re.findall(r">(SCN-100|CAB-1|I-1|I-2)</a>", browser.get(address).text)

    assert cells("/items-bought?item_has=n-1") == ["SCN-100"]
    assert cells("/items-bought?name_has=%28BLUE") == ["SCN-100"]
    assert len(cells("/items-bought?name_has=scanner")) == 2
    assert cells("/open-items?reference_has=o+78") == ["I-2"]
    assert "5.00\xa0EUR" in browser.get("/open-items?number_has=-1").text.partition("<tfoot")[2]


BOUGHT = (("10.4711", "CAKE STAND, 3 TIER"), ("A_12", "Cable 3×2.5mm² – 20 m"), ("ÖL-5", "Straßenöl ÄTHER 5W30"))
SEARCHED: tuple[tuple[str, list[str]], ...] = (
    ("cake stand, 3", ["10.4711"]),
    ("Cake stand 3", ["10.4711"]),
    ("10.4711", ["10.4711"]),
    ("10471", ["10.4711"]),
    ("4711", []),
    ("3×2.5mm² – 20", ["A_12"]),
    ("a_1", ["A_12"]),
    ("öl", ["ÖL-5"]),
    ("ÖL5", ["ÖL-5"]),
    ("strassenÖL", ["ÖL-5"]),
    ("Straßenöl äther", ["ÖL-5"]),
    (", . _ –", []),
)
"""What is searched for → the items that begin with it, or whose description has it: by letters and digits alone."""


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_search_goes_by_letters_and_digits_alone_in_any_case(ground: Ground) -> None:
    model = ground.model("payments", payments)
    asked = ground.model("cases", cases)
    at = "2026-05-01T08:00:00+00:00"
    facts = {"currency": "EUR", "date": "2026-03-01", "due_key": "2026-04-01", "due_date": "2026-04-01"}
    for item, name in BOUGHT:
        place = {"company": "C-A", "branch": "N", "currency": "EUR", "last_date": "2026-05-01"}
        model.put(ITEMS, item=item, name=name, unit="pcs", **place)
        model.put(OPEN_ITEMS, company="C-A", kind="invoice", number=item, reference=name, open_minor=500, **facts)
        asked.put(CASE_LIST, company="C-A", number=item, status="new", opened_by=CUSTOMER, opened_at=at, updated_at=at)
    browser = ground.signed_in()

    def found(path: str, typed: str) -> list[str]:
        page = browser.get(path, query_string={"q": typed}).text
        heads = re.findall(r"<th scope=\"row\"[^>]*>(.*?)</th>", page.partition("<tfoot")[0], re.S)
        return sorted(re.sub(r"<[^>]+>", "", head) for head in heads)

    for typed, items in SEARCHED:
        assert found("/items-bought", typed) == items, typed
    for typed in ("10.47", "1047", "a_12", "öl-5", "Ö L"):
        [number] = found("/open-items", typed)
        assert found("/support", typed) == [number], typed
    assert found("/open-items", "STRASSENÖL Ä") == ["ÖL-5"]
    assert found("/open-items", "cake stand, 3 t") == ["10.4711"]
    assert found("/open-items", "stand") == []
