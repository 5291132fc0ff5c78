"""The application: `create_app(settings)` puts the ground under the pages and registers them."""

from __future__ import annotations

import time
from contextlib import suppress
from http import HTTPStatus
from secrets import token_hex
from typing import Any
from urllib.parse import quote

from flask import Flask, Request, Response, flash, g, redirect, request, session
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from chassis.config import Settings
from chassis.errors import NotAllowed
from chassis.rpc import Commands, RpcClient
from chassis.statedb import StateDb
from gateway import errors, formats, looks, people, portal, proof, requestlog, texts
from gateway.access import CommandBus, Scope, Visit, refuse_viewers, scope_of
from gateway.assets import Assets
from gateway.config import LANGUAGES, GatewaySettings, secret_keys
from gateway.fragments import FragmentCache
from gateway.frame import LANGUAGE_COOKIE
from gateway.looks import Looks
from gateway.pages import all_pages
from gateway.parts import EXTENSION, Parts, Rpc
from gateway.reads import NotReady, open_reads
from gateway.reports import statuses
from gateway.resume import ended_session
from gateway.routes import FORM_BYTES, access_table
from gateway.security import harden, safe_next
from gateway.serving import Gateway
from gateway.sessions import SessionStore
from gateway.single_sign_on.outcomes import Outcomes
from gateway.throttle import Throttle
from gateway.viewing import lapsed
from gateway.websession import Sessions, WebSession, cookie

_LOOKS = ("GET", "HEAD", "OPTIONS")
"""The methods by which nothing is changed."""


def create_app(
    settings: Settings,
    gateway: GatewaySettings | None = None,
    *,
    rpc: Rpc | None = None,
    commands: CommandBus | None = None,
) -> Flask:
    """The WSGI application. Opens no connection; `rpc` and `commands` are the bus unless given."""
    gateway = gateway or GatewaySettings.from_env()
    folder = settings.folder("gateway")
    keys = secret_keys(folder)
    state = StateDb(settings.state_db("gateway"))
    client = RpcClient(settings.amqp_uri)
    app = Gateway("gateway", static_folder=None)
    found = Parts(
        settings=settings,
        gateway=gateway,
        reads=open_reads(settings),
        store=SessionStore(state, gateway),
        throttle=Throttle(state, keys[0]),
        outcomes=Outcomes(state),
        looks=Looks(state, gateway.looks_days),
        rpc=rpc or client,
        commands=commands or Commands(client),
        fragments=FragmentCache(gateway.fragment_chars),
        assets=Assets(),
    )
    found.store.prepare()
    app.extensions[EXTENSION] = found
    _configure(app, found, keys)
    for pages in all_pages(gateway):
        app.register_blueprint(pages)
    found.access.update(access_table(app))
    return app


def _configure(app: Flask, found: Parts, keys: tuple[str, ...]) -> None:
    gateway = found.gateway
    app.secret_key = keys[0]
    app.config.update(
        MAX_CONTENT_LENGTH=FORM_BYTES,
        MAX_FORM_MEMORY_SIZE=FORM_BYTES,
        TRUSTED_HOSTS=list(gateway.hosts) or None,
        # Of several keys itsdangerous signs with the last.
        WTF_CSRF_SECRET_KEY=list(keys[::-1]),
        SECRET_KEY_FALLBACKS=list(keys[1:]),
        # A token lives as long as its session, which is on the server.
        WTF_CSRF_TIME_LIMIT=None,
        # Checked by `_protect`, after it is known whose form it is.
        WTF_CSRF_CHECK_DEFAULT=False,
        BABEL_DEFAULT_TIMEZONE=str(gateway.timezone),
        BABEL_DEFAULT_LOCALE=LANGUAGES["en"],
    )
    app.session_interface = Sessions(found.store, keys, gateway.https)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(asset=found.assets.url, icon=found.assets.icon, brand=portal.brand)
    # `{{ 'search'|icon }}` is written into the template when it is compiled; `icon(…)` is for names not known then.
    app.jinja_env.filters["icon"] = found.assets.icon
    formats.install(app)
    statuses.install(app)
    texts.install(app, gateway.languages)
    errors.install(app)
    forgery = CSRFProtect(app)
    app.before_request(lambda: _enter(found))
    app.before_request(lambda: _protect(forgery))
    app.before_request(proof.take)
    app.after_request(lambda response: _leave(found, response))
    app.teardown_request(lambda _error: found.reads.end())
    app.wsgi_app = harden(app.wsgi_app, gateway, found.settings.live_port)  # type: ignore[method-assign]
    if gateway.proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=gateway.proxies, x_proto=gateway.proxies, x_host=gateway.proxies
        )
    app.wsgi_app = found.assets.wrap(app.wsgi_app)  # type: ignore[method-assign, assignment]


def _enter(ground: Parts) -> Any:
    """Before every page: who asks, may they, in which language. What this returns is the answer."""
    here = g._get_current_object()  # type: ignore[attr-defined]
    asked: Request = request._get_current_object()  # type: ignore[attr-defined]
    here.started = time.perf_counter_ns()
    here.correlation_id = token_hex(8)
    _speak(ground, here, asked, "")
    access = ground.access.get(asked.endpoint or "")
    web: WebSession = session._get_current_object()  # type: ignore[attr-defined]
    if access is None:
        return _enter_nowhere(ground, web)
    if access.public:
        return None
    asked.max_content_length = access.max_body
    if web.record is None:
        return ended_session(web)
    scope = _scope(ground, here, asked, web)
    if scope is None:
        web.sign_out()
        return redirect(f"/login?next={quote(asked.path)}")
    if here.get("view_lapsed"):
        flash(_("You see your own pages again: looking as somebody else ends by itself after a time."), "warning")
        return redirect(safe_next(lapsed(web)["back"]))
    here.scope = scope
    if scope.viewer is not None and (access.secret or asked.method not in _LOOKS) and not access.of_session:
        refuse_viewers(scope)
    if not access.allows(scope.permissions, scope.staff_roles):
        raise NotAllowed("You are signed in, but this page needs a permission you do not have.")
    if access.part and access.part in portal.switched_off(ground.reads):
        raise NotAllowed(portal.SWITCHED_OFF)
    return None


def _protect(forgery: CSRFProtect) -> None:
    """Whatever is not a mere look needs the session's token, on every page there is."""
    if request.method not in _LOOKS:
        forgery.protect()


def _scope(ground: Parts, here: Any, asked: Request, web: WebSession) -> Scope | None:
    """The scope of a signed-in browser; None when its person is not (any more) one who may sign in."""
    assert web.record is not None
    visit = Visit(ground, web)
    visit.settle(("identity",))
    today = ground.gateway.today()
    eyes = people.eyes_of(ground.reads, web.record, today)
    if eyes is None:
        return None
    own = eyes.viewer or eyes.person
    _speak(ground, here, asked, own.language)
    scope = scope_of(own, visit, here.locale, here.correlation_id, today)
    if eyes.viewer is None:
        here.view_lapsed = eyes.lapsed
        return scope
    return scope_of(eyes.person, visit, here.locale, here.correlation_id, today, viewer=scope)


def _enter_nowhere(ground: Parts, web: WebSession) -> None:
    """An address without a page: its error is shown within the frame to those who are signed in."""
    if web.record is not None:
        with suppress(NotReady):
            scope = _scope(ground, g, request, web)
            if scope is not None:
                g.scope = scope


def _speak(ground: Parts, here: Any, asked: Request, own: str) -> None:
    """Set the language: the one chosen in this browser, else the person's own, else what the browser asks for."""
    offered = ground.gateway.languages
    chosen = cookie(asked, LANGUAGE_COOKIE)
    if chosen not in offered:
        chosen = own.replace("_", "-").partition("-")[0].lower()
    if chosen not in offered:
        # German of Austria is German; whoever takes anything gets English.
        real = [one for one in offered if one in LANGUAGES]
        chosen = asked.accept_languages.best_match(real, "en") if len(real) > 1 else "en"
    here.locale = offered[chosen]
    texts.LOCALE.set(here.locale)


def _note_use(ground: Parts, here: Any, status: int) -> None:
    """Keep the session alive where a person asked whom its company's policy let in.

    Not where the page asked by itself, as portico.js does of what has changed and browsers of what is being prepared:
    nobody need be there. It comes back by itself, too, to hear that it is not to be seen any more.
    """
    web: WebSession = session._get_current_object()  # type: ignore[attr-defined]
    by_itself = request.headers.get("X-Portico") == "live" or here.get("asks_again") or status == HTTPStatus.FORBIDDEN
    if web.record is not None and "scope" in here and not by_itself:
        ground.store.used(web.record)


def _leave(ground: Parts, response: Response) -> Response:
    here = g._get_current_object()  # type: ignore[attr-defined]
    looked = here.get("scope"), request.view_args or {}, response.status_code
    looks.note(ground.looks, ground.access.get(request.endpoint or ""), *looked)
    _note_use(ground, here, response.status_code)
    response.headers["X-Correlation-Id"] = here.get("correlation_id", "")
    response.headers.setdefault("Content-Language", texts.tag())
    requestlog.write(here, request._get_current_object(), response.status_code, ground.plain_log)  # type: ignore[attr-defined]
    return response
