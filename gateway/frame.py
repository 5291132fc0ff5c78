"""The frame around every page, and `render`, by which pages answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from secrets import token_hex
from typing import Any

import orjson
from flask import Request, current_app, g, get_flashed_messages, render_template, request, session
from flask_wtf.csrf import generate_csrf
from itsdangerous import URLSafeTimedSerializer
from markupsafe import Markup, escape
from werkzeug import Response
from werkzeug.exceptions import HTTPException

from gateway import people
from gateway.access import Scope
from gateway.favourites import Favourites, favourites_of, with_favourites
from gateway.formats import as_clock
from gateway.fragments import fragment, render_part
from gateway.models import checked
from gateway.navigation import Navigation, navigation
from gateway.ownmenu import with_own
from gateway.parts import parts
from gateway.portal import FEATURES_MODEL, PORTAL_MODEL, house
from gateway.reads import NotReady
from gateway.routes import Access
from gateway.security import live_url
from gateway.websession import WebSession, cookie

THEMES = ("auto", "light", "dark")
THEME_COOKIE, MENU_COOKIE, LANGUAGE_COOKIE = "portico_theme", "portico_menu", "portico_lang"
# What stands in the cached frame where a page puts its own; nobody can write it into a document.
_SALT = token_hex(8)
_CSRF, _TITLE, _RECENT_HERE, _HEAD_END, _VERSIONS, _NOTES = (
    f"~{_SALT}{name}~" for name in ("csrf", "title", "recent", "head", "versions", "notes")
)
_RIGHTS = frozenset(checked((people.PEOPLE_MODEL, people.ROLES_MODEL, people.MEMBERSHIPS_MODEL, FEATURES_MODEL)))
_ALWAYS = frozenset(checked((PORTAL_MODEL,)))
_LOOK_AGAIN = '<noscript><meta http-equiv="refresh" content="2"></noscript>'
_LOOK_LATER = '<meta http-equiv="refresh" content="5">'
_RECENT = 6


@lru_cache(maxsize=512)
def _navigation(
    table_id: int, permissions: frozenset[str], roles: frozenset[str], off: frozenset[str], _language: str
) -> Navigation:
    return navigation(parts().access, permissions, roles, off)


def navigation_of(scope: Scope) -> Navigation:
    """Tabs, reports, tasks and quick access of this person."""
    ground = scope.visit.ground
    off = house(ground).off
    return with_own(_navigation(id(ground.access), scope.permissions, scope.staff_roles, off, scope.language), scope)


@fragment("frame.above", models=(people.COMPANIES_MODEL,))
def _above(
    scope: Scope,
    name: str,
    company: str,
    companies: tuple[tuple[str, str], ...],
    branch: str | None,
    tab: str,
    path: str,
    theme: str,
    menu: str,
    favourites: Favourites,
) -> str:
    """From the doctype to the content, with marks where something differs from page to page."""
    nav, gateway = with_favourites(navigation_of(scope), favourites), house(parts())
    common = {"nav": nav, "tab": tab, "path": path, "csrf": _CSRF, "gateway": gateway, "theme": theme}
    top = render_part(
        "_frame/top.html",
        name=name,
        company=company,
        companies=companies,
        standing=scope.company,
        branch=branch,
        branches=_branches(scope),
        searchable="search.results" in parts().access and "search" not in gateway.off,
        is_staff=scope.is_staff,
        **common,
    )
    return render_part(
        "_frame/above.html",
        title=_TITLE,
        head_end=Markup(_HEAD_END),
        body_class=f"framed menu-{menu}",
        top=Markup(top),
        side=Markup(render_part("_frame/side.html", **common)),
        mark={"recent": Markup(_RECENT_HERE)},
        **common,
    )


def _above_of(scope: Scope, look: Look) -> Markup:
    whose = look.name, look.company, look.companies, look.branch
    return _above(scope, *whose, look.tab, look.path, look.theme, look.menu, look.favourites)


def _branches(scope: Scope) -> dict[str, str]:
    """The branches to choose from: key and name."""
    if scope.is_staff:
        return {}
    try:
        return people.branch_names(scope.visit.reads, scope.company, scope.own_branches)
    except NotReady:
        return {}


@fragment("frame.tasks", models=())
def _tasks(scope: Scope, tab: str, path: str) -> str:
    nav = navigation_of(scope)
    return render_part("_frame/tasks.html", nav=nav, tab=tab, path=path, gateway=house(parts()))


@fragment("frame.recent", models=())
def _recent(scope: Scope, recent: tuple[tuple[str, str, str], ...]) -> str:
    off, tag = house(parts()).off, scope.language
    named = [(title if seen_in == tag else _feature_at(path), path) for title, path, seen_in in recent]
    shown = [one for one in named if one[0] and _opens(one[1], scope, off)]
    return render_part("_frame/recent.html", recent=shown) if shown else ""


def _feature_at(path: str) -> str:
    """What a feature's page is called in the reader's language; empty where a page is no feature, as a document's."""
    with suppress(HTTPException):
        endpoint, values = current_app.url_map.bind("portal").match(path)
        feature = parts().access[str(endpoint)].feature
        return str(feature.title) if feature and not values else ""
    return ""


def _opens(path: str, scope: Scope, off: frozenset[str]) -> bool:
    """Whether a page looked at before is still there for this person."""
    try:
        endpoint, _values = current_app.url_map.bind("portal").match(path)
    except HTTPException:
        return False
    access = parts().access[str(endpoint)]
    return access.part not in off and access.allows(scope.permissions, scope.staff_roles)


@fragment("frame.foot", models=())
def _foot(scope: Scope, live: str) -> str:
    return render_part("_frame/foot.html", live=live, versions=_VERSIONS, gateway=house(parts()))


@dataclass(frozen=True, slots=True)
class Look:
    """What a frame's look depends on besides the scope's audience; `live` is where the page listens for changes."""

    title: str
    name: str
    company: str
    companies: tuple[tuple[str, str], ...]
    branch: str | None
    tab: str
    path: str
    theme: str
    menu: str
    live: str
    favourites: Favourites


class Frame:
    """The frame of one page. `below` and `pending` are asked when the content has been read."""

    def __init__(
        self,
        scope: Scope,
        access: Access | None,
        title: str,
        crumb: bool,
        looks_again: bool = False,
        refreshes: bool = False,
    ) -> None:
        asked = _asked()
        ground = scope.visit.ground
        self._scope = scope
        self._looks_again = looks_again
        self._refreshes = refreshes
        self._recent = _visited(scope, title if crumb else "", asked.path)
        favourites = favourites_of(scope)
        self.look = Look(
            title,
            scope.name,
            scope.company_name,
            scope.companies,
            scope.branch,
            access.tab if access else "",
            _here(access.path, asked, favourites) if access and access.feature else "",
            _theme(asked),
            "closed" if cookie(asked, MENU_COOKIE) == "closed" else "open",
            live_url(ground.gateway.live_url, asked.scheme, asked.host, ground.settings.live_port),
            favourites,
        )

    @property
    def pending(self) -> bool:
        """Whether something this session sent is not shown yet."""
        return self._scope.visit.pending

    @property
    def preparing(self) -> bool:
        """Whether something that belongs on this page is not shown, for its read model is being built."""
        return self._looks_again or self._scope.visit.gaps > 0

    @property
    def above(self) -> Markup:
        """All before the content."""
        look = self.look
        cached = _above_of(self._scope, look)
        return Markup(self._own(str(cached).replace(_TITLE, str(escape(look.title)))))

    def _own(self, text: str) -> str:
        """The text with what is this session's in it."""
        recent = _recent(self._scope, self._recent) if self._recent else ""
        if self._scope.viewer is not None:
            recent = _viewing(self._scope)
        text = text.replace(_CSRF, str(escape(_csrf_token(self._scope.visit.web)))).replace(_RECENT_HERE, recent)
        again = _LOOK_AGAIN if self.pending or self._refreshes else _LOOK_LATER if self.preparing else ""
        # What is pending is so for two minutes at most, and not asked for by itself where there are scripts.
        g.asks_again = self._refreshes or self.preparing
        return text.replace(_HEAD_END, again)

    def notes(self, flashes: Sequence[tuple[str, str]]) -> Markup:
        """What is said above the content of this page alone."""
        if not flashes and not self.pending and not self.preparing:
            return Markup()
        preparing = self.preparing and not self._looks_again
        return Markup(render_part("_frame/notes.html", flashes=flashes, pending=self.pending, preparing=preparing))

    def about(self, page: Markup, flashes: Sequence[tuple[str, str]]) -> str:
        """A page made by `around`, with what is this session's in it."""
        return self._own(str(page)).replace(_NOTES, self.notes(flashes))

    @property
    def tasks(self) -> Markup:
        """The tasks of this page's tab."""
        return tasks_of(self._scope, self.look)

    @property
    def below(self) -> Markup:
        """All after the content: among it what the page has to know to hear of changes."""
        watched = self._scope.visit.watched | _ALWAYS
        if not self._scope.is_staff:  # what a contact may do decides what there is to see on any page
            watched = watched | _RIGHTS
        return _below(self._scope, self.look, watched)


def tasks_of(scope: Scope, look: Look) -> Markup:
    """The tasks of a page's tab."""
    return _tasks(scope, look.tab, look.path)


def around(scope: Scope, look: Look, body: str, watched: Iterable[str]) -> str:
    """A whole page about a body, to be kept as a fragment; `watched` are the models that it shows."""
    above = _above_of(scope, look).replace(_TITLE, escape(look.title))
    return f"{above}{_NOTES}{body}</main>\n</div>\n{_below(scope, look, watched)}</body>\n</html>\n"


def _below(scope: Scope, look: Look, watched: Iterable[str]) -> Markup:
    if not watched:
        return _foot(scope, "")
    return _foot(scope, look.live).replace(_VERSIONS, escape(_versions(scope, watched)))


def _versions(scope: Scope, watched: Iterable[str]) -> str:
    """JSON: model, or service where any of its models matters → the version this page shows."""
    try:
        known = scope.versions()
    except NotReady:
        known = {}
    shown = dict.fromkeys(watched, 0)
    for name, at in known.items():
        for key in (name, name.partition(".")[0]):
            if key in shown:
                shown[key] = max(shown[key], at)
    return orjson.dumps(shown).decode()


def _viewing(scope: Scope) -> str:
    """The banner for staff who look with this person's eyes: whose, until when, and the way out."""
    until = datetime.fromtimestamp(scope.visit.web[people.VIEWING]["until"], UTC)
    return render_part(
        "_frame/viewing.html",
        name=scope.name,
        company=scope.company_name,
        until=as_clock(until),
        csrf=_csrf_token(scope.visit.web),
    )


def _here(path: str, asked: Request, favourites: Favourites) -> str:
    """Which entry of the menu is the page at hand: the report, or the pinned layout that it is looked at by."""
    address = f"{path}?layout={asked.args.get('layout', '')}"
    return address if any(page == address for page, _name in favourites) else path


def _asked() -> Request:
    return request._get_current_object()  # type: ignore[attr-defined, no-any-return]


def _theme(asked: Request) -> str:
    """The reader's choice of light, dark or as the system has it."""
    chosen = cookie(asked, THEME_COOKIE)
    return chosen if chosen in THEMES else "auto"


def _csrf_token(web: WebSession) -> str:
    """The session's token, signed once: its signature lives as long as the session, see WTF_CSRF_TIME_LIMIT."""
    raw = web.get("csrf_token")
    if raw is None or "csrf_token" in g:
        return generate_csrf()
    g.csrf_token = _signed(str(current_app.secret_key), raw)
    return g.csrf_token


@lru_cache(maxsize=4096)
def _signed(secret: str, raw: str) -> str:
    return str(URLSafeTimedSerializer(secret, salt="wtf-csrf-token").dumps(raw))


def _visited(scope: Scope, title: str, path: str) -> tuple[tuple[str, str, str], ...]:
    """The features looked at before this one, the latest first: title, path and the title's language; this one is put
    in front for the next page.
    """
    if scope.viewer is not None:
        return ()
    web = scope.visit.web
    recent = [(str(name), str(at), "".join(seen_in)) for name, at, *seen_in in web.get("recent", [])]
    here = (title, path, scope.language)
    others = [entry for entry in recent if entry[1] != here[1]]
    if title and recent[:1] != [here]:
        web["recent"] = [list(entry) for entry in [here, *others][:_RECENT]]
    return tuple(others[: _RECENT - 1])


def forget_visited(scope: Scope, subject: str) -> None:
    """Keep no title of this session's pages on a subject, by its id: what it was called is over."""
    web = scope.visit.web
    web["recent"] = [entry for entry in web.get("recent", []) if subject not in str(entry[1]).split("/")]


def keep_choices(form: Mapping[str, str], response: Response) -> None:
    """Keep theme, menu and language in this browser; anything but the known values is ignored."""
    allowed = {THEME_COOKIE: THEMES, MENU_COOKIE: ("open", "closed"), LANGUAGE_COOKIE: tuple(parts().gateway.languages)}
    for name, values in allowed.items():
        chosen = form.get(name, "")
        if chosen in values:
            secure = parts().gateway.https
            response.set_cookie(name, chosen, max_age=365 * 86400, path="/", samesite="Lax", secure=secure)


def render(
    template: str,
    *,
    title: str,
    crumb: bool = True,
    status: int = 200,
    looks_again: bool = False,
    refreshes: bool = False,
    **values: Any,
) -> tuple[str, int]:
    """The page: its template within the frame. `title` is its h1 and its name among the recently viewed features.

    `crumb` False keeps it out of those (forms after a refusal, questions). On public pages there is no frame.
    `looks_again`: it is asked for again by itself after some seconds; `refreshes`: where there is no script to do it.
    """
    scope: Scope | None = g.get("scope")
    ground = parts() if scope is None else scope.visit.ground
    values |= {"title": title, "scope": scope, "gateway": house(ground), "flashes": _flashes()}
    if scope is None:
        head_end = Markup(_LOOK_LATER) if looks_again else ""
        return render_template(
            template, frame=None, theme=_theme(_asked()), head_end=head_end, live="", **values
        ), status
    access = ground.access.get(request.endpoint or "")
    frame = Frame(scope, access, title, crumb and status == 200 and request.method == "GET", looks_again, refreshes)
    return render_template(template, frame=frame, **values), status


def render_ready(page: Callable[[Scope, Look], Markup], *, title: str) -> str:
    """A page that is one fragment, made by `around`: for what is asked for most."""
    scope: Scope = g.scope
    frame = Frame(scope, scope.visit.ground.access.get(_asked().endpoint or ""), title, True)
    return frame.about(page(scope, frame.look), _flashes())


def _flashes() -> Sequence[tuple[str, str]]:
    return get_flashed_messages(with_categories=True) if "_flashes" in session else ()  # type: ignore[return-value]
