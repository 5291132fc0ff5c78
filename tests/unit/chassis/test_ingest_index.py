"""The memory by which ingest tells what has changed."""

from pathlib import Path

import pytest

from chassis import ingest_index, statedb
from chassis.ingest_index import NO_STREAM, IngestIndex, Known
from chassis.statedb import StateDb

FIRST, SECOND = Known("h1", "2026-01-01"), Known("h2", "2026-02-01")


@pytest.fixture
def state(tmp_path: Path) -> StateDb:
    statedb.migrate(tmp_path / "state.db", "toys")
    return StateDb(tmp_path / "state.db")


def test_nothing_is_known_of_a_new_stream(state: StateDb) -> None:
    index = IngestIndex(state)
    stream = index.stream("ledger-1")
    assert stream.revision == NO_STREAM
    assert index.known(stream, "invoice", "1") is None


def test_what_was_written_is_known_to_the_next_window(state: StateDb) -> None:
    index = IngestIndex(state)
    stream = index.stream("ledger-1")
    index.remember(stream, "invoice", "1", FIRST)
    assert index.known(stream, "invoice", "1") == FIRST
    stream.revision, stream.moved = 4, True
    index.write([stream], [])
    again = IngestIndex(state)
    assert again.stream("ledger-1").revision == 4
    assert again.known(again.stream("ledger-1"), "invoice", "1") == FIRST
    assert again.known(again.stream("ledger-1"), "invoice", "2") is None


def test_what_was_not_written_is_forgotten(state: StateDb) -> None:
    index = IngestIndex(state)
    index.remember(index.stream("ledger-1"), "invoice", "1", FIRST)
    assert index.known(index.stream("ledger-1"), "invoice", "1") is None


def test_a_stream_learned_afresh_keeps_nothing_of_before(state: StateDb) -> None:
    index = IngestIndex(state)
    stream = index.stream("ledger-1")
    stream.revision, stream.moved = 1, True
    index.remember(stream, "invoice", "1", FIRST)
    index.remember(stream, "invoice", "2", FIRST)
    index.write([stream], [])
    stream = index.stream("ledger-1")
    stream.forget()
    index.remember(stream, "invoice", "2", SECOND)
    stream.revision = 0
    assert index.known(stream, "invoice", "1") is None
    index.write([stream], [])
    stream = index.stream("ledger-1")
    assert (stream.revision, index.known(stream, "invoice", "1"), index.known(stream, "invoice", "2")) == (
        0,
        None,
        SECOND,
    )


def test_the_last_answers_are_kept(state: StateDb, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest_index, "ANSWERS", 2)
    index = IngestIndex(state)
    for batch in (1, 2, 3):
        index.write([], [{"run": "R1", "batch": batch, "changed": batch}])
    assert index.answered("R1", 1) is None
    assert index.answered("R1", 2) == {"run": "R1", "batch": 2, "changed": 2}
    assert index.answered("R1", 3) == {"run": "R1", "batch": 3, "changed": 3}
