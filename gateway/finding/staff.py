"""What staff find, by their roles: cases of all companies; companies and contacts by name, code or address."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any
from urllib.parse import quote

import orjson
from flask_babel import lazy_gettext as _l

from chassis.finding import MOST_WORDS, words_of
from chassis.messages import ALL_COMPANIES
from chassis.sorting import sort_key
from gateway import looks
from gateway.access import Scope
from gateway.finding.customers import add_said, asked, case_hit
from gateway.finding.hits import Hit
from gateway.finding.indexes import Index
from gateway.finding.subjects import NOWHERE, Found, Subject, Wanted
from gateway.people import COMPANIES, CONTACTS
from gateway.queries import StaffQuery

_ROLES = ("agent", "portal_admin")
_ALL = "w.kind = :kind"
_declared = partial(StaffQuery, role=_ROLES)
CASES = Index(
    "search.desk",
    "cases.case_words_v3",
    _declared,
    """c.number, c.summary, c.status, c.updated_at, c.customer_reference, c.product, c.company,
    m.name AS company_name""",
    f"""JOIN cases.case_list_v2 c ON c.company = w.company AND c.number = w.key
    LEFT JOIN {COMPANIES} m ON m.company = c.company""",
    _ALL,
    everybodys=True,
)
_SAID = StaffQuery(
    "search.desk_said",
    """SELECT m.number, m.text FROM cases.case_messages_v2 m
       WHERE (m.company, m.number) IN (SELECT value ->> 0, value ->> 1 FROM json_each(:of))
       AND m.kind IN ('opened', 'customer', 'agent') ORDER BY m.number, m.revision""",
    role=_ROLES,
)
FOUND_COMPANIES = Index(
    "search.companies",
    "identity.company_words_v2",
    _declared,
    "m.company, m.name",
    f"JOIN {COMPANIES} m ON m.company = w.key",
    _ALL,
    everybodys=True,
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


def _case_hit(row: Any) -> Hit:
    return case_hit(row, f"/desk/{row.number}", row.company_name or "", row.company)


def _cases(scope: Scope, wanted: Wanted) -> Found:
    return asked(CASES, scope, wanted, ALL_COMPANIES, "case", _case_hit)


def _said(scope: Scope, hits: Sequence[Hit]) -> None:
    of = orjson.dumps([(hit.owner, hit.number) for hit in hits]).decode()
    add_said(hits, scope.rows(_SAID, of=of))


def _company_hit(row: Any) -> Hit:
    return Hit((row.day, row.place), _company_page(row.company), row.company, row.name, icon="buildings")


def companies(scope: Scope, wanted: Wanted) -> Found:
    """The companies whose number or name has the words."""
    return asked(FOUND_COMPANIES, scope, wanted, ALL_COMPANIES, "company", _company_hit)


def _contacts(scope: Scope, wanted: Wanted) -> Found:
    """Those whose names have the words first, by name; where the next page begins is how many were looked at."""
    if wanted.whole:  # is among what begins so, and as dear
        return Found([])
    skip = 0 if wanted.below == NOWHERE else max(0, _FIRST - wanted.below[1] + 1)
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
        hits.append(Hit(("", _FIRST - place), path, row.name, row.email, texts=(row.phone,), icon="person", **whose))
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
    Subject("company", _l("Companies"), "buildings", _allowed, companies),
    CONTACTS_SUBJECT,
)
