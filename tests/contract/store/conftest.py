"""The store's contract runs against localstore, or against the EventStoreDB that PORTICO_ESDB_URI names.

The test ids say which: `[localstore-sync]`, `[eventstoredb-async]`.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator

import pytest

from tests.contract.store.clients import CLIENTS, Client

EXTERNAL = os.environ.get("PORTICO_ESDB_URI", "")
SERVER = "eventstoredb" if EXTERNAL else "localstore"


@pytest.fixture(scope="session")
def uri(request: pytest.FixtureRequest) -> str:
    """The server under test."""
    return EXTERNAL or str(request.getfixturevalue("store"))


@pytest.fixture(params=CLIENTS, ids=lambda kind: f"{SERVER}-{kind}")
def client(request: pytest.FixtureRequest, uri: str) -> Iterator[Client]:
    """A connected client, of each kind in turn."""
    connected = CLIENTS[request.param](uri)
    yield connected
    connected.close()


@pytest.fixture
def stream() -> str:
    """The name of a stream that nobody has written to."""
    return f"order-{uuid.uuid4().hex}"


@pytest.fixture
def kind() -> str:
    """An event type that nobody else uses."""
    return f"Placed{uuid.uuid4().hex}"


@pytest.fixture
def before(client: Client) -> int:
    """The position before the test's own events; 0 in an empty store."""
    return int(client.get_commit_position(filter_exclude=[]))
