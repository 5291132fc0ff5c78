"""What happened to an order: placed here, handed over, told otherwise by the ERP; one timeline for both of its rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chassis.messages import Event
from services.orders.contract import CODEC, ORDERS
from services.orders.events import DeliveryRecorded, OrderRecorded
from services.orders.projections import orders
from tests.support.examples.orders import (
    ASKED,
    CANCELLED,
    COMPANY,
    CONTACT,
    ERP_NUMBER,
    PLACED,
    POSTED,
    QUEUED,
    REFERENCE,
    REJECTED,
    TOO_LATE,
    erp_order,
)
from tests.support.projecting import ReadModel


@pytest.fixture
def model(tmp_path: Path) -> ReadModel:
    """An empty read model."""
    return ReadModel(tmp_path, orders.PROJECTION, CODEC)


def recorded(number: str = ERP_NUMBER, **changes: Any) -> OrderRecorded:
    """The ERP tells of the order."""
    return OrderRecorded(COMPANY, number, erp_order(number, **changes))


def status(old: str, new: str) -> dict[str, Any]:
    """A change of status."""
    return {"field": "status", "old": old, "new": new}


def test_who_placed_it_is_told_by_id_and_channel(model: ReadModel) -> None:
    model.see(PLACED, channel="portal")
    assert model.timeline(ORDERS, REFERENCE) == [("placed", CONTACT, "portal", [])]


@pytest.mark.parametrize(
    ("events", "entry"),
    [
        ([QUEUED], ("queued", "", [status("accepted", "queued")])),
        ([QUEUED, ASKED], ("cancel_asked", CONTACT, [status("queued", "cancelling"), "Ordered twice"])),
        ([QUEUED, ASKED, TOO_LATE], ("cancel_too_late", "", [status("cancelling", "queued")])),
        ([QUEUED, REJECTED], ("rejected", "", [status("queued", "rejected"), "Credit limit exceeded (-5002)"])),
        ([CANCELLED], ("cancelled", CONTACT, [status("accepted", "cancelled"), "Ordered twice"])),
        ([QUEUED, POSTED], ("posted", "", [status("queued", "posted"), ERP_NUMBER])),
    ],
)
def test_each_step_is_an_entry(model: ReadModel, events: list[Event], entry: tuple[str, str, list[Any]]) -> None:
    model.see(PLACED, *events)
    event, actor, _channel, changes = model.timeline(ORDERS, REFERENCE)[0]
    kept = [one if one["field"] == "status" else one["new"] for one in changes if one["field"] != "open"]
    assert (event, actor, kept) == entry
    assert len(model.timeline(ORDERS, REFERENCE)) == len(events) + 1


def test_what_the_erp_made_of_the_order_is_told_field_by_field(model: ReadModel) -> None:
    model.see(PLACED, QUEUED, POSTED)
    model.see(recorded(portal_reference=REFERENCE), channel="erp")
    event, actor, channel, changes = model.timeline(ORDERS, REFERENCE)[0]
    assert (event, actor, channel) == ("changed", "", "erp")
    assert status("posted", "open") in changes
    assert {"field": "reference", "old": "PO-4711", "new": "PO-4700"} in changes


@pytest.mark.parametrize("at", range(4))
@pytest.mark.parametrize("reference", [REFERENCE, ""])
def test_the_erps_order_and_ours_have_one_timeline(model: ReadModel, at: int, reference: str) -> None:
    portal = (PLACED, QUEUED, POSTED)
    model.see(*portal[:at], recorded(portal_reference=reference), *portal[at:])
    assert model.timeline(ORDERS, ERP_NUMBER) == []
    events = [entry[0] for entry in model.timeline(ORDERS, REFERENCE)]
    assert "placed" in events
    assert {"recorded", "changed"} & set(events)


def test_a_delivery_has_a_timeline_of_its_own(model: ReadModel) -> None:
    for state in ("open", "closed"):
        model.see(DeliveryRecorded(COMPANY, "5011", erp_order("5011", status=state, open_amount=None)), channel="erp")
    (changed, _, _, changes), (first, *_) = model.timeline(ORDERS, "5011")
    assert (changed, first) == ("changed", "recorded")
    assert status("open", "closed") in changes
