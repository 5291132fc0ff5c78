"""The repository against a real store: snapshots, and each command once whatever is repeated, races or is killed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import pytest
from esdbclient import EventStoreDBClient
from esdbclient.exceptions import NotFound as StreamNotFound
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis import repository as rooms
from chassis.codec import loads, shape
from chassis.errors import CommandReused, Conflict
from chassis.messages import Event, Reply
from chassis.repository import ATTEMPTS, SNAPSHOT_EVERY, Aggregate, Loaded, Repository
from tests.service.chassis_store.sums import CODEC, SUM, Added, Sum, adding, context, fill, run


def snapshot_count(store: str, key: str) -> int:
    """How many snapshots there are."""
    client = EventStoreDBClient(store)
    try:
        return len(client.get_stream(f"snapshot-{SUM.stream(key)}"))
    except StreamNotFound:
        return 0
    finally:
        client.close()


def test_a_stream_of_ten_thousand_events_is_loaded_by_reading_few(store: str, key: str) -> None:
    fill(store, key, 10_000)
    run(store, lambda repository: repository.snapshot(SUM, key))
    fill(store, key, 10)
    read = []

    async def twice(repository: Repository) -> None:
        for _ in range(2):
            CODEC.read = 0
            loaded = await repository.load(SUM, key)
            assert (loaded.state, loaded.revision) == (Sum(10_010, frozenset({1})), 10_009)
            read.append(CODEC.read)

    run(store, twice)
    assert read == [SNAPSHOT_EVERY + 10, 10], "it is found to be long once, and known to be from then on"


def test_what_was_loaded_by_a_snapshot_is_what_all_events_make(store: str, key: str) -> None:
    async def work(repository: Repository) -> tuple[Loaded[Sum], Loaded[Sum]]:
        for number in range(SNAPSHOT_EVERY + 5):
            await repository.change(SUM, key, context(), adding(number), create=True)
            await repository.settle()
        return await repository.load(SUM, key), await repository.load(replace(SUM, version=99), key)

    by_snapshot, by_events = run(store, work)
    assert snapshot_count(store, key) == 1
    assert (by_snapshot.snapshot, by_events.snapshot) == (SNAPSHOT_EVERY - 1, -1)
    assert replace(by_snapshot, snapshot=-1) == by_events


def test_a_short_stream_has_none(store: str, key: str) -> None:
    async def work(repository: Repository) -> None:
        for number in range(SNAPSHOT_EVERY - 1):
            await repository.change(SUM, key, context(), adding(number), create=True)
        await repository.settle()

    run(store, work)
    assert snapshot_count(store, key) == 0


def test_a_command_that_only_the_snapshot_remembers_gets_its_first_reply(store: str, key: str) -> None:
    first = context()

    async def work(repository: Repository) -> tuple[Reply, Reply]:
        reply = await repository.change(SUM, key, first, adding(5), create=True)
        await repository.settle()
        return reply, await repository.change(SUM, key, first, adding(5))

    async def fill_up(repository: Repository) -> None:
        for number in range(2 * SNAPSHOT_EVERY):
            await repository.change(SUM, key, context(), adding(number), create=True)
        await repository.settle()

    run(store, fill_up)
    reply, again = run(store, work)
    run(store, fill_up)
    later, _ = run(store, work)
    assert again == replace(reply, repeated=True) == later
    with pytest.raises(CommandReused):
        run(store, lambda repository: repository.change(SUM, key, replace(first, payload_hash="other"), adding(6)))


class Rivalled(Repository):
    """Somebody else changes the stream between load and append, so many times."""

    rivals = 0

    async def load(self, aggregate: Aggregate[Any], key: str) -> Loaded[Any]:
        """Load, and lose the race."""
        loaded = await super().load(aggregate, key)
        if self.rivals:
            self.rivals -= 1
            await self.append(CODEC, aggregate.stream(key), key, loaded.revision, [Added(100)], context())
        return loaded


@pytest.mark.parametrize(("rivals", "total"), [(ATTEMPTS - 1, 100 * (ATTEMPTS - 1) + 1), (ATTEMPTS, 100 * ATTEMPTS)])
def test_a_conflict_is_decided_again_so_many_times_and_then_said(store: str, key: str, rivals: int, total: int) -> None:
    async def work() -> tuple[bool, int]:
        repository = Rivalled(store, "test")
        repository.rivals = rivals
        try:
            await repository.change(SUM, key, context(), adding(1), create=True)
            done = True
        except Conflict:
            done = False
        state = (await repository.load(SUM, key)).state
        await repository.close()
        return done, state.total

    assert asyncio.run(work()) == (rivals < ATTEMPTS, total)


def test_a_command_that_lost_its_last_attempt_to_itself_gets_its_reply(store: str, key: str) -> None:
    command = context()

    class Twinned(Repository):
        """The same command, sent twice, is done at the same moment by another process: just before our last attempt."""

        attempts = 0

        async def load(self, aggregate: Aggregate[Any], key: str) -> Loaded[Any]:
            loaded = await super().load(aggregate, key)
            self.attempts += 1
            if self.attempts <= ATTEMPTS:
                last = self.attempts == ATTEMPTS
                by, event = (command, Added(1)) if last else (context(), Added(100))
                twin = replace(by, causation_id="twin")
                await self.append(CODEC, aggregate.stream(key), key, loaded.revision, [event], twin, looked=False)
            return loaded

    async def work() -> tuple[Reply, int]:
        repository = Twinned(store, "test")
        reply = await repository.change(SUM, key, command, adding(1), create=True)
        total = (await repository.load(SUM, key)).state.total
        await repository.close()
        return reply, total

    reply, total = asyncio.run(work())
    assert (reply.repeated, reply.revision, total) == (True, ATTEMPTS - 1, 100 * (ATTEMPTS - 1) + 1)


class Killed(BaseException):
    """Stands for the process ending at a named point."""


class Death:
    """Ends the process at the moment that `when` names."""

    when = ""

    def reach(self, point: str) -> None:
        """The append is done, the answer not given."""
        if self.when == "killed after the append" and point == "test.after_append":
            raise Killed

    def adding(self, number: int) -> Callable[[Sum], list[Event]]:
        """Decides to add it, if the process lives."""

        def decide(state: Sum) -> list[Event]:
            if self.when == "killed before the append":
                raise Killed
            return [Added(number)]

        return decide


OUTCOMES = st.sampled_from(
    ["answered", "killed before the append", "killed after the append", "repeated", "both at once", "against another"]
)
COMMANDS = st.lists(st.tuples(st.integers(0, 9), st.booleans(), OUTCOMES), min_size=1, max_size=25)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=COMMANDS, snapshot_every=st.sampled_from([3, SNAPSHOT_EVERY]))
def test_any_interleaving_of_repeats_races_and_crashes_does_each_command_once(
    store: str, monkeypatch: pytest.MonkeyPatch, steps: list[tuple[int, bool, str]], snapshot_every: int
) -> None:
    monkeypatch.setattr(rooms, "SNAPSHOT_EVERY", snapshot_every)
    key = f"property{uuid4()}"
    ids = [uuid4() for _ in range(10)]
    expected: dict[int, str] = {}
    death = Death()
    monkeypatch.setattr(rooms, "reach", death.reach)

    async def send(repository: Repository, number: int, content: str) -> bool:
        """Whether it was done; False when it was refused because the id was used before."""
        command = context(ids[number], content)
        try:
            reply = await repository.change(SUM, key, command, death.adding(10**number), create=True)
        except CommandReused:
            return False
        assert reply.id == key
        return True

    async def work(repository: Repository) -> None:
        for number, other, outcome in steps:
            content = "other" if other else "same"
            refused = expected.get(number, content) != content
            done = []
            if outcome == "against another":
                other_number = (number + 1) % 10
                expected.setdefault(other_number, "same")
                rival = Repository(store, "test")
                sent = send(repository, number, content), send(rival, other_number, expected[other_number])
                one, another = await asyncio.gather(*sent)
                await rival.close()
                assert another
                done.append(one)
            elif outcome == "both at once":
                rival = Repository(store, "test")
                done += await asyncio.gather(send(repository, number, content), send(rival, number, content))
                await rival.close()
            else:
                death.when = outcome
                with contextlib.suppress(Killed):
                    done.append(await send(repository, number, content))
                death.when = ""
            if outcome != "answered":
                done.append(await send(repository, number, content))
            assert set(done) == {not refused}
            expected.setdefault(number, content)

    run(store, work)
    loaded = run(store, lambda repository: repository.load(SUM, key))
    assert loaded.state.total == sum(10**number for number in expected)
    assert {command: seen.payload_hash for command, seen in loaded.commands.items()} == {
        str(ids[number]): content for number, content in expected.items()
    }


def test_a_snapshot_is_kept_as_readable_json(store: str, key: str) -> None:
    fill(store, key, SNAPSHOT_EVERY)
    run(store, lambda repository: repository.snapshot(SUM, key))
    client = EventStoreDBClient(store)
    [event] = client.get_stream(f"snapshot-{SUM.stream(key)}")
    client.close()
    assert loads(event.data)["state"] == {"total": SNAPSHOT_EVERY, "seen": [1]}
    assert loads(event.metadata) == {"schema": 1, "shape": shape(Sum)}


@dataclass(frozen=True)
class Average:
    """What a later release makes of the same events."""

    total: int = 0
    count: int = 0


def test_a_snapshot_of_a_state_with_other_fields_is_passed_over(store: str, key: str) -> None:
    fill(store, key, SNAPSHOT_EVERY)
    run(store, lambda repository: repository.snapshot(SUM, key))
    later: Aggregate[Average] = Aggregate(
        "sum",
        Average(),
        lambda state, event: Average(state.total + event.number, state.count + 1),
        lambda state: None,
        CODEC,
    )
    loaded = run(store, lambda repository: repository.load(later, key))
    assert (loaded.state, loaded.snapshot) == (Average(SNAPSHOT_EVERY, SNAPSHOT_EVERY), -1)
