"""Eighteen months of trade up to the anchor day: quotations, orders, deliveries, invoices, credit memos, payments."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from deploy.local.demo_data.catalogue import CARRIAGE, Item, penny
from deploy.local.demo_data.customers import CUSTOMERS, Customer
from deploy.local.demo_data.documents import Document, Line, Payment, Trade

DAYS = 545
_TERMS = timedelta(days=30)
_UNSETTLED = timedelta(days=45)
_NOTES = ("Please call before delivery.", "Deliver to goods-in, gate 2.", "Part delivery accepted.", "For site stock.")
# Below which price an item is bought in which quantities.
_QUANTITIES = ((10, (5, 10, 20, 25, 50, 120)), (40, (2, 4, 5, 10, 12, 30)), (100, (1, 2, 4, 6)), (9999, (1, 1, 2)))
_Prices = dict[tuple[str, str, str], list[tuple[int, Decimal]]]


def trade(anchor: date, catalogue: list[Item], prices: list[tuple[str, str, str, int, Decimal]]) -> Trade:
    """What happened until `anchor`; the same for the same arguments."""
    by_item: _Prices = {}
    for name, item, currency, least, price in prices:
        by_item.setdefault((name, item, currency), []).append((least, price))
    done = Trade()
    for customer in CUSTOMERS:
        _Business(customer, anchor, catalogue, by_item, done).run()
    _quote(done, anchor)
    _number(done.quotations, 41000)
    _number(done.orders, 31000)
    _number(done.deliveries, 52000)
    _number(done.invoices, 81000)
    _number(done.credit_memos, 91000)
    _number(done.payments, 61000)
    for payment in done.payments:
        payment.reference = payment.reference or " ".join(document.number for document, _ in payment.applied)
    return done


def _quote(done: Trade, anchor: date) -> None:
    """Every seventh order was asked for before, and of some the newest quotation is open still."""
    for order in sorted(done.orders, key=lambda one: (one.day, one.company))[::7]:
        day = _working(order.day - timedelta(days=6))
        quotation = _quoted(order, day, open=False)
        quotation.status = "Closed"
        order.lines = [replace(line, base=quotation) for line in order.lines]
        done.quotations.append(quotation)
    newest = {order.company: order for order in done.orders}
    done.quotations += [_quoted(order, _working(anchor - timedelta(days=5)), open=True) for order in newest.values()]


def _quoted(order: Document, day: date, open: bool) -> Document:
    lines = [replace(line, ships=day + _TERMS, open=open, base=None) for line in order.lines]
    return Document(
        "Quotation", order.company, order.branch, order.currency, day, day + _TERMS, order.reference, lines, touched=day
    )


def _number(documents: Iterable[Document | Payment], first: int) -> None:
    ordered = sorted(documents, key=lambda one: (one.day, one.company))
    for number, document in enumerate(ordered, first):
        document.number = str(number)
    if isinstance(documents, list):
        documents[:] = ordered


def _working(day: date) -> date:
    return day + timedelta(days=(0, 0, 0, 0, 0, 2, 1)[day.weekday()])


class _Business:
    """One customer's trade."""

    def __init__(self, customer: Customer, anchor: date, catalogue: list[Item], prices: _Prices, done: Trade) -> None:
        self.customer = customer
        self.anchor = anchor
        self.prices = prices
        self.done = done
        self.chance = random.Random(f"tarnbrook {customer.code}")
        self.goods = [item for item in catalogue if item.sellable and item.group != "Software"]
        self.usual = self.chance.sample(self.goods, 24)
        self.carriage = next(item for item in catalogue if item.code == CARRIAGE)
        self.invoices: list[Document] = []
        self.credits: list[Document] = []

    def run(self) -> None:
        """All of it, oldest first."""
        span = DAYS if self.customer.orders > 5 else 40
        step = span / self.customer.orders
        for number in range(self.customer.orders):
            wobble = self.chance.uniform(0.1, 0.9)
            self._order(_working(self.anchor - timedelta(days=span - int(step * (number + wobble)))))
        self._pay()

    def _order(self, day: date) -> None:
        if day > self.anchor:
            return
        branch = self.chance.choices([code for code, _ in self.customer.branches] or [""])[0]
        due = _working(day + timedelta(days=self.chance.choice((3, 4, 6, 9, 14, 21, 28))))
        prefix = "".join(word[0] for word in self.customer.name.split()[:3] if word[0].isalpha())
        reference = f"{prefix}-{self.chance.randint(1000, 9999)}"
        wanted = self.chance.sample(self.usual, self.chance.randint(1, 6))
        if self.chance.random() < 0.4:
            wanted.append(self.chance.choice([item for item in self.goods if item not in wanted]))
        lines = [self._line(item, due) for item in wanted]
        note = self.chance.choice(_NOTES) if self.chance.random() < 0.2 else ""
        order = self._document("Order", branch, day, due, reference, lines, note)
        self.done.orders.append(order)
        if self.chance.random() < 0.03:
            order.status, order.touched = "Cancelled", min(self.anchor, day + timedelta(days=2))
            for line in lines:
                line.open = False
            return
        self._deliver(order)

    def _line(self, item: Item, ships: date) -> Line:
        usual = next(quantities for below, quantities in _QUANTITIES if item.price < below)
        quantity = Decimal(self.chance.choice(usual))
        return Line(item.code, item.name, quantity, item.unit, self._price(item, quantity), ships)

    def _price(self, item: Item, quantity: Decimal) -> Decimal:
        customer = self.customer
        found = self.prices[customer.price_list, item.code, customer.currency]
        price = [price for least, price in found if least <= quantity][-1]
        return (price * (1 - Decimal(customer.discount) / 100)).quantize(Decimal("0.0001"))

    def _document(
        self, kind: str, branch: str, day: date, due: date, reference: str, lines: list[Line], note: str = ""
    ) -> Document:
        customer = self.customer
        return Document(kind, customer.code, branch, customer.currency, day, due, reference, lines, note, touched=day)

    def _deliver(self, order: Document) -> None:
        """In one delivery, or in two where a line was out of stock; what would ship after today stays open."""
        late = [order.lines[-1]] if len(order.lines) > 1 and self.chance.random() < 0.18 else []
        in_stock = [line for line in order.lines if line not in late]
        for lines, wait in ((in_stock, 0), (late, self.chance.randint(8, 25))):
            day = _working(order.due + timedelta(days=wait + self.chance.choice((-1, 0, 0, 1))))
            if not lines or day > self.anchor:
                for line in lines:
                    line.ships = day
                continue
            sent = [replace(line, ships=day, open=False, base=order) for line in lines]
            for line in lines:
                line.open = False
            delivery = self._document("Delivery", order.branch, day, day, order.reference, sent)
            self.done.deliveries.append(delivery)
            order.touched = day
            self._invoice(delivery)
        if not any(line.open for line in order.lines):
            order.status = "Closed"

    def _invoice(self, delivery: Document) -> None:
        day = _working(delivery.day + timedelta(days=self.chance.choice((0, 1, 1, 4))))
        if day > self.anchor:
            return
        lines = [replace(line, base=delivery) for line in delivery.lines]
        if sum(line.amount for line in lines) < 150:
            price = self.prices[self.customer.price_list, CARRIAGE, self.customer.currency][0][1]
            lines.append(Line(CARRIAGE, self.carriage.name, Decimal(1), "pc", price, day, open=False))
        delivery.status, delivery.touched = "Closed", day
        invoice = self._document("Invoice", delivery.branch, day, day + _TERMS, delivery.reference, lines)
        self.done.invoices.append(invoice)
        self.invoices.append(invoice)
        recent = (self.anchor - day).days < _UNSETTLED.days
        if self.chance.random() < (0.35 if recent else 0.07):
            self._credit(invoice)

    def _credit(self, invoice: Document) -> None:
        day = _working(invoice.day + timedelta(days=self.chance.randint(4, 18)))
        if day > self.anchor:
            return
        line = invoice.lines[0]
        back = max(Decimal(1), (line.quantity / 5).quantize(Decimal(1)))
        returned = replace(line, quantity=-back, ships=day, base=invoice)
        memo = self._document("Credit Memo", invoice.branch, day, day, invoice.reference, [returned], "Goods returned.")
        self.done.credit_memos.append(memo)
        self.credits.append(memo)

    def _pay(self) -> None:
        """Invoices are paid one to three at a time; now and then in part, and with credit memos set off."""
        waiting = sorted(self.invoices, key=lambda invoice: invoice.due)
        while waiting:
            count = self.chance.choice((1, 1, 2, 3))
            together = [one for one in waiting[:count] if one.branch == waiting[0].branch]
            waiting = [one for one in waiting if one not in together]
            late = self.customer.pays_late + self.chance.choice((-3, -1, 0, 1, 2, 5, 14))
            day = _working(max(together[-1].due + timedelta(days=late), together[-1].day))
            if day <= self.anchor:
                self._receive(together, day, in_part=self.chance.random() < 0.08)
        if self.customer.orders > 20:
            self._receive([], _working(self.anchor - timedelta(days=20)), in_part=False)

    def _receive(self, invoices: list[Document], day: date, in_part: bool) -> None:
        branch = invoices[0].branch if invoices else ""
        payment = Payment(self.customer.code, branch, self.customer.currency, day, Decimal(0), self._method())
        for invoice in invoices:
            amount = penny(invoice.total / 2) if in_part and invoice is invoices[-1] else invoice.total
            payment.applied.append((invoice, amount))
        settled = min(day, self.anchor - _UNSETTLED)
        memos = [one for one in self.credits if one.day <= settled and one.open_amount and one.branch == branch]
        for memo in memos:
            if sum((amount for _, amount in payment.applied), memo.total) > 0:
                payment.applied.append((memo, memo.total))
                memo.settle(memo.total, day)
        for document, amount in payment.applied:
            if document.kind == "Invoice":
                document.settle(amount, day)
        payment.amount = sum((amount for _, amount in payment.applied), Decimal(0)) or Decimal("250.00")
        payment.reference = "" if payment.applied else "Deposit, on account"
        self.done.payments.append(payment)

    def _method(self) -> str:
        if self.customer.currency != "GBP":
            return "Wire"
        return self.chance.choice(("Bank transfer", "Bank transfer", "Card"))
