"""What is in the frame: tabs, report menu and tasks, from the features that pages declare and this person may use."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import lazy_gettext as _l

from gateway.routes import Access, Feature

CUSTOMER_TABS = {
    "home": _l("Home"),
    "orders": _l("Orders"),
    "money": _l("Invoices & payments"),
    "support": _l("Support"),
    "addons": _l("Add-ons"),
    "documents": _l("Documents"),
}
STAFF_TABS = {
    "home": _l("Home"),
    "companies": _l("Companies & contacts"),
    "cases": _l("Cases"),
    "sync": _l("ERP sync"),
    "operations": _l("Operations"),
    "administration": _l("Administration"),
}


@dataclass(frozen=True, slots=True)
class Link:
    """A place in the frame. `path` is also what tells whether it is the page at hand."""

    title: str
    path: str
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Navigation:
    """The frame of one set of rights: tabs, report menu by category, tasks by tab, quick access; what one pinned,
    and what of it is `away` at the moment.
    """

    tabs: tuple[tuple[str, Link], ...]
    reports: tuple[tuple[str, tuple[Link, ...]], ...]
    tasks: dict[str, tuple[Link, ...]]
    quick: tuple[Link, ...]
    favourites: tuple[Link, ...] = ()
    away: tuple[Link, ...] = ()


def navigation(
    table: dict[str, Access],
    permissions: frozenset[str],
    staff_roles: frozenset[str],
    off: frozenset[str] = frozenset(),
) -> Navigation:
    """What these rights open, in the reader's language. A page that cannot be opened is not shown; nor are those of
    the features that are switched `off`.
    """
    titles = STAFF_TABS if staff_roles else CUSTOMER_TABS
    places = {tab: place for place, tab in enumerate(titles)}
    offered = sorted(
        (
            (access, access.feature)
            for access in table.values()
            if access.feature and access.part not in off and access.allows(permissions, staff_roles)
        ),
        key=lambda pair: (places.get(pair[0].tab, len(places)), pair[1].order, pair[0].path),
    )
    tabs = []
    for key, title in titles.items():
        own = [(access, feature) for access, feature in offered if access.tab == key]
        if own:
            # A stable sort: the tab leads to its leading feature, else to its first.
            first = min(own, key=lambda pair: not pair[1].leads)
            tabs.append((key, Link(str(title), first[0].path)))
    groups: dict[str, tuple[str, list[Link]]] = {}
    tasks: dict[str, list[Link]] = {}
    for access, feature in offered:
        if feature.group is not None:
            groups.setdefault(str(feature.group), (str(feature.group), []))[1].append(_link(access, feature))
        for tab in feature.task_on:
            tasks.setdefault(tab, []).append(_link(access, feature))
    return Navigation(
        tabs=tuple(tabs),
        reports=tuple((title, tuple(links)) for title, links in groups.values()),
        tasks={tab: tuple(links) for tab, links in tasks.items()},
        quick=tuple(_link(*pair) for pair in sorted(offered, key=lambda pair: pair[1].order) if pair[1].quick),
    )


def _link(access: Access, feature: Feature) -> Link:
    return Link(str(feature.title), access.path, feature.icon)
