"""Names and places on the bus."""

import pytest

from chassis import bus
from chassis.codec import loads


def test_a_companys_documents_always_go_to_the_same_partition() -> None:
    assert [bus.partition_of(company) for company in ("14911", "12348", "")] == [0, 1, 0]
    assert {bus.partition_of(str(number)) for number in range(100)} == set(range(bus.INGEST_PARTITIONS))


def test_names_tell_the_service_and_the_purpose() -> None:
    assert bus.events_exchange("orders") == "orders.events"
    assert bus.dead_queue(bus.reaction_queue("erp_sync", "post_order")) == "erp_sync.reactions.post_order.dead"
    assert bus.ingest_queue("payments", 1) == "payments.ingest.1"
    assert bus.wait_name("erp_sync", 5000) == "erp_sync.wait.5000"


def test_a_failed_reaction_waits_a_second_then_ever_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PORTICO_RETRY_MS", raising=False)
    assert bus.retry_delays() == (1_000, 5_000, 30_000, 120_000, 600_000)
    monkeypatch.setenv("PORTICO_RETRY_MS", "10,20")
    assert bus.retry_delays() == (10, 20)


def test_a_hint_says_where_each_company_of_a_read_model_is() -> None:
    message = bus.hint("payments", "documents", {"C1": 17, "C2": 18})
    assert (message.exchange, message.persistent) == (bus.HINTS, False)
    assert loads(message.body) == {"service": "payments", "model": "documents", "companies": {"C1": 17, "C2": 18}}
