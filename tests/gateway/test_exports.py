"""Exports: all rows that the address finds, as what they are; the large ones by a process of their own."""

from __future__ import annotations

import csv
import fcntl
import io
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import orjson
import pytest
from flask.testing import FlaskClient

from chassis.cells import harmless
from gateway.exports import jobs
from gateway.exports.jobs import Job, Jobs
from gateway.exports.rows import Money
from gateway.exports.xlsx import Sheets
from gateway.people import PERMISSIONS
from services.orders.contract import ORDERS
from tests.gateway.ground import CUSTOMER, Ground, post, token
from tests.gateway.three_orders import three_orders
from tests.support.waiting import wait_until

SECONDS = 120


@pytest.fixture
def large(tmp_path: Path, read_env: dict[str, str]) -> Iterator[Ground]:
    """Orders, and a gateway to which every export is a large one."""
    made = three_orders(Ground(tmp_path / "var", {**read_env, "PORTICO_EXPORT_ROWS_AT_ONCE": "0"}))
    yield made
    for process in jobs._RUNNING.values():
        assert process.stdin is not None
        process.stdin.close()
        process.wait(SECONDS)
    jobs._RUNNING.clear()
    made.close()


def export(browser: FlaskClient, address: str, form: str = "xlsx", kind: str = "order") -> Any:
    """The answer to the menu's button."""
    return post(browser, "/settings", f"/exports/{kind}", format=form, address=address)


def book(content: bytes) -> Any:
    """An Excel file as Excel would read it."""
    return openpyxl.load_workbook(io.BytesIO(content))


def test_excel_gets_dates_numbers_and_totals_in_the_columns_of_the_view(ground: Ground) -> None:
    three_orders(ground)
    answer = export(ground.signed_in(), "cols=number,date,total,status,branch&sort=number&group=branch")
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=order-")
    sheet = book(answer.data)["Orders"]
    assert [cell.value for cell in sheet[1]] == ["Number", "Date", "Total", "Status", "Branch"]
    assert [cell.value for cell in sheet[2]] == ["A-1", datetime(2026, 5, 1), 100, "Open", "North"]
    assert (sheet["B2"].is_date, sheet["C2"].number_format) == (True, "#,##0.00\\ [$EUR]")
    assert (sheet["C4"].value, sheet["C4"].number_format) == (9000, "#,##0\\ [$JPY]")
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:E4")
    totals = [[cell.value for cell in row[:3]] for row in sheet["A5:C6"]]
    assert totals == [["Total EUR", None, 350.5], ["Total JPY", None, 9000]]
    groups = [[cell.value for cell in row] for row in book(answer.data)["Groups"].iter_rows()]
    assert groups[1:] == [["North", "EUR", 1, 100], ["South", "EUR", 1, 250.5], ["South", "JPY", 1, 9000]]


def test_csv_has_what_the_filter_finds_and_no_formula(ground: Ground) -> None:
    three_orders(ground)
    where = {"company": "C-A", "kind": "order", "key": "A-2"}
    facts = {"date": "2026-05-20", "currency": "EUR", "total_minor": -25050, "branch": "S", "status": "open"}
    ground.models["orders"].put(ORDERS.documents, **where, number="A-2", **facts, reference='=cmd|"/c"!A1')
    answer = export(ground.signed_in(), "total_to=-1&cols=number,date,reference,total", "csv")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert rows == [
        ["Number", "Date", "Your reference", "Total", "Currency"],
        ["A-2", "2026-05-20", '\'=cmd|"/c"!A1', "-250.50", "EUR"],
    ]


@pytest.mark.parametrize("text", ["=1", "+1+1", "-1+1", "@x", "\t=1", "\r=1", "  =1", "＝1"])
def test_a_text_is_never_a_formula(text: str) -> None:
    assert harmless(text) == f"'{text}"
    assert harmless("a=1") == "a=1"
    assert harmless("+49 40 123") == "+49 40 123", "a number runs nothing"


def test_what_is_too_long_for_a_sheet_goes_on_in_the_next(tmp_path: Path) -> None:
    path = tmp_path / "file"
    sheets = Sheets(path, "Invoices", [("Day", "date"), ("Total", "money")], most_rows=4)
    for day in range(1, 9):
        sheets.row([date(2026, 1, day), Money(Decimal("0.10"), "EUR")])
    sheets.close()
    found = book(path.read_bytes())
    assert [(name, found[name].max_row) for name in found.sheetnames] == [
        ("Invoices", 4), ("Invoices 2", 4), ("Invoices 3", 3),
    ]  # fmt: skip
    assert found["Invoices 3"]["A1"].value == "Day"


@pytest.mark.parametrize(
    ("permissions", "branches", "status"),
    [(("report_orders",), None, 403), (("layouts_export",), None, 404), (PERMISSIONS, ("N",), 200)],
)
def test_nothing_is_exported_that_is_not_seen(
    ground: Ground, permissions: tuple[str, ...], branches: tuple[str, ...] | None, status: int
) -> None:
    three_orders(ground)
    ground.person(CUSTOMER, "C-A", "ann@a.example", "Ann Archer", permissions=permissions, branches=branches)
    answer = export(ground.signed_in(), "", "csv")
    assert answer.status_code == status
    assert b"A-2" not in answer.data
    assert (b"A-1" in answer.data) == (status == 200)


def state(ground: Ground) -> Job:
    """Ann's newest export."""
    return Jobs(ground.settings).of(CUSTOMER, "C-A")[0]


def ended(ground: Ground) -> Job:
    """Ann's newest export, once nothing more comes of it."""
    wait_until(lambda: state(ground).ended, SECONDS, "the export has ended")
    return state(ground)


def test_a_large_one_is_made_meanwhile_and_fetched_by_whose_it_is(large: Ground) -> None:
    browser = large.signed_in()
    answer = export(browser, "branch=S", "csv")
    assert answer.headers["Location"] == "/exports"
    page = browser.get("/exports").text
    assert "data-poll" in page
    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in page
    job = ended(large)
    assert (job.state, job.rows) == ("done", 2)
    assert "data-poll" not in browser.get("/exports").text
    address = f"/exports/{job.spec.key}/file"
    assert browser.get(address, buffered=True).text.splitlines()[1].startswith("A-3,2026-06-02,")
    assert large.signed_in("bo@b.example").get(address).status_code == 404
    for permissions, branches in ((("layouts_export",), None), (PERMISSIONS, ("S",))):
        large.person(CUSTOMER, "C-A", "ann@a.example", "Ann", permissions=permissions, branches=branches)
        assert browser.get(address).status_code == 404, "rights are asked for again"
    large.person(CUSTOMER, "C-A", "ann@a.example", "Ann")
    cancelled = browser.post(f"/exports/{job.spec.key}/cancel", data={"csrf_token": token(browser.get("/settings"))})
    assert cancelled.status_code == 302
    assert not job.folder.exists()


@contextmanager
def no_place(ground: Ground) -> Iterator[None]:
    """While it lasts, others make as many exports as are made at once."""
    root = Jobs(ground.settings).root
    root.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        for number in range(jobs.AT_ONCE):
            file = stack.enter_context((root / f"place-{number}").open("ab"))
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def test_no_more_are_made_at_once_than_there_are_places_and_one_that_waits_can_be_cancelled(large: Ground) -> None:
    browser = large.signed_in()
    with no_place(large):
        for _ in range(jobs.MOST_OF_ONE):
            export(browser, "")
        assert "Other exports are being made" in export(browser, "").text or (
            "Other exports are being made" in browser.get("/exports").text
        )
        found = Jobs(large.settings).of(CUSTOMER, "C-A")
        assert [job.state for job in found] == ["waiting"] * jobs.MOST_OF_ONE
        for job in found:
            Jobs(large.settings).cancel(job)
        wait_until(
            lambda: all(one.state == "cancelled" for one in Jobs(large.settings).of(CUSTOMER, "C-A")), SECONDS, "ended"
        )


def test_it_ends_with_the_gateway_and_says_so(large: Ground) -> None:
    with no_place(large):
        export(large.signed_in(), "")
        [process] = jobs._RUNNING.values()
        job = state(large)
        wait_until(lambda: (job.folder / "alive").exists(), SECONDS, "the process has begun")
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(SECONDS) == 1
    spec = asdict(job.spec) | {"begun": time.time() - 60}
    (job.folder / "job.json").write_bytes(orjson.dumps(spec))
    assert state(large).state == "failed"
    assert "It was interrupted" in large.signed_in().get("/exports").text
    (job.folder / "job.json").write_bytes(orjson.dumps(spec | {"begun": time.time() - jobs.KEPT_SECONDS - 1}))
    assert Jobs(large.settings).of(CUSTOMER, "C-A") == [], "files are kept for an hour"


def test_two_may_tidy_at_once(ground: Ground) -> None:
    found = Jobs(ground.settings)

    class Ended:
        """A process that has ended, and is reaped by another while it is looked at."""

        stdin = io.BytesIO()
        looked = False

        def poll(self) -> int:
            if not self.looked:
                self.looked = True
                found.tidy()
            return 0

    jobs._RUNNING["0" * 32] = Ended()  # type: ignore[assignment]
    found.tidy()
    assert "0" * 32 not in jobs._RUNNING


def test_what_was_withdrawn_meanwhile_is_not_made(large: Ground) -> None:
    with no_place(large):
        export(large.signed_in(), "")
        large.person(CUSTOMER, "C-A", "ann@a.example", "Ann", permissions=("layouts_export",))
    key = next(iter(jobs._RUNNING))
    wait_until(lambda: jobs._RUNNING[key].poll() is not None, SECONDS, "the process has ended")
    found = Jobs(large.settings).find(key, CUSTOMER, "C-A")
    assert found is not None
    assert (found.state, found.file.exists()) == ("failed", False)


def test_a_made_up_job_is_not_found(large: Ground) -> None:
    for key in ("..", "0" * 32, "x"):
        assert large.signed_in().get(f"/exports/{key}/file").status_code == 404
