"""Soft delete and writing anew; tombstones."""

from __future__ import annotations

from typing import Any

import pytest
from esdbclient import StreamState
from esdbclient.exceptions import EventStoreDBClientException, NotFound, StreamIsDeleted, WrongCurrentVersion

from tests.contract.store.clients import Client, event, events, ids, until

NO_STREAM, ANY, EXISTS = StreamState.NO_STREAM, StreamState.ANY, StreamState.EXISTS


@pytest.fixture
def written(client: Client, stream: str) -> str:
    """A stream of two events."""
    client.append_to_stream(stream, current_version=NO_STREAM, events=events(2))
    return stream


@pytest.mark.parametrize("expected", [1, ANY, EXISTS])
def test_a_deleted_stream_is_not_found(client: Client, written: str, expected: Any) -> None:
    client.delete_stream(written, current_version=expected)
    with pytest.raises(NotFound):
        client.get_stream(written)
    assert client.get_current_version(written) == NO_STREAM


@pytest.mark.parametrize("expected", [0, 2])
def test_deleting_at_another_version_is_refused(client: Client, written: str, expected: int) -> None:
    with pytest.raises(WrongCurrentVersion):
        client.delete_stream(written, current_version=expected)
    assert len(client.get_stream(written)) == 2


@pytest.mark.parametrize("expected", [0, ANY, EXISTS])
def test_what_does_not_exist_cannot_be_deleted(client: Client, stream: str, expected: Any) -> None:
    with pytest.raises(NotFound):
        client.delete_stream(stream, current_version=expected)


def test_deleting_again(client: Client, written: str) -> None:
    client.delete_stream(written, current_version=1)
    client.delete_stream(written, current_version=1)
    client.delete_stream(written, current_version=ANY)
    with pytest.raises(StreamIsDeleted):
        client.delete_stream(written, current_version=EXISTS)


@pytest.mark.parametrize("expected", [NO_STREAM, ANY, 1])
def test_a_deleted_stream_is_written_anew(client: Client, written: str, expected: Any) -> None:
    client.delete_stream(written, current_version=1)
    new = events(2, first=2)
    client.append_to_stream(written, current_version=expected, events=new)
    found = client.get_stream(written)
    assert ids(found) == ids(new)
    assert [one.stream_position for one in found] == [2, 3]
    assert client.get_current_version(written) == 3
    assert ids(client.get_stream(written, backwards=True)) == ids(new[::-1])


def test_a_deleted_stream_does_not_exist_for_who_expects_it(client: Client, written: str) -> None:
    client.delete_stream(written, current_version=ANY)
    with pytest.raises(StreamIsDeleted):
        client.append_to_stream(written, current_version=EXISTS, events=[event()])


def test_a_stream_written_anew_can_be_deleted_again(client: Client, written: str) -> None:
    client.delete_stream(written, current_version=1)
    client.append_to_stream(written, current_version=NO_STREAM, events=[event(2)])
    client.delete_stream(written, current_version=2)
    with pytest.raises(NotFound):
        client.get_stream(written)


@pytest.mark.parametrize("expected", [1, ANY, EXISTS])
def test_a_tombstoned_stream_can_neither_be_read_nor_written(client: Client, written: str, expected: Any) -> None:
    client.tombstone_stream(written, current_version=expected)
    for version in (NO_STREAM, ANY, EXISTS, 1):
        with pytest.raises(StreamIsDeleted):
            client.append_to_stream(written, current_version=version, events=[event()])
        with pytest.raises(StreamIsDeleted):
            client.delete_stream(written, current_version=version)
        with pytest.raises(StreamIsDeleted):
            client.tombstone_stream(written, current_version=version)
    with pytest.raises(StreamIsDeleted):
        client.get_stream(written)
    with pytest.raises(StreamIsDeleted):
        client.get_current_version(written)
    with pytest.raises(EventStoreDBClientException):
        client.subscribe_to_stream(written, timeout=5)


def test_a_tombstone_at_another_version_is_refused(client: Client, written: str) -> None:
    with pytest.raises(WrongCurrentVersion):
        client.tombstone_stream(written, current_version=0)
    assert len(client.get_stream(written)) == 2


def test_a_stream_nobody_wrote_can_be_tombstoned(client: Client, stream: str) -> None:
    client.tombstone_stream(stream, current_version=ANY)
    with pytest.raises(StreamIsDeleted):
        client.append_to_stream(stream, current_version=NO_STREAM, events=[event()])


def test_the_events_stay_in_all(client: Client, stream: str, kind: str, before: int) -> None:
    new = events(2, kind)
    client.append_to_stream(stream, current_version=NO_STREAM, events=new)
    client.delete_stream(stream, current_version=1)
    assert ids(client.read_all(commit_position=before, filter_include=[kind])) == ids(new)


def test_a_tombstone_is_an_event_of_all(client: Client, stream: str, before: int) -> None:
    client.append_to_stream(stream, current_version=NO_STREAM, events=events(2))
    client.tombstone_stream(stream, current_version=1)
    found = [one for one in client.read_all(commit_position=before, filter_exclude=[]) if one.stream_name == stream]
    assert [one.type for one in found] == ["OrderPlaced", "OrderPlaced", "$streamDeleted"]


def test_who_waits_for_a_deleted_stream_sees_it_written_anew(client: Client, written: str) -> None:
    client.delete_stream(written, current_version=1)
    subscription = client.subscribe_to_stream(written, timeout=15)
    new = events(2, first=2)
    client.append_to_stream(written, current_version=NO_STREAM, events=new)
    assert ids(until(subscription, 2)) == ids(new)
    subscription.stop()
