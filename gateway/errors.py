"""One table from errors to pages: what happened, that nothing was lost, what to do, and a reference for the logs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, g, make_response, request
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, SecurityError

from chassis import log
from chassis.errors import PorticoError
from chassis.rpc import RemoteFault
from gateway.access import ProofWanted
from gateway.frame import render
from gateway.proof import question
from gateway.reads import NotReady
from gateway.refusals import said

_log = log.get("gateway")


@dataclass(frozen=True, slots=True)
class Words:
    """Title, what happened, what to do."""

    title: Any
    said: Any
    todo: Any


_WORDS = {
    400: Words(
        _l("This request cannot be understood"),
        _l("The address or the form that was sent is not complete. Nothing was changed."),
        _l("Go back, load the page again and repeat what you did."),
    ),
    403: Words(
        _l("Your account does not include this"),
        _l("You are signed in, but this page needs a permission you do not have."),
        _l("Ask your administrator or our support to add it."),
    ),
    404: Words(
        _l("There is no such page"),
        _l("The address is wrong, or what it named is not yours to see."),
        _l("Check the address, or find what you need from the start page."),
    ),
    405: Words(
        _l("This cannot be done here"),
        _l("The page exists, but not for this kind of request. Nothing was changed."),
        _l("Open the page from the menu."),
    ),
    409: Words(
        _l("Somebody was faster"),
        _l("What you wanted to change was changed by somebody else at the same time. Your change was not made."),
        _l("Go back, look at how it is now and decide again."),
    ),
    410: Words(
        _l("This link is no longer valid"),
        _l("It was used already, or a newer one took its place."),
        _l("If you have chosen a password, log in with it. Otherwise ask for a new link."),
    ),
    413: Words(
        _l("That is too large"),
        _l("What you sent is larger than this page takes. Nothing was saved of it."),
        _l("Go back and send a smaller file or fewer files at once."),
    ),
    422: Words(
        _l("This was not done"),
        _l("What you asked for is against a rule. Nothing was changed."),
        _l("Go back, change it and send it again."),
    ),
    429: Words(
        _l("Too many tries"),
        _l("There were too many requests in a short time."),
        _l("Wait some minutes, then try again."),
    ),
    500: Words(
        _l("Something went wrong on our side"),
        _l("The page could not be made. What was saved before is safe."),
        _l("Try again in a moment. If it happens again, tell our support the reference below."),
    ),
    503: Words(
        _l("This part is not available at the moment"),
        _l("A part of the portal does not answer. Nothing was lost."),
        _l("Try again in a moment; it comes back by itself."),
    ),
}
_OUR_CSRF = Words(
    _l("This form has expired"),
    _l("For your safety a form can be sent only from the session it was opened in. Nothing was changed."),
    _l("Go back, load the page again and send the form once more. Your browser usually keeps what you typed."),
)


_PREPARED = Words(
    _l("This part is being prepared"),
    _l("What is recorded is being put together for this page, which is not complete yet. Nothing is lost."),
    _l("You need not do anything: this page looks again every few seconds and shows it when it is all there."),
)


def error_page(status: int, said: str = "", words: Words | None = None) -> Response:
    """The page of an error within the frame, or without it when the frame itself cannot be made."""
    known = words or _WORDS.get(status) or _WORDS[500 if status >= 500 else 400]
    values = {"words": known, "said": said or known.said, "code": status, "reference": g.get("correlation_id", "")}
    values["looks_again"] = known is _PREPARED and request.method == "GET"
    try:
        html, _ = render("errors/error.html", title=str(known.title), crumb=False, **values)
    except Exception:
        _log.exception("error page without frame")
        g.pop("scope", None)
        html, _ = render("errors/error.html", title=str(known.title), crumb=False, **values)
    response = make_response(html, status)
    if status == 503:
        response.headers["Retry-After"] = "5"
    return response


def install(app: Flask) -> None:
    """Register the handlers."""

    @app.errorhandler(PorticoError)
    def refused(error: PorticoError) -> Response:
        status = getattr(error, "status", error.http)
        if isinstance(error, RemoteFault):
            _log.error("service failed", error=error.details.get("error"), path=_rule())
            return error_page(500)
        if isinstance(error, NotReady):
            return error_page(503, words=_PREPARED)
        return error_page(503 if status == 504 else status, said(error.message))

    @app.errorhandler(ProofWanted)
    def unproved(_error: ProofWanted) -> Response:
        asked: Response = question()
        return asked

    @app.errorhandler(CSRFError)
    def forged(error: CSRFError) -> Response:
        _log.info("csrf", reason=error.description, path=_rule())
        return error_page(400, words=_OUR_CSRF)

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        status = error.code or 500
        if error.response is not None or status < 400:
            return make_response(error.get_response())
        if isinstance(error, SecurityError):
            # The host name is not one of ours: even links of an error page would be wrong.
            return Response("This host name is not served here.\n", 400, mimetype="text/plain")
        response = error_page(status)
        for name, value in error.get_headers():
            if name in ("Allow", "Retry-After"):
                response.headers[name] = value
        return response

    @app.errorhandler(Exception)
    def failed(error: Exception) -> Response:
        _log.exception("request failed", path=_rule(), method=request.method)
        return error_page(500)


def _rule() -> str:
    """The path's template: what is logged never contains what a person typed."""
    return request.url_rule.rule if request.url_rule else "(unknown)"
