"""How a report is shown: by its address, by a layout, by a person's default; and the page that saves layouts."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from gateway.people import PERMISSIONS
from gateway.reports import reading
from services.identity.projections.layouts import CHOSEN, LAYOUTS
from tests.gateway.ground import CUSTOMER, Ground, post
from tests.gateway.three_orders import three_orders

PAGE = "/layouts/order"


@pytest.fixture
def filled(ground: Ground) -> Ground:
    """Three orders in two branches and two currencies."""
    return three_orders(ground)


def layout(ground: Ground, key: str, owner: str, shared: bool = False, **shown: Any) -> None:
    """Have identity know a layout of orders."""
    values = {"columns": ["total", "number"], "sort": "number", "grouping": "", "name": f"Layout {key}", **shown}
    values["columns"] = json.dumps(values["columns"])
    where = {"company": "C-A", "report": "order", "layout": key}
    ground.models["identity"].put(LAYOUTS, **where, owner=owner, shared=shared, **values)


def heads(page: str) -> list[str]:
    """The titles of the table's columns."""
    head = page.partition("<thead>")[2].partition("</thead>")[0]
    return re.findall(r"<th[^>]*>(?:<a[^>]*>)?([^<]+)", head)


def numbers(page: str) -> list[str]:
    """The orders of the table, from above."""
    body = page.partition("</thead>")[2].partition("<tfoot>")[0]
    return list(dict.fromkeys(re.findall(r"/orders/(A-[0-9])", body)))


def test_the_address_says_columns_groups_filters_and_order(filled: Ground) -> None:
    page = filled.signed_in().get("/orders?cols=total,number,nonsense,total&group=branch&sort=-branch").text
    assert heads(page) == ["Total", "Number"]
    assert numbers(page) == ["A-3", "A-2", "A-1"]
    groups = re.findall(r'<tr class="group"><th scope="row">([^<]+)', page)
    assert groups == ["South · 1 row", "South · 1 row", "North · 1 row"], "subtotals are per currency"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("?total_from=100.01", ["A-3", "A-2"]),
        ("?total_to=100", ["A-1"]),
        ("?total_from=9000&total_to=9000", ["A-3"]),
        ("?currency=JPY", ["A-3"]),
        ("?branch=S&until=2026-05-31", ["A-2"]),
        ("?since=2026-06-01", ["A-3"]),
        ("?total_from=x", ["A-3", "A-2", "A-1"]),
        ("?branch=X", ["A-3", "A-2", "A-1"]),
    ],
)
def test_every_column_filters(filled: Ground, address: str, expected: list[str]) -> None:
    page = filled.signed_in().get("/orders" + address).text
    assert numbers(page) == expected
    assert f"of {len(expected)}</p>" in page
    assert ("it was left out" in page or "all are shown" in page) == address.endswith(("=x", "=X"))


@pytest.mark.parametrize("few", [1, 2, 100])
def test_an_amount_finds_the_same_by_its_index_and_by_looking_at_all(
    filled: Ground, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "FEW", few)
    page = filled.signed_in().get("/orders?total_from=100.01").text
    assert numbers(page) == ["A-3", "A-2"]
    assert "of 2</p>" in page


def test_a_named_date_is_an_ordinary_address(filled: Ground) -> None:
    page = filled.signed_in().get("/orders?q=A").text
    assert re.search(r'href="/orders\?q=A&amp;since=\d{4}-\d\d-01&amp;until=\d{4}-\d\d-\d\d">Last month<', page)


def test_layouts_are_ones_own_and_those_the_company_shares(filled: Ground) -> None:
    layout(filled, "L-1", CUSTOMER)
    layout(filled, "L-2", "K-999", shared=True, columns=["date", "number"])
    layout(filled, "L-3", "K-999")
    browser = filled.signed_in()
    page = browser.get("/orders?layout=L-1").text
    assert heads(page) == ["Total", "Number"]
    assert numbers(page) == ["A-1", "A-2", "A-3"]
    assert "Layout L-2" in page
    assert "Layout L-3" not in page
    assert heads(browser.get("/orders?layout=L-2&cols=number").text) == ["Number"]
    for missing in ("L-3", "L-9"):
        page = browser.get(f"/orders?layout={missing}").text
        assert "is not there any more, or not yours" in page
        assert len(heads(page)) > 2


def test_a_layout_that_is_not_there_is_not_taken_for_the_default(filled: Ground) -> None:
    layout(filled, "L-1", CUSTOMER)
    chosen = {"company": "C-A", "contact_id": CUSTOMER, "report": "order", "layout": "L-1"}
    filled.models["identity"].put(CHOSEN, **chosen)
    browser = filled.signed_in()

    def marked(address: str) -> list[str]:
        menu = browser.get(address).text.partition('<p class="menu-title">Layout</p>')[2].partition("</details>")[0]
        return re.findall(r'href="([^"]+)" aria-current="true"', menu)

    assert marked("/orders") == ["/orders?layout=L-1"]
    assert marked("/orders?layout=L-9") == marked("/orders?layout=standard") == ["/orders?layout=standard"]
    further = re.findall(r'href="(/orders\?[^"]*sort=[^"]+)"', browser.get("/orders?layout=L-9").text)
    assert further
    assert all("layout=standard" in address for address in further), "it goes on as it is shown"


def test_a_default_holds_until_the_address_says_otherwise(filled: Ground) -> None:
    layout(filled, "L-1", CUSTOMER)
    chosen = {"company": "C-A", "contact_id": CUSTOMER, "report": "order", "layout": "L-1"}
    filled.models["identity"].put(CHOSEN, **chosen)
    browser = filled.signed_in()
    assert heads(browser.get("/orders").text) == ["Total", "Number"]
    assert len(heads(browser.get("/orders?layout=standard").text)) > 2
    without = tuple(one for one in PERMISSIONS if one != "layouts_export")
    filled.person(CUSTOMER, "C-A", "ann@a.example", "Ann Archer", permissions=without)
    page = browser.get("/orders").text
    assert len(heads(page)) > 2
    assert "/layouts/order" not in page


def save(ground: Ground, **fields: Any) -> Any:
    """The answer to the layouts' form of orders."""
    form = {"order": ["number", "date", "total"], "show": ["number", "total"], "sort_by": "total", "way": "down"}
    return post(ground.signed_in(), PAGE, PAGE, **{**form, "grouped": "", "title": "Mine", **fields})


def test_what_the_form_shows_is_saved_under_its_name(filled: Ground) -> None:
    answer = save(filled, action="new", filters="q=A", shared="y")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/orders?q=A&layout=")
    [(_service, name, payload, _context)] = filled.commands.sent
    shown = {"report": "order", "name": "Mine", "columns": ["number", "total"], "sort": "-total", "group": ""}
    assert (name, payload) == ("SaveLayout", {**shown, "shared": True, "layout": ""})


def test_a_column_moves_without_script_and_nothing_typed_is_lost(filled: Ground) -> None:
    page = save(filled, move="up total", title="Half typed").text
    assert filled.commands.sent == []
    assert re.findall(r'name="order" value="(\w+)"', page)[:3] == ["number", "total", "date"]
    assert 'value="Half typed"' in page
    assert 'id="show-total" name="show" value="total" checked' in page


def test_it_can_be_looked_at_without_being_saved(filled: Ground) -> None:
    answer = save(filled, action="show", grouped="status", filters="q=A")
    assert answer.headers["Location"] == "/orders?q=A&cols=number%2Ctotal&group=status&sort=status"
    assert filled.commands.sent == []


def test_a_table_without_columns_is_refused(filled: Ground) -> None:
    answer = save(filled, action="new", show=[])
    assert answer.status_code == 422
    assert "Tick one column at least." in answer.text
    assert filled.commands.sent == []


@pytest.mark.parametrize(("kind", "status"), [("order", 200), ("invoice", 404), ("nothing", 404)])
def test_layouts_are_of_reports_one_may_see(filled: Ground, kind: str, status: int) -> None:
    filled.person(CUSTOMER, "C-A", "ann@a.example", "Ann Archer", permissions=("report_orders", "layouts_export"))
    assert filled.signed_in().get(f"/layouts/{kind}").status_code == status
