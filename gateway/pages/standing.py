"""The company that somebody of several looks at (A10): chosen for the whole session."""

from __future__ import annotations

from typing import Any

from flask import abort, g, redirect, request

from gateway import accounts
from gateway.access import current_scope
from gateway.routes import Pages

pages = Pages("standing", __name__)


@pages.page("/company", customers=True, of_session=True, methods=("POST",))
def choose() -> Any:
    """Go on in another of one's companies, at its start page: what one looked at is the other's."""
    if not accounts.choose_company(current_scope(), request.form.get("company", "")):
        abort(404)
    g.pop("csrf_token", None)
    return redirect("/")
