"""Search over everything that is somebody's to see (R6), and what is suggested while they type."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from chassis.finding import asked_words
from gateway.access import Scope, current_scope
from gateway.companyfield import SUGGESTED_AT
from gateway.finding.everything import PAGE, Group, further, look, subjects
from gateway.finding.hits import Hit, marked, snippet
from gateway.finding.staff import note_looks
from gateway.finding.subjects import NOWHERE, Place, Wanted
from gateway.finding.suggestions import PACE, suggested, suggested_companies, too_often
from gateway.frame import render
from gateway.reads import NotReady
from gateway.routes import Feature, Pages

pages = Pages("search", __name__)
_EACH = 5
_PLACE = re.compile(r"(\d[\d:.+T-]{,39})?~(\d{1,18})", re.ASCII)


@pages.page(
    "/search",
    part="search",
    tab="documents",
    feature=Feature(_l("Search"), "search", leads=True, quick=True, order=60),
)
def results() -> Any:
    """What the words are found in, kind by kind; or the hits of one kind, page by page."""
    scope = current_scope()
    text = request.args.get("q", "").strip()[:100]
    asked = asked_words(text)
    chosen = next((one for one in subjects(scope) if one.key == request.args.get("kind")), None)
    groups = look(scope, asked, _EACH) if asked else []
    groups.sort(key=lambda group: group.hits[0].rank(asked))
    shown, older = groups, ""
    if chosen is not None and asked:
        below = _place(request.args.get("below", ""))
        loose = any(group.loose for group in groups)
        found = further(scope, chosen, Wanted(asked, PAGE, below, loose=loose))
        hits = found.hits if below != NOWHERE else _numbers_first(groups, chosen.key, found.hits, asked)
        shown = [Group(chosen, hits, len(hits), found.more)] if hits else []
        if found.more:
            older = "?" + urlencode({"q": text, "kind": chosen.key, "below": "{}~{}".format(*found.hits[-1].place)})
    for group in shown:
        _explain(scope, group)
        note_looks(scope, group.subject, group.hits)
    return render(
        "search/results.html",
        title=_("Search"),
        text=text,
        asked=asked,
        groups=groups,
        shown=shown,
        chosen=chosen,
        older=older,
        count=sum(group.count for group in groups),
        many=any(group.more for group in groups),
        marked=lambda words: marked(words, asked),
        snippet=lambda texts: snippet(texts, asked),
    )


@pages.page("/search/suggest", part="search")
def suggest() -> Any:
    """A list to choose from while somebody types: a part of a page."""
    scope = current_scope()
    if not PACE.allows(scope.session_id):
        return too_often()
    return suggested(scope, request.args.get("q", ""))


@pages.staff_page(SUGGESTED_AT, role="portal_admin")
def suggest_companies() -> Any:
    """As `suggest`, of companies alone, for a field that takes the number of one."""
    scope = current_scope()
    if not PACE.allows(scope.session_id):
        return too_often()
    return suggested_companies(scope, request.args.get("q", ""))


def _numbers_first(groups: list[Group], kind: str, hits: list[Hit], asked: tuple[str, ...]) -> list[Hit]:
    """The hits of a first page behind those that are the number itself, wherever in the list these stand."""
    exact = [hit for group in groups if group.subject.key == kind for hit in group.hits if hit.rank(asked) == 0]
    paths = {hit.path for hit in exact}
    return [*exact, *(hit for hit in hits if hit.path not in paths)]


def _explain(scope: Scope, group: Group) -> None:
    try:
        group.subject.explain(scope, group.hits)
    except NotReady:
        scope.visit.gaps += 1


def _place(text: str) -> Place:
    """The place in the address; anything else is the beginning."""
    found = _PLACE.fullmatch(text)
    return (found[1] or "", int(found[2])) if found else NOWHERE
