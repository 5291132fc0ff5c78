"""What the ERP last said of each document, per stream: the memory by which ingest tells what has changed.

A window's changes are kept in memory and written in one transaction. The table is a copy of what the streams say in
their events' metadata: where it is behind, the stream's tail brings it up to date.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from chassis.codec import dumps, loads
from chassis.statedb import StateDb

NO_STREAM = -1
ANSWERS = 2000
"""How many answers are remembered for batches that come again: more than a sender has unanswered."""


@dataclass(frozen=True, slots=True)
class Known:
    """The last state of a document: hash of its fingerprint and the source's change stamp."""

    hash: str
    stamp: str


@dataclass(slots=True)
class StreamIndex:
    """One stream as the index knows it, for the length of a window. `found` has ids of events read from its tail."""

    name: str
    revision: int
    entries: dict[tuple[str, str], Known | None] = field(default_factory=dict)
    changed: set[tuple[str, str]] = field(default_factory=set)
    found: set[UUID] = field(default_factory=set)
    position: int = 0
    moved: bool = False
    forgotten: bool = False

    def forget(self) -> None:
        """Nothing known of the stream is true any more."""
        self.revision, self.moved, self.forgotten = NO_STREAM, True, True
        self.entries.clear()
        self.changed.clear()


class IngestIndex:
    """The index in a service's state database. Used by one thread."""

    def __init__(self, state: StateDb) -> None:
        self._state = state

    def stream(self, name: str) -> StreamIndex:
        """A stream's revision; NO_STREAM when nothing is known of it."""
        row = self._state.row("SELECT revision FROM ingest_streams WHERE stream = ?", name)
        return StreamIndex(name, row["revision"] if row else NO_STREAM)

    def known(self, stream: StreamIndex, kind: str, key: str) -> Known | None:
        """What is known of a document, this window's changes included."""
        entry = (kind, key)
        if entry not in stream.entries:
            row = None
            if stream.revision != NO_STREAM and not stream.forgotten:
                row = self._state.row(
                    "SELECT hash, stamp FROM ingest_index WHERE stream = ? AND kind = ? AND key = ?",
                    stream.name,
                    kind,
                    key,
                )
            stream.entries[entry] = Known(row["hash"], row["stamp"]) if row else None
        return stream.entries[entry]

    def remember(self, stream: StreamIndex, kind: str, key: str, known: Known) -> None:
        """Note a document's new state; `write` keeps it."""
        stream.entries[kind, key] = known
        stream.changed.add((kind, key))

    def write(self, streams: Sequence[StreamIndex], answers: Iterable[dict[str, Any]]) -> None:
        """Keep a window's changes and its answers, in one transaction."""
        moved, changed = [], []
        for stream in streams:
            if stream.moved:
                moved.append((stream.name, stream.revision))
            for kind, key in stream.changed:
                known = stream.entries[kind, key]
                if known is not None:
                    changed.append((stream.name, kind, key, known.hash, known.stamp))
        rows = [(str(one["run"]), str(one["batch"]), dumps(one).decode()) for one in answers]
        forgotten = [(stream.name,) for stream in streams if stream.forgotten]
        with self._state.transaction() as connection:
            connection.executemany("DELETE FROM ingest_index WHERE stream = ?", forgotten)
            connection.executemany("INSERT OR REPLACE INTO ingest_streams VALUES (?, ?)", moved)
            connection.executemany("INSERT OR REPLACE INTO ingest_index VALUES (?, ?, ?, ?, ?)", changed)
            connection.executemany("INSERT OR REPLACE INTO ingest_answers VALUES (?, ?, ?)", rows)
            connection.execute(
                "DELETE FROM ingest_answers WHERE rowid <= (SELECT max(rowid) FROM ingest_answers) - ?", (ANSWERS,)
            )

    def answered(self, run: Any, batch: Any) -> dict[str, Any] | None:
        """The answer that was given to a batch, if it is one of the last ANSWERS."""
        row = self._state.row("SELECT answer FROM ingest_answers WHERE run = ? AND batch = ?", str(run), str(batch))
        answer: dict[str, Any] | None = loads(row["answer"]) if row else None
        return answer
