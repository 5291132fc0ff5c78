"""Who looked at whose personal data (8.3.5): for portal admins, of everybody or of one."""

from __future__ import annotations

from typing import Any

import orjson
from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from gateway import looks
from gateway.access import Scope, current_scope
from gateway.frame import render
from gateway.pages.mails import KIND_NAMES
from gateway.parts import parts
from gateway.people import COMPANIES, CONTACTS, MEMBERSHIPS, REQUESTS
from gateway.queries import StaffQuery
from gateway.routes import Feature, Pages

pages = Pages("looks", __name__)
_ROLE = "portal_admin"
_SHOWN = 50
_NEVER = 2**62
_NAMES = StaffQuery(
    "looks.names",
    f"SELECT p.contact_id, p.name FROM {CONTACTS} p WHERE p.contact_id IN (SELECT value FROM json_each(:items))",
    role=_ROLE,
)
_COMPANY_NAMES = StaffQuery(
    "looks.companies",
    f"SELECT m.company, m.name FROM {COMPANIES} m WHERE m.company IN (SELECT value FROM json_each(:items))",
    role=_ROLE,
)
_MAILS = StaffQuery(
    "looks.mails",
    f"""SELECT m.mail, m.kind, m.requested_at, p.name FROM identity.mails_v1 m
        LEFT JOIN {CONTACTS} p ON p.contact_id = m.contact_id
        WHERE m.mail IN (SELECT value FROM json_each(:items))""",
    role=_ROLE,
)
_REQUESTS = StaffQuery(
    "looks.requests",
    f"""SELECT q.request, q.name, q.asked_at FROM {REQUESTS} q
        WHERE q.request IN (SELECT value FROM json_each(:items))""",
    role=_ROLE,
)
_LISTED_IN = StaffQuery(
    "looks.listed_in",
    f"""SELECT p.company FROM {CONTACTS} p WHERE p.contact_id = :contact_id
        UNION SELECT s.company FROM {MEMBERSHIPS} s WHERE s.contact_id = :contact_id""",
    role=_ROLE,
)
WHAT = {
    looks.CONTACT: _l("Contact"),
    looks.CONTACTS: _l("List of contacts"),
    looks.REQUESTS: _l("Requests for access"),
    looks.MAILS: _l("Mails"),
    looks.CASE: _l("Support case"),
}


@pages.staff_page(
    "/administration/looks",
    role=_ROLE,
    tab="administration",
    feature=Feature(_l("Who looked"), "eye", group=_l("Administration"), order=62),
)
def listed() -> Any:
    """Who of the staff and of companies' own admins opened pages with people's data; newest first."""
    scope = current_scope()
    of, by, before = (request.args.get(name, "")[:100] for name in ("of", "by", "before"))
    # Whoever reads a company's list reads about each of its contacts.
    subjects = [of, *(row.company for row in scope.rows(_LISTED_IN, contact_id=of) if row.company)] if of else []
    start = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else _NEVER
    found = parts().looks.newest(_SHOWN + 1, start, subjects=subjects, actor=by)
    shown = found[:_SHOWN]
    ids = {of, by, *(one.actor for one in shown), *(one.subject for one in shown)}
    named = orjson.dumps(sorted(ids)).decode()
    names = {row.contact_id: row.name for row in scope.rows(_NAMES, items=named)}
    companies = {row.company: row.name for row in scope.rows(_COMPANY_NAMES, items=named)}
    return render(
        "looks/list.html",
        title=_("Who looked"),
        looks=shown,
        names=names,
        companies=companies,
        mails=_mails(scope, shown),
        requests=_requests(scope, shown),
        kind_names=KIND_NAMES,
        what=WHAT,
        of=of,
        by=by,
        older=found[_SHOWN - 1].id if len(found) > _SHOWN else "",
        days=parts().gateway.looks_days,
    )


def _mails(scope: Scope, shown: list[looks.Look]) -> dict[str, Any]:
    """The mails among what was looked at, by what the page named: a file of the outbox, `<mail>.<contact>`."""
    of = {one.subject: one.subject.partition(".")[0] for one in shown if one.what == looks.MAILS and one.subject}
    found = {row.mail: row for row in scope.rows(_MAILS, items=orjson.dumps(sorted(set(of.values()))).decode())}
    return {subject: found.get(mail) for subject, mail in of.items()}


def _requests(scope: Scope, shown: list[looks.Look]) -> dict[str, Any]:
    """The requests for access among them, by their id; not the lists of all or of a company."""
    ids = orjson.dumps(sorted({one.subject for one in shown if one.what == looks.REQUESTS})).decode()
    return {row.request: row for row in scope.rows(_REQUESTS, items=ids)}
