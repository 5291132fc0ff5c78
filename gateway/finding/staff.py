"""What staff find, by their roles: cases of all companies; companies and contacts by name, code or address."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote

import orjson
from flask_babel import lazy_gettext as _l

from chassis.finding import MOST_WORDS, words_of
from chassis.messages import ALL_COMPANIES
from chassis.sorting import sort_key
from gateway import looks
from gateway.access import Scope
from gateway.finding.customers import add_said, case_hit
from gateway.finding.hits import Hit
from gateway.finding.subjects import NOWHERE, Found, Subject, Wanted
from gateway.people import COMPANIES, CONTACTS
from gateway.queries import StaffQuery

_ROLES = ("agent", "portal_admin")
CASES = StaffQuery(
    "search.desk",
    f"""SELECT w.id AS place, c.number, c.summary, c.status, c.updated_at, c.customer_reference, c.product,
               c.company, m.name AS company_name
        FROM cases.case_fts_v2 f JOIN cases.case_words_v2 w ON w.id = f.rowid
        JOIN cases.case_list_v2 c ON c.company = w.company AND c.number = w.key
        LEFT JOIN {COMPANIES} m ON m.company = c.company
        WHERE f.case_fts_v2 MATCH :match AND w.kind = 'case' AND f.rowid < :below
        ORDER BY f.rowid DESC LIMIT :limit""",
    role=_ROLES,
)
_SAID = StaffQuery(
    "search.desk_said",
    """SELECT m.number, m.text FROM cases.case_messages_v2 m
       WHERE (m.company, m.number) IN (SELECT value ->> 0, value ->> 1 FROM json_each(:of))
       AND m.kind IN ('opened', 'customer', 'agent') ORDER BY m.number, m.revision""",
    role=_ROLES,
)
FOUND_COMPANIES = StaffQuery(
    "search.companies",
    f"""SELECT w.id AS place, m.company, m.name
        FROM identity.company_fts_v1 f JOIN identity.company_words_v1 w ON w.id = f.rowid
        JOIN {COMPANIES} m ON m.company = w.key
        WHERE f.company_fts_v1 MATCH :match AND w.kind = 'company' AND f.rowid < :below
        ORDER BY f.rowid DESC LIMIT :limit""",
    role=_ROLES,
)
_CANDIDATES, _FIRST = 1000, 10**15
# Looked through from end to end (10 ms for 50,000): so no second copy of personal data has to be forgotten. `|| ''`
# keeps SQLite from going by the index of names, which is eight times as slow.
FOUND_CONTACTS = StaffQuery(
    "search.contacts",
    f"""SELECT p.contact_id, p.name, p.email, p.phone, p.company, m.name AS company_name
        FROM (SELECT c.contact_id, c.name, c.email, c.phone, c.company, c.name_key,
                     INSTR(' ' || c.name_key, :first) > 0 AS named
              FROM {CONTACTS} c WHERE c.company <> '' AND c.status <> 'erased'
              {" ".join(f"AND (INSTR(c.name_key, :w{n}) > 0 OR INSTR(c.search, :w{n}) > 0)" for n in range(MOST_WORDS))}
              ORDER BY named DESC, c.name_key || '', c.contact_id LIMIT {_CANDIDATES} OFFSET :skip) p
        LEFT JOIN {COMPANIES} m ON m.company = p.company ORDER BY p.named DESC, p.name_key, p.contact_id""",
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


def _companies(scope: Scope, wanted: Wanted) -> Found:
    match = wanted.match(ALL_COMPANIES, "company")
    rows = scope.rows(FOUND_COMPANIES, match=match, below=wanted.below, limit=wanted.limit + 1)
    hits = [Hit(row.place, _company_page(row.company), row.company, row.name, icon="buildings") for row in rows]
    return Found.of(hits, wanted.limit)


def _contacts(scope: Scope, wanted: Wanted) -> Found:
    """Those whose names have the words first, by name; where the next page begins is how many were looked at."""
    if wanted.whole:  # is among what begins so, and as dear
        return Found([])
    skip = 0 if wanted.below == NOWHERE else max(0, _FIRST - wanted.below + 1)
    parts = [_part(word) for word in wanted.asked] + [""] * (MOST_WORDS - len(wanted.asked))
    words = {f"w{n}": part for n, part in enumerate(parts)}
    rows = scope.rows(FOUND_CONTACTS, **words, first=f" {parts[0]}", skip=skip)
    admin, hits = "portal_admin" in scope.staff_roles, []
    for place, row in enumerate(rows, skip):
        # A part of a word is no beginning of it: the database knows no words.
        if not wanted.fits(words_of(row.name, row.email, row.phone)):
            continue
        path = f"/contacts/{row.contact_id}" if admin else f"{_company_page(row.company)}#contact-{row.contact_id}"
        whose = {"company": row.company_name or row.company, "owner": row.company}
        hits.append(Hit(_FIRST - place, path, row.name, row.email, texts=(row.phone,), icon="person", **whose))
        if len(hits) > wanted.limit:
            break
    return Found(hits[: wanted.limit], len(hits) > wanted.limit or len(rows) == _CANDIDATES)


def _company_page(code: str) -> str:
    return f"/companies/{quote(code)}"


def _part(word: str) -> str:
    """What stands in `name_key` or `search` wherever the word does; they tell two letters apart that it does not."""
    return max(sort_key(word).split("\u0647"), key=len)


def note_looks(scope: Scope, subject: Subject, hits: Iterable[Hit]) -> None:
    """Note that contacts of these hits' companies were shown."""
    if subject is CONTACTS_SUBJECT:
        for company in {hit.owner for hit in hits}:
            looks.shown(scope.visit.ground.looks, scope, looks.CONTACTS, company)


def _allowed(scope: Scope) -> bool:
    return bool(scope.staff_roles & set(_ROLES))


CONTACTS_SUBJECT = Subject("contact", _l("Contacts"), "people", _allowed, _contacts)
SUBJECTS = (
    Subject("case", _l("Cases"), "life-preserver", _allowed, _cases, _said, part="support"),
    Subject("company", _l("Companies"), "buildings", _allowed, _companies),
    CONTACTS_SUBJECT,
)
