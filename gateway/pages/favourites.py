"""Pinning pages to the top of one's menu, and taking them from there (R3)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from flask import abort, flash, redirect, request

from chassis.errors import NotFound, Refused, Unavailable
from gateway.access import current_scope
from gateway.favourites import FAVOURITES_MODEL
from gateway.frame import navigation_of
from gateway.routes import Pages
from gateway.security import came_from

pages = Pages("favourites", __name__)


@pages.page("/favourites", methods=("POST",))
def choose() -> Any:
    """Pin a page of one's menu, or take it away; then the page one was on.

    Each click is a command of its own: pinning what is pinned changes nothing.
    """
    scope = current_scope()
    pin, page = ("pin" in request.form), request.form.get("pin") or request.form.get("unpin", "")
    if pin and page not in {link.path for _title, links in navigation_of(scope).reports for link in links}:
        abort(404)
    name = "PinPage" if pin else "UnpinPage"
    try:
        scope.command("identity", name, {"page": page}, str(uuid4()), shows=(FAVOURITES_MODEL,))
    except NotFound:
        raise
    except (Refused, Unavailable) as error:
        flash(error.message, "danger")
    return redirect(came_from(request))
