"""Flask's session over our own: in the database once signed in; before that a signed cookie with a CSRF token."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

import orjson
from flask import Flask, Request, Response
from flask.sessions import SessionInterface, SessionMixin
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.datastructures import CallbackDict

from gateway.sessions import Kept, Session, SessionStore

COOKIE = "portico_session"
VISIT_COOKIE = "portico_visit"
DEVICE_COOKIE = "portico_device"
"""By which a browser is recognised that somebody signed in with before; see throttle.py."""
_PROVED = "proved"
PROOF_LASTS = 15 * 60
"""Seconds, of a log-in too; see proof.py."""
_WAITS, _FLASHES = "waits", "_flashes"
_CSRF = "csrf_token"
_OF_ALL_COMPANIES = frozenset({"way", _WAITS, _FLASHES, _PROVED})
_VISIT_SECONDS = 12 * 3600
_DEVICE_SECONDS = 180 * 86400


def _merged(mine: Session, kept: Kept) -> Kept:
    """What is kept, with what a request changed of it: others of the same session may have been as quick.

    Whoever goes on in another company takes along what is of all companies, and nothing that a request which began in
    the company before brings later.
    """
    before, own = mine.before, orjson.loads(orjson.dumps(mine.data))
    if mine.company != before.company:
        return Kept(mine.company, mine.branch, _together(before.data, _of_all(kept.data), own))
    if kept.company != before.company:
        return Kept(kept.company, kept.branch, _together(_of_all(before.data), kept.data, _of_all(own)))
    branch = kept.branch if mine.branch == before.branch else mine.branch
    return Kept(kept.company, branch, _together(before.data, kept.data, own))


def _of_all(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name in _OF_ALL_COMPANIES}


def _together(before: Mapping[str, Any], kept: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Each name as it is kept, or as it was changed; of messages, and of what is waited for, what both have."""
    merged = _changed(before, kept, own)
    waits = _waits(*(one.get(_WAITS, {}) for one in (before, kept, own)))
    seen, there, shown = (one.get(_FLASHES, []) for one in (before, kept, own))
    flashes = [one for one in there if one in shown or one not in seen] + [one for one in shown if one not in seen]
    several = {_WAITS: waits, _FLASHES: flashes}
    return {name: value for name, value in (merged | several).items() if value or name not in several}


def _waits(before: Mapping[str, Any], kept: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """What is waited for still: settled is only what nobody has waited for anew; of two the higher position."""
    left = {model: wait for model, wait in kept.items() if model in own or before.get(model) != wait}
    added = {model: wait for model, wait in own.items() if before.get(model) != wait}
    return left | {model: max(wait, left.get(model, wait)) for model, wait in added.items()}


def _changed(before: Mapping[str, Any], kept: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    left = {name: value for name, value in kept.items() if name in own or name not in before}
    return left | {name: value for name, value in own.items() if name not in before or before[name] != value}


def cookie_name(name: str, https: bool) -> str:
    """The cookie's name in browsers: under HTTPS one that they take from this host alone, and only securely."""
    return f"__Host-{name}" if https else name


def cookie(request: Request, name: str) -> str:
    """The value of a cookie of ours (none has one that needs quoting), empty when there is none."""
    for part in request.environ.get("HTTP_COOKIE", "").split(";"):
        key, _, value = part.partition("=")
        if key.strip() == name:
            return str(value).strip()
    return ""


class WebSession(CallbackDict[str, Any], SessionMixin):
    """What Flask, flashes and CSRF see as a dict. `record` is the signed-in session, None before log-in; `device` is
    what the browser is recognised by, which outlives sessions.
    """

    def __init__(self, store: SessionStore, data: dict[str, Any], record: Session | None, device: str = "") -> None:
        def changed(_: Any) -> None:
            self.modified = True

        super().__init__(data, changed)
        self.modified = False
        self.record = record
        self.new_token: str | None = None
        self.ended = False
        self.device = self.had_device = device
        self._store = store

    def sign_in(self, contact_id: str, company: str, device: str) -> None:
        """A fresh session under a fresh token; whatever this browser had before, token and data, is gone."""
        if self.record is not None:
            self._store.revoke(self.record)
        self.clear()
        self.new_token, self.record = self._store.create(contact_id, company, device, {})
        self._renew_csrf()
        self.ended = False

    def prove(self) -> None:
        """Note that the person has proved just now who they are."""
        self[_PROVED] = int(time.time())

    @property
    def proven(self) -> bool:
        """Whether they did so lately."""
        return 0 <= time.time() - self.get(_PROVED, 0) < PROOF_LASTS

    def stand_in(self, company: str) -> None:
        """Go on in another of the person's companies: nothing of what was begun in the one before goes along.

        Forms that are open in other windows were made for that one, so their token ends, too.
        """
        assert self.record is not None
        for name in set(self) - _OF_ALL_COMPANIES:
            del self[name]
        self.record.company, self.record.branch = company, None
        self._renew_csrf()

    def _renew_csrf(self) -> None:
        """The forms' token, made with the session: two first pages at once would each make another."""
        self[_CSRF] = secrets.token_hex(20)

    def rotate(self) -> None:
        """Go on under a fresh token, opened now; the old one ends."""
        assert self.record is not None
        old = self.record
        self.new_token, self.record = self._store.create(old.contact_id, old.company, old.device, dict(self))
        self.record.branch = old.branch
        self.modified = True
        self._store.revoke(old)

    def sign_out(self) -> None:
        """End this session now, on the server."""
        if self.record is not None:
            self._store.revoke(self.record)
        self.clear()
        self.record = None
        self.ended = True


class Sessions(SessionInterface):
    """Opens and saves `WebSession`; the cookie holds a token only."""

    def __init__(self, store: SessionStore, keys: tuple[str, ...], https: bool) -> None:
        self._store = store
        self._secure = https
        self._cookie, self._visit_cookie = cookie_name(COOKIE, https), cookie_name(VISIT_COOKIE, https)
        self._device_cookie = cookie_name(DEVICE_COOKIE, https)
        self._visits = URLSafeTimedSerializer(list(keys[::-1]), salt="portico-visit")

    def open_session(self, app: Flask, request: Request) -> WebSession:
        """The session of this request's cookie, or an anonymous one."""
        token, device = cookie(request, self._cookie), cookie(request, self._device_cookie)
        record = self._store.find(token) if token else None
        if record is not None:
            return WebSession(self._store, record.data, record, device)
        data: dict[str, Any] = {}
        visit = cookie(request, self._visit_cookie)
        if visit:
            try:
                data = self._visits.loads(visit, max_age=_VISIT_SECONDS)
            except BadSignature:
                data = {}
        session = WebSession(self._store, data, None, device)
        session.ended = bool(token)
        return session

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Write back what changed; set or drop the cookies."""
        assert isinstance(session, WebSession)
        if session.device != session.had_device:
            self._set(response, self._device_cookie, session.device, _DEVICE_SECONDS)
        if session.record is not None:
            if session.modified:
                session.record.data = dict(session)
                self._store.save(session.record, partial(_merged, session.record))
            if session.new_token is not None:
                self._set(response, self._cookie, session.new_token, None)
                self._drop(response, self._visit_cookie)
            return
        if session.ended:
            self._drop(response, self._cookie)
        if session.modified and session:
            self._set(response, self._visit_cookie, str(self._visits.dumps(dict(session))), _VISIT_SECONDS)

    def _set(self, response: Response, name: str, value: str, max_age: int | None) -> None:
        response.set_cookie(name, value, max_age=max_age, path="/", httponly=True, samesite="Lax", secure=self._secure)

    def _drop(self, response: Response, name: str) -> None:
        # Without its flags a browser does not take the end of a __Host- cookie either.
        response.delete_cookie(name, path="/", httponly=True, samesite="Lax", secure=self._secure)
