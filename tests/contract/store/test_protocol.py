"""What other clients of the protocol ask for than esdbclient does, on the wire."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import closing
from queue import SimpleQueue
from typing import Any

import grpc
import pytest
from esdbclient import EventStoreDBClient, StreamState
from esdbclient.protos.Grpc import shared_pb2, streams_pb2, streams_pb2_grpc

from tests.contract.store.clients import event, events, ids

Options = streams_pb2.ReadReq.Options
EMPTY = shared_pb2.Empty()
SECONDS = 15.0


@pytest.fixture
def own(uri: str) -> Iterator[EventStoreDBClient]:
    """A client that writes what is read here."""
    with closing(EventStoreDBClient(uri)) as connected:
        yield connected


@pytest.fixture
def read(uri: str) -> Iterator[Callable[..., Any]]:
    """The call Read, given its options."""
    with grpc.insecure_channel(uri.removeprefix("esdb://").partition("?")[0]) as channel:
        stub = streams_pb2_grpc.StreamsStub(channel)  # type: ignore[no-untyped-call]

        def call(**options: Any) -> Any:
            given: dict[str, Any] = {"no_filter": EMPTY, "uuid_option": Options.UUIDOption(string=EMPTY)}
            if "filter" in options:
                del given["no_filter"]
            return stub.Read(streams_pb2.ReadReq(options=Options(**(given | options))), timeout=SECONDS)

        yield call


def _from(position: int) -> Any:
    return Options.AllOptions(position=Options.Position(commit_position=position, prepare_position=position))


def _names(replies: Any) -> list[str]:
    return [one.event.event.stream_identifier.stream_name.decode() for one in replies if one.HasField("event")]


@pytest.mark.parametrize("by", ["event_type", "stream_identifier"])
@pytest.mark.parametrize("window", [{"max": 10}, {"count": EMPTY}], ids=["window", "no window"])
def test_a_filter_by_prefixes(
    own: EventStoreDBClient, read: Callable[..., Any], stream: str, kind: str, by: str, window: dict[str, Any]
) -> None:
    before = own.get_commit_position(filter_exclude=[])
    for name in ("a", "b", "c"):
        new = event(kind=f"{name}-{kind}")
        own.append_to_stream(f"{name}-{stream}", current_version=StreamState.ANY, events=[new])
    end = kind if by == "event_type" else stream
    prefixes = Options.FilterOptions.Expression(prefix=[f"a-{end}", f"c-{end[:30]}"])
    chosen = Options.FilterOptions(**{by: prefixes}, **window, checkpointIntervalMultiplier=1)
    passing = [f"a-{stream}", f"c-{stream}"]
    assert _names(read(all=_from(before), count=10, filter=chosen)) == passing
    subscription = read(all=_from(before), subscription=Options.SubscriptionOptions(), filter=chosen)
    assert _names(itertools.takewhile(lambda one: one.WhichOneof("content") != "caught_up", subscription)) == passing
    subscription.cancel()


def test_a_stream_backwards_from_its_start_is_its_first_event(
    own: EventStoreDBClient, read: Callable[..., Any], stream: str
) -> None:
    own.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=events(3))
    identifier = shared_pb2.StreamIdentifier(stream_name=stream.encode())
    chosen = Options.StreamOptions(stream_identifier=identifier, start=EMPTY)
    (found,) = read(stream=chosen, count=10, read_direction=Options.Backwards)
    assert found.event.event.stream_revision == 0


def test_forwards_from_the_end_is_nothing(own: EventStoreDBClient, read: Callable[..., Any], stream: str) -> None:
    own.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=events(3))
    assert _names(read(all=Options.AllOptions(end=EMPTY), count=10)) == []


def test_an_append_is_answered_while_its_call_goes_on(uri: str, own: EventStoreDBClient, stream: str) -> None:
    """Other clients keep one call open, and wait for an append's answer before they send the next."""
    new = events(3)
    requests: SimpleQueue[streams_pb2.BatchAppendReq | None] = SimpleQueue()
    with grpc.insecure_channel(uri.removeprefix("esdb://").partition("?")[0]) as channel:
        stub = streams_pb2_grpc.StreamsStub(channel)  # type: ignore[no-untyped-call]
        replies = stub.BatchAppend(iter(requests.get, None), timeout=SECONDS)
        for number, one in enumerate(new):
            expected = number - 1 if number else StreamState.NO_STREAM
            requests.put(own.streams._construct_batch_append_req(stream, expected, [one], one.id))
            reply = next(replies)
            assert (reply.correlation_id.string, reply.success.current_revision) == (str(one.id), number)
        requests.put(None)
        assert list(replies) == []
    assert ids(own.get_stream(stream)) == ids(new)


def test_an_append_in_parts_is_one_append(uri: str, own: EventStoreDBClient, stream: str) -> None:
    first, second = events(2), events(2, first=2)
    parts = [
        own.streams._construct_batch_append_req(stream, StreamState.NO_STREAM, some, first[0].id)
        for some in (first, second)
    ]
    parts[0].is_final = False
    with grpc.insecure_channel(uri.removeprefix("esdb://").partition("?")[0]) as channel:
        (reply,) = streams_pb2_grpc.StreamsStub(channel).BatchAppend(iter(parts), timeout=SECONDS)  # type: ignore[no-untyped-call]
    assert reply.success.current_revision == 3
    assert ids(own.get_stream(stream)) == ids([*first, *second])
