"""The Order Pad (O1): item numbers and quantities, this company's prices, one order. And taking one back (O8)."""

from __future__ import annotations

from dataclasses import astuple
from datetime import date
from decimal import Decimal
from typing import Any

from flask import flash, g, redirect, request, session, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms import DateField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.validators import InputRequired, Length, Optional

from chassis.errors import CommandReused, NotFound, Refused, Unavailable
from gateway import people
from gateway.access import Scope, current_scope
from gateway.finding.suggestions import PACE, suggested_items, too_often
from gateway.formats import as_number
from gateway.forms import CommandForm, options, send
from gateway.frame import render
from gateway.orderpad.lines import EMPTY_ROWS, MOST, Typed, decimal_of, read_pasted, read_rows
from gateway.orderpad.prices import Pad, read_prices
from gateway.parts import parts
from gateway.portal import house
from gateway.reports.document import load_document
from gateway.reports.kinds import KINDS, ORDERS
from gateway.routes import Feature, Pages
from services.orders import contract as orders

pages = Pages("orderpad", __name__)
DRAFT = "pad"
"""What of the session is an order that is being written."""
WHOLE = ("reference", "ship_date", "note", "branch")
LONGEST_KEPT = 4000
SHOWS = (f"{orders.SERVICE}.{orders.ORDERS_MODEL}",)


def _not_past(_form: OrderForm, field: DateField) -> None:
    day: date | None = field.data
    if day is not None and day < current_scope().today:
        raise ValidationError(_("That day is past: choose today or a later one."))


class OrderForm(CommandForm):
    """What belongs to the whole order; its lines are columns of the same form."""

    reference = StringField(_l("Your order number"), validators=[Length(max=100)])
    ship_date = DateField(_l("Wanted on"), validators=[Optional(), _not_past])
    note = TextAreaField(_l("Note"), validators=[Length(max=2000)])
    branch = SelectField(_l("For which branch?"), validators=[InputRequired(_l("Choose the branch it is for."))])
    pasted = TextAreaField(
        _l("Paste lines"),
        description=_l(
            "Item number and quantity on each line, as a spreadsheet copies them; or with a semicolon between."
        ),
    )


class CancelForm(CommandForm):
    """Takes an order back."""


class AgainForm(CommandForm):
    """Puts a document's lines on the pad."""


@pages.page(
    "/order-pad",
    needs="order",
    tab="orders",
    methods=("GET", "POST"),
    feature=Feature(_l("Order Pad"), "ui-checks", task_on=("home", "orders"), quick=True, order=5),
)
def pad() -> Any:
    """Type or paste lines, see what they cost, order.

    What was typed is kept with the session, and looking up what it costs leads back here by GET: going back, loading
    the page again and coming back later show it, and the browser never asks whether to send something twice.
    """
    scope = current_scope()
    form = _order_form(scope)
    if not form.is_submitted():
        named = request.args.get("item", "").strip()[:100]
        rows = [*_take_up(form), *([Typed(named, "1")] if named else [])]
        return _show(form, read_prices(scope, rows, g.locale))
    action = request.form.get("action")
    if action == "clear":
        session.pop(DRAFT, None)
        return redirect("/order-pad")
    typed, pasted = read_rows(request.form.to_dict(flat=False)), read_pasted(form.pasted.data or "")
    rows = [*typed, *pasted]
    if len(rows) > MOST:
        return _too_many(form, len(rows), read_prices(scope, typed, g.locale))
    form.pasted.data = ""  # its lines are among the others now
    if action != "place":
        if not rows:
            flash(_("There is nothing to look up yet: type an item and a quantity."), "info")
        _keep(form, rows)
        return redirect("/order-pad")
    answered = read_prices(scope, rows, g.locale)
    _keep(form, rows)
    if not form.validate_on_submit():
        return _show(form, answered)
    if not rows:
        form.summary.append(_("There is nothing to order yet: type an item and a quantity."))
        form.status = 422
        return _show(form, answered)
    if any(not row.shown for row in rows) or not answered.complete:
        # What is ordered is what was seen: a line whose price the person has not seen is shown first.
        form.summary.append(_("Nothing was ordered yet: please look at the lines below and order again."))
        form.status = 422
        return _show(form, answered)
    reply = send(form, scope, "orders", "PlaceOrder", _payload(form, answered, _branch(scope, form)), shows=SHOWS)
    if reply is None:
        return _show(form, answered)
    session.pop(DRAFT, None)
    flash(_("Thank you. Your order has the reference %(reference)s.", reference=reply["id"]), "success")
    return redirect(f"/orders/{reply['id']}")


@pages.page("/order-pad/items", needs="order")
def items() -> Any:
    """Items that what is typed is the beginning of: of their number, or of words of their name."""
    scope = current_scope()
    if not PACE.allows(scope.session_id):
        return too_often()
    return suggested_items(scope, request.args.get("q", ""))


def _keep(form: OrderForm, rows: list[Typed]) -> None:
    """Keep what is on the pad with the session, until it is ordered or cleared."""
    whole = {name: request.form.get(name, "")[:LONGEST_KEPT] for name in WHOLE if name in form}
    session[DRAFT] = {"rows": [astuple(row) for row in rows], **whole}


def _take_up(form: OrderForm) -> list[Typed]:
    """Put what was kept into the form; its lines."""
    kept = session.get(DRAFT) or {"rows": []}
    form.process(MultiDict({name: kept[name] for name in WHOLE if name in form and kept.get(name)}))
    return [Typed(*row) for row in kept["rows"]]


@pages.page("/order-pad/again", needs="order", tab="orders", methods=("POST",))
def again() -> Any:
    """Put what a document has in it on the pad, behind what is there; nothing is ordered by it."""
    scope, form = current_scope(), AgainForm()
    kind = KINDS.get(request.form.get("kind", ""))
    if kind is None:
        raise NotFound("There is no such document, or it is not yours to see.")
    document = load_document(scope, kind, request.form.get("number", ""))
    kept = session.get(DRAFT) or {"rows": []}
    if not form.validate_on_submit() or kept.get("again") == form.command_id.data:
        return redirect("/order-pad")  # sent twice: its lines are there
    rows = [Typed(item, as_number(quantity)) for item, quantity in document.items]
    if len(kept["rows"]) + len(rows) > MOST:
        flash(
            _("An order has at most %(most)s lines: clear the pad first, then order this again.", most=MOST), "danger"
        )
        return redirect("/order-pad")
    session[DRAFT] = {
        **kept,
        "rows": [*kept["rows"], *(astuple(row) for row in rows)],
        "again": form.command_id.data,
    }
    gone = [answer.row.item for answer in read_prices(scope, rows, g.locale).answers if answer.problem]
    about = f"{kind.singular} {document.row.number}"
    flash(_("The lines of %(document)s are on the pad; nothing is ordered yet.", document=about), "success")
    if gone:
        named = ", ".join(gone[:5]) + (" …" if gone[5:] else "")
        flash(_("Not to be had as it was: %(items)s. The lines below say why.", items=named), "warning")
    return redirect("/order-pad")


@pages.page("/orders/<key>/cancel", needs="order", tab="orders", methods=("POST",))
def cancel(key: str) -> Any:
    """Take the order back, at once or, where it is on its way, if the ERP has not taken it."""
    scope, form = current_scope(), CancelForm()
    # An order of a branch that is not theirs is not theirs to cancel.
    order = load_document(scope, ORDERS, key).row
    if form.validate_on_submit():
        try:
            scope.command("orders", "CancelOrder", {"order": order.key}, form.command_id.data or "", shows=SHOWS)
            if order.status == "queued":
                flash(_("We are taking the order back; below you see whether it was in time."), "info")
            else:
                flash(_("The order was cancelled."), "success")
        except (Refused, Unavailable) as error:
            if isinstance(error, CommandReused):
                raise
            flash(error.message, "danger")
    return redirect(url_for("documents.order", number=key))


def _order_form(scope: Scope) -> OrderForm:
    """The form; it asks for the branch where a person has several and looks at all of them."""
    form = OrderForm()
    if scope.branch is not None or scope.own_branches is None or len(scope.own_branches) == 1:
        del form.branch
        return form
    names = people.branch_names(scope.visit.reads, scope.company, scope.own_branches)
    form.branch.choices = options([("", ""), *((key, names.get(key, key)) for key in scope.own_branches)])
    return form


def _branch(scope: Scope, form: OrderForm) -> str:
    """The branch the order is for: one that the person will see it in; "" where they are bound to none."""
    if form.branch is not None:
        return form.branch.data or ""
    return scope.branch or "".join(scope.own_branches or ())


def _too_many(form: OrderForm, count: int, answered: Pad) -> Any:
    """The pad as it was sent, what was pasted included: none of it is an order's yet."""
    message = _(
        "An order has at most %(most)s lines, and here are %(count)s: nothing was ordered.", most=MOST, count=count
    )
    form.summary.append(message + " " + _("Please take some out and place them as another order."))
    form.status = 422
    return _show(form, answered)


def _show(form: OrderForm, answered: Pad) -> Any:
    typed = len(answered.answers)
    blank = EMPTY_ROWS if typed < EMPTY_ROWS - 2 else typed + 3
    return render(
        "orderpad/pad.html",
        title=_("Order Pad"),
        form=form,
        pad=answered,
        blank=blank - typed,
        finds="search" not in house(parts()).off,
        status=form.status,
    )


def _payload(form: OrderForm, answered: Pad, branch: str) -> dict[str, Any]:
    return {
        "lines": [
            {
                "item": answer.row.item,
                "quantity": format(answer.quantity or Decimal(), "f"),
                "shown_price": format(decimal_of(answer.row.shown) or Decimal(), "f"),
                "shown_currency": answer.row.currency,
            }
            for answer in answered.answers
        ],
        "reference": form.reference.data or "",
        "ship_date": form.ship_date.data.isoformat() if form.ship_date.data else None,
        "note": form.note.data or "",
        "branch": branch,
    }
