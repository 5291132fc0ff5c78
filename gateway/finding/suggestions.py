"""What is suggested while somebody types: a part of a page, and how often it may be asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlencode

from flask import Response
from flask_babel import gettext as _

from chassis.finding import asked_words
from gateway.access import Scope
from gateway.finding.customers import find_items
from gateway.finding.everything import look
from gateway.finding.hits import Hit, marked, ranked
from gateway.finding.pace import SECONDS, Pace
from gateway.finding.staff import companies, note_looks
from gateway.finding.subjects import Found, Subject, Wanted
from gateway.fragments import render_part
from gateway.reads import NotReady

PACE = Pace()
_MOST, _OF_A_KIND, _LOOKED_AT = 8, 3, 20


def suggested(scope: Scope, text: str) -> str:
    """A list of what begins so, each of which leads to its page."""
    text = text.strip()[:100]
    asked = asked_words(text)
    groups = look(scope, asked, _OF_A_KIND, _LOOKED_AT) if asked else []
    kinds = {hit.path: group.subject for group in groups for hit in group.hits}
    hits = ranked((hit for group in groups for hit in group.hits), asked)[:_MOST]
    for hit in hits:
        note_looks(scope, kinds[hit.path], [hit])
    return _list(hits, asked, kinds, text)


def suggested_items(scope: Scope, text: str) -> str:
    """A list of items, which put their number into the field that is typed into."""
    return _values(find_items, scope, text)


def suggested_companies(scope: Scope, text: str) -> str:
    """A list of companies, as that of items; for staff."""
    return _values(companies, scope, text)


def _values(find: Callable[[Scope, Wanted], Found], scope: Scope, text: str) -> str:
    asked = asked_words(text.strip()[:100])
    try:
        hits = find(scope, Wanted(asked, _LOOKED_AT, loose=True)).hits if asked else []
    except NotReady:
        hits = []
    return _list(ranked(hits, asked)[:_MOST], asked)


def _list(hits: Sequence[Hit], asked: Sequence[str], kinds: Mapping[str, Subject] | None = None, text: str = "") -> str:
    return render_part(
        "search/suggestions.html",
        hits=hits,
        kinds=kinds,
        text=text,
        all_of="/search?" + urlencode({"q": text}) if kinds else "",
        marked=lambda words: marked(words, asked),
    )


def too_often() -> Response:
    """For who asks more often than anybody types."""
    answer = Response(_("Please type a little more slowly."), 429, mimetype="text/plain")
    answer.headers["Retry-After"] = str(SECONDS)
    return answer
