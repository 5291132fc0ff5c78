"""The portal as its admins have set it: what the environment says, with what identity's read model says over it.

Every page asks at every request, so a change holds from the next click, in every process.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from gateway.config import GatewaySettings
from gateway.reads import NotReady, Reads
from services.identity import contract as identity
from services.identity.contract import colours, markup
from services.licensing import contract as licensing

if TYPE_CHECKING:
    from gateway.parts import Parts

PORTAL_MODEL = f"{identity.SERVICE}.{identity.PORTAL_MODEL}"
FEATURES_MODEL = f"{licensing.SERVICE}.{licensing.FEATURES_MODEL}"
SWITCHED_OFF = "This part of the portal is switched off at the moment."
_SETTINGS = "SELECT setting, value FROM identity.portal_settings_v1 WHERE value <> ''"
_SIZE = "SELECT picture, width, height FROM identity.pictures_v1 WHERE picture = :picture"
_CONTENT = "SELECT media_type, content FROM identity.pictures_v1 WHERE picture = :picture"
_TAKES = {
    "balance": frozenset({"see_balance"}),
    "orders": frozenset({"report_orders"}),
    "order_pad": frozenset({"order", "quote"}),
    "deliveries": frozenset({"report_deliveries"}),
    "invoices": frozenset({"report_invoices"}),
    "credit_memos": frozenset({"report_credit_memos"}),
    "payments": frozenset({"report_payments"}),
    "support": frozenset({"open_cases", "service_calls"}),
}
"""The permissions that nobody has while a feature is switched off; other features are parts that pages name."""
_ALONE = 2.2
"""A logo so many times as wide as high has the name in it; beside others it is written."""


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture's address, and its size in pixels."""

    url: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class House(GatewaySettings):
    """The gateway's settings with what admins made of them. `accent` is the address of the style sheet of their colour,
    `off` are the features that are switched off, `welcome` is their text by language.
    """

    logo: Logo | None = None
    accent: str = ""
    off: frozenset[str] = frozenset()
    welcome: Mapping[str, str] = field(default_factory=dict)

    def welcome_in(self, language: str) -> Markup:
        """The welcome message as HTML, in this language (`en_GB`), else in English; empty where there is none."""
        text = self.welcome.get(language.partition("_")[0]) or self.welcome.get("en", "")
        return Markup(markup.html(text))


def house(ground: Parts) -> House:
    """The portal as it is at this moment; as it was set up while nothing else is known."""
    try:
        return ground.reads.memo("house", (identity.SERVICE,), lambda: _house(ground))
    except NotReady:
        return House(**_plain(ground.gateway))


def stored(reads: Reads) -> Mapping[str, str]:
    """The settings that are not as the installation has them; raises NotReady."""

    def load() -> dict[str, str]:
        return {row.setting: row.value for row in reads.rows(_SETTINGS, {})}

    return reads.memo("portal.settings", (identity.SERVICE,), load)


def sign_in_policy(reads: Reads, company: str) -> identity.Policy:
    """How people of a company (for staff: ALL_COMPANIES) come in; as installed while that is not known."""
    try:
        known = stored(reads)
        return reads.memo(("sign-in", company), (identity.SERVICE,), lambda: identity.policy_of(known, company))
    except NotReady:
        return identity.AS_INSTALLED


def switched_off(reads: Reads) -> frozenset[str]:
    """The features that nobody gets at the moment; none while that is not known."""
    try:
        return _off(stored(reads))
    except NotReady:
        return frozenset()


def allowed(reads: Reads, permissions: frozenset[str]) -> frozenset[str]:
    """The permissions without those that a switched-off feature takes away."""
    off = switched_off(reads)
    return permissions.difference(*(_TAKES.get(one, ()) for one in off)) if off else permissions


def picture(reads: Reads, name: str) -> Any | None:
    """A picture's `media_type` and `content` (base64); None where there is none."""
    rows = reads.rows(_CONTENT, {"picture": name})
    return rows[0] if rows else None


def brand(gateway: GatewaySettings, height: int) -> Markup:
    """Logo and name of the supplier, as they stand in the frame and above the log-in."""
    logo = gateway.logo if isinstance(gateway, House) else None
    if logo is None:
        logo = Logo(_default_logo(), height, height)
    alone = logo.width > _ALONE * logo.height
    return Markup('<img class="logo" src="{}" alt="" width="{}" height="{}"><span{}>{}</span>').format(
        logo.url,
        round(height * logo.width / logo.height),
        height,
        Markup(' class="visually-hidden"') if alone else "",
        gateway.supplier,
    )


def _default_logo() -> str:
    from gateway.parts import parts

    return parts().assets.url("logo.svg")


def accent_url(colour: str) -> str:
    """The address of the colour's style sheet, which changes with what is in it."""
    return f"/branding/{colour[1:]}-{hashlib.sha256(accent_css(colour).encode()).hexdigest()[:12]}/accent.css"


@lru_cache(maxsize=64)
def accent_css(colour: str) -> str:
    """The style sheet that puts this colour in the place of Portico's own."""
    made = colours.palette(colour)
    light, dark = (
        f"--p-accent:{one.accent};--p-accent-strong:{one.strong};--p-accent-soft:{one.soft};--p-on-accent:{one.on}"
        for one in (made.light, made.dark)
    )
    return (
        f"@media screen{{:root{{{light}}}[data-bs-theme=dark]{{{dark}}}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{[data-bs-theme=auto]{{{dark}}}}}\n"
    )


def _house(ground: Parts) -> House:
    known = stored(ground.reads)
    own = _plain(ground.gateway)
    for setting, name in (("name", "supplier"), *((one, one) for one in ("website", "support_mail", "support_phone"))):
        own[name] = known.get(setting) or own[name]
    sizes = ground.reads.rows(_SIZE, {"picture": known.get("logo", "")})
    logo = Logo(f"/branding/logo/{sizes[0].picture}", sizes[0].width, sizes[0].height) if sizes else None
    off = _off(known)
    own["forgot_password"] = own["forgot_password"] and "forgotten_password" not in off
    colour = known.get("accent", "")
    prefix = identity.WELCOME_SETTING
    welcome = {name.removeprefix(prefix): text for name, text in known.items() if name.startswith(prefix)}
    return House(**own, logo=logo, accent=accent_url(colour) if colour else "", off=off, welcome=welcome)


def _off(known: Mapping[str, str]) -> frozenset[str]:
    prefix = identity.FEATURE_SETTING
    found = (name.removeprefix(prefix) for name, value in known.items() if value == identity.FEATURE_OFF)
    return frozenset(found) & frozenset(identity.PORTAL_FEATURES)


def _plain(settings: GatewaySettings) -> dict[str, Any]:
    return {one.name: getattr(settings, one.name) for one in dataclasses.fields(GatewaySettings)}
