"""What localstore answers where EventStoreDB's contract ends: its limits, and what it does not speak."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from esdbclient import EventStoreDBClient, NewEvent, StreamState
from esdbclient.exceptions import AppendDeadlineExceeded, BadRequestError, GrpcError
from esdbclient.protos.Grpc import streams_pb2

from tests.contract.store.clients import events

NO_STREAM, ANY = StreamState.NO_STREAM, StreamState.ANY


@pytest.fixture
def own(store: str) -> Iterator[EventStoreDBClient]:
    """A client of localstore, whatever the contract runs against."""
    with closing(EventStoreDBClient(store)) as connected:
        yield connected


@pytest.mark.parametrize("call", ["create_subscription_to_all", "list_subscriptions"])
def test_what_it_does_not_speak_is_unimplemented(own: EventStoreDBClient, call: str) -> None:
    arguments = {"group_name": "ledger"} if call.startswith("create") else {}
    with pytest.raises(GrpcError, match="UNIMPLEMENTED"):
        getattr(own, call)(**arguments)


def test_an_event_without_a_proper_name_is_refused(own: EventStoreDBClient, stream: str) -> None:
    with pytest.raises(BadRequestError, match="event type has 1 to 1024 characters"):
        own.append_to_stream(stream, current_version=ANY, events=[NewEvent(type="", data=b"{}")])
    with pytest.raises(BadRequestError, match="event type has 1 to 1024 characters"):
        own.append_to_stream(stream, current_version=ANY, events=[NewEvent(type="T" * 1025, data=b"{}")])
    with pytest.raises(BadRequestError, match="stream name has 1 to 1024 characters"):
        own.append_to_stream("s" * 1025, current_version=ANY, events=events(1))


def test_an_append_past_its_deadline_is_not_stored(
    own: EventStoreDBClient, stream: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    construct: Callable[..., streams_pb2.BatchAppendReq] = own.streams._construct_batch_append_req

    def construct_late(**arguments: object) -> streams_pb2.BatchAppendReq:
        return construct(**{**arguments, "timeout": 1e-9})

    monkeypatch.setattr(own.streams, "_construct_batch_append_req", construct_late)
    with pytest.raises(AppendDeadlineExceeded):
        own.append_to_stream(stream, current_version=ANY, events=events(1))
    assert own.get_current_version(stream) == NO_STREAM


def test_clients_discover_it(store: str, stream: str) -> None:
    with closing(EventStoreDBClient(store.replace("esdb://", "esdb+discover://"))) as client:
        client.append_to_stream(stream, current_version=NO_STREAM, events=events(1))
        assert client.get_current_version(stream) == 0


def test_who_is_passed_over_learns_how_far_the_store_is(own: EventStoreDBClient, stream: str, kind: str) -> None:
    position = own.append_to_stream(stream, current_version=NO_STREAM, events=events(3))
    subscription = own.subscribe_to_all(
        filter_include=[kind], include_checkpoints=True, include_caught_up=True, timeout=15
    )
    passed = list(itertools.takewhile(lambda one: not one.is_caught_up, subscription))
    assert passed[-1].is_checkpoint
    assert passed[-1].commit_position == position
    subscription.stop()
