"""Search (R6): what is found, by whom, in which order, how it is marked; and what is suggested while typing."""

from __future__ import annotations

import html
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from chassis import rooms
from chassis.finding import words_of
from chassis.messages import ALL_COMPANIES
from chassis.sqlite_models import SqliteDatabase
from gateway.access import Scope
from gateway.finding import customers, indexes, pace, staff
from gateway.finding.indexes import Index
from gateway.queries import Statement
from services.identity.projections.portal import SETTINGS
from services.orders.projections.catalogue import ITEMS
from services.orders.projections.search import WORDS as ORDER_WORDS
from tests.gateway.finding import SERVICES, browser_of, case, found_by, invoice, names, order, search
from tests.gateway.ground import Ground


@pytest.fixture
def filled(ground: Ground) -> Ground:
    for service in SERVICES:
        ground.model(service, rooms.load(service).projections)
    ground.branch("C-A", "N", "North")
    ground.branch("C-A", "S", "South")
    invoice(ground, "INV-000123", 1, date="2026-01-05", items=[("AB-100/5", "Warehouse scanner <blue>")])
    invoice(ground, "INV-000124", 2, date="2026-03-05", branch="S", items=[("P-7", "Étiquettes thermiques")])
    invoice(ground, "INV-001230", 3, date="2026-02-05", note="Deliver to the back door, scanner first")
    invoice(ground, "INV-000123", 4, company="C-B", items=[("AB-100/5", "Warehouse scanner")])
    order(ground, "W-4RJT-8KLM", 5, number="SO-77")
    case(ground, "C-0001-0001", 6, "Labels print twice", "The thermal labels come out twice.")
    case(ground, "C-0002-0002", 7, "Another's labels", "Secret labels of Borealis.", company="C-B")
    case(ground, "C-ABCD-EFGH", 20, "A number without a digit", "It was not found once.")
    for position, (item, name) in enumerate([("SCN-100", "Warehouse scanner"), ("LBL-1", "Thermal labels")], 8):
        ground.models["orders"].put(ITEMS, item=item, name=name, unit="pcs", sellable=True)
        found_by(ground.models["orders"], ORDER_WORDS, (ALL_COMPANIES, "item", item), words_of(item, name), position)
    return ground


FINDS = (
    ("INV-000123", ["INV-000123", "INV-001230"]),
    ("inv123", ["INV-000123", "INV-001230"]),
    ("00123", ["INV-000123", "INV-001230"]),
    ("124", ["INV-000124"]),
    ("ab1005", ["INV-000123"]),
    ("etiquettes", ["INV-000124"]),
    ("back door", ["INV-001230"]),
    ("po 4700 etiq", ["INV-000124"]),
    ("w4rjt8", ["SO-77"]),
    ("so-77", ["SO-77"]),
    ("thermal print", ["C-0001-0001 Labels print twice"]),
    ("cabcd", ["C-ABCD-EFGH A number without a digit"]),
    ("C-ABCD-EFGH", ["C-ABCD-EFGH A number without a digit"]),
    ("thermal lab", ["C-0001-0001 Labels print twice", "LBL-1 Thermal labels"]),
    ("account bal", ["Account balance"]),
)


@pytest.fixture(params=[(1000, 1000), (0, 1000), (0, 1)], ids=["few", "many", "among"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """All ways to the newest: put in order what the index gives, look through the newest rows, or ask all of them in
    their order whether they are among what it gives.
    """
    few, newest = request.param
    monkeypatch.setattr(indexes, "FEW", few)
    monkeypatch.setattr(indexes, "NEWEST", newest)


@pytest.mark.usefixtures("way")
def test_it_finds_numbers_references_items_notes_and_texts(filled: Ground) -> None:
    assert {typed: names(search(filled, typed)) for typed, _ in FINDS} == dict(FINDS)


def test_the_number_itself_comes_first_then_the_newest(filled: Ground) -> None:
    assert names(search(filled, "inv")) == ["INV-000124", "INV-001230", "INV-000123", "Invoices"]
    assert names(search(filled, "123"))[0] == "INV-000123"


def test_it_marks_what_was_asked_for_and_nothing_else_is_markup(filled: Ground) -> None:
    page = search(filled, "blu ware")
    assert "<mark>Ware</mark>house scanner &lt;<mark>blu</mark>e&gt;" in page
    assert "<mark>INV</mark>-<mark>000123</mark>" in search(filled, "inv 123")
    assert "<blue>" not in page
    assert "&lt;script&gt;" in search(filled, "<script>alert(1)")


def test_each_kind_has_its_count_and_a_link_that_keeps_the_words(filled: Ground) -> None:
    page = search(filled, "scanner")
    assert names(page) == ["INV-001230", "INV-000123", "SCN-100 Warehouse scanner"]
    assert re.search(r'<a href="/search\?q=scanner&amp;kind=invoice">Invoices <span class="count">2<', page)
    assert re.search(r'<a href="/search\?q=scanner" aria-current="true">All <span class="count">3<', page)
    of_items = search(filled, "scanner", kind="item")
    assert names(of_items) == ["SCN-100 Warehouse scanner"]
    assert 'value="scanner"' in of_items
    assert 'href="/order-pad?item=SCN-100"' in of_items


@pytest.mark.usefixtures("way")
def test_the_hits_of_one_kind_go_on_page_by_page_the_newest_first(filled: Ground) -> None:
    days = {f"R-{1000 + n}": f"2026-0{1 + n % 3}-{1 + n // 6:02}" for n in range(60)}
    for position, (number, day) in enumerate(days.items(), 1000):
        invoice(filled, number, position, note="monthly rent", date=day)
    browser, seen, path = browser_of(filled, "ann@a.example"), [], "/search?q=rent&kind=invoice"
    while path:
        page = browser.get(path).text
        seen += names(page)
        more = re.search(r'rel="next" href="([^"]+)"', page)
        path = html.unescape(more[1]) if more else ""
    assert seen == sorted(days, key=lambda number: (days[number], number), reverse=True)


@pytest.mark.usefixtures("way")
def test_what_was_recorded_late_stands_where_its_date_is(filled: Ground) -> None:
    invoice(filled, "INV-000090", 900, date="2025-12-24", note="scanner")
    invoice(filled, "INV-000091", 901, date="2026-01-31", note="scanner")
    expected = ["INV-001230", "INV-000091", "INV-000123", "INV-000090"]
    assert names(search(filled, "scanner", kind="invoice")) == expected
    assert names(search(filled, "scanner"))[:4] == expected


def test_an_old_number_is_found_however_many_begin_with_it(filled: Ground) -> None:
    for n in range(210):
        invoice(filled, f"INV-123{n:03}", 2000 + n)
    page = search(filled, "inv 123")
    assert names(page)[0] == "INV-000123"
    assert '<span class="count">200+<' in page
    assert names(search(filled, "inv 123", kind="invoice"))[0] == "INV-000123"


def test_a_number_that_all_others_speak_of_is_found_first(filled: Ground) -> None:
    for n in range(210):
        invoice(filled, f"R-{1000 + n}", 2000 + n, note="instead of 123", date="2026-06-01")
    for kind in ("", "invoice"):
        assert names(search(filled, "00123", kind=kind))[:2] == ["INV-000123", "R-1209"]


def test_another_companys_things_are_neither_found_nor_counted(filled: Ground) -> None:
    assert names(search(filled, "scanner", "bo@b.example")) == ["INV-000123", "SCN-100 Warehouse scanner"]
    assert names(search(filled, "secret")) == []
    assert names(search(filled, "secret", "bo@b.example")) == ["C-0002-0002 Another's labels"]
    assert "<mark>" not in search(filled, "secret")


def test_another_branchs_documents_are_neither_found_nor_counted(filled: Ground) -> None:
    filled.person("K-300", "C-A", "nora@a.example", "Nora North", branches=("N",))
    page = search(filled, "po", "nora@a.example")
    assert names(page) == ["INV-001230", "INV-000123"]
    assert '<span class="count">2<' in page
    assert names(search(filled, "etiquettes", "nora@a.example", kind="invoice")) == []


@pytest.mark.parametrize(("branch", "asked"), [("N", "count many among"), ("S", "count many")])
def test_rows_of_other_branches_are_looked_through_up_to_a_bound(
    filled: Ground, monkeypatch: pytest.MonkeyPatch, branch: str, asked: str
) -> None:
    monkeypatch.setattr(indexes, "FEW", 1)
    monkeypatch.setattr(indexes, "AHEAD", 1)
    monkeypatch.setattr(indexes, "NEWEST", 3)
    for n in range(5):
        invoice(filled, f"R-{1000 + n}", 2000 + n, branch="S", note="scanner", date="2026-06-01")
    filled.person("K-300", "C-A", "nora@a.example", "Nora North", branches=(branch,))
    steps, rows = [], Scope.rows

    def noted(scope: Scope, query: Any, **values: Any) -> Any:
        found = rows(scope, query, **values)
        steps.append((query.name, len(found)))
        return found

    monkeypatch.setattr(Scope, "rows", noted)
    page = search(filled, "scanner", "nora@a.example", kind="invoice")
    assert names(page)[0] == {"N": "INV-001230", "S": "R-1004"}[branch]
    first = [name.removeprefix("invoice.words.") for name, _count in steps if name.startswith("invoice.words.")]
    assert " ".join(first).startswith(asked)
    assert ("among" in first) == ("among" in asked)


def test_without_the_right_a_kind_is_not_there(filled: Ground) -> None:
    filled.person("K-300", "C-A", "oda@a.example", "Oda Only", permissions=("report_orders",))
    for typed in ("inv", "scanner", "labels"):
        for kind in ("", "invoice", "item", "case"):
            assert names(search(filled, typed, "oda@a.example", kind=kind)) == []
    assert names(search(filled, "so-77", "oda@a.example")) == ["SO-77"]


def test_staff_find_cases_of_all_companies_and_their_own_pages(filled: Ground) -> None:
    page = search(filled, "labels", "sam@s.example")
    assert sorted(names(page)) == ["C-0001-0001 Labels print twice", "C-0002-0002 Another's labels"]
    assert "Secret <mark>labels</mark> of Borealis." in page
    assert names(search(filled, "case queue", "sam@s.example")) == ["Case queue"]
    assert names(search(filled, "po 4700", "sam@s.example")) == []
    filled.person("S-2", "", "ed@s.example", "Ed Erp", roles=("erp_admin",))
    assert names(search(filled, "labels", "ed@s.example")) == []


def test_nothing_found_says_what_to_do_and_keeps_the_words(filled: Ground) -> None:
    page = search(filled, "zebra 99")
    assert "Nothing has “zebra 99” in it." in page
    assert "try fewer of them" in page
    assert 'value="zebra 99"' in page
    assert "There are hits of other kinds." in search(filled, "scanner", kind="order")
    for typed in ("", "  ", "--", "'\"*"):
        assert "Beginnings are enough." in search(filled, typed)


def test_a_place_that_is_none_is_the_beginning(filled: Ground) -> None:
    for place in ("x", "-5", "9" * 40, "1.5", "2026-01-05~", "~", "2026-01-05'~1", "9~" + "9" * 19):
        assert names(search(filled, "inv", kind="invoice", below=place)) == ["INV-000124", "INV-001230", "INV-000123"]


def test_suggestions_are_a_list_to_choose_from(filled: Ground) -> None:
    part = browser_of(filled, "ann@a.example").get("/search/suggest?q=inv 12").text
    assert 'data-status="3 suggestions"' in part
    assert re.findall(r'data-href="([^"]+)"', part)[0] == "/invoices/INV-000124"
    assert part.count('role="option"') == 4
    assert "/search?q=inv+12" in part
    assert "<html" not in part
    assert 'data-status="No suggestions"' in browser_of(filled, "ann@a.example").get("/search/suggest?q=zebra").text


def test_the_order_pad_finds_items_by_words_of_their_names(filled: Ground) -> None:
    browser = browser_of(filled, "ann@a.example")
    assert 'data-value="SCN-100"' in browser.get("/order-pad/items?q=scann ware").text
    assert "data-value" not in browser.get("/order-pad/items?q=zebra").text
    page = browser.get("/order-pad?item=SCN-100").text
    assert 'name="item" value="SCN-100"' in page
    assert 'name="item" value="SCN-100"' not in browser.get("/order-pad").text


def test_who_asks_more_often_than_anybody_types_is_asked_to_wait(
    filled: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "MOST", 2)
    browser = browser_of(filled, "ann@a.example")
    assert [browser.get("/search/suggest?q=inv").status_code for _ in range(3)] == [200, 200, 429]
    assert browser.get("/search?q=inv").status_code == 200
    assert filled.signed_in().get("/search/suggest?q=inv").status_code == 200


def test_where_search_is_switched_off_nothing_of_it_is_there(filled: Ground) -> None:
    filled.models["identity"].put(SETTINGS, setting="feature_search", value="off")
    browser = browser_of(filled, "ann@a.example")
    assert browser.get("/search?q=inv").status_code == 403
    assert browser.get("/search/suggest?q=inv").status_code == 403
    assert "/search" not in browser.get("/").text


def test_it_says_when_a_part_is_still_being_prepared(filled: Ground) -> None:
    model = next(one for one in rooms.load("payments").projections if one.name == "search")
    filled.models["payments"].building(model)
    page = search(filled, "scanner")
    assert "A part of this page is being prepared" in page
    assert names(page) == ["SCN-100 Warehouse scanner"]


def test_every_statement_finds_its_rows_by_an_index(tmp_path: Path) -> None:
    connection = sqlite3.connect(":memory:")
    for service in (*SERVICES, "identity", "licensing"):
        database = SqliteDatabase(tmp_path / f"{service}.db")
        with closing(database.connect()) as made:
            database.create_tables(made, rooms.load(service).projections)
        connection.execute(f"ATTACH ? AS {service}", (str(tmp_path / f"{service}.db"),))
    declared = [one for module in (customers, staff) for one in vars(module).values()]
    statements = [one for one in declared if isinstance(one, Statement)]
    statements.remove(staff.FOUND_CONTACTS)  # see there
    asked = [one for one in (*declared, *customers.WORDS.values()) if isinstance(one, Index)]
    counts = {one.count for one in asked}
    for one in (*statements, *customers.BODIES.values(), *(one for index in asked for one in index.statements)):
        values = dict.fromkeys(one.parameters, "1")
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {one.sql}", values)]
        scans = [step for step in plan if step.startswith("SCAN") and "VIRTUAL TABLE" not in step]
        halves = [step for step in plan if step.endswith("kind=?)")]
        # What the newest rows have is put in order once more: as many as are looked through.
        newest = one.name.endswith(".many")
        allowed = (["SCAN few"], 1) if one in counts else (["SCAN w"] * newest, 0)
        assert (scans, len(halves)) == allowed, (one.name, plan)
        sorts = [step for step in plan if "TEMP B-TREE" in step]
        assert not (sorts and one.name.endswith(".among")), (one.name, plan)
    connection.close()
