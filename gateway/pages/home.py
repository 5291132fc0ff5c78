"""The start page: welcome, quick access and the sections that other subjects hang into it."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from gateway.access import current_scope
from gateway.frame import navigation_of, render
from gateway.home import sections_for
from gateway.routes import Feature, Pages

pages = Pages("home", __name__)


@pages.page("/", tab="home", feature=Feature(_l("Home"), icon="house", leads=True, order=0))
def home() -> Any:
    """What this person may see at a glance, each part from the cache of fragments where nothing changed."""
    scope = current_scope()
    top, tables = sections_for(scope)
    quick = navigation_of(scope).quick
    return render("home/home.html", title=str(_l("Home")), top=top, tables=tables, quick=quick)
