"""Server-side filters by type and by stream name, for reads and for subscriptions."""

from __future__ import annotations

from typing import Any

import pytest
from esdbclient import StreamState
from esdbclient.exceptions import EventStoreDBClientException

from tests.contract.store.clients import Client, event, until

CASES = [
    ({"filter_include": ["{k}Paid"]}, ["a-paid"]),
    ({"filter_include": ["{k}Paid", "{k}Placed"]}, ["a-placed", "a-paid", "b-placed"]),
    ({"filter_include": "{k}P.*"}, ["a-placed", "a-paid", "b-placed"]),
    ({"filter_include": ["{k}Paid"], "filter_exclude": ["{k}Paid"]}, ["a-paid"]),
    ({"filter_include": ["{k}P.*"]}, ["a-placed", "a-paid", "b-placed"]),
    ({"filter_exclude": [r"\$.+", "(?!{k}).*", "{k}Paid"]}, ["a-placed", "b-placed", "b-sent"]),
    ({"filter_include": ["a{s}"], "filter_by_stream_name": True}, ["a-placed", "a-paid"]),
    ({"filter_include": ["[ab]{s}"], "filter_by_stream_name": True}, ["a-placed", "a-paid", "b-placed", "b-sent"]),
    ({"filter_exclude": ["(?!.*{s}).*", "a{s}"], "filter_by_stream_name": True}, ["b-placed", "b-sent"]),
]
"""Filters, with {k} for the test's own start of a type and {s} for its end of a stream; and what passes."""


def _written(client: Client, stream: str, kind: str) -> None:
    for name, what in (("a", "Placed"), ("a", "Paid"), ("b", "Placed"), ("b", "Sent")):
        new = event(kind=kind + what, data=f"{name}-{what.lower()}".encode())
        client.append_to_stream(name + stream, current_version=StreamState.ANY, events=[new])


def _filled(case: dict[str, Any], stream: str, kind: str) -> dict[str, Any]:
    def fill(value: Any) -> Any:
        if isinstance(value, list):
            return [fill(one) for one in value]
        return value.replace("{k}", kind).replace("{s}", stream) if isinstance(value, str) else value

    return {name: fill(value) for name, value in case.items()}


def _texts(found: Any) -> list[str]:
    return [one.data.decode() for one in found]


@pytest.mark.parametrize(("case", "passing"), CASES, ids=str)
def test_reads(client: Client, stream: str, kind: str, before: int, case: dict[str, Any], passing: list[str]) -> None:
    _written(client, stream, kind)
    filters = _filled(case, stream, kind)
    position = client.append_to_stream(stream, current_version=StreamState.ANY, events=[event()])
    found = [one for one in client.read_all(commit_position=before, **filters) if one.commit_position < position]
    assert _texts(found) == passing
    backwards = client.read_all(commit_position=position, backwards=True, limit=len(passing), **filters)
    assert _texts(backwards) == passing[::-1]


@pytest.mark.parametrize(("case", "passing"), CASES, ids=str)
def test_subscriptions(
    client: Client, stream: str, kind: str, before: int, case: dict[str, Any], passing: list[str]
) -> None:
    filters = _filled(case, stream, kind)
    subscription = client.subscribe_to_all(commit_position=before, timeout=15, **filters)
    _written(client, stream, kind)
    assert _texts(until(subscription, len(passing))) == passing
    subscription.stop()


def test_system_events_are_left_out_unless_asked_for(client: Client, stream: str, before: int) -> None:
    client.set_stream_metadata(stream, metadata={"owner": "ledger"})
    name = f"$${stream}"
    assert name not in [one.stream_name for one in client.read_all(commit_position=before)]
    assert name in [one.stream_name for one in client.read_all(commit_position=before, filter_exclude=[])]


def test_a_filter_that_is_no_regular_expression_is_refused(client: Client) -> None:
    with pytest.raises(EventStoreDBClientException):
        list(client.read_all(filter_include=["(unclosed"]))
