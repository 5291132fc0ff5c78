"""Pinning pages to the top of one's menu, and taking them from there (R3)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from flask import abort, flash, redirect, request

from chassis.errors import NotFound, Refused, Unavailable
from gateway.access import current_scope
from gateway.favourites import FAVOURITES_MODEL, gone, may_pin
from gateway.frame import navigation_of
from gateway.routes import Pages
from gateway.security import came_from

pages = Pages("favourites", __name__)


@pages.page("/favourites", methods=("POST",))
def choose() -> Any:
    """Pin a page of one's menu, or a layout of a report in it, or take it away; then the page one was on.

    Each click is a command of its own: pinning what is pinned changes nothing.
    """
    scope = current_scope()
    pin, page = ("pin" in request.form), request.form.get("pin") or request.form.get("unpin", "")
    if pin and not may_pin(scope, page, navigation_of(scope)):
        abort(404)
    asked = [("UnpinPage", one) for one in gone(scope)] if pin else []
    try:
        for name, one in [*asked, ("PinPage" if pin else "UnpinPage", page)]:
            scope.command("identity", name, {"page": one}, str(uuid4()), shows=(FAVOURITES_MODEL,))
    except NotFound:
        raise
    except (Refused, Unavailable) as error:
        flash(error.message, "danger")
    return redirect(came_from(request))
