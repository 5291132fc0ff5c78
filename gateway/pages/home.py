"""The start page: welcome, quick access and the sections that other subjects hang into it."""

from __future__ import annotations

from typing import Any

from flask import render_template
from flask_babel import lazy_gettext as _l

from gateway.access import Scope, current_scope
from gateway.fragments import fragment
from gateway.frame import navigation_of, render
from gateway.home import sections_for
from gateway.routes import Feature, Pages
from gateway.texts import gettext as _

pages = Pages("home", __name__)


@pages.page("/", tab="home", feature=Feature(_l("Home"), icon="house", leads=True, order=0))
def home() -> Any:
    """What this person may see at a glance, each part from the cache of fragments where nothing changed."""
    scope = current_scope()
    top, tables = sections_for(scope)
    return render("home/home.html", title=_("Home"), top=top, tables=tables, quick=_quick(scope))


@fragment("home.quick", models=())
def _quick(scope: Scope) -> str:
    return render_template("home/quick.html", quick=navigation_of(scope).quick)
