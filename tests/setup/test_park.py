"""`portico park`: an operator has a read model go on without an event that no release here knows."""

from __future__ import annotations

from contextlib import closing

from esdbclient import EventStoreDBClient, NewEvent, StreamState

from tests.support.portal import Portal
from tests.support.waiting import wait_until

FUTURE = NewEvent(type="OrderFoldedIntoAPaperBoat", data=b"{}", metadata=b'{"schema": 1}')
READERS = ("orders", "search")
"""The read models that take in the streams of orders."""


def test_a_read_model_that_is_stuck_goes_on_without_the_event_that_was_parked(own_portal: Portal) -> None:
    assert "No read model is stuck" in own_portal.run("park").stdout
    with closing(EventStoreDBClient(own_portal.settings.esdb_uri)) as store:
        position = store.append_to_stream("order-BOAT", current_version=StreamState.NO_STREAM, events=[FUTURE])
    told = wait_until(lambda: _stuck(own_portal, position), 30, lambda: own_portal.run("park").stdout)
    assert FUTURE.type in told

    wrong = own_portal.run("park", "orders", "orders", str(position + 1), check=False)
    assert wrong.returncode == 1
    assert "only what it is stuck at" in wrong.stderr

    for model in READERS:
        typed = next(line for line in told.splitlines() if line.endswith(f"park orders {model} {position}")).split()
        assert "goes on without" in own_portal.run(*typed[typed.index("park") :]).stdout
    wait_until(lambda: not own_portal.unready(), 30, lambda: str(own_portal.unready()))
    for model in READERS:
        assert f"Parked: orders {model} {position}" in own_portal.run("park").stdout

        taken_back = own_portal.run("park", "orders", model, str(position), "--release").stdout
        assert "Taken back" in taken_back
    assert "none does without" in own_portal.run("park").stdout


def _stuck(portal: Portal, position: int) -> str:
    """What `portico park` says once it names that position for all that read it."""
    told = portal.run("park").stdout
    return told if all(f"park orders {model} {position}" in told for model in READERS) else ""
