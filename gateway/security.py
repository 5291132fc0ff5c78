"""Response headers, safe redirects and the names of devices."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from flask import Request
from werkzeug.sansio.utils import host_is_trusted

from gateway.config import GatewaySettings

_Wsgi = Callable[..., Any]
_UNSAFE = re.compile(r"[\x00-\x20\\]")


@lru_cache(maxsize=256)
def live_url(configured: str, scheme: str, host: str, port: int) -> str:
    """Where open pages listen for changes: as configured, else the live server on the host the page came from."""
    if configured:
        return configured
    try:
        name = urlsplit(f"//{host}").hostname or "localhost"
    except ValueError:
        # What came as a host name is none, like `[`; the request is refused further on.
        name = "localhost"
    return f"{scheme}://{f'[{name}]' if ':' in name else name}:{port}/events"


@lru_cache(maxsize=256)
def policy(live: str) -> str:
    """The content security policy: our own files only, no inline script or style, one other origin to listen to."""
    parts = urlsplit(live)
    listen = f" {parts.scheme}://{parts.netloc}" if parts.netloc else ""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
        f" connect-src 'self'{listen}; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )


@lru_cache(maxsize=256)
def _headers(live: str, https: bool) -> tuple[tuple[str, str], ...]:
    fixed = (
        ("Content-Security-Policy", policy(live)),
        ("X-Frame-Options", "DENY"),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Permissions-Policy", "camera=(), microphone=(), geolocation=()"),
    )
    return (*fixed, ("Strict-Transport-Security", "max-age=31536000")) if https else fixed


@lru_cache(maxsize=256)
def _own(host: str, hosts: tuple[str, ...]) -> str:
    """The host a request says it is for; empty when it is none that we answer to."""
    return host if not hosts or host_is_trusted(host, hosts) else ""


def harden(application: _Wsgi, gateway: GatewaySettings, live_port: int) -> _Wsgi:
    """The application with what every answer carries, put there last so that none is without.

    Answers are not stored by browsers or proxies unless they say otherwise themselves.
    """

    def answer(environ: dict[str, Any], start_response: _Wsgi) -> Iterable[bytes]:
        host = _own(environ.get("HTTP_HOST", ""), gateway.hosts)
        fixed = _headers(live_url(gateway.live_url, environ["wsgi.url_scheme"], host, live_port), gateway.https)

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            stored = any(name == "Cache-Control" for name, _ in headers)
            # A page may have a policy of its own that is stricter still: of a document shut off from everything.
            shut = any(name == "Content-Security-Policy" and value.startswith("sandbox;") for name, value in headers)
            own = fixed[1:] if shut else fixed
            own = own if stored else (*own, ("Cache-Control", "no-store"))
            return start_response(status, [*headers, *own], *rest)

        return application(environ, start)

    return answer


def safe_next(target: str | None) -> str:
    """A path on this site to go on to; `/` for anything that could lead elsewhere."""
    if not target or not target.startswith("/") or target.startswith("//") or _UNSAFE.search(target):
        return "/"
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc else "/"


def came_from(asked: Request, otherwise: str = "/") -> str:
    """The page of this site whose form was sent, by what the browser says of it; else `otherwise`."""
    base, referrer = asked.host_url, asked.referrer or ""
    return safe_next("/" + referrer[len(base) :]) if referrer.startswith(base) else otherwise


_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def device_name(user_agent: str) -> str:
    """A short name people recognise their browser by: `Firefox, Windows`."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "Browser")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return f"{browser}, {system}" if system else browser
