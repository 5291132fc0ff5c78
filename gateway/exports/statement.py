"""The statement of account as a file: its movements between its balances, and the ageing on a sheet of its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from flask_babel import gettext as _

from gateway.access import Scope
from gateway.exports.csvfile import CsvFile
from gateway.exports.making import Progress, told
from gateway.exports.rows import money
from gateway.exports.xlsx import Sheets
from gateway.reports.account import AGES
from gateway.reports.statement import LABELS, Statement, every_movement


def make_statement(scope: Scope, statement: Statement, form: str, path: Path, progress: Progress) -> int:
    """Write the movements of the statement's currency; gives how many. `form` is xlsx or csv."""
    heads = [
        (_("Date"), "date"),
        (_("Document"), "text"),
        (_("Number"), "number"),
        (_("Your reference"), "text"),
        (_("Due"), "date"),
        (_("Amount"), "money"),
        (_("Balance"), "money"),
    ]
    if form == "csv":
        file = CsvFile(path, [*heads, (_("Currency"), "currency")])
        try:
            return _written(file, scope, statement, progress, statement.account.currency if statement.account else "")
        finally:
            file.close()
    sheets = Sheets(path, _("Statement"), heads)
    count = _written(sheets, scope, statement, progress)
    sheets.table(_("Ageing"), [(_("Currency"), "currency"), *((head, "money") for head in _ages())], _ageing(statement))
    sheets.close()
    return count


def _written(file: CsvFile | Sheets, scope: Scope, statement: Statement, progress: Progress, currency: str = "") -> int:
    account, count, more = statement.account, 0, [currency] if currency else []
    if account is None:
        return 0
    opening, closing = (money(one, account.currency) for one in (account.opening, account.closing))
    file.row([statement.since, _("Opening balance"), "", "", None, None, opening, *more])
    for values in _values(scope, statement):
        file.row([*values, *more])
        count = told(count + 1, progress)
    file.row([statement.until, _("Closing balance"), "", "", None, None, closing, *more])
    return count


def _values(scope: Scope, statement: Statement) -> Iterator[list[Any]]:
    names = {kind: str(label) for kind, label in LABELS.items()}
    for row, balance in every_movement(scope, statement):
        due = date.fromisoformat(row.due_date) if row.due_date else None
        amounts = money(row.moved_minor, row.currency), money(balance, row.currency)
        yield [date.fromisoformat(row.date), names[row.kind], row.number, row.reference, due, *amounts]


def _ages() -> list[str]:
    return [_("Balance"), *map(str, AGES.values())]


def _ageing(statement: Statement) -> list[list[Any]]:
    parts = ("open_minor", *AGES)
    return [[row.currency, *(money(getattr(row, part), row.currency) for part in parts)] for row in statement.ageing]
