"""What localstore answers where EventStoreDB's contract ends: its limits, and what it does not speak."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import closing

import grpc
import pytest
from esdbclient import EventStoreDBClient, NewEvent, StreamState
from esdbclient.exceptions import AppendDeadlineExceeded, BadRequestError, GrpcError, WrongCurrentVersion
from esdbclient.protos.Grpc import streams_pb2

from tests.contract.store.clients import event, events
from tests.support.processes import LocalStore

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


@pytest.mark.parametrize(
    "call",
    ["Persistent/List", "projections.Projections/Statistics", "streams.Streams/Unheard", "operations.Operations/X"],
)
def test_calls_it_has_never_heard_of_are_unimplemented(store: str, call: str) -> None:
    with grpc.insecure_channel(store.removeprefix("esdb://").partition("?")[0]) as channel:
        with pytest.raises(grpc.RpcError) as refused:
            channel.unary_unary(f"/event_store.client.{call}")(b"", timeout=10)
    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_event_ids_in_binary_are_unimplemented(own: EventStoreDBClient, stream: str) -> None:
    own.append_to_stream(stream, current_version=NO_STREAM, events=events(1))
    request = own.streams._construct_read_request(stream_name=stream)
    request.options.uuid_option.structured.SetInParent()
    with pytest.raises(grpc.RpcError) as refused:
        list(own.streams._stub.Read(request))
    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_a_subscription_backwards_is_refused(own: EventStoreDBClient) -> None:
    with pytest.raises(GrpcError, match="reads forwards"):
        own.streams.read(subscribe=True, backwards=True)  # type: ignore[call-overload]


def test_an_append_of_nothing_is_a_success_that_stores_nothing(own: EventStoreDBClient, stream: str) -> None:
    own.append_to_stream(stream, current_version=NO_STREAM, events=[])
    assert own.get_current_version(stream) == NO_STREAM
    with pytest.raises(WrongCurrentVersion):
        own.append_to_stream(stream, current_version=1, events=[])


@pytest.mark.parametrize("name", ["", "$$", "a\0b"])
def test_a_stream_without_a_proper_name_is_refused(own: EventStoreDBClient, name: str) -> None:
    with pytest.raises(BadRequestError, match="stream name"):
        own.append_to_stream(name, current_version=ANY, events=events(1))


def test_an_event_without_a_proper_id_is_refused(own: EventStoreDBClient, stream: str) -> None:
    request = own.streams._construct_batch_append_req(stream, ANY, events(1), event().id)
    request.proposed_messages[0].id.string = "order-1"
    (reply,) = own.streams._stub.BatchAppend(iter([request]))
    assert "'order-1' is not a UUID" in reply.error.message


def test_it_says_that_it_is_the_one_node(store: str, own: EventStoreDBClient) -> None:
    (member,) = own.read_gossip()
    address = store.removeprefix("esdb://").partition("?")[0]
    assert (member.state, f"{member.address}:{member.port}") == ("NODE_STATE_LEADER", address)


def test_who_falls_behind_is_told_and_loses_nothing(own_store: LocalStore) -> None:
    with closing(EventStoreDBClient(own_store.uri)) as client:
        request = client.streams._construct_read_request(from_end=True, subscribe=True)
        replies = client.streams._stub.Read(request, timeout=60)
        assert [next(replies).WhichOneof("content") for _ in range(2)] == ["confirmation", "caught_up"]
        new = [event(data=b"x" * 50_000) for _ in range(900)]  # more than the newest that are kept in memory
        for at in range(0, len(new), 20):
            client.append_to_stream(f"order-{at}", current_version=NO_STREAM, events=new[at : at + 20])
        found = list(itertools.takewhile(lambda one: one.WhichOneof("content") != "caught_up", replies))
        replies.cancel()
    assert [one.WhichOneof("content") for one in found].count("fell_behind") == 1
    assert [one.event.event.id.string for one in found if one.HasField("event")] == [str(one.id) for one in new]


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
