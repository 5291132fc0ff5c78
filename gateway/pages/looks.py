"""Who looked at whose personal data (8.3.5): for portal admins, of everybody or of one."""

from __future__ import annotations

from typing import Any

import orjson
from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from gateway import looks
from gateway.access import current_scope
from gateway.frame import render
from gateway.parts import parts
from gateway.people import COMPANIES, CONTACTS, MEMBERSHIPS
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
        what=WHAT,
        of=of,
        by=by,
        older=found[_SHOWN - 1].id if len(found) > _SHOWN else "",
        days=parts().gateway.looks_days,
    )
