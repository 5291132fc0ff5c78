"""Catch-up subscriptions: from where, caught up, live, checkpoints, and how they end."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from esdbclient import StreamState
from esdbclient.exceptions import GrpcDeadlineExceeded, StreamIsDeleted

from tests.contract.store.clients import CLIENTS, Client, event, events, ids, until

NO_STREAM, ANY = StreamState.NO_STREAM, StreamState.ANY
SECONDS = 15.0  # after which a subscription of a test gives up


def _append(client: Client, stream: str, *new: Any) -> int:
    return int(client.append_to_stream(stream, current_version=ANY, events=list(new)))


def test_all_from_a_position_gives_what_comes_after_it(client: Client, stream: str, kind: str) -> None:
    new = events(4, kind)
    at = [_append(client, stream, one) for one in new[:3]]
    subscription = client.subscribe_to_all(commit_position=at[0], filter_include=[kind], timeout=SECONDS)
    assert subscription_ids(subscription, 2) == ids(new[1:3])
    _append(client, stream, new[3])
    assert subscription_ids(subscription, 1) == ids(new[3:])
    subscription.stop()


def test_all_from_the_start(client: Client, stream: str, kind: str) -> None:
    new = events(2, kind)
    _append(client, stream, *new)
    for start in ({}, {"commit_position": 0}):
        subscription = client.subscribe_to_all(filter_include=[kind], timeout=SECONDS, **start)
        assert subscription_ids(subscription, 2) == ids(new)
        subscription.stop()


def test_all_from_the_end_gives_what_is_new(client: Client, stream: str, kind: str) -> None:
    new = events(2, kind)
    _append(client, stream, new[0])
    subscription = client.subscribe_to_all(from_end=True, filter_include=[kind], timeout=SECONDS)
    _append(client, stream, new[1])
    assert subscription_ids(subscription, 1) == ids(new[1:])
    subscription.stop()


@pytest.mark.parametrize(
    ("start", "first"), [({}, 0), ({"stream_position": 0}, 1), ({"stream_position": 2}, 3), ({"from_end": True}, 3)]
)
def test_a_stream(client: Client, stream: str, start: dict[str, Any], first: int) -> None:
    new = events(5)
    _append(client, stream, *new[:3])
    _append(client, stream + "-other", event())
    subscription = client.subscribe_to_stream(stream, timeout=SECONDS, **start)
    _append(client, stream, new[3])
    _append(client, stream + "-other", event())
    _append(client, stream, new[4])
    found = until(subscription, 5 - first)
    assert ids(found) == ids(new[first:])
    assert {one.stream_name for one in found} == {stream}
    subscription.stop()


def test_a_stream_that_does_not_exist_yet(client: Client, stream: str) -> None:
    subscription = client.subscribe_to_stream(stream, timeout=SECONDS)
    new = events(2)
    _append(client, stream, *new)
    assert subscription_ids(subscription, 2) == ids(new)
    subscription.stop()


def test_caught_up_comes_between_the_past_and_the_new(client: Client, stream: str) -> None:
    new = events(3)
    _append(client, stream, *new[:2])
    subscription = client.subscribe_to_stream(stream, include_caught_up=True, timeout=SECONDS)
    past = [next(subscription) for _ in range(3)]
    assert [one.is_caught_up for one in past] == [False, False, True]
    _append(client, stream, new[2])
    assert subscription_ids(subscription, 1) == ids(new[2:])
    subscription.stop()


def test_checkpoints_pass_over_what_the_filter_leaves_out(client: Client, stream: str, kind: str, before: int) -> None:
    positions = [_append(client, stream, event(number)) for number in range(12)]
    subscription = client.subscribe_to_all(
        commit_position=before,
        filter_include=[kind],
        include_checkpoints=True,
        window_size=5,
        checkpoint_interval_multiplier=2,
        timeout=SECONDS,
    )
    checkpoint = next(subscription)
    assert checkpoint.is_checkpoint
    assert before < checkpoint.commit_position <= positions[-1]
    subscription.stop()
    new = event(kind=kind)
    _append(client, stream, new)
    resumed = client.subscribe_to_all(
        commit_position=checkpoint.commit_position, filter_include=[kind], timeout=SECONDS
    )
    assert subscription_ids(resumed, 1) == [new.id]
    resumed.stop()


def test_a_live_subscription_gets_checkpoints_too(client: Client, stream: str, kind: str) -> None:
    subscription = client.subscribe_to_all(
        from_end=True,
        filter_include=[kind],
        include_checkpoints=True,
        include_caught_up=True,
        window_size=2,
        checkpoint_interval_multiplier=2,
        timeout=SECONDS,
    )
    while not next(subscription).is_caught_up:
        pass
    positions = [_append(client, stream, event(number)) for number in range(8)]
    checkpoint = next(subscription)
    assert checkpoint.is_checkpoint
    assert positions[0] <= checkpoint.commit_position <= positions[-1]
    subscription.stop()


def test_nothing_is_lost_or_doubled_between_the_past_and_the_new(client: Client, stream: str, kind: str) -> None:
    new = events(3000, kind)
    chunks = [new[at : at + 50] for at in range(0, len(new), 50)]
    _append(client, stream, *chunks[0])

    def write() -> None:
        for chunk in chunks[1:]:
            _append(client, stream, *chunk)

    writer = threading.Thread(target=write)
    writer.start()
    subscriptions = [
        client.subscribe_to_all(filter_include=[kind], timeout=SECONDS),
        client.subscribe_to_stream(stream, timeout=SECONDS),
    ]
    for subscription in subscriptions:
        assert subscription_ids(subscription, len(new)) == ids(new)
        subscription.stop()
    writer.join(SECONDS)


def test_every_subscription_gets_the_event(uri: str, stream: str, kind: str) -> None:
    client = CLIENTS["sync"](uri)
    subscriptions = [client.subscribe_to_all(from_end=True, filter_include=[kind], timeout=SECONDS) for _ in range(20)]
    new = events(2, kind)
    _append(client, stream, *new)
    assert [subscription_ids(one, 2) for one in subscriptions] == [ids(new)] * 20
    client.close()


def test_a_stopped_subscription_ends(client: Client, stream: str) -> None:
    _append(client, stream, *events(3))
    subscription = client.subscribe_to_stream(stream, timeout=SECONDS)
    subscription.stop()
    assert list(subscription) == []


def test_a_tombstone_ends_the_subscription_to_the_stream(client: Client, stream: str) -> None:
    (new,) = events(1)
    _append(client, stream, new)
    subscription = client.subscribe_to_stream(stream, timeout=SECONDS)
    assert subscription_ids(subscription, 1) == [new.id]
    client.tombstone_stream(stream, current_version=0)
    with pytest.raises(StreamIsDeleted):
        next(subscription)


def test_a_subscription_ends_at_its_deadline(client: Client, stream: str, kind: str) -> None:
    new = events(2, kind)
    _append(client, stream, *new)
    subscription = client.subscribe_to_all(filter_include=[kind], timeout=2)
    assert subscription_ids(subscription, 2) == ids(new)
    with pytest.raises(GrpcDeadlineExceeded):
        next(subscription)


def subscription_ids(subscription: Any, count: int) -> list[Any]:
    """The ids of the next `count` events."""
    return ids(until(subscription, count))
