"""The frame around every page, and `render`, by which pages answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson
from flask import g, render_template, request
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup, escape
from werkzeug import Response

from gateway import people
from gateway.access import Scope
from gateway.config import LANGUAGES
from gateway.fragments import fragment
from gateway.navigation import Navigation, navigation
from gateway.parts import parts
from gateway.reads import NotReady
from gateway.routes import Access
from gateway.security import live_url

THEMES = ("auto", "light", "dark")
THEME_COOKIE, MENU_COOKIE, LANGUAGE_COOKIE = "portico_theme", "portico_menu", "portico_lang"
_CSRF = "~csrf~"
_RECENT = 6


@lru_cache(maxsize=512)
def _navigation(table_id: int, permissions: frozenset[str], roles: frozenset[str]) -> Navigation:
    return navigation(parts().access, permissions, roles)


def navigation_of(scope: Scope) -> Navigation:
    """Tabs, reports, tasks and quick access of this person."""
    return _navigation(id(parts().access), scope.permissions, scope.staff_roles)


@fragment("frame.top", models=(people.COMPANIES_MODEL,))
def _top(scope: Scope, name: str, company: str, branch: str | None, tab: str, theme: str) -> str:
    try:
        branches = {} if scope.is_staff else people.branch_names(scope.visit.reads, scope.company, scope.branches)
        if branch is not None:
            allowed = None if scope.branches == (branch,) else scope.branches
            branches = people.branch_names(scope.visit.reads, scope.company, allowed)
    except NotReady:
        branches = {}
    return render_template(
        "_frame/top.html",
        nav=navigation_of(scope),
        name=name,
        company=company,
        branch=branch,
        branches=branches,
        tab=tab,
        theme=theme,
        searchable="search.results" in parts().access,
        gateway=parts().gateway,
        csrf=_CSRF,
        is_staff=scope.is_staff,
    )


@fragment("frame.side", models=())
def _side(scope: Scope, tab: str, path: str) -> str:
    nav = navigation_of(scope)
    return render_template("_frame/side.html", nav=nav, tab=tab, path=path, csrf=_CSRF)


@fragment("frame.tasks", models=())
def _tasks(scope: Scope, tab: str, path: str) -> str:
    nav = navigation_of(scope)
    return render_template("_frame/tasks.html", nav=nav, tab=tab, path=path, gateway=parts().gateway)


@dataclass(frozen=True, slots=True)
class Frame:
    """The frame of one answer, ready to be put around its content."""

    top: Markup
    side: Markup
    tasks: Markup
    recent: tuple[tuple[str, str], ...]
    menu: str


def theme() -> str:
    """The reader's choice of light, dark or as the system has it."""
    chosen = request.cookies.get(THEME_COOKIE, "auto")
    return chosen if chosen in THEMES else "auto"


def _frame(scope: Scope, access: Access | None, title: str, crumb: bool) -> Frame:
    tab = access.tab if access else ""
    path = access.path if access and access.feature else ""
    token = escape(generate_csrf())
    top = _top(scope, scope.name, scope.company_name, scope.branch, tab, theme())
    return Frame(
        top=Markup(top.replace(_CSRF, token)),
        side=Markup(_side(scope, tab, path).replace(_CSRF, token)),
        tasks=_tasks(scope, tab, path),
        recent=_visited(scope, title if crumb else ""),
        menu="closed" if request.cookies.get(MENU_COOKIE) == "closed" else "open",
    )


def _visited(scope: Scope, title: str) -> tuple[tuple[str, str], ...]:
    """The features looked at before this one, the latest first; this one is put in front for the next page."""
    web = scope.visit.web
    recent = [(str(name), str(path)) for name, path in web.get("recent", [])]
    here = (title, request.path)
    others = [entry for entry in recent if entry[1] != here[1]]
    if title and recent[:1] != [here]:
        web["recent"] = [list(entry) for entry in [here, *others][:_RECENT]]
    return tuple(others[: _RECENT - 1])


def keep_choices(form: Mapping[str, str], response: Response) -> None:
    """Keep theme, menu and language in this browser; anything but the known values is ignored."""
    allowed = {THEME_COOKIE: THEMES, MENU_COOKIE: ("open", "closed"), LANGUAGE_COOKIE: tuple(LANGUAGES)}
    for cookie, values in allowed.items():
        chosen = form.get(cookie, "")
        if chosen in values:
            secure = parts().gateway.https
            response.set_cookie(cookie, chosen, max_age=365 * 86400, path="/", samesite="Lax", secure=secure)


class LiveMarks:
    """What an open page needs to hear of changes; read at the end of the page, when all it shows has been read."""

    def __init__(self, scope: Scope | None) -> None:
        self._scope = scope

    @property
    def url(self) -> str:
        """Where to listen; empty when nothing on the page comes from a read model."""
        if self._scope is None or not self._scope.visit.watched:
            return ""
        settings = parts().settings
        return live_url(parts().gateway.live_url, request.scheme, request.host, settings.live_port)

    @property
    def pending(self) -> bool:
        """Whether something this session sent is not shown yet."""
        return self._scope is not None and self._scope.visit.pending

    @property
    def versions(self) -> str:
        """JSON: model, or service where any of its models matters → the version this page shows."""
        assert self._scope is not None
        watched = self._scope.visit.watched
        try:
            known = self._scope.versions()
        except NotReady:
            known = {}
        shown = dict.fromkeys(watched, 0)
        for name, at in known.items():
            for key in (name, name.partition(".")[0]):
                if key in shown:
                    shown[key] = max(shown[key], at)
        return orjson.dumps(shown).decode()


def render(template: str, *, title: str, crumb: bool = True, status: int = 200, **values: Any) -> tuple[str, int]:
    """The page: its template within the frame. `title` is its h1 and its name among the recently viewed features.

    `crumb` False keeps it out of those (forms after a refusal, questions). On public pages there is no frame.
    """
    scope: Scope | None = g.get("scope")
    access = parts().access.get(request.endpoint or "")
    frame = _frame(scope, access, title, crumb and status == 200 and request.method == "GET") if scope else None
    html = render_template(
        template,
        title=title,
        frame=frame,
        scope=scope,
        gateway=parts().gateway,
        theme=theme(),
        live=LiveMarks(scope),
        **values,
    )
    return html, status
