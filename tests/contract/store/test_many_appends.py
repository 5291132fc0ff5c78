"""Appends to many streams in one call: each stands for itself, in the order in which they were given."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from esdbclient import EventStoreDBClient, StreamState
from esdbclient.exceptions import EventStoreDBClientException, MaximumAppendSizeExceededError, WrongCurrentVersion

from chassis.store import Append, AsyncStoreClient
from tests.contract.store.clients import event, events, ids
from tests.support.ports import free_port

NO_STREAM = StreamState.NO_STREAM


def append(uri: str, appends: Sequence[Append]) -> list[int | EventStoreDBClientException]:
    async def run() -> list[int | EventStoreDBClientException]:
        client = AsyncStoreClient(uri)
        await client.connect()
        try:
            return await client.append_to_streams(appends)
        finally:
            await client.close()

    return asyncio.run(run())


def test_each_append_stands_for_itself(uri: str, stream: str) -> None:
    first, second = events(2), events(3)
    outcomes = append(
        uri,
        [
            Append(f"{stream}-1", NO_STREAM, first),
            Append(f"{stream}-2", 7, events(1)),
            Append(f"{stream}-3", NO_STREAM, [event(data=b"x" * 1_100_000)]),
            Append(f"{stream}-1", 1, second),
        ],
    )
    assert isinstance(outcomes[1], WrongCurrentVersion)
    assert isinstance(outcomes[2], MaximumAppendSizeExceededError)
    client = EventStoreDBClient(uri)
    found = client.get_stream(f"{stream}-1")
    client.close()
    assert ids(found) == ids([*first, *second])
    assert [found[1].commit_position, found[4].commit_position] == [outcomes[0], outcomes[3]]


def test_the_same_again_gets_the_same_answer(uri: str, stream: str) -> None:
    appends = [Append(f"{stream}-{number}", NO_STREAM, events(1)) for number in range(300)]
    first = append(uri, appends)
    assert all(isinstance(one, int) for one in first)
    assert append(uri, appends) == first


def test_a_store_that_is_away_is_an_error_of_the_call(stream: str) -> None:
    with pytest.raises(EventStoreDBClientException):
        append(f"esdb://127.0.0.1:{free_port()}?Tls=false", [Append(stream, NO_STREAM, events(1))])
