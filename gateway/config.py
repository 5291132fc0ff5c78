"""What the portal's owner sets about the gateway, read once from the environment."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from chassis.config import BadSetting, secret, timezone, whole_number
from services.identity.contract import providers

LANGUAGES = {"en": "en_GB", "de": "de_DE", "es": "es_ES", "fr": "fr_FR", "ar": "ar_AE"}
"""Languages with a catalogue, and the locale whose dates and numbers each uses. Of the Arabic ones the Emirates', for
CLDR gives them the digits that document numbers, references and what people type have, too."""
DRAFTS: frozenset[str] = frozenset()
"""Those whose catalogue is not whole yet: offered with PORTICO_STYLE=1 alone."""
UNREVIEWED = frozenset({"ar", "de", "es", "fr"})
"""Those that a machine translated and no native speaker has read yet; the choice of language says so."""
PSEUDO, PSEUDO_LOCALE = "en-XA", "en_001"
"""Not a language: every text with accents and longer, to see which one does not go through the catalogues."""
SHORTEST_KEY = 32


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """Names, addresses and limits of the portal. Times in the unit their name says.

    `outbox`: mails go into a folder, which a page shows, for there is no mail server. `export_rows_at_once`: exports of
    no more rows are written while the browser waits.
    """

    supplier: str = "Portico"
    website: str = ""
    support_mail: str = ""
    support_phone: str = ""
    bind: str = "127.0.0.1"
    workers: int = 2
    threads: int = 8
    https: bool = False
    hosts: tuple[str, ...] = ("localhost", "127.0.0.1")
    proxies: int = 0
    origin: str = ""
    live_url: str = ""
    looks_days: int = 365
    idle_minutes: int = 120
    absolute_hours: int = 12
    live_heartbeat_seconds: float = 15.0
    live_look_seconds: float = 5.0
    fragment_chars: int = 64 * 1024 * 1024
    style_page: bool = False
    export_rows_at_once: int = 5000
    forgot_password: bool = True
    outbox: bool = True
    timezone: ZoneInfo = ZoneInfo("UTC")

    @property
    def languages(self) -> dict[str, str]:
        """Those there are to choose from: tag and locale."""
        if self.style_page:
            return {**LANGUAGES, PSEUDO: PSEUDO_LOCALE}
        return {tag: locale for tag, locale in LANGUAGES.items() if tag not in DRAFTS}

    def today(self) -> date:
        """The business day it is now, in the portal's time zone."""
        return datetime.now(self.timezone).date()

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> GatewaySettings:
        """Read the gateway's own `PORTICO_*` variables; `PORTICO_HOSTS=*` answers to any host name."""
        env = os.environ if env is None else env
        hosts = _listed(env.get("PORTICO_HOSTS", ""))
        providers(env)  # what is wrong there is said at the start
        return cls(
            supplier=env.get("PORTICO_SUPPLIER", "Portico"),
            website=env.get("PORTICO_WEBSITE", ""),
            support_mail=env.get("PORTICO_SUPPORT_MAIL", ""),
            support_phone=env.get("PORTICO_SUPPORT_PHONE", ""),
            bind=env.get("PORTICO_BIND", "127.0.0.1"),
            workers=whole_number(env, "PORTICO_WEB_WORKERS", 2, 1, 64),
            threads=whole_number(env, "PORTICO_WEB_THREADS", 8, 1, 256),
            https=env.get("PORTICO_HTTPS", "") == "1",
            hosts=() if hosts == ("*",) else ("localhost", "127.0.0.1", *hosts),
            proxies=whole_number(env, "PORTICO_PROXIES", 0, 0, 10),
            origin=env.get("PORTICO_ORIGIN", "").rstrip("/"),
            live_url=env.get("PORTICO_LIVE_URL", ""),
            idle_minutes=whole_number(env, "PORTICO_IDLE_MINUTES", 120, 1, 525600),
            absolute_hours=whole_number(env, "PORTICO_SESSION_HOURS", 12, 1, 8760),
            looks_days=whole_number(env, "PORTICO_LOOKS_DAYS", 365, 31, 3650),
            live_heartbeat_seconds=float(env.get("PORTICO_LIVE_HEARTBEAT_SECONDS", "15")),
            live_look_seconds=float(env.get("PORTICO_LIVE_LOOK_SECONDS", "5")),
            fragment_chars=int(env.get("PORTICO_FRAGMENT_CHARS", str(64 * 1024 * 1024))),
            style_page=env.get("PORTICO_STYLE", "") == "1",
            export_rows_at_once=whole_number(env, "PORTICO_EXPORT_ROWS_AT_ONCE", 5000, 0, 50_000),
            forgot_password=env.get("PORTICO_FORGOT_PASSWORD", "").strip() != "0",
            outbox=not secret(env, "PORTICO_SMTP_URI"),
            timezone=timezone(env),
        )


def secret_keys(folder: Path, env: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """The keys that sign forms and cookies, the newest first: it signs, the others are still accepted.

    As configured, else from a file made once in `folder`, readable by us alone. Raises BadSetting.
    """
    return configured_keys(env) or _kept_keys(folder)


def configured_keys(env: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """The keys in `PORTICO_SECRET_KEY` (or its file), with spaces or line ends between; none where it is not set.

    Raises BadSetting for one that can be guessed.
    """
    configured = tuple(secret(os.environ if env is None else env, "PORTICO_SECRET_KEY").split())
    if any(len(key) < SHORTEST_KEY for key in configured):
        raise BadSetting(f"PORTICO_SECRET_KEY cannot be used: a key has at least {SHORTEST_KEY} characters.")
    return configured


def _kept_keys(folder: Path) -> tuple[str, ...]:
    path = folder / "secret.key"
    temporary = folder / f".secret.{secrets.token_hex(4)}"
    if not path.exists():
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            # Of two processes starting at once the first link wins; the other reads what it finds.
            os.link(temporary, path)
        except FileExistsError:
            pass
        finally:
            temporary.unlink()
    found = tuple(path.read_text().split())
    if not found or any(len(key) < SHORTEST_KEY for key in found):
        raise BadSetting(
            f"{path} has no key, or one of less than {SHORTEST_KEY} characters: delete it, it is made anew."
        )
    return found
