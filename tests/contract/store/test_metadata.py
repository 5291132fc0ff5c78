"""Stream metadata, and what it lets readers see."""

from __future__ import annotations

from typing import Any

import pytest
from esdbclient import NewEvent, StreamState
from esdbclient.exceptions import StreamIsDeleted, WrongCurrentVersion

from tests.contract.store.clients import Client, events
from tests.support.waiting import wait_until

NO_STREAM = StreamState.NO_STREAM


def test_what_was_set_is_what_one_gets(client: Client, stream: str) -> None:
    assert client.get_stream_metadata(stream) == ({}, NO_STREAM)
    client.set_stream_metadata(stream, metadata={"owner": "ledger"}, current_version=NO_STREAM)
    assert client.get_stream_metadata(stream) == ({"owner": "ledger"}, 0)
    client.set_stream_metadata(stream, metadata={"owner": "sync"}, current_version=0)
    assert client.get_stream_metadata(stream) == ({"owner": "sync"}, 1)


def test_only_the_last_metadata_is_kept(client: Client, stream: str) -> None:
    client.set_stream_metadata(stream, metadata={"owner": "ledger"})
    client.set_stream_metadata(stream, metadata={"owner": "sync"})
    (found,) = client.get_stream(f"$${stream}")
    assert (found.type, found.stream_position, found.data) == ("$metadata", 1, b'{"owner": "sync"}')


def test_metadata_has_versions_too(client: Client, stream: str) -> None:
    client.set_stream_metadata(stream, metadata={"owner": "ledger"})
    with pytest.raises(WrongCurrentVersion):
        client.set_stream_metadata(stream, metadata={}, current_version=7)
    with pytest.raises(WrongCurrentVersion):
        client.set_stream_metadata(stream, metadata={}, current_version=NO_STREAM)


@pytest.mark.parametrize("expected", [0, StreamState.ANY, StreamState.EXISTS])
def test_metadata_with_each_expected_version(client: Client, stream: str, expected: Any) -> None:
    client.set_stream_metadata(stream, metadata={"owner": "ledger"}, current_version=NO_STREAM)
    client.set_stream_metadata(stream, metadata={"owner": "sync"}, current_version=expected)
    assert client.get_stream_metadata(stream) == ({"owner": "sync"}, 1)


def test_what_the_store_does_not_act_on_is_kept(client: Client, stream: str) -> None:
    metadata = {"$acl": {"$r": "$all", "$w": "$admins"}, "$cacheControl": 60, "any": {"thing": [1, None]}}
    client.set_stream_metadata(stream, metadata=metadata)
    client.append_to_stream(stream, current_version=NO_STREAM, events=events(2))
    assert client.get_stream_metadata(stream) == (metadata, 0)
    assert len(client.get_stream(stream)) == 2


def test_deleting_a_stream_is_metadata_that_keeps_what_stood_there(client: Client, stream: str) -> None:
    client.append_to_stream(stream, current_version=NO_STREAM, events=events(2))
    client.set_stream_metadata(stream, metadata={"owner": "ledger"})
    client.delete_stream(stream, current_version=1)
    assert client.get_stream_metadata(stream) == ({"owner": "ledger", "$tb": 2**63 - 1}, 1)
    client.append_to_stream(stream, current_version=NO_STREAM, events=events(1, first=2))
    assert client.get_stream_metadata(stream)[0] == {"owner": "ledger", "$tb": 2}


def test_the_metadata_of_a_tombstoned_stream_can_be_written_and_not_read(client: Client, stream: str) -> None:
    client.set_stream_metadata(stream, metadata={"owner": "ledger"})
    client.tombstone_stream(stream, current_version=StreamState.ANY)
    for expected in (0, StreamState.ANY):
        client.set_stream_metadata(stream, metadata={"owner": "sync"}, current_version=expected)
        with pytest.raises(StreamIsDeleted):
            client.get_stream_metadata(stream)


@pytest.mark.parametrize(
    ("metadata", "visible"),
    [
        ({"$maxCount": 2}, [3, 4]),
        ({"$maxCount": 9}, [0, 1, 2, 3, 4]),
        ({"$tb": 3}, [3, 4]),
        ({"$tb": 3, "$maxCount": 1}, [4]),
        ({"$tb": 1, "$maxCount": 3}, [2, 3, 4]),
        ({"$maxAge": 3600}, [0, 1, 2, 3, 4]),
        ({"$tb": 5}, []),
        ({"$maxCount": 0, "$maxAge": -1}, [0, 1, 2, 3, 4]),
        ({"$maxCount": "2", "$tb": None, "$maxAge": True}, [0, 1, 2, 3, 4]),
    ],
    ids=str,
)
def test_retention(client: Client, stream: str, metadata: dict[str, Any], visible: list[int]) -> None:
    client.append_to_stream(stream, current_version=NO_STREAM, events=events(5))
    client.set_stream_metadata(stream, metadata=metadata)
    assert [one.stream_position for one in client.get_stream(stream)] == visible
    backwards = client.get_stream(stream, backwards=True)
    assert [one.stream_position for one in backwards] == visible[::-1]


def test_retention_moves_with_the_stream_and_its_versions_go_on(client: Client, stream: str) -> None:
    client.set_stream_metadata(stream, metadata={"$maxCount": 1})
    client.append_to_stream(stream, current_version=NO_STREAM, events=events(3))
    client.append_to_stream(stream, current_version=2, events=events(1, first=3))
    assert [one.stream_position for one in client.get_stream(stream)] == [3]


def test_events_past_their_age_are_no_longer_read(client: Client, stream: str) -> None:
    client.append_to_stream(stream, current_version=NO_STREAM, events=events(2))
    client.set_stream_metadata(stream, metadata={"$maxAge": 1})
    wait_until(lambda: client.get_stream(stream) == (), 10, "the events are past their age")


@pytest.mark.parametrize(
    ("arguments", "visible"),
    [
        ({"stream_position": 0, "limit": 2}, [2, 3]),
        ({"stream_position": 3}, [3, 4]),
        ({"stream_position": 3, "backwards": True}, [3, 2]),
        ({"stream_position": 1, "backwards": True}, []),
        ({"limit": 1, "backwards": True}, [4]),
    ],
    ids=str,
)
def test_retention_from_a_position_with_a_limit(
    client: Client, stream: str, arguments: dict[str, Any], visible: list[int]
) -> None:
    client.append_to_stream(stream, current_version=NO_STREAM, events=events(5))
    client.set_stream_metadata(stream, metadata={"$maxCount": 3})
    assert [one.stream_position for one in client.get_stream(stream, **arguments)] == visible


def test_retention_leaves_all_as_it_was(client: Client, stream: str, kind: str, before: int) -> None:
    new = events(4, kind)
    client.append_to_stream(stream, current_version=NO_STREAM, events=new)
    client.set_stream_metadata(stream, metadata={"$maxCount": 1})
    assert [one.id for one in client.read_all(commit_position=before, filter_include=[kind])] == [one.id for one in new]


def test_metadata_that_is_no_json_limits_nothing(client: Client, stream: str) -> None:
    client.append_to_stream(stream, current_version=NO_STREAM, events=events(2))
    for data in (b"no json", b"[1]"):
        broken = NewEvent(type="$metadata", data=data)
        client.append_to_stream(f"$${stream}", current_version=StreamState.ANY, events=broken)
        assert len(client.get_stream(stream)) == 2


@pytest.mark.parametrize("metadata", [{"$tb": 2}, {"$maxCount": 2}, {"$maxCount": 2, "$maxAge": 3600}], ids=str)
def test_a_subscription_sees_what_readers_see(client: Client, stream: str, metadata: dict[str, int]) -> None:
    client.append_to_stream(stream, current_version=NO_STREAM, events=events(4))
    client.set_stream_metadata(stream, metadata=metadata)
    subscription = client.subscribe_to_stream(stream, include_caught_up=True, timeout=15)
    assert [next(subscription).stream_position for _ in range(2)] == [2, 3]
    assert next(subscription).is_caught_up
    subscription.stop()
