"""An order placed in the portal: its state, one decision a command, and the rule that prices its lines."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal

from chassis.messages import Event
from chassis.sentences import sentence
from services.orders.commands import (
    CancelOrder,
    MarkOrderNotWithdrawn,
    MarkOrderPosted,
    MarkOrderQueued,
    MarkOrderRejected,
    MarkOrderWithdrawn,
    OrderLine,
    PlaceOrder,
)
from services.orders.errors import LinesRefused, NoPriceList, OrderNotOpen, OrderWithErp, PostedTwice, PriceChanged
from services.orders.events import (
    CancellationAsked,
    CancellationTooLate,
    OrderCancelled,
    OrderPlaced,
    OrderPosted,
    OrderQueued,
    OrderRejected,
    PlacedLine,
)

STATUSES = ("accepted", "queued", "cancelling", "posted", "rejected", "cancelled", "open", "closed")
"""Of a portal order until the ERP shows it: accepted → queued → posted, or rejected; cancelled while accepted, or after
cancelling where the ERP had not taken it yet.
Of the ERP's orders and deliveries: open, closed, cancelled."""


@dataclass(frozen=True, slots=True)
class Break:
    """A unit's price in a price list from `min_quantity` on."""

    min_quantity: Decimal
    price: Decimal


@dataclass(frozen=True, slots=True)
class Priced:
    """What a unit costs: the break's price, less the discount; exact, not rounded."""

    list_price: Decimal
    break_quantity: Decimal
    price: Decimal


def price_of(breaks: Iterable[Break], quantity: Decimal, discount_percent: Decimal = Decimal()) -> Priced | None:
    """The price of a unit when so many are bought: the highest break reached; None below the lowest."""
    reached = [one for one in breaks if one.min_quantity <= quantity]
    if not reached:
        return None
    best = max(reached, key=lambda one: one.min_quantity)
    return Priced(best.price, best.min_quantity, best.price * (100 - discount_percent) / 100)


@dataclass(frozen=True, slots=True)
class CatalogueItem:
    """An item as it is offered to one company; `available` is None where the ERP does not say."""

    item: str
    name: str
    unit: str
    sellable: bool
    available: Decimal | None
    breaks: tuple[Break, ...] = ()


@dataclass(frozen=True, slots=True)
class Terms:
    """What a company buys on; `price_list` may be "", `digits` are the decimals of its currency."""

    currency: str
    price_list: str
    discount_percent: Decimal
    digits: int


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Some items with their prices for one company, as the read model had them at `position`."""

    terms: Terms | None
    items: Mapping[str, CatalogueItem] = field(default_factory=dict)
    position: int = 0

    def price(self, item: str, quantity: Decimal) -> Priced | None:
        """What a unit of the item costs this company; None when it has no price for that quantity."""
        found = self.items.get(item)
        if found is None or self.terms is None:
            return None
        return price_of(found.breaks, quantity, self.terms.discount_percent)


@dataclass(frozen=True, slots=True)
class Order:
    """What decisions need to know of an order."""

    order: str = ""
    company: str | None = None
    status: str = ""
    erp_number: str = ""
    cancelled_by: str = ""
    reason: str = ""
    placed_by: str = ""


def evolve(state: Order, event: Event) -> Order:
    """The order after the event."""
    match event:
        case OrderPlaced():
            return Order(event.order, event.company, "accepted", placed_by=event.placed_by)
        case OrderCancelled():
            return replace(state, status="cancelled")
        case CancellationAsked():
            return replace(state, status="cancelling", cancelled_by=event.asked_by, reason=event.reason)
        case CancellationTooLate() | OrderQueued():
            return replace(state, status="queued")
        case OrderPosted():
            return replace(state, status="posted", erp_number=event.erp_number)
        case OrderRejected():
            return replace(state, status="rejected")
        case _:
            return state


def decide_place_order(order: str, command: PlaceOrder, catalogue: Catalogue, now: dt.datetime) -> list[Event]:
    """The order at today's prices; refused when a line cannot be ordered or its price is not the one shown."""
    terms = catalogue.terms
    if terms is None or not terms.price_list:
        raise NoPriceList()
    wrong = [
        {"line": number, "item": line.item, "message": message}
        for number, line in enumerate(command.lines, 1)
        if (message := _why_not(line, catalogue))
    ]
    if wrong:
        raise LinesRefused(wrong)
    priced = [_placed(number, line, catalogue) for number, line in enumerate(command.lines, 1)]
    changed = [
        {
            "line": placed.line,
            "item": line.item,
            "shown": format(line.shown_price, "f"),
            "shown_currency": line.shown_currency,
            "now": format(placed.price, "f"),
            "currency": terms.currency,
        }
        for line, placed in zip(command.lines, priced, strict=True)
        if line.shown_price != placed.price or line.shown_currency != terms.currency
    ]
    if changed:
        raise PriceChanged(changed)
    exact = sum((line.amount for line in priced), Decimal())
    return [
        OrderPlaced(
            order=order,
            company=command.company,
            placed_by=command.actor,
            placed_at=now,
            branch=command.branch,
            reference=command.reference,
            ship_date=command.ship_date,
            note=command.note,
            currency=terms.currency,
            price_list=terms.price_list,
            discount_percent=terms.discount_percent,
            lines=tuple(priced),
            exact_total=exact,
            total=exact.quantize(Decimal(1).scaleb(-terms.digits), ROUND_HALF_UP),
            catalogue_position=catalogue.position,
        )
    ]


def _why_not(line: OrderLine, catalogue: Catalogue) -> str:
    item = catalogue.items.get(line.item)
    if item is None:
        return sentence("there is no item “%(item)s”.", item=line.item)
    if not item.sellable:
        return sentence("%(item)s cannot be ordered at the moment.", item=line.item)
    if line.quantity <= 0:
        return sentence("the quantity of %(item)s must be more than 0.", item=line.item)
    if catalogue.price(line.item, line.quantity) is None:
        least = min((one.min_quantity for one in item.breaks), default=None)
        if least is None:
            return sentence("%(item)s has no price for your company; please contact us.", item=line.item)
        return sentence("%(item)s is sold from a quantity of %(least)s on.", item=line.item, least=format(least, "f"))
    return ""


def _placed(number: int, line: OrderLine, catalogue: Catalogue) -> PlacedLine:
    item, priced = catalogue.items[line.item], catalogue.price(line.item, line.quantity)
    if priced is None:
        raise LookupError(line.item)
    return PlacedLine(
        number,
        line.item,
        item.name,
        item.unit,
        line.quantity,
        priced.list_price,
        priced.break_quantity,
        priced.price,
        line.quantity * priced.price,
    )


def decide_cancel_order(state: Order, command: CancelOrder, now: dt.datetime) -> list[Event]:
    """The order taken back, at once while the ERP cannot have it yet, else asked for; nothing when it was already."""
    match state.status:
        case "accepted":
            return [OrderCancelled(state.order, _company(state), command.actor, command.reason)]
        case "queued":
            return [CancellationAsked(state.order, _company(state), command.actor, command.reason)]
        case "cancelled" | "cancelling":
            return []
        case "rejected":
            raise OrderNotOpen(state.order)
        case _:
            raise OrderWithErp(state.order, state.erp_number)


def decide_mark_queued(state: Order, command: MarkOrderQueued, now: dt.datetime) -> list[Event]:
    """On its way; nothing when it is further than that already, or was cancelled."""
    return [OrderQueued(state.order, _company(state))] if state.status == "accepted" else []


def decide_mark_withdrawn(state: Order, command: MarkOrderWithdrawn, now: dt.datetime) -> list[Event]:
    """Cancelled, as was asked; nothing when the ERP's answer or the cancellation is known already."""
    if state.status != "cancelling":
        return []
    return [OrderCancelled(state.order, _company(state), state.cancelled_by, state.reason)]


def decide_mark_not_withdrawn(state: Order, command: MarkOrderNotWithdrawn, now: dt.datetime) -> list[Event]:
    """On its way again; nothing when the ERP's answer is known already."""
    return [CancellationTooLate(state.order, _company(state))] if state.status == "cancelling" else []


def decide_mark_posted(state: Order, command: MarkOrderPosted, now: dt.datetime) -> list[Event]:
    """In the ERP, whatever was believed before: also an order that was cancelled while it was on its way."""
    if state.status != "posted":
        return [OrderPosted(state.order, _company(state), command.erp_number, state.placed_by)]
    if state.erp_number != command.erp_number:
        raise PostedTwice(state.order, state.erp_number, command.erp_number)
    return []


def decide_mark_rejected(state: Order, command: MarkOrderRejected, now: dt.datetime) -> list[Event]:
    """Refused by the ERP; nothing when that is known, the order was cancelled, or the ERP has it after all."""
    if state.status in ("accepted", "queued", "cancelling"):
        return [OrderRejected(state.order, _company(state), command.reason, state.placed_by)]
    return []


def _company(state: Order) -> str:
    return state.company or ""
