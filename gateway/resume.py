"""A form sent after the session ended: what was typed is kept through the log-in and offered again."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlsplit

from flask import current_app, redirect, request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.datastructures import MultiDict

from gateway.parts import parts
from gateway.websession import WebSession

_NEVER_KEPT = ("csrf_token", "password")
_SECONDS, _LARGEST = 3600, 256 * 1024


def _signer() -> URLSafeTimedSerializer:
    older = current_app.config["SECRET_KEY_FALLBACKS"] or ()
    return URLSafeTimedSerializer([*older[::-1], str(current_app.secret_key)], salt="portico-resume")


def here() -> str:
    """The address of the request at hand as a browser wrote it."""
    query = request.query_string.decode("latin-1")
    return quote(request.path) + (f"?{query}" if query else "")


def ended_session(web: WebSession) -> Any:
    """Send the person to the log-in page, with the form they were sending if they were."""
    if request.method in ("GET", "HEAD"):
        ended = "&ended=1" if web.ended else ""
        return redirect(f"/login?next={quote(here(), safe='')}{ended}")
    from gateway.pages.login import login_page

    access = parts().access[request.endpoint or ""]
    kept_form = keep(request.path, request.form) if _is_ours() and not access.secret else ""
    return login_page(resume=kept_form, status=401)


def _is_ours() -> bool:
    """Whether the form comes from a page of ours: without a session there is no token that another site's lacks."""
    sent_from = request.headers.get("Origin") or request.headers.get("Referer", "")
    try:
        address = urlsplit(sent_from)
    except ValueError:
        return False
    origin = f"{address.scheme}://{address.netloc}"
    return origin in (request.host_url.rstrip("/"), parts().gateway.origin)


def keep(path: str, form: MultiDict[str, str]) -> str:
    """The signed content of a form, without passwords; empty when it is too large to carry."""
    fields = [
        [name, value]
        for name, value in form.items(multi=True)
        if not any(name == never or never in name for never in _NEVER_KEPT)
    ]
    text = str(_signer().dumps([path, fields]))
    return text if len(text) <= _LARGEST else ""


def kept(text: str) -> tuple[str, list[tuple[str, str]]] | None:
    """Path and fields of a kept form; None when there is none, it is too old or was tampered with."""
    try:
        path, fields = _signer().loads(text, max_age=_SECONDS)
    except BadSignature:
        return None
    return str(path), [(str(name), str(value)) for name, value in fields]
