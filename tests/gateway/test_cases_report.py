"""Support cases as a report: who sees which, filtered, sorted, grouped, page by page, by layouts, as files."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from datetime import datetime
from typing import Any

import openpyxl
import pytest

from gateway.people import PERMISSIONS
from services.cases.projections import PROJECTIONS as cases
from services.cases.projections.cases import CASE_LIST
from services.identity.projections.layouts import CHOSEN, LAYOUTS
from tests.gateway.ground import CUSTOMER, OTHER, Ground, ReadModel, post

CY = "K-101"


@pytest.fixture
def read_env() -> dict[str, str]:
    """A portal whose day begins two hours before UTC's in summer."""
    return {"PORTICO_TIMEZONE": "Europe/Berlin"}


def put(model: ReadModel, number: str, **facts: Any) -> None:
    """A case of Ann's company, opened by her, that has not moved since."""
    at = facts.get("opened_at", "2026-05-01T08:00:00+00:00")
    usual = {"company": "C-A", "opened_by": CUSTOMER, "status": "new", "opened_at": at, "updated_at": at, "messages": 1}
    model.put(CASE_LIST, number=number, **(usual | facts))


@pytest.fixture
def asked(ground: Ground) -> ReadModel:
    """Cases by two people and by one who went to another company, and what that one asked."""
    ground.person(CY, "C-A", "cy@a.example", "Cy Cole")
    model = ground.model("cases", cases)
    put(
        model, "C-AAAA-1111", summary="Scanner (bay 4) logs off", product="Warehouse Scanner", messages=3,
        customer_reference="PO 45-00", status="waiting", updated_at="2026-06-09T08:00:00+00:00",
    )  # fmt: skip
    # In Berlin it was June when this was opened.
    put(
        model, "C-BBBB-2222", summary="Labels are blank", product="Label Printer", opened_by=CY,
        opened_at="2026-05-31T22:30:00+00:00",
    )  # fmt: skip
    put(
        model, "C-CCCC-3333", summary="Käse 100% zu", status="closed", opened_by=OTHER,
        opened_at="2026-04-30T22:00:00.500000+00:00",
    )  # fmt: skip
    put(model, "C-DDDD-4444", company="C-B", summary="SECRET", product="SECRET", opened_by=OTHER)
    return model


def rows(page: str) -> dict[str, list[str]]:
    """Number → the texts of its other cells."""
    found = {}
    for line in re.findall(r"<tr><th scope=\"row\"[^>]*>(.*?)</tr>", page.partition("<tfoot")[0], re.S):
        head, *cells = line.split("<td")
        texts = [html.unescape(re.sub(r"<[^>]+>", "", f"<td{cell}")).strip() for cell in cells]
        found[re.sub(r"<[^>]+>", "", head)] = texts
    return found


@pytest.mark.usefixtures("asked")
def test_a_company_sees_its_cases_the_last_moved_first(ground: Ground) -> None:
    page = ground.signed_in().get("/support?cols=number,summary,product,reference,opened_by,messages,status").text
    assert rows(page) == {
        "C-AAAA-1111": [
            "Scanner (bay 4) logs off", "Warehouse Scanner", "PO 45-00", "Ann Archer", "3", "Waiting for customer",
        ],
        "C-BBBB-2222": ["Labels are blank", "Label Printer", "", "Cy Cole", "1", "New"],
        "C-CCCC-3333": ["Käse 100% zu", "", "", "–", "1", "Closed"],
    }  # fmt: skip
    assert list(rows(page)) == ["C-AAAA-1111", "C-BBBB-2222", "C-CCCC-3333"]
    assert 'href="/support/C-AAAA-1111"' in page
    assert 'href="/support/new"' in page
    assert "SECRET" not in page
    assert "Bo Berg" not in page
    page = ground.signed_in().get("/support?cols=number,date").text
    assert "1 Jun 2026, 00:30:00" in page, "moments are in the portal's zone"


FOUND = (
    ("q=caaaa", "A"),
    ("q=(BAY", "A"),
    ("q=45-", "A"),
    ("q=0%25", "C"),
    ("q=%25", "C"),
    ("q=blank", "B"),
    ("status=new", "B"),
    (f"person={CY}", "B"),
    ("person=K-200", "ABC"),
    ("status=waiting&person=K-100", "A"),
    ("since=2026-06-01", "B"),
    ("since=2026-05-01&until=2026-05-31", "AC"),
    ("until=2026-05-01", "AC"),
    ("until=2026-04-30", ""),
    ("updated_from=2026-06-09&updated_to=2026-06-09", "A"),
    ("summary_has=(bay", "A"),
    ("summary_has=K%C3%84SE", "C"),
    ("product_has=print&reference_has=", "B"),
    ("reference_has=po", "A"),
    ("sort=number", "ABC"),
    ("sort=-summary", "ABC"),
    ("sort=date", "CAB"),
    ("sort=status", "CBA"),
    ("sort=product", "CBA"),
    ("sort=-reference", "ACB"),
)
"""What is asked for → the cases there are of it, by a letter of their numbers."""


@pytest.mark.usefixtures("asked")
def test_it_is_filtered_and_sorted(ground: Ground) -> None:
    browser = ground.signed_in()
    for address, found in FOUND:
        page = browser.get(f"/support?{address}").text
        numbers = "".join(number[2] for number in rows(page))
        assert (numbers if "sort" in address else "".join(sorted(numbers))) == found, address
        assert ("all are shown" in page) == ("K-200" in address), "who asked nothing of theirs is nobody to pick"


@pytest.mark.usefixtures("asked")
def test_it_is_grouped_with_counts(ground: Ground) -> None:
    page = ground.signed_in().get("/support?group=status&cols=number").text
    groups = re.findall(r'<tr class="group"><th scope="row">([^<]+)', page)
    assert groups == ["Closed · 1 row", "New · 1 row", "Waiting for customer · 1 row"]
    assert "Total · 3 rows" in page


def test_it_goes_on_page_by_page_as_it_is_filtered(ground: Ground) -> None:
    model = ground.model("cases", cases)
    for nth in range(120):
        status = "open" if nth % 10 else "closed"
        opened = f"2026-05-{1 + nth % 28:02}T08:00:00+00:00"
        put(model, f"C-{nth:03}", product=f"P-{nth % 3}", status=status, opened_at=opened)
    browser = ground.signed_in()
    wanted = [f"C-{nth:03}" for nth in range(120) if nth % 10]
    for sort in ("updated", "-date", "product", "-number"):
        seen: list[str] = []
        address = f"/support?status=open&sort={sort}"
        while address:
            page = browser.get(address).text
            seen += rows(page)
            following = re.search(r'rel="next" href="([^"]+)"', page)
            address = html.unescape(following.group(1)) if following else ""
        assert len(seen) == 108
        assert sorted(seen) == wanted, sort


@pytest.mark.usefixtures("asked")
def test_it_is_looked_at_by_a_layout(ground: Ground) -> None:
    where = {"company": "C-A", "report": "case", "layout": "L-1"}
    shown = {"columns": json.dumps(["status", "opened_by", "number"]), "sort": "-product", "grouping": "product"}
    ground.models["identity"].put(LAYOUTS, **where, owner=CUSTOMER, name="By product", shared=False, **shown)
    ground.models["identity"].put(CHOSEN, **where, contact_id=CUSTOMER)
    browser = ground.signed_in()
    page = browser.get("/support?status=new").text
    assert re.findall(r'<tr class="group"><th scope="row">([^<]+)', page) == ["Label Printer · 1 row"]
    assert "Cy Cole" in page.partition("<tbody>")[2]
    assert "By product" in browser.get("/layouts/case").text
    form = {"order": ["number"], "show": ["number"], "sort_by": "status", "way": "up", "grouped": "status"}
    saved = post(browser, "/layouts/case", "/layouts/case", **form, title="Mine", action="new", filters="status=new")
    assert saved.headers["Location"].startswith("/support?status=new&layout=")


@pytest.mark.usefixtures("asked")
def test_it_is_a_file_with_what_the_filter_finds(ground: Ground) -> None:
    browser = ground.signed_in()
    answer = post(browser, "/support", "/exports/case", address=f"person={CY}", format="csv")
    [heads, row] = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=",")
    assert heads == ["Number", "Summary", "Product", "Your reference", "Opened by", "Last change", "Status"]
    assert row[:5] == ["C-BBBB-2222", "Labels are blank", "Label Printer", "", "Cy Cole"]
    answer = post(browser, "/support", "/exports/case", address="cols=number,date,messages&group=status", format="xlsx")
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    sheet = [[cell.value for cell in row] for row in book["Support cases"].iter_rows()]
    assert sheet[2] == ["C-BBBB-2222", datetime(2026, 6, 1, 0, 30), 1]
    assert len(sheet) == 4, "nothing is added up"
    groups = [[cell.value for cell in row] for row in book["Groups"].iter_rows()]
    assert groups == [["Status", "Rows"], ["Closed", 1], ["New", 1], ["Waiting for customer", 1]]


@pytest.mark.usefixtures("asked")
def test_who_may_not_open_cases_sees_none(ground: Ground) -> None:
    without = tuple(one for one in PERMISSIONS if one != "open_cases")
    ground.person(CUSTOMER, "C-A", "ann@a.example", "Ann Archer", permissions=without)
    browser = ground.signed_in()
    assert browser.get("/support").status_code == 403
    assert browser.get("/layouts/case").status_code == 404
    assert post(browser, "/settings", "/exports/case", address="", format="csv").status_code == 404


def test_a_company_without_cases_is_told_what_to_do(ground: Ground) -> None:
    ground.model("cases", cases)
    page = ground.signed_in().get("/support").text
    assert "No cases yet." in page
    assert "<table" not in page.partition('data-live="report"')[2].partition("</main>")[0]
