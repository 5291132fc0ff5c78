"""Response headers, safe redirects and the names of devices."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import urlsplit

from flask import Request, Response

from gateway.config import GatewaySettings

_UNSAFE = re.compile(r"[\x00-\x20\\]")


@lru_cache(maxsize=256)
def live_url(configured: str, scheme: str, host: str, port: int) -> str:
    """Where open pages listen for changes: as configured, else the live server on the host the page came from."""
    if configured:
        return configured
    name = urlsplit(f"//{host}").hostname or "localhost"
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


def add_headers(request: Request, response: Response, gateway: GatewaySettings, live_port: int) -> None:
    """What every page carries. Pages are never stored by browsers or proxies."""
    live = live_url(gateway.live_url, request.scheme, request.host, live_port)
    headers = response.headers
    headers["Content-Security-Policy"] = policy(live)
    headers["X-Frame-Options"] = "DENY"
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
    if "Cache-Control" not in headers:
        headers["Cache-Control"] = "no-store"
    if gateway.https:
        headers["Strict-Transport-Security"] = "max-age=31536000"


def safe_next(target: str | None) -> str:
    """A path on this site to go on to; `/` for anything that could lead elsewhere."""
    if not target or not target.startswith("/") or target.startswith("//") or _UNSAFE.search(target):
        return "/"
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc else "/"


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
