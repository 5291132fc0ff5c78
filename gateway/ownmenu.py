"""The portal's own menu entries, as the person who asks may see them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import orjson
from flask_babel import gettext as _
from markupsafe import Markup

from gateway.access import Scope
from gateway.changes import title_in
from gateway.navigation import Link, Navigation
from gateway.queries import Query
from gateway.reads import NotReady
from services.identity.contract import markup

# "*" is everybody's; of staff the company is that too.
_MINE = Query(
    "ownmenu.mine",
    """SELECT m.entry, m.permission, m.titles, m.address, m.texts, m.icon, m.pinned FROM identity.menu_entries_v1 m
       WHERE (m.company = :company OR m.company = '*') ORDER BY m.place, m.entry""",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry in the reader's language. `text` is a page's, as HTML."""

    key: str
    link: Link
    pinned: bool
    text: Markup


def entries(scope: Scope) -> list[Entry]:
    """The entries this person sees, in their order; none while that is not known."""
    try:
        # Not by the scope: every page has the menu, and none is to be told of all that moves in identity for it.
        rows = scope.visit.reads.rows(_MINE.sql, {"company": scope.company})
    except NotReady:
        return []
    return [
        Entry(
            row.entry,
            Link(_in(row.titles, scope.language), row.address or f"/info/{row.entry}", row.icon),
            bool(row.pinned),
            Markup(markup.html(_in(row.texts, scope.language))),
        )
        for row in rows
        if not row.permission or scope.can(row.permission)
    ]


def with_own(nav: Navigation, scope: Scope) -> Navigation:
    """The navigation with this person's own entries: pinned ones on top and in quick access, others below."""
    own = entries(scope)
    pinned, others = (tuple(one.link for one in own if one.pinned is wanted) for wanted in (True, False))
    above = ((_("Pinned"), pinned),) if pinned else ()
    below = ((_("More"), others),) if others else ()
    return replace(nav, reports=(*above, *nav.reports, *below), quick=(*nav.quick, *pinned)) if own else nav


@lru_cache(maxsize=512)
def _texts(json: str) -> dict[str, str]:
    found: dict[str, str] = orjson.loads(json)
    return found


def _in(json: str, language: str) -> str:
    return title_in(_texts(json), language)
