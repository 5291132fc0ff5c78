"""A document as a PDF (R7): the same facts as its page, on paper, in the reader's language."""

from __future__ import annotations

import re
from typing import Any

from babel import Locale
from flask import Response, render_template

from gateway import portal
from gateway.access import Scope
from gateway.people import COMPANIES
from gateway.printing.printer import PRINTER
from gateway.queries import Query
from gateway.reports.document import Document
from gateway.reports.kinds import Kind
from gateway.texts import LOCALE

LOGO = "portico:logo"
"""The address by which a page that is printed names the supplier's logo."""
_COMPANY = Query("print.company", f"SELECT m.name, m.address FROM {COMPANIES} m WHERE m.company = :company")
_UNSAFE = re.compile(r"[^A-Za-z0-9._]+")


def document_pdf(scope: Scope, kind: Kind, document: Document, branch: str) -> Response:
    """The PDF of a document as a download. Blocks for about a second. Raises NoPdf."""
    row = document.row
    overdue = kind.kind == "invoice" and "" < document.overdue_since < scope.today.isoformat()
    return pdf_response(
        scope,
        "documents/pdf.html",
        f"{kind.kind}-{row.number}",
        title=f"{kind.singular} {row.number}",
        kind=kind,
        document=document,
        row=row,
        branch=branch,
        overdue=overdue,
    )


def pdf_response(scope: Scope, template: str, name: str, **values: Any) -> Response:
    """A template as a PDF with this name (without its ending); it has the supplier, the reader's company, their
    language and its direction besides `values`. Raises NoPdf.
    """
    ground = scope.visit.ground
    house = portal.house(ground)
    locale = LOCALE.get()
    files = _logo(scope)
    html = render_template(
        template,
        house=house,
        company=scope.row(_COMPANY),
        logo=LOGO if files else "",
        lang=locale.replace("_", "-"),
        direction=Locale.parse(locale).text_direction,
        scope=scope,
        **values,
    )
    scope.visit.reads.end()  # no transaction is held while the child works
    made = PRINTER.pdf(html, files, ground.settings.var / "gateway" / "printing")
    file = f"{_UNSAFE.sub('-', name).strip('-.') or 'document'}.pdf"
    headers = {"Content-Disposition": f'attachment; filename="{file}"'}
    return Response(made, mimetype="application/pdf", headers=headers)


def _logo(scope: Scope) -> dict[str, tuple[str, str]]:
    """What admins uploaded, by the address the page names it with; without it, the supplier's name stands alone."""
    ground = scope.visit.ground
    logo = portal.house(ground).logo
    found = None if logo is None else portal.picture(ground.reads, logo.url.rpartition("/")[2])
    return {} if found is None else {LOGO: (found.media_type, found.content)}
