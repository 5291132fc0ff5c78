"""The start page: welcome, quick access and the sections that other subjects hang into it."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from gateway.access import Scope
from gateway.fragments import fragment, render_part
from gateway.frame import navigation_of, render_ready
from gateway.home import models_of, sections_for
from gateway.routes import Feature, Pages
from gateway.texts import gettext as _

pages = Pages("home", __name__)


@pages.page("/", tab="home", feature=Feature(_l("Home"), icon="house", leads=True, order=0))
def home() -> Any:
    """What this person may see at a glance, each part from the cache of fragments where nothing changed."""
    return render_ready(_body, title=_("Home"))


@fragment("home.body", models=lambda scope: models_of(scope.permissions, scope.staff_roles), personal=True)
def _body(scope: Scope, tasks: Markup) -> str:
    top, tables = sections_for(scope)
    quick = navigation_of(scope).quick
    return render_part("home/home.html", scope=scope, tasks=tasks, top=top, tables=tables, quick=quick)
