"""A document's page (R7)."""

from __future__ import annotations

from typing import Any

from chassis.errors import NotFound
from gateway.access import current_scope
from gateway.frame import render
from gateway.reports import chain
from gateway.reports.document import load_document
from gateway.reports.kinds import KINDS, ORDERS, Kind
from gateway.routes import Pages

pages = Pages("documents", __name__)


def _document(kind: Kind, number: str) -> Any:
    scope = current_scope()
    try:
        document = load_document(scope, kind, number)
    except NotFound:
        if not scope.visit.pending:
            raise
        return render("_states/pending.html", title=number, crumb=False)
    return render(
        "documents/document.html",
        title=f"{kind.singular} {document.row.number}",
        kind=kind,
        document=document,
        chain=chain.around(scope, kind.kind, document.row.number),
    )


def _register(kind: Kind) -> None:
    def document(number: str) -> Any:
        return _document(kind, number)

    document.__name__ = kind.kind
    # Who may only order is led to the order they placed.
    needs = (kind.needs, "order") if kind is ORDERS else kind.needs
    pages.page(f"{kind.path}/<path:number>", needs=needs, tab=kind.tab)(document)


for _kind in KINDS.values():
    _register(_kind)
