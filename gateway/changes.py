"""Changes of the administration in words: what was changed, from what, to what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from chassis.messages import ALL_COMPANIES
from gateway.rights.names import named
from services.identity import contract as identity

LANGUAGE_NAMES = {
    "en": _l("English"),
    "de": _l("German"),
    "es": _l("Spanish"),
    "fr": _l("French"),
    "ar": _l("Arabic"),
}
FEATURE_NAMES = {
    "balance": _l("Account balance"),
    "orders": _l("Orders report"),
    "order_pad": _l("Order Pad"),
    "deliveries": _l("Deliveries report"),
    "invoices": _l("Invoices report"),
    "credit_memos": _l("Credit memos report"),
    "payments": _l("Payments report"),
    "support": _l("Support cases"),
    "projects": _l("Projects"),
    "add_ons": _l("Products owned"),
    "search": _l("Search documents"),
    "forgotten_password": _l("Forgot your password?"),
}
WAY_NAMES = {"password": _l("Password"), "passkey": _l("Passkey alone"), "sso": _l("Single sign-on")}
LICENCE_NAMES = {"order_pad": _l("Order Pad"), "marketplace": _l("Marketplace")}
ICON_NAMES = {
    "link-45deg": _l("Link"),
    "file-earmark-text": _l("Document"),
    "book": _l("Book"),
    "info-circle": _l("Information"),
    "telephone": _l("Telephone"),
    "truck": _l("Truck"),
    "tools": _l("Tools"),
    "megaphone": _l("Announcement"),
    "calendar-event": _l("Calendar"),
    "download": _l("Download"),
    "star": _l("Star"),
    "shop": _l("Shop"),
}
KIND_NAMES = {
    "setting": _l("Branding"),
    "feature": _l("Features"),
    "sign_in": _l("Sign-in policy"),
    "licence": _l("Licences"),
    "menu": _l("Own menu entries"),
    "mailtext": _l("Mail texts"),
    "mailsender": _l("Sender of mails"),
    "role": _l("Roles"),
}
"""What changes are filtered by."""
UNDONE = ("setting", "feature", "sign_in", "menu", "mailtext", "mailsender")
"""The kinds whose changes a click takes back."""
_SETTING_NAMES = {
    "name": _l("Name of the portal"),
    "website": _l("Website"),
    "support_mail": _l("Support: e-mail address"),
    "support_phone": _l("Support: telephone"),
    "accent": _l("Accent colour"),
    "logo": _l("Logo"),
}
_FIELD_NAMES = {
    "titles": _l("Title"),
    "address": _l("Address"),
    "texts": _l("Text"),
    "icon": _l("Icon"),
    "place": _l("Place"),
    "pinned": _l("Pinned"),
    "for_company": _l("Company"),
    "permission": _l("Permission"),
    "subject": _l("Subject"),
    "text": _l("Text"),
    "name": _l("Name"),
    "reply_to": _l("Answers go to"),
    "permissions": _l("Permissions"),
}
_LONGEST = 160


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is another since: its name (or ""), before and after, "" for nothing."""

    label: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class Change:
    """A change as it is shown. `key` and `number` are what undoing names; `what` is the thing that was changed.

    `href` is where it is undone that cannot be by a click alone.
    """

    kind: str
    key: str
    number: int
    at: str
    author: str
    what: str
    differences: tuple[Difference, ...]
    undoable: bool
    href: str = ""


def change_of(row: Any, mail_names: Mapping[str, Any], companies: Mapping[str, str]) -> Change:
    """A row of the history. `mail_names` are the mails' by kind, `companies` companies' by code."""
    was, now = (orjson.loads(text) if text else {} for text in (row.was, row.now))
    kind = _kind_of(row)
    return Change(
        kind,
        row.key,
        row.change,
        row.at,
        row.author or row.actor,
        _what(kind, row.key, now or was, mail_names, companies),
        tuple(_differences(kind, row.key, was, now)),
        bool(row.newest) and kind in UNDONE,
        # What a role is to be is looked at first: it alters what people may do.
        f"/roles/{row.key}?before={row.position}" if kind == "role" and row.newest and was and now else "",
    )


def _kind_of(row: Any) -> str:
    """Switches and policies are settings too, but other subjects."""
    if row.kind == "setting" and row.key.startswith(identity.FEATURE_SETTING):
        return "feature"
    if row.kind == "setting" and row.key.startswith(identity.SIGN_IN_SETTING):
        return "sign_in"
    return str(row.kind)


def setting_name(setting: str) -> str:
    """What a setting is called."""
    if setting.startswith(identity.WELCOME_SETTING):
        language = LANGUAGE_NAMES[setting.removeprefix(identity.WELCOME_SETTING)]
        return _("Welcome message, %(language)s", language=language)
    if setting.startswith(identity.FEATURE_SETTING):
        return str(FEATURE_NAMES[setting.removeprefix(identity.FEATURE_SETTING)])
    return str(_SETTING_NAMES[setting])


def policy_in_words(policy: identity.Policy) -> str:
    """A sign-in policy in a line."""
    said = [", ".join(str(WAY_NAMES[way]) for way in policy.ways)]
    if policy.factor:
        said.append(_("second factor required"))
    if policy.idle_minutes:
        said.append(_("ends after %(count)s minutes without use", count=policy.idle_minutes))
    if policy.longest_hours:
        said.append(_("after %(count)s hours at the latest", count=policy.longest_hours))
    return "; ".join(said)


def title_in(titles: Mapping[str, str], language: str) -> str:
    """A text in this language (`en_GB`), else in English, else in any."""
    return titles.get(language.partition("_")[0]) or titles.get("en") or next(iter(titles.values()), "")


def _what(
    kind: str, key: str, shown: Mapping[str, Any], mail_names: Mapping[str, Any], companies: Mapping[str, str]
) -> str:
    match kind:
        case "setting" | "feature":
            return setting_name(key)
        case "sign_in":
            company = key.removeprefix(identity.SIGN_IN_SETTING)
            return _("Everybody") if company == ALL_COMPANIES else companies.get(company, company)
        case "menu":
            return title_in(shown.get("shown", {}).get("titles", {}), "en")
        case "mailtext":
            mail, _point, language = key.partition(".")
            return f"{mail_names.get(mail, mail)}, {LANGUAGE_NAMES.get(language, language)}"
        case "licence":
            company, _slash, feature = key.rpartition("/")
            of = _("all companies") if company == ALL_COMPANIES else companies.get(company, company)
            return f"{LICENCE_NAMES.get(feature, feature)}, {of}"
        case "role":
            return str(shown.get("name", key))
        case _:
            return str(KIND_NAMES[kind])


def _differences(kind: str, key: str, was: dict[str, Any], now: dict[str, Any]) -> Iterator[Difference]:
    if kind in ("setting", "feature", "sign_in", "licence"):
        yield Difference("", *(_value(kind, key, one.get("value", "")) for one in (was, now)))
        return
    before, after = (dict(_flat(one)) for one in (was, now))
    for label in {**before, **after}:
        if before.get(label, "") != after.get(label, ""):
            yield Difference(label, _short(before.get(label, "")), _short(after.get(label, "")))


def _value(kind: str, key: str, value: Any) -> str:
    if kind == "feature":
        return _("Switched off") if value == identity.FEATURE_OFF else _("On")
    if kind == "sign_in":
        return policy_in_words(identity.read_policy(value)) if value else _("As set up")
    if kind == "licence":
        return _("Licensed") if value else _("Not licensed")
    if key == "logo":
        return _("Picture %(id)s", id=value[:8]) if value else _("As set up")
    return _short(value) or _("As set up")


def _flat(shown: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in shown.get("shown", shown).items():
        label = str(_FIELD_NAMES.get(name, name))
        if isinstance(value, dict):
            yield from ((f"{label}, {LANGUAGE_NAMES.get(one, one)}", text) for one, text in value.items())
        elif isinstance(value, list):
            yield label, ", ".join(named(value))
        elif name == "icon":
            yield label, str(ICON_NAMES[value])
        elif isinstance(value, bool):
            yield label, _("Yes") if value else _("No")
        else:
            yield label, str(value)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rstrip()}…"
