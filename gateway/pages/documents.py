"""A document's page (R7, R10), and what one can do with it."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_babel import gettext as _

from chassis.errors import NotFound
from gateway import people
from gateway.access import Scope, current_scope
from gateway.frame import render
from gateway.reads import NotReady
from gateway.reports import chain, timeline
from gateway.reports.document import load_document
from gateway.reports.kinds import KINDS, ORDERS, Kind
from gateway.reports.pdf import document_pdf
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
    row = document.row
    linked, more = chain.around(scope, kind, row)
    entries, older = timeline.load_timeline(scope, kind, row.key, request.args.get("timeline") == "all")
    return render(
        "documents/document.html",
        title=f"{kind.singular} {row.number}",
        kind=kind,
        document=document,
        branch=_branch(scope, row.branch),
        chain=linked,
        more_linked=more,
        entries=entries,
        older=older,
        fields=timeline.FIELDS,
        changes_shown=timeline.CHANGES_SHOWN,
        path=chain.path_of(kind.kind, row.number),
        about=_("%(document)s %(number)s", document=kind.singular, number=row.number),
    )


def _pdf(kind: Kind, number: str) -> Any:
    scope = current_scope()
    document = load_document(scope, kind, number)
    return document_pdf(scope, kind, document, _branch(scope, document.row.branch))


def _branch(scope: Scope, key: str) -> str:
    """The branch by its name, where that is known; by its code until then."""
    if not key:
        return ""
    try:
        return people.branch_names(scope.visit.reads, scope.company, scope.own_branches).get(key, key)
    except NotReady:
        return key


def _register(kind: Kind) -> None:
    def document(number: str) -> Any:
        return _document(kind, number)

    def pdf(number: str) -> Any:
        return _pdf(kind, number)

    document.__name__, pdf.__name__ = kind.kind, f"{kind.kind}_pdf"
    # Who may only order is led to the order they placed.
    needs = (kind.needs, "order") if kind is ORDERS else kind.needs
    pages.page(f"{kind.path}/<path:number>", needs=needs, tab=kind.tab)(document)
    pages.page(f"{kind.path}/<path:number>/pdf", needs=needs, tab=kind.tab)(pdf)


for _kind in KINDS.values():
    _register(_kind)
