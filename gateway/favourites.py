"""What a person has pinned to the top of their menu (R3): pages, and layouts of reports by their addresses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson

from gateway.access import Scope
from gateway.navigation import Link, Navigation
from gateway.reads import NotReady
from gateway.reports.layouts import PERMISSION
from gateway.reports.registry import REPORTS
from gateway.reports.report import Report
from services.identity import contract as identity

FAVOURITES_MODEL = f"{identity.SERVICE}.{identity.FAVOURITES_MODEL}"
_PINNED = f"""
    SELECT f.page FROM {identity.SERVICE}.{identity.FAVOURITES_TABLE} f WHERE f.contact_id = :contact
    ORDER BY f.position, f.page"""
_LAYOUTS = f"""
    SELECT l.report, l.layout, l.name FROM {identity.SERVICE}.{identity.LAYOUTS_TABLE} l
    WHERE l.company = :company AND (l.owner = :contact OR l.shared)"""
_THERE = f"""
    SELECT l.layout FROM {identity.SERVICE}.{identity.LAYOUTS_TABLE} l
    WHERE l.layout IN (SELECT value FROM json_each(:layouts))"""
_BY = "?layout="

Favourites = tuple[tuple[str, str | None], ...]
"""Addresses as they were pinned, each with its own name: "" for a page, which its title names; None for a layout that
this person does not see at the moment."""


def layout_page(report: Report, layout: str) -> str:
    """The address of a report by one of its layouts, as it is pinned."""
    return f"{report.path}{_BY}{layout}"


def favourites_of(scope: Scope) -> Favourites:
    """What was pinned, whether it is there now or not; nothing while that is not known."""
    pages = _pinned(scope)
    names = _layouts(scope) if any(_BY in page for page in pages) else {}
    return tuple((page, names.get(page) if _BY in page else "") for page in pages)


def may_pin(scope: Scope, page: str, nav: Navigation) -> bool:
    """Whether it is in this person's menu, or a layout of what is."""
    paths = {link.path for _title, links in nav.reports for link in links}
    return page.partition(_BY)[0] in paths and (_BY not in page or page in _layouts(scope))


def gone(scope: Scope) -> list[str]:
    """The pinned addresses of layouts that nobody has any more: they would take the place of others, unseen."""
    pages = {page.partition(_BY)[2]: page for page in _pinned(scope) if _BY in page}
    if not pages:
        return []
    there = _read(scope, "there", _THERE, {"layouts": orjson.dumps(sorted(pages)).decode()})
    return [] if there is None else [pages[layout] for layout in pages.keys() - {row.layout for row in there}]


def with_favourites(nav: Navigation, favourites: Favourites) -> Navigation:
    """The navigation with these favourites; apart those that are not in it, which take places of the twelve, too."""
    known = {link.path: link for _title, links in nav.reports for link in links}
    titles = {report.path: str(report.title) for report in REPORTS.values()}
    links, away = [], []
    for page, name in favourites:
        path = page.partition(_BY)[0]
        link = known.get(path)
        if link is None or name is None:
            away.append(Link(titles.get(path, path), page))
        else:
            links.append(Link(name or link.title, page, link.icon))
    return replace(nav, favourites=tuple(links), away=tuple(away))


def _pinned(scope: Scope) -> tuple[str, ...]:
    rows = _read(scope, "favourites", _PINNED, {"contact": scope.contact_id})
    return tuple(row.page for row in rows or ())


def _layouts(scope: Scope) -> dict[str, str]:
    """Address → name of the layouts that this person may look by."""
    if not scope.can(PERMISSION):
        return {}
    rows = _read(scope, "favourite layouts", _LAYOUTS, {"contact": scope.contact_id, "company": scope.company})
    return {layout_page(REPORTS[row.report], row.layout): row.name for row in rows or () if row.report in REPORTS}


def _read(scope: Scope, name: str, sql: str, values: dict[str, str]) -> list[Any] | None:
    """Rows of identity, kept until something in it changes; None while they cannot be read."""
    scope.visit.settle((identity.SERVICE,))
    reads = scope.visit.reads
    try:
        # Not by the scope: every page has the menu, and none is to be told of all that moves in identity for it.
        return reads.memo((name, *values.values()), (identity.SERVICE,), lambda: reads.rows(sql, values))
    except NotReady:
        return None
