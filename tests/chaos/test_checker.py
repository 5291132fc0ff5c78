"""The check itself, seen red once for each planted fault."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from tests.chaos.checker import (
    Acknowledged,
    Document,
    Imported,
    Said,
    Shown,
    cut_short,
    faults_of_cases,
    faults_of_import,
    faults_of_orders,
    faults_of_read_models,
    faults_of_stopping,
)

TOLD = [Acknowledged("W-0001-AAAA", "C100", "2 × FIT-1"), Acknowledged("W-0002-BBBB", "C200", "1 × FIT-2")]
LEDGER = [Imported("9001", "W-0001-AAAA", "C100", "2 × FIT-1"), Imported("9002", "W-0002-BBBB", "C200", "1 × FIT-2")]
PAGES = [
    Shown("W-0001-AAAA", "C100", "9001", ("accepted", "queued", "posted")),
    Shown("W-0002-BBBB", "C200", "9002", ("accepted", "queued", "posted")),
]


def test_orders_that_arrived_once_have_no_fault() -> None:
    assert faults_of_orders(TOLD, LEDGER, PAGES) == []


def test_an_order_acknowledged_again_under_its_id_is_one_order() -> None:
    assert faults_of_orders([*TOLD, TOLD[0]], LEDGER, PAGES) == []


@pytest.mark.parametrize(
    ("ledger", "pages", "fault"),
    [
        (LEDGER[:1], PAGES, "lost: W-0002-BBBB"),
        (LEDGER, PAGES[1:], "lost: W-0001-AAAA"),
        ([*LEDGER, replace(LEDGER[0], number="9003")], PAGES, "twice: W-0001-AAAA"),
        ([LEDGER[0], replace(LEDGER[1], number="9001")], PAGES, "twice: the ERP gave number 9001"),
        (LEDGER, [*PAGES, PAGES[0]], "twice: W-0001-AAAA"),
        ([*LEDGER, Imported("9003", "W-0003-CCCC", "C100", "")], PAGES, "unknown: W-0003-CCCC"),
        ([LEDGER[0], replace(LEDGER[1], company="C100")], PAGES, "another company's: W-0002-BBBB"),
        ([LEDGER[0], replace(LEDGER[1], content="9 × FIT-2")], PAGES, "changed: W-0002-BBBB"),
        (LEDGER, [PAGES[0], replace(PAGES[1], company="C100")], "another company's: W-0002-BBBB"),
        (LEDGER, [PAGES[0], replace(PAGES[1], erp_number="")], "wrong number: W-0002-BBBB"),
        (
            LEDGER,
            [PAGES[0], replace(PAGES[1], history=("accepted", "posted", "queued"))],
            "out of order: W-0002-BBBB",
        ),
        (
            LEDGER,
            [PAGES[0], replace(PAGES[1], history=("accepted", "accepted", "queued"))],
            "out of order: W-0002-BBBB",
        ),
    ],
)
def test_a_planted_fault_of_orders_is_seen(ledger: list[Imported], pages: list[Shown], fault: str) -> None:
    assert any(found.startswith(fault) for found in faults_of_orders(TOLD, ledger, pages))


FILE = [Document("14911", "invoice", "489434", "505.30"), Document("13085", "credit_memo", "C489449", "-44.20")]


def test_an_import_that_arrived_once_has_no_fault() -> None:
    assert faults_of_import(FILE, FILE, FILE) == []


@pytest.mark.parametrize(
    ("shown", "events", "fault"),
    [
        (FILE[:1], FILE, "lost: credit_memo C489449 is not in the portal"),
        (FILE, FILE[1:], "lost: invoice 489434 is not in the streams"),
        (FILE, [*FILE, FILE[0]], "twice: invoice 489434 is 2 times in the streams"),
        ([*FILE, Document("14911", "invoice", "1", "1")], FILE, "unknown: invoice 1"),
        ([replace(FILE[0], company="13085"), FILE[1]], FILE, "another company's: invoice 489434"),
        ([replace(FILE[0], content="505.31"), FILE[1]], FILE, "changed: invoice 489434"),
    ],
)
def test_a_planted_fault_of_an_import_is_seen(shown: list[Document], events: list[Document], fault: str) -> None:
    assert any(found.startswith(fault) for found in faults_of_import(FILE, shown, events))


TALK = [Said("C-1", "C100", "OpenCase 1"), Said("C-1", "C100", "AnswerCase 3"), Said("C-2", "C200", "OpenCase 2")]


def test_a_conversation_that_arrived_once_has_no_fault() -> None:
    assert faults_of_cases(TALK, TALK) == []


@pytest.mark.parametrize(
    ("shown", "fault"),
    [
        (TALK[:2], "lost: OpenCase 2 was acknowledged"),
        ([*TALK, TALK[2]], "twice: OpenCase 2"),
        ([*TALK, Said("C-1", "C100", "AnswerCase 9")], "unknown: AnswerCase 9"),
        ([*TALK[:2], replace(TALK[2], company="C100")], "another company's: OpenCase 2 of C200"),
        ([*TALK[:2], replace(TALK[2], case="C-1")], "another case's: OpenCase 2 of C-2"),
        ([TALK[1], TALK[0], TALK[2]], "out of order: OpenCase 1"),
    ],
)
def test_a_planted_fault_of_a_conversation_is_seen(shown: list[Said], fault: str) -> None:
    assert any(found.startswith(fault) for found in faults_of_cases(TALK, shown))


@pytest.mark.parametrize(
    ("kept", "faults"),
    [
        ([("C100", 5)], []),
        ([("C100", 6)], ["wrong row: orders t has ('C100', 6) × 1", "missing row: orders t lacks ('C100', 5) × 1"]),
        ([("C100", 5)] * 2, ["wrong row: orders t has ('C100', 5) × 1"]),
        ([], ["missing row: orders t lacks ('C100', 5) × 1"]),
    ],
)
def test_a_read_model_is_compared_with_a_fresh_one(kept: list[tuple[str, int]], faults: list[str]) -> None:
    assert faults_of_read_models("orders", {"t": Counter(kept)}, {"t": Counter([("C100", 5)])}) == faults


AT = "2026-11-22 06:06:22,123"
IN_ORDER = [
    f"{AT} INFO waiting for orders-worker to stop",
    f"{AT} INFO stopped: orders-worker (exit status 0)",
    f"{AT} INFO spawned: 'cases-worker' with pid 4712",
    f"{AT} WARN stopped: cases-worker (terminated by SIGTERM)",  # it had only just been started
    f"{AT} WARN exited: store (terminated by SIGKILL; not expected)",  # by the test
    f"{AT} WARN killing 'broker' (57) with SIGKILL",  # not one of ours
]


@pytest.mark.parametrize(
    ("line", "faults"),
    [
        ("", []),
        ("WARN killing 'store' (4711) with SIGKILL", ["did not stop: store was told to and had to be killed"]),
        ("INFO stopped: store (exit status 1)", ["did not stop in order: store ended with exit code 1"]),
        (
            "WARN stopped: store (terminated by SIGTERM)",
            ["did not stop in order: store did not hear SIGTERM"],
        ),
    ],
)
def test_a_process_that_does_not_stop_as_it_should_is_seen(line: str, faults: list[str]) -> None:
    names = {"orders-worker", "cases-worker", "store"}
    assert faults_of_stopping([*IN_ORDER, f"{AT} {line}"], names) == faults


def test_a_process_that_was_only_just_started_need_not_hear_that_it_shall_stop() -> None:
    told = ["00:00:00,000 INFO spawned: 'store' with pid 1", "{} WARN stopped: store (terminated by SIGTERM)"]
    for seconds, faults in ((19, 0), (21, 1)):
        log = [f"2026-11-22 {line.format(f'00:00:{seconds},000')}" for line in told]
        assert len(faults_of_stopping(log, {"store"})) == faults


def test_who_ended_without_finishing_is_counted() -> None:
    said = '{"seconds": 7.0, "event": "stopped without finishing: what was held goes back", "level": "warning"}'
    assert cut_short([said, '{"event": "stopped"}', said]) == 2
