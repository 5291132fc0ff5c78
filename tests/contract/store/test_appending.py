"""What an append does for each expected version, when it is repeated, and when it is too large."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from esdbclient import NewEvent, StreamState
from esdbclient.exceptions import (
    AppendDeadlineExceeded,
    EventStoreDBClientException,
    GrpcDeadlineExceeded,
    MaximumAppendSizeExceededError,
    NotFound,
    WrongCurrentVersion,
)

from localstore.errors import WrongVersion
from localstore.feed import Feed
from localstore.storage import Storage
from localstore.wire import Proposed
from localstore.writer import Write, Writer
from tests.contract.store.clients import CLIENTS, Client, event, events, ids

NO_STREAM, ANY, EXISTS = StreamState.NO_STREAM, StreamState.ANY, StreamState.EXISTS
MIB = 1024 * 1024


def test_an_event_comes_back_as_it_was_appended(client: Client, stream: str) -> None:
    new = NewEvent(type="OrderPlaced", data=b"\x00\xff", metadata=b"meta", content_type="application/octet-stream")
    position = client.append_to_stream(stream, current_version=NO_STREAM, events=[new])
    (found,) = client.get_stream(stream)
    assert (found.id, found.type, found.data, found.metadata) == (new.id, "OrderPlaced", b"\x00\xff", b"meta")
    assert (found.content_type, found.stream_name) == ("application/octet-stream", stream)
    assert (found.stream_position, found.commit_position, found.prepare_position) == (0, position, position)
    assert datetime.now(UTC) - found.recorded_at < timedelta(minutes=5)


def test_names_and_types_may_be_in_any_language(client: Client) -> None:
    stream = f"заказ-{event().id}"
    client.append_to_stream(stream, current_version=NO_STREAM, events=[event(kind="Größe")])
    (found,) = client.get_stream(stream)
    assert (found.stream_name, found.type) == (stream, "Größe")


@pytest.mark.parametrize("single", [True, False], ids=["one event", "a list"])
@pytest.mark.parametrize(
    ("history", "expected", "conflict"),
    [
        (0, NO_STREAM, None),
        (0, ANY, None),
        (0, EXISTS, "does not exist"),
        (0, 0, "does not exist"),
        (2, NO_STREAM, "is 1 not"),
        (2, ANY, None),
        (2, EXISTS, None),
        (2, 0, "is 1 not 0"),
        (2, 1, None),
        (2, 2, "is 1 not 2"),
    ],
)
def test_expected_version(
    client: Client, stream: str, history: int, expected: Any, conflict: str | None, single: bool
) -> None:
    if history:
        client.append_to_stream(stream, current_version=NO_STREAM, events=events(history))
    new = event(history)
    if conflict is None:
        client.append_to_stream(stream, current_version=expected, events=new if single else [new])
        found = client.get_stream(stream)
        assert [one.stream_position for one in found] == list(range(history + 1))
        assert found[-1].id == new.id
    else:
        with pytest.raises(WrongCurrentVersion, match=conflict):
            client.append_to_stream(stream, current_version=expected, events=new if single else [new])
        assert client.get_current_version(stream) == (history - 1 if history else NO_STREAM)


def test_events_of_one_append_stand_together(client: Client, stream: str) -> None:
    new = events(700)
    position = client.append_to_stream(stream, current_version=NO_STREAM, events=new)
    found = client.get_stream(stream)
    assert ids(found) == ids(new)
    positions = [one.commit_position for one in found]
    assert positions == sorted(set(positions))
    assert positions[-1] == position


@pytest.mark.parametrize("expected", [NO_STREAM, ANY])
def test_a_repeated_append_is_answered_as_before_and_stores_nothing(
    client: Client, stream: str, expected: StreamState
) -> None:
    new = events(3)
    first = client.append_to_stream(stream, current_version=expected, events=new)
    client.append_to_stream(stream, current_version=2, events=events(2, first=3))
    assert client.append_to_stream(stream, current_version=expected, events=new) == first
    assert client.get_current_version(stream) == 4


@pytest.mark.parametrize("expected", [1, EXISTS])
def test_a_repeated_append_to_a_stream_that_was_there(client: Client, stream: str, expected: Any) -> None:
    client.append_to_stream(stream, current_version=NO_STREAM, events=events(2))
    new = events(2, first=2)
    first = client.append_to_stream(stream, current_version=expected, events=new)
    client.append_to_stream(stream, current_version=3, events=[event(4)])
    assert client.append_to_stream(stream, current_version=expected, events=new) == first
    assert client.get_current_version(stream) == 4


def test_a_part_of_an_append_repeated_is_a_repeat_too(client: Client, stream: str) -> None:
    new = events(3)
    client.append_to_stream(stream, current_version=NO_STREAM, events=new)
    client.append_to_stream(stream, current_version=0, events=new[1:2])
    assert client.get_current_version(stream) == 2


def test_a_repeat_with_something_new_behind_it_is_refused(client: Client, stream: str) -> None:
    new = events(2)
    client.append_to_stream(stream, current_version=NO_STREAM, events=new)
    for expected in (NO_STREAM, ANY):
        with pytest.raises(WrongCurrentVersion):
            client.append_to_stream(stream, current_version=expected, events=[*new, event(2)])
    assert client.get_current_version(stream) == 1


def test_a_repeat_in_another_order_is_refused(client: Client, stream: str) -> None:
    new = events(2)
    client.append_to_stream(stream, current_version=NO_STREAM, events=new)
    with pytest.raises(WrongCurrentVersion):
        client.append_to_stream(stream, current_version=NO_STREAM, events=new[::-1])


def test_the_same_ids_in_another_stream_are_new(client: Client, stream: str) -> None:
    new = events(2)
    client.append_to_stream(stream, current_version=ANY, events=new)
    client.append_to_stream(stream + "-copy", current_version=ANY, events=new)
    assert ids(client.get_stream(stream + "-copy")) == ids(new)


def test_of_writers_that_expect_the_same_version_one_wins(client: Client, stream: str) -> None:
    outcomes: list[str] = []

    def write(number: int) -> None:
        try:
            client.append_to_stream(stream, current_version=NO_STREAM, events=[event(number)])
            outcomes.append("written")
        except WrongCurrentVersion:
            outcomes.append("conflict")

    writers = [threading.Thread(target=write, args=(number,)) for number in range(12)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(20)
    assert sorted(outcomes) == ["conflict"] * 11 + ["written"]
    assert client.get_current_version(stream) == 0


def test_a_mebibyte_fits_in_one_append_but_no_more(client: Client, stream: str) -> None:
    half = b"x" * (MIB // 2)
    with pytest.raises(MaximumAppendSizeExceededError, match=str(MIB)):
        client.append_to_stream(stream, current_version=NO_STREAM, events=[event(data=half), event(data=half)])
    with pytest.raises(NotFound):
        client.get_stream(stream)
    fitting = [event(data=half[200:]), event(data=half[200:])]
    client.append_to_stream(stream, current_version=NO_STREAM, events=fitting)
    assert [one.data for one in client.get_stream(stream)] == [one.data for one in fitting]


def test_an_append_of_ten_mebibytes_gets_the_same_answer(client: Client, stream: str) -> None:
    with pytest.raises(MaximumAppendSizeExceededError, match=str(MIB)):
        client.append_to_stream(stream, current_version=NO_STREAM, events=[event(data=b"x" * (10 * MIB))])


@pytest.mark.parametrize("kind", CLIENTS)
def test_every_call_that_appends(uri: str, stream: str, kind: str) -> None:
    with closing(CLIENTS[kind](uri)) as client:
        new = events(4)
        position = client.append_to_stream(stream, current_version=NO_STREAM, events=new[0], timeout=20)
        assert client.append_events(stream, current_version=0, events=iter(new[1:3]), timeout=20) > position
        if kind == "sync":
            client.append_event(stream, current_version=2, event=new[3], timeout=20)
        else:
            client.append_to_stream(stream, current_version=2, events=new[3])
        assert ids(client.get_stream(stream)) == ids(new)


def test_one_event_that_is_too_large_is_refused(client: Client, stream: str) -> None:
    with pytest.raises(EventStoreDBClientException, match=f"(?i)max.*{MIB}"):
        client.append_to_stream(stream, current_version=NO_STREAM, events=event(data=b"x" * (MIB + 1)))
    assert client.get_current_version(stream) == NO_STREAM


def test_one_event_to_a_tombstoned_stream_is_refused(client: Client, stream: str) -> None:
    client.tombstone_stream(stream, current_version=ANY)
    with pytest.raises(EventStoreDBClientException, match="is deleted"):
        client.append_to_stream(stream, current_version=ANY, events=event())


def test_an_append_that_has_no_time_is_not_stored(uri: str, stream: str) -> None:
    with closing(CLIENTS["sync"](uri)) as client:  # the other one's grpc may raise CancelledError instead
        with pytest.raises((GrpcDeadlineExceeded, AppendDeadlineExceeded)):  # said by the client, or by the store
            client.append_to_stream(stream, current_version=NO_STREAM, events=events(500), timeout=0)
        assert client.get_current_version(stream) == NO_STREAM


def test_a_refused_append_holds_up_no_checkpoint_of_the_log(tmp_path: Path) -> None:
    with closing(Storage(tmp_path)) as storage:
        refusal = asyncio.run(_refused(storage))  # kept, as the client's call does for a while
        with closing(sqlite3.connect(storage.path)) as another:
            (held_up, left, _) = another.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        assert (type(refusal), held_up, left) == (WrongVersion, 0, 0)


async def _refused(storage: Storage) -> object:
    """What an append gets that expects the beginning of a stream of 50 appends."""
    with closing(Writer(storage, asyncio.get_running_loop(), Feed())) as writer:
        proposed = [Proposed(uuid4().hex, "Noted", "application/json", b"", b"{}") for _ in range(51)]
        for revision, one in enumerate(proposed[:50], -1):
            await writer.write(Write("order-1", revision, [one]))
        (outcome,) = await asyncio.gather(writer.write(Write("order-1", -1, proposed[50:])), return_exceptions=True)
        return outcome
