"""The pages a person has pinned to the top of their menu (R3)."""

from __future__ import annotations

from dataclasses import replace

from gateway.access import Scope
from gateway.navigation import Navigation
from gateway.reads import NotReady
from services.identity import contract as identity

FAVOURITES_MODEL = f"{identity.SERVICE}.{identity.FAVOURITES_MODEL}"
_PINNED = f"""
    SELECT f.page FROM {identity.SERVICE}.{identity.FAVOURITES_TABLE} f WHERE f.contact_id = :contact
    ORDER BY f.position, f.page"""


def pages_of(scope: Scope) -> tuple[str, ...]:
    """Paths, as they were pinned; none while that is not known."""
    scope.visit.settle((identity.SERVICE,))
    reads, contact = scope.visit.reads, scope.contact_id

    def load() -> tuple[str, ...]:
        return tuple(row.page for row in reads.rows(_PINNED, {"contact": contact}))

    try:
        # Not by the scope: every page has the menu, and none is to be told of all that moves in identity for it.
        return reads.memo(("favourites", contact), (identity.SERVICE,), load)
    except NotReady:
        return ()


def with_favourites(nav: Navigation, pages: tuple[str, ...]) -> Navigation:
    """The navigation with these pages as favourites, but for those that are not (any more) in it."""
    known = {link.path: link for _title, links in nav.reports for link in links}
    return replace(nav, favourites=tuple(known[page] for page in pages if page in known))
