"""An order's way to the ERP and the ERP's answer's way back, through the real bus and store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pika
import pytest
from esdbclient import EventStoreDBClient

from chassis import bus
from chassis.codec import dumps, loads
from portico.demo_erp import DemoErp, read_ledger
from services.erp_sync.contract import DEFAULT_CONNECTION, POSTINGS, folder
from tests.support.services import RunningService, answers
from tests.support.waiting import wait_until
from tests.unit.erp_sync.examples import DOCUMENT

COMPANY = "C10010"
ROW = f"SELECT * FROM {POSTINGS.name} WHERE reference = ? AND state = ?"


class Orders:
    """The part of the service orders that erp_sync sees: it publishes, and hears what erp_sync publishes."""

    def __init__(self, amqp_uri: str) -> None:
        self._connection = bus.connect(amqp_uri, "test-orders")
        self._channel = self._connection.channel()
        self._inbox = self._channel.queue_declare("", exclusive=True).method.queue
        self._channel.queue_bind(self._inbox, bus.events_exchange("erp_sync"), "#")

    def publish(self, event_type: str, data: dict[str, Any], times: int = 1) -> None:
        """Publish an event, as often as a relay that is killed in between may."""
        event = {
            "id": str(uuid4()),
            "type": event_type,
            "stream": f"order-{data['order']}",
            "revision": 0,
            "position": 1,
            "data": data,
            "meta": {"$correlationId": "test"},
            "recorded_at": datetime.now(UTC),
        }
        properties = pika.BasicProperties(
            content_type="application/json", content_encoding="utf-8", message_id=event["id"]
        )
        for _ in range(times):
            self._channel.basic_publish(bus.events_exchange("orders"), event_type, dumps(event), properties)

    def hears(self, event_type: str, reference: str) -> dict[str, Any]:
        """The data of the next event of this type about the reference."""

        def found() -> dict[str, Any] | None:
            _, _, body = self._channel.basic_get(self._inbox, auto_ack=True)
            event = loads(body) if body else None
            if event and event["type"] == event_type and event["data"]["reference"] == reference:
                data: dict[str, Any] = event["data"]
                return data
            return None

        data = wait_until(found, 15, f"{event_type} of {reference}")
        assert data is not None
        return data

    def close(self) -> None:
        """End the connection."""
        self._connection.close()


@pytest.fixture(scope="module")
def points(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one for erp_sync and one for its worker: each dies at the points for which it has a file."""
    return tmp_path_factory.mktemp("points")


@pytest.fixture(scope="module")
def erp_sync(start_service: Callable[[str], RunningService], points: Path) -> Iterator[RunningService]:
    """erp_sync alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PORTICO_KILL_AT", f"*:{points}")
        yield start_service("erp_sync")


@pytest.fixture
def orders(erp_sync: RunningService) -> Iterator[Orders]:
    """The other side."""
    orders = Orders(erp_sync.settings.amqp_uri)
    yield orders
    orders.close()


@pytest.fixture
def place(erp_sync: RunningService) -> Path:
    """The connection's folder."""
    return folder(erp_sync.settings, DEFAULT_CONNECTION)


def order(reference: str) -> dict[str, Any]:
    """The data of a placed order."""
    return {**DOCUMENT, "order": reference, "company": COMPANY}


def test_an_order_reaches_the_erp_once_and_its_number_comes_back(
    erp_sync: RunningService, orders: Orders, place: Path
) -> None:
    orders.publish("OrderPlaced", order("W-0000-0001"), times=3)
    assert orders.hears("OrderQueuedForErp", "W-0000-0001") == {"reference": "W-0000-0001", "company": COMPANY}
    erp_sync.wait_rows(ROW, "W-0000-0001", "written")
    erp = DemoErp(place)
    erp.turn()
    erp.close()
    assert orders.hears("PostedToErp", "W-0000-0001") == {
        "kind": "order",
        "reference": "W-0000-0001",
        "company": COMPANY,
        "erp_number": "SO-700001",
    }
    row = erp_sync.wait_rows(ROW, "W-0000-0001", "posted")[0]
    assert (row["erp_number"], row["company"]) == ("SO-700001", COMPANY)
    assert [entry.reference for entry in read_ledger(erp.ledger)] == ["W-0000-0001"]
    wait_until(lambda: not list((place / "answers").glob("*.csv")), 10, "the answer's file done")


def test_the_erps_refusal_comes_back_in_its_own_words(erp_sync: RunningService, orders: Orders, place: Path) -> None:
    orders.publish("OrderPlaced", order("W-0000-0002"))
    erp_sync.wait_rows(ROW, "W-0000-0002", "written")
    erp = DemoErp(place, ["PG-25"])
    erp.turn()
    erp.close()
    assert orders.hears("RefusedByErp", "W-0000-0002")["reason"] == "Item PG-25 is blocked for sales."
    assert erp_sync.wait_rows(ROW, "W-0000-0002", "refused")[0]["reason"] == "Item PG-25 is blocked for sales."


def test_an_order_cancelled_while_it_waits_in_the_outbox_is_taken_back(
    erp_sync: RunningService, orders: Orders, place: Path
) -> None:
    orders.publish("OrderPlaced", order("W-0000-0003"))
    erp_sync.wait_rows(ROW, "W-0000-0003", "written")
    orders.publish("OrderCancelled", {"order": "W-0000-0003", "company": COMPANY, "cancelled_by": "c", "reason": ""})
    erp_sync.wait_rows(ROW, "W-0000-0003", "withdrawn")
    assert orders.hears("PostingWithdrawn", "W-0000-0003")
    assert (place / "withdrawn" / "W-0000-0003.csv").exists()
    assert not (place / "outbox" / "W-0000-0003.csv").exists()


def test_an_order_cancelled_while_nobody_knows_that_its_file_is_written_is_taken_back(
    erp_sync: RunningService, orders: Orders, place: Path, points: Path
) -> None:
    (points / "worker" / "erp_sync.after_file").touch()
    orders.publish("OrderPlaced", order("W-0000-0005"))
    wait_until(lambda: erp_sync.worker.returncode is not None, 15, "the worker dead, the file written")
    assert (place / "outbox" / "W-0000-0005.csv").exists()

    orders.publish("OrderCancelled", {"order": "W-0000-0005", "company": COMPANY, "cancelled_by": "c", "reason": ""})
    with closing(EventStoreDBClient(erp_sync.settings.esdb_uri)) as store:
        wait_until(lambda: len(store.get_stream("posting-W-0000-0005")) == 3, 10, "the cancellation heard")
    erp_sync.worker.start(lambda: answers(erp_sync.worker_port), 30)

    erp_sync.wait_rows(ROW, "W-0000-0005", "withdrawn")
    assert (place / "withdrawn" / "W-0000-0005.csv").exists()
    assert not (place / "outbox" / "W-0000-0005.csv").exists()


def test_a_cancellation_too_late_leaves_the_answer_to_the_erp(
    erp_sync: RunningService, orders: Orders, place: Path
) -> None:
    orders.publish("OrderPlaced", order("W-0000-0004"))
    erp_sync.wait_rows(ROW, "W-0000-0004", "written")
    (place / "outbox" / "W-0000-0004.csv").rename(place / "sent" / "W-0000-0004.csv")
    orders.publish("CancellationAsked", {"order": "W-0000-0004", "company": COMPANY, "asked_by": "c", "reason": ""})
    assert orders.hears("WithdrawalTooLate", "W-0000-0004")
    half = place / "answers" / ".a.half"
    half.write_text("reference,status,erp_number,message\nW-0000-0004,posted,SO-9,\n")
    half.rename(place / "answers" / "a.csv")
    assert orders.hears("PostedToErp", "W-0000-0004")["erp_number"] == "SO-9"


def test_an_answer_to_nothing_is_put_aside_with_the_reason(erp_sync: RunningService, place: Path) -> None:
    half = place / "answers" / ".b.half"
    half.write_text("reference,status,erp_number,message\nW-9999-9999,posted,SO-9,\n")
    half.rename(place / "answers" / "b.csv")
    reason = place / "answers" / "refused" / "b.csv.reason"
    wait_until(reason.exists, 15, "the reason")
    wait_until(lambda: "not the reference of anything Portico posted" in reason.read_text(), 5, "the reason's text")
