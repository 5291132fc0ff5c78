"""The portal's settings: one value a name, "" where the installation's own holds. State, evolve, decisions. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from chassis.errors import Invalid
from chassis.messages import Event
from chassis.sentences import joined, sentence
from services.identity.commands import ChangeSettings
from services.identity.errors import ChangedSince
from services.identity.mails.originals import LANGUAGES
from services.identity.mails.settings import is_address
from services.identity.portal import colours, markup, policy
from services.identity.portal.events import SettingChanged

LONGEST_NAME, LONGEST_ADDRESS, LONGEST_PHONE, LONGEST_WELCOME = 60, 300, 40, 2000
FEATURES = (
    "balance",
    "orders",
    "order_pad",
    "deliveries",
    "invoices",
    "credit_memos",
    "payments",
    "support",
    "projects",
    "add_ons",
    "search",
    "forgotten_password",
)
"""What of the portal can be switched off for everybody."""
OFF = "off"
WELCOME, FEATURE = "welcome_", "feature_"
SETTINGS = (
    "name",
    "website",
    "support_mail",
    "support_phone",
    "accent",
    "logo",
    *(f"{WELCOME}{language}" for language in LANGUAGES),
    *(f"{FEATURE}{name}" for name in FEATURES),
)
_PHONE = re.compile(r"(?=(?:\D*\d){3})[0-9 +()/.-]+\Z")
_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?\Z")


@dataclass(frozen=True, slots=True)
class Setting:
    """A value, the one before, and which change (counted from 0) of the stream set it."""

    value: str
    was: str
    change: int


@dataclass(frozen=True, slots=True)
class Portal:
    """All settings that were ever changed, and how many changes there were."""

    known: Mapping[str, Setting] = field(default_factory=dict)
    changes: int = 0

    def value(self, setting: str) -> str:
        """What is set; "": as the installation has it."""
        return self.known[setting].value if setting in self.known else ""


def evolve(state: Portal, event: Event) -> Portal:
    """The settings after the event."""
    match event:
        case SettingChanged():
            now = Setting(event.value, state.value(event.setting), state.changes)
            return Portal({**state.known, event.setting: now}, state.changes + 1)
        case _:
            return state


def decide_change(state: Portal, command: ChangeSettings) -> list[Event]:
    """An event for each setting that is another one from now on. A logo can be taken away here, not set."""
    unknown = [name for name in command.settings if name not in SETTINGS and not name.startswith(policy.SIGN_IN)]
    if unknown:
        raise Invalid("Nothing was saved.", fields={name: ["There is no such setting."] for name in unknown})
    wanted = {name: tidy(name, value) for name, value in command.settings.items()}
    found = {name: fault for name, value in wanted.items() if (fault := _fault(name, value))}
    if found:
        raise Invalid("Nothing was saved.", fields={name: [fault] for name, fault in found.items()})
    return [SettingChanged(name, value, command.actor) for name, value in wanted.items() if value != state.value(name)]


def decide_logo(state: Portal, picture: str, actor: str) -> list[Event]:
    """The picture is the logo from now on."""
    return [SettingChanged("logo", picture, actor)] if state.value("logo") != picture else []


def decide_undo(state: Portal, setting: str, change: int, actor: str) -> list[Event]:
    """What was set before that change; ChangedSince when it is not the setting's last."""
    known = state.known.get(setting)
    if known is None or known.change != change:
        raise ChangedSince
    return [SettingChanged(setting, known.was, actor)] if known.was != known.value else []


def tidy(setting: str, value: str) -> str:
    """The value as it is kept."""
    if setting.startswith(WELCOME):
        return value.replace("\r\n", "\n").strip()
    if setting.startswith(policy.SIGN_IN) and value and not policy.fault(value):
        return policy.written(policy.read(value))
    value = " ".join(value.split())
    return value.lower() if setting == "accent" else value


def _fault(setting: str, value: str) -> str:
    if not value:
        return ""
    if setting.startswith(WELCOME):
        return _welcome_fault(value)
    if setting.startswith(FEATURE):
        return "" if value == OFF else "A feature is on or off."
    if setting.startswith(policy.SIGN_IN):
        return policy.fault(value)
    return {
        "name": _name_fault,
        "website": _website_fault,
        "support_mail": lambda text: "" if is_address(text) else "This is no e-mail address, like help@example.com.",
        "support_phone": _phone_fault,
        "accent": lambda text: "" if colours.is_colour(text) else "Write a colour like #155e67.",
        "logo": lambda _text: "Upload the logo as a file.",
    }[setting](value)


def _name_fault(text: str) -> str:
    if len(text) > LONGEST_NAME or not text.isprintable():
        return sentence("Please write a name of at most %(most)s characters.", most=LONGEST_NAME)
    return ""


def _phone_fault(text: str) -> str:
    if len(text) > LONGEST_PHONE or not _PHONE.match(text):
        return "This is no telephone number, like +49 40 123456."
    return ""


def _website_fault(text: str) -> str:
    return "" if is_web_address(text) else "Write the whole address, like https://www.example.com."


def is_web_address(text: str) -> bool:
    """Whether this is the address of a page on the web."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    known = parts.scheme in ("http", "https") and _HOST.match(parts.netloc) is not None
    return known and len(text) <= LONGEST_ADDRESS and markup.is_address(text)


def _welcome_fault(text: str) -> str:
    if len(text) > LONGEST_WELCOME:
        return sentence("Please write at most %(most)s characters.", most=LONGEST_WELCOME)
    return joined(" ", markup.faults(text))
