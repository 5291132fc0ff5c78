"""`portico dead`: what a reaction could not handle is told with its reason, and given to it again."""

from __future__ import annotations

import json
from contextlib import closing

import pika
import pytest
from esdbclient import EventStoreDBClient

from chassis import bus
from chassis.codec import dumps, plain
from chassis.rooms import load
from tests.chaos.client import CUSTOMERS, Client
from tests.support.portal import Portal
from tests.support.waiting import wait_until

pytestmark = pytest.mark.timeout(300)

QUEUE = bus.reaction_queue("erp_sync", "post_order")


def test_a_dead_letter_is_told_with_its_reason_and_handled_when_it_is_replayed(own_portal: Portal) -> None:
    client = Client(own_portal.commands, own_portal.var / "demo", own_portal.var.parent / "dead.log")
    order = client.order(CUSTOMERS[0]).reference
    with closing(EventStoreDBClient(own_portal.settings.esdb_uri)) as store:
        event = load("orders").codec.recorded(store.get_stream(f"order-{order}")[0])
    handled = f'"event_id": "{event.id}"'
    log = own_portal.var / "log/erp_sync-service.log"
    wait_until(lambda: handled in log.read_text(), 60, "it is handled for the first time")
    with closing(bus.connect(own_portal.settings.amqp_uri, "test")) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        headers = {"portico-reason": "ValueError: the ERP was upside down", "portico-attempts": 6}
        properties = pika.BasicProperties("application/json", "utf-8", headers=headers, delivery_mode=2)
        channel.basic_publish("", bus.dead_queue(QUEUE), dumps(event), properties, mandatory=True)
    told = own_portal.run("dead").stdout
    assert f"{QUEUE}: OrderPlaced of order-{order}" in told
    assert "6 attempts: ValueError: the ERP was upside down" in told
    assert "portico dead replay" in told
    (letter,) = json.loads(own_portal.run("dead", "--json").stdout)
    assert letter["event"] == plain(event)

    assert own_portal.run("dead", "replay").stdout == "1 given to where they failed again.\n"
    wait_until(lambda: log.read_text().count(handled) == 2, 60, "the reaction has had it again")
    assert own_portal.run("dead").stdout == "There are no dead letters.\n"
