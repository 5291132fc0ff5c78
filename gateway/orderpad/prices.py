"""What typed lines cost this company now, by the same rule as the service that will decide it again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson
from flask_babel import gettext as _

from chassis.money import minor, rounded
from gateway.access import Scope
from gateway.orderpad.lines import Typed, decimal_of, quantity_of, quantity_problem
from gateway.queries import Query
from services.orders.contract import Catalogue, catalogue_of

_TERMS = Query(
    "pad.terms",
    "SELECT t.currency, t.price_list, t.discount_percent FROM orders.terms_v1 t WHERE t.company = :company",
    needs="order",
)
_ITEMS = Query(
    "pad.items",
    """SELECT i.item, i.name, i.unit, i.sellable, i.available FROM orders.items_v1 i
       WHERE i.item IN (SELECT value FROM json_each(:items)) AND :company <> ''""",
    needs="order",
    shared=("orders.items_v1",),
)
_PRICES = Query(
    "pad.prices",
    """SELECT p.item, p.min_quantity, p.price FROM orders.terms_v1 t
       JOIN orders.prices_v1 p ON p.price_list = t.price_list AND p.currency = t.currency
       WHERE t.company = :company AND p.item IN (SELECT value FROM json_each(:items))
       ORDER BY p.item, p.min_quantity_key""",
    needs="order",
    shared=("orders.prices_v1",),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A typed line with what the catalogue says: name, price of a unit and amount, or what is wrong with it.

    `price` and `amount` are exact. `was` is the price the person saw before, where it has changed since.
    """

    row: Typed
    quantity: Decimal | None = None
    name: str = ""
    unit: str = ""
    available: Decimal | None = None
    price: Decimal | None = None
    amount: Decimal | None = None
    problem: str = ""
    was: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Pad:
    """The answered lines and their total in minor units, None while a line has a problem or there is none."""

    answers: tuple[Answer, ...]
    currency: str
    total_minor: int | None

    @property
    def complete(self) -> bool:
        """Whether it can be ordered as it stands."""
        return self.total_minor is not None


def read_prices(scope: Scope, rows: Iterable[Typed], locale: str) -> Pad:
    """Each line with its price for the session's company."""
    typed = list(rows)
    catalogue = _catalogue(scope, {row.item for row in typed if row.item})
    answers = tuple(_answer(catalogue, row, locale) for row in typed)
    currency = catalogue.terms.currency if catalogue.terms else ""
    total = None
    if answers and not any(answer.problem for answer in answers):
        exact = sum((answer.amount or Decimal() for answer in answers), Decimal())
        total = minor(rounded(exact, currency), currency)
    return Pad(answers, currency, total)


def _catalogue(scope: Scope, items: set[str]) -> Catalogue:
    wanted = orjson.dumps(sorted(items)).decode()
    terms, prices = _named(scope.rows(_TERMS)), _named(scope.rows(_PRICES, items=wanted))
    return catalogue_of(terms[0] if terms else None, _named(scope.rows(_ITEMS, items=wanted)), prices)


def _named(rows: Iterable[Any]) -> list[dict[str, Any]]:
    return [row._asdict() for row in rows]


def _answer(catalogue: Catalogue, row: Typed, locale: str) -> Answer:
    quantity = quantity_of(row.quantity, locale)
    problem = quantity_problem(row, quantity)
    item = catalogue.items.get(row.item)
    if item is None:
        return Answer(row, quantity, problem=problem or _("There is no item “%(item)s”.", item=row.item))
    known = Answer(row, quantity, item.name, item.unit, item.available, problem=problem)
    if problem or quantity is None:
        return known
    priced = catalogue.price(row.item, quantity)
    if not item.sellable:
        problem = _("This item cannot be ordered at the moment.")
    elif catalogue.terms is None:
        problem = _("No price list is set for your company yet; please contact us.")
    elif priced is None:
        least = min((one.min_quantity for one in item.breaks), default=None)
        problem = (
            _("No price for your company; please contact us.")
            if least is None
            else _("Sold from a quantity of %(least)s on.", least=format(least, "f"))
        )
    if problem or priced is None:
        return Answer(row, quantity, item.name, item.unit, item.available, problem=problem)
    shown = decimal_of(row.shown)
    was = shown if shown is not None and shown != priced.price else None
    return Answer(row, quantity, item.name, item.unit, item.available, priced.price, quantity * priced.price, was=was)
