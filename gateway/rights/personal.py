"""All that the portal holds of a person (A13): what identity has, and by number what stands elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson

from gateway import accounts
from gateway.access import Scope
from gateway.people import COMPANIES, CONTACTS, FACTORS, MEMBERSHIPS, REQUESTS, SIGN_IN_CHANGES, VIEWINGS
from gateway.queries import StaffQuery
from gateway.rights.history import RIGHTS
from services.identity import contract as identity
from services.orders import contract as orders

_ROLE = "portal_admin"
ORDERS = f"{orders.SERVICE}.{orders.ORDERS.documents.name}"
_FAVOURITES = f"{identity.SERVICE}.{identity.FAVOURITES_TABLE}"


def _of(name: str, sql: str) -> StaffQuery:
    return StaffQuery(f"personal.{name}", sql, role=_ROLE)


_DETAILS = _of(
    "details",
    f"""SELECT p.contact_id, p.company, m.name AS company_name, p.name, p.email, p.phone, p.language, p.status,
               p.permissions, p.branches, p.roles, p.ends, p.invited_at, p.password_changed_at
        FROM {CONTACTS} p LEFT JOIN {COMPANIES} m ON m.company = p.company WHERE p.contact_id = :contact_id""",
)
_LISTS = {
    "other_companies": _of(
        "memberships",
        f"""SELECT s.company, s.permissions, s.branches, s.roles, s.ends FROM {MEMBERSHIPS} s
            WHERE s.contact_id = :contact_id ORDER BY s.company""",
    ),
    "rights_history": _of(
        "rights",
        f"""SELECT r.at, r.company, r.kind, r.actor, r.permissions, r.branches, r.roles, r.ends FROM {RIGHTS} r
            WHERE r.contact_id = :contact_id ORDER BY r.position""",
    ),
    "sign_in_history": _of(
        "sign_in",
        f"SELECT s.at, s.what, s.actor FROM {SIGN_IN_CHANGES} s WHERE s.contact_id = :contact_id ORDER BY s.position",
    ),
    "second_factors": _of(
        "factors",
        f"SELECT f.enabled_at, f.passkeys, f.codes_left FROM {FACTORS} f WHERE f.contact_id = :contact_id",
    ),
    "looked_at_the_portal_as_them": _of(
        "viewings",
        f"""SELECT v.begun_at, v.until, v.left_at, v.viewer FROM {VIEWINGS} v
            WHERE v.contact_id = :contact_id ORDER BY v.position""",
    ),
    "asked_access_for_colleagues": _of(
        "asked",
        f"""SELECT q.request, q.asked_at, q.state, q.why FROM {REQUESTS} q
            WHERE q.requester = :contact_id ORDER BY q.position""",
    ),
    "access_asked_for_them": _of(
        "asked_for",
        f"""SELECT q.requester, q.asked_at, q.state, q.name, q.email, q.phone, q.why, q.reason FROM {REQUESTS} q
            WHERE q.request = :contact_id ORDER BY q.position""",
    ),
    "mails": _of(
        "mails",
        """SELECT m.requested_at, m.kind, m.state FROM identity.mails_v1 m
           WHERE m.contact_id = :contact_id ORDER BY m.requested_at""",
    ),
    "mails_not_wanted": _of("choices", "SELECT m.off FROM identity.mail_choices_v1 m WHERE m.contact_id = :contact_id"),
    "favourites": _of(
        "favourites", f"SELECT f.page FROM {_FAVOURITES} f WHERE f.contact_id = :contact_id ORDER BY f.position"
    ),
    "layouts": _of(
        "layouts",
        f"""SELECT l.company, l.report, l.layout FROM {identity.SERVICE}.{identity.LAYOUTS_TABLE} l
            WHERE l.owner = :contact_id ORDER BY l.company, l.report, l.layout""",
    ),
    "cases_opened": _of(
        "cases",
        """SELECT c.company, c.number, c.opened_at FROM cases.case_list_v2 c
           WHERE c.opened_by = :contact_id ORDER BY c.opened_at, c.number""",
    ),
    "cases_written_in": _of(
        "case_messages",
        """SELECT DISTINCT c.company, c.number FROM cases.case_messages_v2 c
           WHERE c.author = :contact_id ORDER BY c.company, c.number""",
    ),
    "orders_placed": _of(
        "orders",
        f"""SELECT o.company, o.key AS reference, o.number FROM {ORDERS} o
           WHERE o.placed_by = :contact_id AND o.kind = 'order' ORDER BY o.company, o.key""",
    ),
}
_JSON = ("permissions", "branches", "roles", "ends", "off")


def personal_data(scope: Scope, contact_id: str) -> dict[str, Any]:
    """As it is written to a file; times UTC, ISO. Raises NotFound."""
    found: dict[str, Any] = {
        "made_at": datetime.now(UTC).isoformat(),
        "details": _plain(scope.one(_DETAILS, contact_id=contact_id)),
    }
    found["devices"] = [
        {"name": one.name, "logged_in_at": one.since.isoformat(), "last_used_at": one.seen.isoformat(), "way": one.way}
        for one in accounts.devices_of(contact_id)
    ]
    lists = {name: [_plain(row) for row in scope.rows(query, contact_id=contact_id)] for name, query in _LISTS.items()}
    return found | lists


def _plain(row: Any) -> dict[str, Any]:
    values = row._asdict()
    return {name: orjson.loads(one) if name in _JSON and one else one for name, one in values.items()}
