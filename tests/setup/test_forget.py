"""A reaction that a release no longer has: its queue fills, which is said, and `portico forget` removes it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import ChannelClosedByBroker

from chassis import bus
from chassis.reactions import Reaction, Since
from tests.chaos.client import CUSTOMERS, Client
from tests.support.portal import Portal
from tests.support.waiting import wait_until

pytestmark = pytest.mark.timeout(300)

QUEUE = bus.reaction_queue("erp_sync", "thank_for_order")


async def thank(_event: Any, _tools: Any) -> None:
    """Was there in the release before."""


REACTION = Reaction("thank_for_order", "orders", "OrderPlaced", thank, Since.FIRST)


@pytest.fixture
def channel(own_portal: Portal) -> Iterator[BlockingChannel]:
    with closing(bus.connect(own_portal.settings.amqp_uri, "test")) as connection:
        yield connection.channel()


@pytest.fixture
def gone(own_portal: Portal, channel: BlockingChannel, monkeypatch: pytest.MonkeyPatch) -> None:
    """The release before had another reaction to OrderPlaced, whose queue and place in the relay's books are left."""
    monkeypatch.setenv("PORTICO_RETRY_MS", own_portal.environment["PORTICO_RETRY_MS"])
    bus.declare_reactions(channel, "erp_sync", [REACTION])
    with closing(sqlite3.connect(own_portal.settings.state_db("orders"), timeout=30)) as books:
        books.execute("INSERT INTO relay_listeners VALUES (?, 'OrderPlaced', 0, NULL)", (QUEUE,))
        books.commit()


def waiting(channel: BlockingChannel) -> int:
    """How many events are in the queue."""
    count: int = channel.queue_declare(QUEUE, passive=True).method.message_count
    return count


@pytest.mark.usefixtures("gone")
def test_a_queue_that_fills_and_nobody_reads_is_told_and_can_be_removed(
    own_portal: Portal, channel: BlockingChannel
) -> None:
    client = Client(own_portal.commands, own_portal.var / "demo", own_portal.var.parent / "forgotten.log")
    client.order(CUSTOMERS[0])
    wait_until(lambda: waiting(channel) == 1, 30, "it fills")
    assert f'"abandoned": "{QUEUE}"' in own_portal.run("status", "--json", check=False).stdout
    said = own_portal.run("doctor", check=False).stdout
    assert f"{QUEUE}: filled, and no reaction of this release reads it" in said
    assert f"portico forget {QUEUE}" in said.replace(".venv/bin/", "")

    tag = channel.basic_consume(QUEUE, lambda *_: None)
    assert "1 consumers read" in own_portal.run("forget", QUEUE, check=False).stderr
    channel.basic_cancel(tag)
    wait_until(lambda: waiting(channel) == 1, 30, "it is back")

    said = own_portal.run("forget", QUEUE).stdout
    assert said.startswith(f"{QUEUE} is deleted, with 1 events that waited and 0 dead letters. All events are still")
    assert "Every queue of events is that of a reaction." in own_portal.run("forget").stdout
    with pytest.raises(ChannelClosedByBroker, match="NOT_FOUND"):
        channel.queue_declare(QUEUE, passive=True)


@pytest.mark.usefixtures("gone")
def test_it_is_not_removed_while_events_wait_to_come_back_to_it(
    own_portal: Portal, channel: BlockingChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(own_portal.environment, "PORTICO_RETRY_MS", "200,600000")
    monkeypatch.setenv("PORTICO_RETRY_MS", "200,600000")
    bus.declare_reactions(channel, "erp_sync", [REACTION])
    wait = bus.wait_name("erp_sync", 600_000)
    channel.confirm_delivery()
    channel.basic_publish(wait, QUEUE, b"{}", mandatory=True)

    refused = own_portal.run("forget", QUEUE, check=False)
    assert refused.returncode == 1
    assert "Events of erp_sync wait to be tried again" in refused.stderr
    assert "Try again in 10 minutes." in refused.stderr
    assert waiting(channel) == 0, "it is still there"
    said = own_portal.run("forget").stdout
    assert f"{QUEUE}: gets OrderPlaced" in said, "and still filled"

    channel.queue_purge(wait)
    assert f"{QUEUE} is deleted" in own_portal.run("forget", QUEUE).stdout


def test_the_queue_of_a_reaction_that_is_there_is_not_removed(own_portal: Portal) -> None:
    refused = own_portal.run("forget", bus.reaction_queue("erp_sync", "post_order"), check=False)
    assert refused.returncode == 1
    assert "is not the queue of a reaction that is no more" in refused.stderr
