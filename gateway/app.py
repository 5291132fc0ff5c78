"""The application: `create_app(settings)` puts the ground under the pages and registers them."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import datetime
from secrets import token_hex
from typing import Any
from urllib.parse import quote

from flask import Flask, Response, g, redirect, request, session
from flask_babel import Babel
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from chassis.config import Settings
from chassis.errors import NotAllowed
from chassis.rpc import Commands, RpcClient
from chassis.statedb import StateDb
from gateway import errors, formats, people, requestlog
from gateway.access import CommandBus, Scope, Visit, scope_of
from gateway.assets import Assets
from gateway.config import LANGUAGES, GatewaySettings, secret_key
from gateway.fragments import FragmentCache
from gateway.frame import LANGUAGE_COOKIE
from gateway.pages import all_pages
from gateway.parts import EXTENSION, Parts, Rpc, parts
from gateway.reads import NotReady, Reads
from gateway.resume import ended_session
from gateway.routes import FORM_BYTES, access_table
from gateway.security import add_headers
from gateway.sessions import SessionStore
from gateway.throttle import Throttle
from gateway.websession import Sessions, WebSession


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
    secret = secret_key(folder)
    state = StateDb(settings.state_db("gateway"))
    client = RpcClient(settings.amqp_uri)
    app = Flask("gateway", static_folder=None)
    found = Parts(
        settings=settings,
        gateway=gateway,
        reads=Reads(settings),
        store=SessionStore(state, gateway),
        throttle=Throttle(state, secret),
        rpc=rpc or client,
        commands=commands or Commands(client),
        fragments=FragmentCache(),
        assets=Assets(),
    )
    found.store.prepare()
    app.extensions[EXTENSION] = found
    _configure(app, found, secret)
    for pages in all_pages(gateway):
        app.register_blueprint(pages)
    found.access.update(access_table(app))
    return app


def _configure(app: Flask, found: Parts, secret: str) -> None:
    gateway = found.gateway
    app.secret_key = secret
    app.config.update(
        MAX_CONTENT_LENGTH=FORM_BYTES,
        MAX_FORM_MEMORY_SIZE=FORM_BYTES,
        TRUSTED_HOSTS=list(gateway.hosts) or None,
        # A token lives as long as its session, which is on the server.
        WTF_CSRF_TIME_LIMIT=None,
        BABEL_DEFAULT_TIMEZONE=str(gateway.timezone),
        BABEL_DEFAULT_LOCALE=LANGUAGES["en"],
    )
    app.session_interface = Sessions(found.store, secret, gateway.https)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(asset=found.assets.url, icon=found.assets.icon)
    formats.install(app)
    Babel(app, locale_selector=lambda: g.get("locale"))
    errors.install(app)
    app.before_request(_enter)
    CSRFProtect(app)
    app.after_request(_leave)
    app.teardown_request(_finish)
    if gateway.proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=gateway.proxies, x_proto=gateway.proxies, x_host=gateway.proxies
        )
    app.wsgi_app = found.assets.wrap(app.wsgi_app)  # type: ignore[method-assign, assignment]


def _enter() -> Any:
    """Before every page: who asks, may they, in which language. What this returns is the answer."""
    g.started = time.perf_counter_ns()
    g.correlation_id = token_hex(8)
    g.locale = _locale("")
    access = parts().access.get(request.endpoint or "")
    web: WebSession = session._get_current_object()  # type: ignore[attr-defined]
    if access is None:
        return _enter_nowhere(web)
    if access.public:
        return None
    request.max_content_length = access.max_body
    if web.record is None:
        return ended_session(web)
    scope = _scope(web)
    if scope is None:
        web.sign_out()
        return redirect(f"/login?next={quote(request.path)}")
    g.scope = scope
    if not access.allows(scope.permissions, scope.staff_roles):
        raise NotAllowed("You are signed in, but this page needs a permission you do not have.")
    return None


def _scope(web: WebSession) -> Scope | None:
    """The scope of a signed-in browser; None when its person is not (any more) one who may sign in."""
    ground = parts()
    assert web.record is not None
    visit = Visit(ground.reads, ground.commands, web)
    visit.settle(("identity",))
    person = people.load_person(ground.reads, web.record.contact_id)
    if person is None or not person.active:
        return None
    g.locale = _locale(person.language)
    today = datetime.now(ground.gateway.timezone).date()
    return scope_of(person, visit, g.locale, g.correlation_id, today)


def _enter_nowhere(web: WebSession) -> None:
    """An address without a page: its error is shown within the frame to those who are signed in."""
    if web.record is not None:
        with suppress(NotReady):
            scope = _scope(web)
            if scope is not None:
                g.scope = scope


def _locale(own: str) -> str:
    """The locale of a person's language, else of the language they chose or their browser asks for."""
    if own in LANGUAGES:
        return LANGUAGES[own]
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    if chosen not in LANGUAGES:
        chosen = (request.accept_languages.best_match(list(LANGUAGES)) if len(LANGUAGES) > 1 else "") or "en"
    return LANGUAGES[chosen]


def _leave(response: Response) -> Response:
    ground = parts()
    response.headers["X-Correlation-Id"] = g.get("correlation_id", "")
    add_headers(request, response, ground.gateway, ground.settings.live_port)
    requestlog.write(request, response.status_code)
    return response


def _finish(_error: BaseException | None) -> None:
    parts().reads.end()
