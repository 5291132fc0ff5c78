"""What staff find, by their roles: cases of all companies; companies and contacts by name, code or address."""

from __future__ import annotations

from collections.abc import Sequence

import orjson
from flask_babel import lazy_gettext as _l

from chassis.messages import ALL_COMPANIES
from gateway.access import Scope
from gateway.finding.customers import add_said, case_hit
from gateway.finding.hits import Hit
from gateway.finding.subjects import Found, Subject, Wanted
from gateway.people import COMPANIES
from gateway.queries import StaffQuery

_ROLES = ("agent", "portal_admin")
CASES = StaffQuery(
    "search.desk",
    f"""SELECT w.id AS place, c.number, c.summary, c.status, c.updated_at, c.customer_reference, c.product,
               c.company, m.name AS company_name
        FROM cases.case_fts_v1 f JOIN cases.case_words_v1 w ON w.id = f.rowid
        JOIN cases.case_list_v1 c ON c.company = w.company AND c.number = w.key
        LEFT JOIN {COMPANIES} m ON m.company = c.company
        WHERE f.case_fts_v1 MATCH :match AND w.kind = 'case' AND f.rowid < :below
        ORDER BY f.rowid DESC LIMIT :limit""",
    role=_ROLES,
)
_SAID = StaffQuery(
    "search.desk_said",
    """SELECT m.number, m.text FROM cases.case_messages_v1 m
       WHERE (m.company, m.number) IN (SELECT value ->> 0, value ->> 1 FROM json_each(:of))
       AND m.kind IN ('opened', 'customer', 'agent') ORDER BY m.number, m.revision""",
    role=_ROLES,
)


def _cases(scope: Scope, wanted: Wanted) -> Found:
    match = wanted.match(ALL_COMPANIES, "case")
    rows = scope.rows(CASES, match=match, below=wanted.below, limit=wanted.limit + 1)
    hits = [case_hit(row, f"/desk/{row.number}", row.company_name or "", row.company) for row in rows]
    return Found.of(hits, wanted.limit)


def _said(scope: Scope, hits: Sequence[Hit]) -> None:
    of = orjson.dumps([(hit.owner, hit.number) for hit in hits]).decode()
    add_said(hits, scope.rows(_SAID, of=of))


def _sees_cases(scope: Scope) -> bool:
    return bool(scope.staff_roles & set(_ROLES))


SUBJECTS = (Subject("case", _l("Cases"), "life-preserver", _sees_cases, _cases, _said, part="support"),)
