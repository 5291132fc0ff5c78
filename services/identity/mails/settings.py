"""How mail leaves this installation, read from the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from chassis.config import BadSetting, Settings, secret, timezone

_SCHEMES = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
_URI = "smtp+starttls://user@host:587, smtps://user@host:465 or smtp://host:25"
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\Z")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_WAITS = (60, 300, 900, 3600, 10800, 21600, 43200, 86400)


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """A mail server. `security`: smtp (none), smtp+starttls (required, certificate verified), smtps."""

    host: str
    port: int
    security: str
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class MailSettings:
    """`smtp` None: mails go into the folder `outbox`. `origin` is the portal's address in links.

    `waits` are seconds between the tries of a mail; the last one again and again.
    """

    smtp: SmtpServer | None
    outbox: Path
    sender_name: str
    sender_address: str
    origin: str
    supplier: str
    support_mail: str
    support_phone: str
    waits: tuple[int, ...]
    timezone: ZoneInfo

    @classmethod
    def from_env(cls, settings: Settings, env: Mapping[str, str] | None = None) -> MailSettings:
        """Read `PORTICO_SMTP_*`, `PORTICO_MAIL_*` and what the gateway says of itself. Raises BadSetting."""
        env = os.environ if env is None else env
        smtp = _server(env)
        portal = supplier(env)
        name, address = _sender(env, smtp is not None)
        origin = env.get("PORTICO_ORIGIN", "").strip().rstrip("/")
        if smtp is not None and not origin:
            raise BadSetting(
                "PORTICO_SMTP_URI is set, but not PORTICO_ORIGIN: links in mails would lead nowhere."
                " Set it to the portal's address as browsers see it, like https://portal.example.com."
            )
        return cls(
            smtp,
            outbox_folder(settings),
            name or portal,
            address,
            origin or f"http://localhost:{settings.port}",
            portal,
            env.get("PORTICO_SUPPORT_MAIL", "").strip(),
            env.get("PORTICO_SUPPORT_PHONE", "").strip(),
            _waits(env.get("PORTICO_MAIL_RETRY_SECONDS", "")),
            timezone(env),
        )

    @property
    def domain(self) -> str:
        """The right half of Message-IDs."""
        return self.sender_address.partition("@")[2]


def supplier(env: Mapping[str, str] | None = None) -> str:
    """What the portal is called."""
    return (os.environ if env is None else env).get("PORTICO_SUPPLIER", "").strip() or "Portico"


def outbox_folder(settings: Settings) -> Path:
    """Where mails go without a mail server."""
    return settings.var / "outbox"


def is_address(text: str) -> bool:
    """Whether this is an e-mail address that any server takes: ASCII, nothing quoted, nothing else in it."""
    return _ADDRESS.match(text) is not None


def _sender(env: Mapping[str, str], needed: bool) -> tuple[str, str]:
    text = env.get("PORTICO_MAIL_FROM", "").strip()
    if not text:
        if needed:
            raise BadSetting(
                "PORTICO_SMTP_URI is set, but not PORTICO_MAIL_FROM: the address mails come from, like"
                " portal@example.com or Example Portal <portal@example.com>."
            )
        return "", "portal@portico.invalid"
    name, address = parseaddr(text)
    if not is_address(address) or not text.isprintable():
        raise BadSetting(
            f"PORTICO_MAIL_FROM={text} cannot be used: it is portal@example.com or Example Portal <portal@example.com>."
        )
    Address(name, addr_spec=address)
    return name, address


def _server(env: Mapping[str, str]) -> SmtpServer | None:
    # What cannot be used is not repeated: there may be a password in it.
    text = secret(env, "PORTICO_SMTP_URI")
    if not text:
        return None
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise BadSetting(f"PORTICO_SMTP_URI cannot be used: it is {_URI}.") from None
    rest = parts.path.strip("/") or parts.query or parts.fragment
    if parts.scheme not in _SCHEMES or not parts.hostname or rest:
        raise BadSetting(f"PORTICO_SMTP_URI cannot be used: it is {_URI}.")
    user, password = (
        unquote(parts.username or ""),
        unquote(parts.password or "") or secret(env, "PORTICO_SMTP_PASSWORD"),
    )
    if bool(user) != bool(password):
        raise BadSetting(
            "PORTICO_SMTP_URI has a user or a password, and not the other: write both into it, or the password alone"
            " into PORTICO_SMTP_PASSWORD or the file that PORTICO_SMTP_PASSWORD_FILE names."
        )
    if password and parts.scheme == "smtp" and parts.hostname not in _LOOPBACK:
        raise BadSetting("PORTICO_SMTP_URI would send its password unencrypted: use smtp+starttls:// or smtps://.")
    return SmtpServer(parts.hostname, port or _SCHEMES[parts.scheme], parts.scheme, user, password)


def _waits(text: str) -> tuple[int, ...]:
    if not text.strip():
        return _WAITS
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and 1 <= int(part) <= 432_000 for part in parts):
        raise BadSetting(
            f"PORTICO_MAIL_RETRY_SECONDS={text} cannot be used: it is seconds between tries, like 60,300,3600."
        )
    return tuple(int(part) for part in parts)
