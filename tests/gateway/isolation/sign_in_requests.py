"""How the routes of the table are asked that are about logging in."""

from __future__ import annotations

from tests.gateway.isolation.asked import ADMIN, Asked, shown

NEW_PASSWORD = {"password": "a long enough one", "again": "a long enough one"}
SIGN_IN_REQUESTS: dict[str, Asked] = {
    "GET /contacts/<contact_id>/sign-in": Asked(
        "/contacts/{owner}/sign-in",
        "/contacts/none/sign-in",
        shown("name.owner email.owner company.name", ADMIN),
        ("alder",),
    ),
    "GET /contacts/<contact_id>/sign-in #staff": Asked("/contacts/{agent}/sign-in", "/contacts/none/sign-in"),
    "POST /contacts/<contact_id>/password": Asked(
        "/contacts/{shut}/password",
        "/contacts/none/password",
        form=lambda world, visitor: {"password": "a long enough one"},
        sends=("identity.SetPassword",),
    ),
    "POST /contacts/<contact_id>/password #staff": Asked(
        "/contacts/{agent}/password",
        "/contacts/none/password",
        form=lambda world, visitor: {"password": "a long enough one"},
    ),
    "POST /contacts/<contact_id>/unlock": Asked(
        "/contacts/{shut}/unlock",
        "/contacts/none/unlock",
        form=lambda world, visitor: {},
        sends=("identity.LiftSignInLock",),
    ),
    "POST /contacts/<contact_id>/unlock #staff": Asked(
        "/contacts/{agent}/unlock", "/contacts/none/unlock", form=lambda world, visitor: {}
    ),
    "GET /settings/passkeys/<passkey>/remove": Asked("/settings/passkeys/none/remove"),
    "GET /login/back/<provider>": Asked("/login/back/none?state=x&code=y"),
    "GET /login/with/<provider>": Asked("/login/with/none"),
    "POST /login/passkey": Asked(form=lambda world, visitor: {"answer": "{}"}, throwaway=True),
    "POST /settings/passkeys/<passkey>/remove": Asked(
        "/settings/passkeys/none/remove", form=lambda world, visitor: {"password": "not this one at all"}
    ),
    "POST /settings/passkeys/new": Asked(
        form=lambda world, visitor: {"name": "Phone", "password": "not this one at all", "answer": "{}"}
    ),
    "POST /login/second-factor": Asked(form=lambda world, visitor: {"code": "000000"}),
    "POST /login/password": Asked(form=lambda world, visitor: NEW_PASSWORD),
}
