"""The start page: welcome, quick access and the sections that other subjects hang into it."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from gateway.access import Scope
from gateway.fragments import fragment, render_part
from gateway.frame import Look, around, navigation_of, render_ready, tasks_of
from gateway.home import models_of, sections_for
from gateway.people import COMPANIES_MODEL
from gateway.portal import house
from gateway.routes import Feature, Pages
from gateway.texts import gettext as _

pages = Pages("home", __name__)


@pages.page("/", tab="home", feature=Feature(_l("Home"), icon="house", leads=True, order=0))
def home() -> Any:
    """What this person may see at a glance, each part from the cache of fragments where nothing changed."""
    return render_ready(_page, title=_("Home"))


def _models(scope: Scope) -> tuple[str, ...]:
    return COMPANIES_MODEL, *models_of(scope.permissions, scope.staff_roles)


@fragment("home.page", models=_models, personal=True)
def _page(scope: Scope, look: Look) -> str:
    top, tables = sections_for(scope)
    quick, tasks = navigation_of(scope).quick, tasks_of(scope, look)
    welcome = house(scope.visit.ground).welcome_in(scope.language)
    body = render_part("home/home.html", scope=scope, tasks=tasks, top=top, tables=tables, quick=quick, welcome=welcome)
    return around(scope, look, body, _models(scope))
