"""Logs are told to people in lines of text, and followed across rotation."""

from __future__ import annotations

import json
from pathlib import Path

from deploy.local.logs import Tail, told


def test_a_json_line_becomes_time_event_and_what_belongs_to_it() -> None:
    entry = {"process": "orders-service", "event": "order placed", "level": "info", "logger": "x", "order": "17"}
    line = json.dumps({**entry, "timestamp": "2026-03-01T12:03:11.5Z"})
    assert told(line) == ("12:03:11 order placed  order=17", "info")


def test_a_failure_keeps_its_traceback() -> None:
    text, level = told('{"event": "part failed", "level": "error", "exception": "Traceback…\\nKeyError"}')
    assert text == "error part failed\nTraceback…\nKeyError"
    assert level == "error"


def test_other_lines_are_left_as_they_are() -> None:
    for line in ("Booting worker", "[1, 2]", "12", ""):
        assert told(line) == (line, "")


def test_a_tail_gives_whole_lines_written_since(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("before\n")
    tail = Tail(log)
    with log.open("a") as out:
        out.write("one\ntw")
        out.flush()
        assert list(tail.lines()) == ["one"]
        out.write("o\n")
    assert list(tail.lines()) == ["two"]
    tail.close()


def test_a_tail_goes_on_in_the_file_that_takes_the_place_of_a_full_one(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("")
    tail = Tail(log)
    log.rename(tmp_path / "log.1")
    log.write_text("new\n")
    assert list(tail.lines()) == ["new"]
    tail.close()


def test_a_tail_waits_for_a_file_that_is_not_there_yet(tmp_path: Path) -> None:
    tail = Tail(tmp_path / "log")
    assert list(tail.lines()) == []
    (tmp_path / "log").write_text("first\n")
    assert list(tail.lines()) == ["first"]
    tail.close()
