"""Logging in by a provider of single sign-on: away to it, and back."""

from __future__ import annotations

import hmac
from typing import Any
from urllib.parse import urlencode

from flask import abort, redirect, request
from flask_babel import gettext as _

from chassis.errors import PorticoError, Refused, Unavailable
from gateway import accounts, passkeys
from gateway.pages.login import STEPS, login_page
from gateway.parts import parts
from gateway.routes import Pages
from gateway.security import safe_next
from gateway.single_sign_on import provider as sso
from services.identity.contract import SingleSignOn, providers

pages = Pages("sso", __name__)


@pages.public_page("/login/with/<provider>")
def go(provider: str) -> Any:
    """Send the browser to the provider."""
    chosen, next_page = _chosen(provider), request.args.get("next", "")
    try:
        address, kept = sso.begin(chosen, _back(chosen))
    except (Refused, Unavailable) as error:
        _failed(chosen, error)
        return login_page(said=error.message, goes_to=next_page, status=error.http)
    accounts.web_session()["sso"] = {**kept, "provider": chosen.key, "next": safe_next(next_page)}
    return redirect(address)


@pages.public_page("/login/back/<provider>")
def back(provider: str) -> Any:
    """Make sure of what the provider says, and open the session."""
    chosen = _chosen(provider)
    kept = accounts.web_session().pop("sso", None) or {}
    right = kept.get("provider") == chosen.key and hmac.compare_digest(
        str(kept.get("state", "")).encode(), request.args.get("state", "").encode()
    )
    if not right:
        return _again(_lost(chosen), 400)
    if not request.args.get("code"):
        parts().outcomes.failed(chosen.key, _declined(chosen))
        return _again(_declined(chosen), 401, kept["next"])
    try:
        proven = sso.finish(chosen, _back(chosen), kept, request.args["code"])
        ends_at = proven.pop("ends_at")
        step = accounts.single_sign_on(request, {**proven, "provider": chosen.key})
    except (Refused, Unavailable) as error:
        _failed(chosen, error)
        return _again(error.message, getattr(error, "status", error.http), kept["next"])
    parts().outcomes.succeeded(chosen.key)
    if step:
        return redirect(STEPS[step])
    if ends_at:
        left = {"client_id": chosen.client_id, "post_logout_redirect_uri": f"{passkeys.origin(request)}/login"}
        accounts.web_session()["sso_end"] = [chosen.name, f"{ends_at}?{urlencode(left)}"]
    return redirect(safe_next(kept["next"]))


def _chosen(key: str) -> SingleSignOn:
    found = providers().get(key)
    if found is None:
        abort(404)
    return found


def _failed(provider: SingleSignOn, error: PorticoError) -> None:
    why = f" ({error.details['reason']})" if "reason" in error.details else ""
    parts().outcomes.failed(provider.key, f"{error.message}{why}")


def _back(provider: SingleSignOn) -> str:
    return f"{passkeys.origin(request)}/login/back/{provider.key}"


def _again(said: str, status: int, next_page: str = "") -> Any:
    return login_page(said=said, goes_to=next_page, status=status)


def _lost(provider: SingleSignOn) -> str:
    return _(
        "This answer of %(name)s belongs to no log-in that was begun here, or one that took too long. Begin again.",
        name=provider.name,
    )


def _declined(provider: SingleSignOn) -> str:
    return _("%(name)s did not log you in. Try again, or log in another way.", name=provider.name)
