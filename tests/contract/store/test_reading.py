"""Reading a stream and $all, both ways, from any position, with limits."""

from __future__ import annotations

import pytest
from esdbclient import NewEvent, StreamState
from esdbclient.exceptions import NotFound

from tests.contract.store.clients import Client, events, ids, until

NO_STREAM = StreamState.NO_STREAM
LONG = 1300  # more than a server reads at once


@pytest.mark.parametrize(
    ("arguments", "positions"),
    [
        ({}, [0, 1, 2, 3, 4]),
        ({"stream_position": 2}, [2, 3, 4]),
        ({"stream_position": 2, "limit": 2}, [2, 3]),
        ({"limit": 1}, [0]),
        ({"stream_position": 5}, []),
        ({"stream_position": 2**40}, []),
        ({"backwards": True}, [4, 3, 2, 1, 0]),
        ({"backwards": True, "stream_position": 2}, [2, 1, 0]),
        ({"backwards": True, "limit": 2}, [4, 3]),
        ({"backwards": True, "stream_position": 3, "limit": 2}, [3, 2]),
        ({"backwards": True, "stream_position": 0}, [0]),
        ({"backwards": True, "stream_position": 2**40}, [4, 3, 2, 1, 0]),
    ],
    ids=str,
)
def test_a_stream(client: Client, stream: str, arguments: dict[str, int], positions: list[int]) -> None:
    client.append_to_stream(stream, current_version=NO_STREAM, events=events(5))
    assert [one.stream_position for one in client.get_stream(stream, **arguments)] == positions


@pytest.mark.parametrize("backwards", [False, True])
def test_a_long_stream(client: Client, stream: str, backwards: bool) -> None:
    new = events(LONG)
    client.append_to_stream(stream, current_version=NO_STREAM, events=new)
    found = client.get_stream(stream, backwards=backwards)
    assert ids(found) == ids(new[::-1] if backwards else new)
    assert len(client.get_stream(stream, backwards=backwards, limit=LONG - 1)) == LONG - 1


def test_a_stream_nobody_wrote_is_not_found(client: Client, stream: str) -> None:
    with pytest.raises(NotFound):
        client.get_stream(stream)
    assert client.get_current_version(stream) == NO_STREAM


def test_all_in_the_order_of_commits(client: Client, stream: str, before: int) -> None:
    new = events(6)
    for number, one in enumerate(new):
        client.append_to_stream(f"{stream}-{number % 2}", current_version=StreamState.ANY, events=[one])
    found = [one for one in client.read_all(commit_position=before) if one.stream_name.startswith(stream)]
    assert ids(found) == ids(new)
    positions = [one.commit_position for one in found]
    assert positions == sorted(set(positions))
    assert [one.prepare_position for one in found] == positions


def test_all_forwards_begins_with_the_position_and_backwards_before_it(client: Client, stream: str, kind: str) -> None:
    new = events(5, kind)
    at = [client.append_to_stream(stream, current_version=StreamState.ANY, events=[one]) for one in new]
    forwards = client.read_all(commit_position=at[2], filter_include=[kind])
    assert ids(forwards) == ids(new[2:])
    backwards = client.read_all(commit_position=at[2], filter_include=[kind], backwards=True)
    assert ids(backwards) == ids(new[1::-1])


@pytest.mark.parametrize("filtered", [True, False], ids=["filtered", "unfiltered"])
def test_all_from_each_position_both_ways_with_limits(
    client: Client, stream: str, kind: str, before: int, filtered: bool
) -> None:
    new = events(5, kind)
    filters = {"filter_include": [kind]} if filtered else {"filter_exclude": []}
    for some in (new[:1], new[1:4], new[4:]):
        client.append_to_stream(stream, current_version=StreamState.ANY, events=some)
    client.append_to_stream(stream + "-other", current_version=NO_STREAM, events=events(2))
    everything = [one for one in client.read_all(commit_position=before, **filters) if one.commit_position > before]
    assert ids(everything)[:5] == ids(new)
    for number, one in enumerate(everything):
        for limit in (1, 2, 100):
            forwards = client.read_all(commit_position=one.commit_position, limit=limit, **filters)
            assert ids(forwards) == ids(everything[number:][:limit])
            most = min(limit, number)  # further back stands what other tests wrote
            backwards = client.read_all(
                commit_position=one.commit_position, backwards=True, limit=max(1, most), **filters
            )
            assert ids(backwards)[:most] == ids(everything[:number][::-1][:most])


def test_all_backwards_from_the_start_is_nothing(client: Client, stream: str) -> None:
    client.append_to_stream(stream, current_version=NO_STREAM, events=events(1))
    assert list(client.read_all(commit_position=0, backwards=True, filter_exclude=[])) == []


def test_all_with_limits(client: Client, stream: str, kind: str, before: int) -> None:
    new = events(5, kind)
    client.append_to_stream(stream, current_version=NO_STREAM, events=new)
    assert ids(client.read_all(commit_position=before, filter_include=[kind], limit=2)) == ids(new[:2])
    assert ids(client.read_all(backwards=True, filter_include=[kind], limit=2)) == ids(new[:2:-1])
    assert len(list(client.read_all(limit=3))) == 3


def test_all_from_both_ends_has_everything(client: Client, stream: str) -> None:
    client.append_to_stream(stream, current_version=NO_STREAM, events=events(LONG))
    forwards = ids(client.read_all(filter_exclude=[]))
    backwards = ids(client.read_all(filter_exclude=[], backwards=True))
    assert len(forwards) > LONG
    assert forwards == backwards[::-1]


def test_the_commit_position_is_that_of_the_last_append(client: Client, stream: str) -> None:
    position = client.append_to_stream(stream, current_version=NO_STREAM, events=events(2))
    assert client.get_commit_position() == position


@pytest.mark.parametrize("resolve", [True, False])
def test_links_are_resolved_when_asked_for(client: Client, stream: str, resolve: bool) -> None:
    (new,) = events(1)
    client.append_to_stream(stream, current_version=NO_STREAM, events=[new])
    link = NewEvent(type="$>", data=f"0@{stream}".encode(), content_type="application/octet-stream")
    client.append_to_stream(stream + "-links", current_version=NO_STREAM, events=[link])
    (found,) = client.get_stream(stream + "-links", resolve_links=resolve)
    assert found.id == (new.id if resolve else link.id)
    assert (found.link.id if found.link else None) == (link.id if resolve else None)


def test_links_are_resolved_in_all_too(client: Client, stream: str, kind: str) -> None:
    new = events(1, kind)
    position = client.append_to_stream(stream, current_version=NO_STREAM, events=new)
    link = NewEvent(type="$>", data=f"0@{stream}".encode(), content_type="application/octet-stream")
    client.append_to_stream(stream + "-links", current_version=NO_STREAM, events=[link])
    found = list(client.read_all(commit_position=position, resolve_links=True, filter_exclude=[]))
    assert ids(found).count(new[0].id) == 2
    subscription = client.subscribe_to_stream(stream + "-links", resolve_links=True, timeout=15)
    assert ids(until(subscription, 1)) == ids(new)
    subscription.stop()


def test_a_link_to_nothing_is_no_error(client: Client, stream: str) -> None:
    link = NewEvent(type="$>", data=f"7@{stream}-missing".encode(), content_type="application/octet-stream")
    client.append_to_stream(stream, current_version=NO_STREAM, events=[link, *events(1)])
    assert client.get_stream(stream, resolve_links=True)[-1].stream_position == 1


def test_a_read_may_be_stopped(client: Client, stream: str) -> None:
    client.append_to_stream(stream, current_version=NO_STREAM, events=events(LONG))
    for found in (client.read_stream(stream), client.read_all()):
        next(found)
        found.stop()
        assert list(found) == []


def test_the_commit_position_under_a_filter(client: Client, stream: str, kind: str) -> None:
    position = client.append_to_stream(stream, current_version=NO_STREAM, events=events(1, kind))
    client.append_to_stream(stream, current_version=0, events=events(1))
    assert client.get_commit_position(filter_include=[kind]) == position
    assert client.get_commit_position(filter_include=[stream], filter_by_stream_name=True) > position
    assert client.get_commit_position(filter_exclude=[".*"]) == 0
