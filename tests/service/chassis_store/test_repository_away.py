"""The repository while the store does not answer: nothing is taken for an answer, nothing is done too late."""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from esdbclient import EventStoreDBClient, NewEvent, StreamState

from chassis import repository as rooms
from chassis.errors import DeadlineExceeded, Unavailable
from chassis.repository import Loaded, Repository
from tests.service.chassis_store.sums import CODEC, SUM, Added, Sum, context, fill, run
from tests.support.processes import LocalStore


def test_an_append_that_the_store_gets_to_after_the_deadline_is_dropped(own_store: LocalStore, key: str) -> None:
    async def late(repository: Repository) -> None:
        await repository.load(SUM, key)  # connected
        os.killpg(own_store.process.pid, signal.SIGSTOP)
        command = replace(context(), deadline=rooms.now() + timedelta(seconds=0.5))
        with pytest.raises(Unavailable):
            await repository.append(CODEC, SUM.stream(key), key, -1, [Added(1)], command)

    try:
        run(own_store.uri, late)
    finally:
        os.killpg(own_store.process.pid, signal.SIGCONT)
    client = EventStoreDBClient(own_store.uri)
    client.append_to_stream("after-it", current_version=StreamState.ANY, events=[NewEvent("Added", b"{}")])
    assert [event.stream_name for event in client.read_all()] == ["after-it"]
    client.close()


def reading(repository: Repository, key: str) -> asyncio.Task[Loaded[Sum]]:
    """Loads the stream from a store that does not answer."""
    return asyncio.create_task(repository.load(SUM, key))


async def is_waiting(task: asyncio.Task[Any]) -> None:
    """It has asked, and has no answer."""
    done, _ = await asyncio.wait([task], timeout=0.3)
    assert not done


def test_a_read_that_another_call_cuts_off_by_connecting_anew_is_no_end(own_store: LocalStore, key: str) -> None:
    fill(own_store.uri, key, 5)

    async def cut(repository: Repository) -> None:
        client = await repository.client()
        await repository.load(SUM, key)
        os.killpg(own_store.process.pid, signal.SIGSTOP)
        task = reading(repository, key)
        await is_waiting(task)
        await client.reconnect()
        with pytest.raises(Unavailable):
            await task
        os.killpg(own_store.process.pid, signal.SIGCONT)
        assert (await repository.load(SUM, key)).revision == 4

    run(own_store.uri, cut)


def test_one_who_does_not_want_to_read_on_is_not_told_of_a_short_stream(own_store: LocalStore, key: str) -> None:
    fill(own_store.uri, key, 5)

    async def cancelled(repository: Repository) -> None:
        await repository.load(SUM, key)
        os.killpg(own_store.process.pid, signal.SIGSTOP)
        task = reading(repository, key)
        await is_waiting(task)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        os.killpg(own_store.process.pid, signal.SIGCONT)

    run(own_store.uri, cancelled)


def test_nothing_is_appended_after_the_deadline_by_one_who_slept(store: str, key: str) -> None:
    async def late(repository: Repository) -> Loaded[Sum]:
        command = replace(context(), deadline=rooms.now() - timedelta(seconds=0.1))
        with pytest.raises(DeadlineExceeded):
            await repository.append(CODEC, SUM.stream(key), key, -1, [Added(1)], command)
        return await repository.load(SUM, key)

    assert run(store, late).revision == -1
