"""Looking through everything that is somebody's to see."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from flask_babel import lazy_gettext as _l

from chassis.finding import words_of
from gateway.access import Scope
from gateway.finding import customers, staff
from gateway.finding.hits import Hit, ranked
from gateway.finding.subjects import NOWHERE, Found, Subject, Wanted
from gateway.portal import house
from gateway.reads import NotReady
from gateway.texts import LOCALE

MOST = 200
"""So many of a kind are counted and put in order; of more, the newest."""
PAGE = 25


@dataclass(frozen=True, slots=True)
class Group:
    """What was found of one kind: the first hits in their order; `more` when there are others than `count`."""

    subject: Subject
    hits: list[Hit]
    count: int
    more: bool
    loose: bool = False


def subjects(scope: Scope) -> list[Subject]:
    """The kinds this person may look through."""
    off = house(scope.visit.ground).off
    offered = (*(staff.SUBJECTS if scope.is_staff else customers.SUBJECTS), PAGES)
    return [one for one in offered if one.part not in off and one.allowed(scope)]


def look(scope: Scope, asked: tuple[str, ...], limit: int, most: int = MOST) -> list[Group]:
    """Of each kind the first hits, those that are the number itself before all others; `most` of a kind are counted.

    The last word may be a beginning; where nothing is found so, each may.
    """
    found = _look(scope, Wanted(asked, most), limit)
    return found or (_look(scope, Wanted(asked, most, loose=True), limit) if len(asked) > 1 else found)


def _look(scope: Scope, wanted: Wanted, limit: int) -> list[Group]:
    groups = []
    for subject in subjects(scope):
        try:
            found = _first(scope, subject, wanted)
        except NotReady:
            scope.visit.gaps += 1
            continue
        if found.hits:
            hits = ranked(found.hits, wanted.asked)
            count = wanted.limit if found.more else len(hits)
            groups.append(Group(subject, hits[:limit], count, found.more, wanted.loose))
    return groups


def _first(scope: Scope, subject: Subject, wanted: Wanted) -> Found:
    """The newest that have just these words; where those are not enough, and they are soon read, what begins so too.

    Where there are more of them, what has them for its number besides, however old.
    """
    exact = subject.find(scope, replace(wanted, whole=True))
    if exact.more:
        named = subject.find(scope, replace(wanted, whole=True, number=True))
        return replace(exact, hits=[*named.hits, *exact.hits])
    found = subject.find(scope, wanted)
    return replace(found, hits=[*exact.hits, *found.hits])


def further(scope: Scope, subject: Subject, wanted: Wanted) -> Found:
    """A page of one kind, the newest first."""
    try:
        return subject.find(scope, wanted)
    except NotReady:
        scope.visit.gaps += 1
        return Found([])


def _pages(scope: Scope, wanted: Wanted) -> Found:
    """The pages of the portal, by their titles in the reader's language."""
    off = house(scope.visit.ground).off
    hits = []
    for access in scope.visit.ground.access.values():
        feature = access.feature
        if feature is None or access.part in off or not access.allows(scope.permissions, scope.staff_roles):
            continue
        title = str(feature.title)
        if wanted.fits(_words(title, LOCALE.get())):
            hits.append(Hit(("", -feature.order), access.path, "", title, icon=feature.icon))
    return Found(hits if wanted.below == NOWHERE else [])


@lru_cache(2048)
def _words(title: str, _locale: str) -> set[str]:
    return words_of(title)


PAGES = Subject("page", _l("Pages of the portal"), "window", lambda scope: True, _pages)
