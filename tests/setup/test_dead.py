"""`portico dead`: what a reaction could not handle is told with its reason, and given to it again."""

from __future__ import annotations

import json
from contextlib import closing

import pika
import pytest

from chassis import bus
from chassis.codec import dumps
from tests.support.portal import Portal
from tests.support.waiting import wait_until

pytestmark = pytest.mark.timeout(300)

QUEUE = bus.reaction_queue("erp_sync", "withdraw_order")
ID = "00000000-0000-0000-0000-00000000dead"
EVENT = {
    "id": ID,
    "type": "OrderCancelled",
    "stream": "order-W-0000-DEAD",
    "revision": 1,
    "position": 1,
    "data": {"order": "W-0000-DEAD", "company": "C10020", "cancelled_by": "K-1", "reason": ""},
    "meta": {"$correlationId": "dead", "schema": 1},
    "recorded_at": "2026-11-22T06:00:00Z",
}


def test_a_dead_letter_is_told_with_its_reason_and_handled_when_it_is_replayed(own_portal: Portal) -> None:
    with closing(bus.connect(own_portal.settings.amqp_uri, "test")) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        headers = {"portico-reason": "ValueError: the ERP was upside down", "portico-attempts": 6}
        properties = pika.BasicProperties("application/json", "utf-8", headers=headers, delivery_mode=2)
        channel.basic_publish("", bus.dead_queue(QUEUE), dumps(EVENT), properties, mandatory=True)
    told = own_portal.run("dead").stdout
    assert f"{QUEUE}: OrderCancelled of order-W-0000-DEAD" in told
    assert "6 attempts: ValueError: the ERP was upside down" in told
    assert "portico dead replay" in told
    (letter,) = json.loads(own_portal.run("dead", "--json").stdout)
    assert letter["event"] == EVENT

    assert own_portal.run("dead", "replay").stdout == "1 given to where they failed again.\n"
    log = own_portal.var / "log/erp_sync-service.log"
    wait_until(lambda: ID in log.read_text(), 30, "the reaction has had it")
    assert own_portal.run("dead").stdout == "There are no dead letters.\n"
