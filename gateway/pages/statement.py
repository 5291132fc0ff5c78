"""The statement of account: any range of days, with the balance after each movement (R8)."""

from __future__ import annotations

from typing import Any

from flask import redirect, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from chassis.errors import Invalid
from gateway.access import current_scope
from gateway.frame import render
from gateway.reports.account import AGES
from gateway.reports.pdf import pdf_response
from gateway.reports.presets import presets
from gateway.reports.report import PAGE
from gateway.reports.statement import (
    KIND_OF,
    LABELS,
    NEEDS,
    Statement,
    every_movement,
    page_of,
    place_of,
    read_statement,
)
from gateway.routes import Feature, Pages

pages = Pages("statement", __name__)
PATH = "/statement"
ON_PAPER = 2000
"""Movements of one PDF at most: some forty pages, a third of what the printer has time for."""


@pages.page(
    PATH,
    needs=NEEDS,
    tab="money",
    feature=Feature(_l("Statement of account"), "journal-text", group=_l("Invoices & payments"), order=6),
)
def statement() -> Any:
    """Opening balance, movements, closing balance and ageing, per currency."""
    scope = current_scope()
    found = read_statement(scope, request.args)
    rows, more = page_of(scope, found)
    return render(
        "reports/statement.html",
        title=_("Statement of account"),
        statement=found,
        rows=rows,
        kinds=KIND_OF,
        labels=LABELS,
        ages=AGES,
        presets=presets(scope.today),
        newer=_newer(found, rows),
        older=_older(found, rows, more),
        on_paper=ON_PAPER,
    )


@pages.page(f"{PATH}/pdf", needs=NEEDS, tab="money")
def pdf() -> Any:
    """The statement of one currency, all its movements, on paper."""
    scope = current_scope()
    found = read_statement(scope, request.args)
    account = found.account
    if account is None:
        return redirect(PATH)
    if account.count > ON_PAPER:
        raise Invalid("These days have too many movements for a PDF. Choose fewer days, or export them to Excel.")
    return pdf_response(
        scope,
        "reports/statement_pdf.html",
        f"statement-{account.currency}-{found.since}-{found.until}",
        title=_("Statement of account"),
        statement=found,
        rows=list(every_movement(scope, found)),
        labels=LABELS,
        ages=AGES,
        ageing=next((one for one in found.ageing if one.currency == account.currency), None),
    )


def _older(found: Statement, rows: list[Any], more: bool) -> str:
    """The address of the page behind this one; empty on the last."""
    if not rows or not (more or found.chosen.back):
        return ""
    return PATH + found.query(place=place_of(rows[-1][0]), back=False, first=found.chosen.first + len(rows))


def _newer(found: Statement, rows: list[Any]) -> str:
    """The address of the page before this one; empty on the first."""
    first = found.chosen.first
    if not rows or first <= 1:
        return ""
    if first <= PAGE + 1:
        return PATH + found.query()
    return PATH + found.query(place=place_of(rows[0][0]), back=True, first=first - PAGE)
