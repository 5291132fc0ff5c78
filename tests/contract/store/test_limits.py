"""What localstore answers where EventStoreDB's contract ends: its limits, and what it does not speak."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import grpc
import pytest
from esdbclient import EventStoreDBClient, NewEvent, StreamState
from esdbclient.exceptions import (
    AppendDeadlineExceeded,
    BadRequestError,
    EventStoreDBClientException,
    GrpcError,
    WrongCurrentVersion,
)
from esdbclient.protos.Grpc import cluster_pb2, persistent_pb2, projections_pb2, streams_pb2

from tests.contract.store.clients import CLIENTS, Client, event, events
from tests.support.processes import LocalStore

NO_STREAM, ANY = StreamState.NO_STREAM, StreamState.ANY


@pytest.fixture
def own(store: str) -> Iterator[EventStoreDBClient]:
    """A client of localstore, whatever the contract runs against."""
    with closing(EventStoreDBClient(store)) as connected:
        yield connected


@pytest.fixture(params=CLIENTS)
def either(request: pytest.FixtureRequest, store: str) -> Iterator[Client]:
    """A client of localstore, of each kind in turn."""
    with closing(CLIENTS[request.param](store)) as connected:
        yield connected


@pytest.fixture
def channel(store: str) -> Iterator[grpc.Channel]:
    """A way to localstore for what no client asks."""
    with grpc.insecure_channel(store.removeprefix("esdb://").partition("?")[0]) as opened:
        yield opened


@pytest.mark.parametrize("call", ["create_subscription_to_all", "list_subscriptions"])
def test_what_it_does_not_speak_is_unimplemented(either: Client, call: str) -> None:
    arguments = {"group_name": "ledger"} if call.startswith("create") else {}
    with pytest.raises(GrpcError, match="UNIMPLEMENTED"):
        getattr(either, call)(**arguments)


def test_all_else_that_esdbclient_knows_is_unimplemented(channel: grpc.Channel) -> None:
    services = [
        service
        for module in (persistent_pb2, projections_pb2, cluster_pb2)
        for service in module.DESCRIPTOR.services_by_name.values()
    ]
    calls = [f"{service.full_name}/{method.name}" for service in services for method in service.methods]
    calls += ["event_store.client.streams.Streams/Unheard", "event_store.client.operations.Operations/Shutdown"]
    assert len(calls) > 25
    for call in calls:
        with pytest.raises(grpc.RpcError) as refused:
            channel.unary_unary(f"/{call}")(b"", timeout=10)
        assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED, call


def test_it_says_what_it_speaks(channel: grpc.Channel) -> None:
    """As the clients in other languages ask before they use a call."""
    ask = channel.unary_unary("/event_store.client.server_features.ServerFeatures/GetSupportedMethods")
    reply: bytes = ask(b"", timeout=10)
    streams = b"event_store.client.streams.streams"
    for method in (b"read", b"append", b"batchappend", b"delete", b"tombstone"):
        names = b"\n" + bytes([len(method)]) + method + b"\x12" + bytes([len(streams)]) + streams
        assert b"\n" + bytes([len(names)]) + names in reply
    assert b"event_store.client.gossip.gossip" in reply
    assert b"persistent" not in reply
    assert reply.endswith(b"\x12\x0723.10.0")


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


def test_an_append_of_nothing_is_a_success_that_stores_nothing(either: Client, stream: str) -> None:
    either.append_to_stream(stream, current_version=NO_STREAM, events=[])
    assert either.get_current_version(stream) == NO_STREAM
    with pytest.raises(WrongCurrentVersion):
        either.append_to_stream(stream, current_version=1, events=[])


@pytest.mark.parametrize("name", ["", "$$", "a\0b"])
def test_a_stream_without_a_proper_name_is_refused(either: Client, name: str) -> None:
    with pytest.raises(BadRequestError, match="stream name"):
        either.append_to_stream(name, current_version=ANY, events=events(1))
    calls: list[Callable[[], Any]] = [
        lambda: either.append_to_stream(name, current_version=ANY, events=event()),
        lambda: either.get_stream(name),
        lambda: either.subscribe_to_stream(name, timeout=10),
        lambda: either.delete_stream(name, current_version=ANY),
        lambda: either.tombstone_stream(name, current_version=ANY),
    ]
    for call in calls:
        with pytest.raises(EventStoreDBClientException, match="stream name"):
            call()


def test_an_event_without_a_proper_id_is_refused(own: EventStoreDBClient, stream: str) -> None:
    request = own.streams._construct_batch_append_req(stream, ANY, events(1), event().id)
    request.proposed_messages[0].id.string = "order-1"
    (reply,) = own.streams._stub.BatchAppend(iter([request]))
    assert "'order-1' is not a UUID" in reply.error.message


def test_an_event_id_in_binary_is_not_spoken(own: EventStoreDBClient, stream: str) -> None:
    request = own.streams._construct_batch_append_req(stream, ANY, events(1), event().id)
    request.proposed_messages[0].id.structured.most_significant_bits = 7
    (reply,) = own.streams._stub.BatchAppend(iter([request]))
    assert (reply.error.code, reply.error.message) == (12, "event ids are text only")  # unimplemented


def test_it_says_that_it_is_the_one_node(store: str, own: EventStoreDBClient) -> None:
    (member,) = own.read_gossip()
    address = store.removeprefix("esdb://").partition("?")[0]
    assert (member.state, f"{member.address}:{member.port}") == ("NODE_STATE_LEADER", address)


def test_who_falls_behind_is_told_and_loses_nothing(own_store: LocalStore) -> None:
    # A connection each: what one does not read yet takes the room of the other on the same.
    with (
        closing(EventStoreDBClient(own_store.uri)) as client,
        closing(EventStoreDBClient(own_store.uri)) as of_all,
        closing(EventStoreDBClient(own_store.uri)) as of_one,
    ):
        behind = [_subscribed(of_all, from_end=True), _subscribed(of_one, stream_name="order-7")]
        new = [event(data=b"x" * 50_000) for _ in range(900)]  # more than the newest that are kept in memory
        for at in range(0, len(new), 20):
            client.append_to_stream("order-7", current_version=ANY, events=new[at : at + 20])
        for replies in behind:
            found = list(itertools.takewhile(lambda one: one.WhichOneof("content") != "caught_up", replies))
            replies.cancel()
            assert [one.WhichOneof("content") for one in found].count("fell_behind") == 1
            assert [one.event.event.id.string for one in found if one.HasField("event")] == [str(one.id) for one in new]


def _subscribed(client: EventStoreDBClient, **what: Any) -> Any:
    request = client.streams._construct_read_request(subscribe=True, **what)
    replies = client.streams._stub.Read(request, timeout=60)
    assert [next(replies).WhichOneof("content") for _ in range(2)] == ["confirmation", "caught_up"]
    return replies


def test_an_event_without_a_proper_name_is_refused(either: Client, stream: str) -> None:
    for kind in ("", "T" * 1025):
        new = NewEvent(type=kind, data=b"{}")
        with pytest.raises(BadRequestError, match="event type has 1 to 1024 characters"):
            either.append_to_stream(stream, current_version=ANY, events=[new])
        with pytest.raises(EventStoreDBClientException, match="event type has 1 to 1024 characters"):
            either.append_to_stream(stream, current_version=ANY, events=new)
    with pytest.raises(BadRequestError, match="stream name has 1 to 1024 characters"):
        either.append_to_stream("s" * 1025, current_version=ANY, events=events(1))
    assert either.get_current_version(stream) == NO_STREAM


def test_the_longest_names_are_taken(either: Client, stream: str) -> None:
    longest = stream.ljust(1024, "s")
    either.append_to_stream(longest, current_version=NO_STREAM, events=[event(kind="T" * 1024)])
    (found,) = either.get_stream(longest)
    assert (found.stream_name, found.type) == (longest, "T" * 1024)


def test_all_from_beyond_its_end(either: Client, stream: str) -> None:
    position = either.append_to_stream(stream, current_version=NO_STREAM, events=events(3))
    assert list(either.read_all(commit_position=position + 1000)) == []
    backwards = list(either.read_all(commit_position=position + 1000, backwards=True, limit=1))
    assert [one.commit_position for one in backwards] == [position]


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


@pytest.mark.parametrize("kind", CLIENTS)
@pytest.mark.parametrize("preferred", ["leader", "random"])
def test_clients_discover_it(store: str, stream: str, kind: str, preferred: str) -> None:
    uri = store.replace("esdb://", "esdb+discover://") + f"&NodePreference={preferred}"
    with closing(CLIENTS[kind](uri)) as client:
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
