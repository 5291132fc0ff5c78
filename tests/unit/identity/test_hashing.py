"""Passwords are hashed by a process of its own, which comes when it is needed and goes with whoever asked."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from chassis.errors import Unavailable
from services.identity import hashing, passwords
from tests.support.waiting import wait_until

CHEAP = [1, 8, 1]


@pytest.fixture
def helper() -> Iterator[passwords._Helper]:
    made = passwords._Helper()
    yield made
    if made._pipes is not None:
        made._end()


def test_it_knows_a_password_by_its_hash(helper: passwords._Helper) -> None:
    known = helper.ask(do="hash", password="pässword “of” Ann", cost=CHEAP)
    assert known.startswith("$argon2id$v=19$m=8,t=1,p=1$")
    assert helper.ask(do="verify", hash=known, password="pässword “of” Ann") is True
    assert helper.ask(do="verify", hash=known, password="password of Ann") is False
    assert helper.ask(do="verify", hash="no hash", password="password of Ann") is False
    assert (
        helper.ask(do="guesses", password="password", words=[])
        < 100
        < helper.ask(do="guesses", password="seven geese at noon", words=[])
    )


def test_when_it_dies_another_answers(helper: passwords._Helper) -> None:
    known = helper.ask(do="hash", password="one", cost=CHEAP)
    first = helper._pid
    os.kill(first, signal.SIGKILL)
    assert helper.ask(do="verify", hash=known, password="one") is True
    assert helper._pid != first


def test_one_that_never_answers_is_said_to_be_away(helper: passwords._Helper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helper, "_ALONE", (*passwords._Helper._ALONE[:1], "-c", "pass"))
    with pytest.raises(Unavailable):
        helper.ask(do="hash", password="one", cost=CHEAP)


def test_it_goes_behind_others_knows_no_secrets_and_ends_with_who_asked(
    helper: passwords._Helper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTICO_AMQP_URI", "amqp://portico:secret@localhost/")
    helper.ask(do="hash", password="one", cost=CHEAP)
    process = psutil.Process(helper._pid)
    assert process.nice() == hashing.NICE
    assert b"PORTICO" not in Path(f"/proc/{process.pid}/environ").read_bytes()
    process.terminate()  # as when a signal is sent to all of a group
    assert helper.ask(do="hash", password="two", cost=CHEAP)
    assert helper._pid == process.pid
    assert helper._pipes is not None
    helper._pipes[0].close()
    wait_until(lambda: process.status() == psutil.STATUS_ZOMBIE, 30, "the end of it")


def test_a_hash_costs_an_attacker_no_less_than_owasp_asks_for() -> None:
    cost = passwords._HASHER
    assert (cost.memory_cost >= 19 * 1024, cost.time_cost >= 2, cost.parallelism) == (True, True, 1)
