"""The worker's part that sends what is waiting: looks in its own read model, writes the mail, hands it over, notes it.

The streams decide: a read model that lags makes it look twice, never send twice. Only an end of the process between
the server's yes and the note sends a mail once more, under the same Message-ID.
"""

from __future__ import annotations

import threading
import time
from base64 import b64decode
from datetime import datetime
from email.errors import MessageError
from typing import Any
from uuid import UUID

from babel.dates import format_date, format_time

from chassis import log, metrics
from chassis.config import Settings
from chassis.job_streams import Stopped, Streams
from chassis.killpoints import reach
from chassis.messages import Event
from chassis.readmodel import NotThere, database
from chassis.repository import now
from chassis.statedb import StateDb
from services.identity.adapters.mail import Carrier, Letter, MailProblem, Refused, ServerAway, carrier
from services.identity.contract import SERVICE
from services.identity.details.person import former_of, person_of
from services.identity.domain import Contact
from services.identity.links import INVITATION, Link, keep_link, known_link, token_hash
from services.identity.mails import domain
from services.identity.mails.domain import Mail
from services.identity.mails.kinds import KINDS, Kind
from services.identity.mails.originals import FRAME, language_of, original
from services.identity.mails.settings import MailSettings, is_address
from services.identity.mails.texts import SENDER_KEY, text_key
from services.identity.mails.writing import House, Logo, Sender, compose, one_line, write
from services.identity.portal.pictures import PNG
from services.identity.projections.mails import MAILS
from services.identity.requests.domain import Request
from services.identity.streams import (
    COMPANY,
    CONTACT,
    MAIL,
    MAIL_SENDER,
    MAIL_TEXT,
    PICTURE,
    PORTAL,
    REQUESTS,
    SETTINGS,
)
from services.identity.vault import open_vault

_LOOK_SECONDS = 0.25
_COUNT_SECONDS = 5.0
_BATCH = 20
_SERVER_WAITS = (5, 15, 60)
"""Seconds until a server that was away is asked again, by whichever mail is next."""
_DUE = (
    f"SELECT mail FROM {MAILS.name} WHERE state IN ('waiting', 'delayed') AND next_try <= ?"
    f" ORDER BY next_try, mail LIMIT {_BATCH}"
)
_COUNTS = f"SELECT state, COUNT(*) AS count FROM {MAILS.name} GROUP BY state"
_log = log.get(__name__)


class NotNeeded(Exception):
    """The mail would say what does not hold any more."""


class Mailer:
    """The job. Whoever calls it sends until `stop`; `status` is for `/status` and `portico status`."""

    __name__ = "send_mails"

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._away = ""
        self._to = ""

    def status(self) -> dict[str, Any]:
        """Where mails go, how many wait or were given up; why the server takes none, "" when it does."""
        counts = {state: self._counts.get(state, 0) for state in ("waiting", "delayed", "given_up")}
        return {"to": self._to, **counts, "away": self._away}

    def __call__(self, stop: threading.Event, settings: Settings) -> None:
        """Send until `stop`. Raises BadSetting."""
        configured = MailSettings.from_env(settings)
        out = carrier(configured)
        server = configured.smtp
        self._to = f"{server.security}://{server.host}:{server.port}" if server else str(configured.outbox)
        failures = 0
        counted = 0.0
        with Streams(settings, SERVICE, "mail", stop) as streams:
            desk = Desk(settings, configured, out, streams)
            try:
                while not stop.is_set():
                    if time.monotonic() - counted > _COUNT_SECONDS:
                        self._count(settings)
                        counted = time.monotonic()
                    pause, self._away = desk.turn(stop), desk.away
                    if self._away:
                        pause = float(min(_SERVER_WAITS[min(failures, len(_SERVER_WAITS) - 1)], configured.waits[0]))
                    failures = failures + 1 if self._away else 0
                    stop.wait(pause)
            except Stopped:
                return
            finally:
                out.close()

    def _count(self, settings: Settings) -> None:
        self._counts = {str(row["state"]): int(row["count"]) for row in _rows(settings, _COUNTS)}
        for state in domain.STATES:
            metrics.MAILS.labels(state).set(self._counts.get(state, 0))


class Desk:
    """Sends the mails that are due. `away` says why the server takes none at the moment."""

    def __init__(self, settings: Settings, configured: MailSettings, out: Carrier, streams: Streams) -> None:
        self.away = ""
        self._settings = settings
        self._configured = configured
        self._out = out
        self._streams = streams
        self._state = StateDb(settings.state_db(SERVICE))
        self._vault = open_vault(settings, self._state)
        self._logos: dict[str, Logo | None] = {}

    def turn(self, stop: threading.Event) -> float:
        """Send what is due until the server is away; the seconds after which to look again."""
        due = [str(row["mail"]) for row in _rows(self._settings, _DUE, now().isoformat())]
        self.away = ""
        tried = 0
        for key in due:
            if stop.is_set() or self.away:
                break
            tried += self._one(key)
        if not tried:
            self._out.close()
        return _LOOK_SECONDS if tried < _BATCH else 0.0

    def _one(self, key: str) -> bool:
        """Try one; False when it needs no try, as the read model does not know yet."""
        mail = self._streams.load(MAIL, key)
        if not mail.is_open:
            return False
        try:
            self._out.deliver(self._letter(mail))
            reach("identity.after_mail")
            self._note(mail, "sent", domain.decide_sent(mail))
        except NotNeeded as reason:
            self._note(mail, "not_needed", domain.decide_not_needed(mail, str(reason)))
        except Refused as refused:
            self._note(mail, "given_up", domain.decide_given_up(mail, str(refused)))
        except MailProblem as problem:
            self.away = str(problem) if isinstance(problem, ServerAway) else ""
            self._note(mail, "delayed", domain.decide_delayed(mail, str(problem), self._configured.waits, now()))
        return True

    def _note(self, mail: Mail, outcome: str, events: list[Event]) -> None:
        _log.info("mail", mail=mail.mail, kind=mail.kind, contact=mail.contact, outcome=outcome)
        metrics.MAIL_TRIES.labels(outcome).inc()
        # Of the try that was made: what staff asked for meanwhile is not overruled by it.
        self._streams.record(
            MAIL, mail.mail, f"{outcome}/{mail.attempt}", lambda state: events if state.attempt == mail.attempt else []
        )

    def _letter(self, mail: Mail) -> Letter:
        """The whole mail as it is to go now. Raises NotNeeded, Refused."""
        kind = KINDS[mail.kind]
        request = self._request(mail) if kind.of_request else None
        contact = self._recipient(mail, request if kind.to_colleague else None)
        if contact.erased:
            raise NotNeeded("The contact's personal data was erased.")
        if not contact.active:
            raise NotNeeded("The contact was deactivated.")
        if mail.useful_until is not None and mail.useful_until <= now():
            raise NotNeeded("What the mail was about has expired.")
        person = person_of(self._vault, contact)
        address = _ascii(
            former_of(self._vault, contact, mail.params["login"]).email if kind.to_former else person.email
        )
        language = self._language(contact)
        params = {**mail.params, **self._secret(mail, kind, contact), **self._unsealed(request)}
        configured, house = self._configured, self._house()
        values = {
            **params,
            "name": one_line(person.name),
            "supplier": house.supplier,
            "link": configured.origin + kind.path.format_map(params),
            "until": self._moment(mail.useful_until, language),
        }
        chosen = self._streams.load(MAIL_SENDER, SENDER_KEY).now
        named = configured.sender_name != configured.supplier  # by PORTICO_MAIL_FROM
        sender = Sender(
            chosen.name or (configured.sender_name if named else house.supplier),
            chosen.address or configured.sender_address,
            chosen.reply_to,
        )
        changed = self._streams.load(MAIL_TEXT, text_key(kind.name, language)).wording
        written = write(kind, changed or original(kind.name, language), language, values, house)
        at = mail.requested_at or now()
        try:
            content = compose(written, language, sender, person.name, address, mail.message_id, at, house.logo)
        except (ValueError, MessageError) as error:
            raise Refused(f"The mail cannot be written: {type(error).__name__}") from error
        return Letter(mail.message_id[1:].partition("@")[0], sender.address, address, content)

    def _house(self) -> House:
        """The supplier as admins have set the portal at this moment, else as it was set up."""
        configured, known = self._configured, self._streams.load(SETTINGS, PORTAL)
        return House(
            known.value("name") or configured.supplier,
            known.value("support_mail") or configured.support_mail,
            known.value("support_phone") or configured.support_phone,
            f"{configured.origin}/settings/mails",
            known.value("accent"),
            self._logo(known.value("logo")),
        )

    def _logo(self, picture: str) -> Logo | None:
        """The logo where mail programs show its kind; the last one is kept."""
        if not picture:
            return None
        if picture not in self._logos:
            found = self._streams.load(PICTURE, picture)
            shown = found.media_type == PNG
            logo = Logo(picture, found.width, found.height, b64decode(found.content)) if shown else None
            self._logos = {picture: logo}
        return self._logos[picture]

    def _request(self, mail: Mail) -> Request:
        """The request for access that the mail is about. Raises NotNeeded when it was forgotten."""
        found = self._streams.load(REQUESTS, mail.company).known.get(mail.params["request"])
        if found is None:
            raise NotNeeded("The request it is about was deleted.")
        return found

    def _recipient(self, mail: Mail, request: Request | None) -> Contact:
        """The mail's contact; whom a request is for, who is none, as if they were."""
        if request is None:
            return self._streams.load(CONTACT, mail.contact)
        return Contact(request.request, mail.company, personal=request.personal)

    def _unsealed(self, request: Request | None) -> dict[str, str]:
        if request is None:
            return {}
        colleague = self._vault.open(request.request, request.personal).name
        reason = self._vault.open_text(request.request, request.reason)
        return {"colleague": one_line(colleague), "reason": reason}

    def _language(self, contact: Contact) -> str:
        """The contact's own, else their company's."""
        if contact.language or not contact.company:
            return language_of(contact.language)
        return language_of(self._streams.load(COMPANY, contact.company).language)

    def _moment(self, moment: datetime | None, language: str) -> str:
        if moment is None:
            return ""
        here = moment.astimezone(self._configured.timezone)
        locale = FRAME[language].locale
        return f"{format_date(here, 'long', locale)}, {format_time(here, 'short', locale=locale)} {here.tzname()}"

    def _secret(self, mail: Mail, kind: Kind, contact: Contact) -> dict[str, str]:
        """The token of the mail's link, where it has one: derived, as when its row was made. Raises NotNeeded."""
        if not kind.secret:
            return {}
        token = self._vault.token(kind.secret, UUID(mail.params["command"]), mail.contact)
        until = mail.useful_until
        if kind.secret == INVITATION and until is not None and until == contact.invited_until:
            # The process that made it may have ended before it kept the link.
            keep_link(self._state, Link(token_hash(token), mail.contact, until, kind.secret))
        link = known_link(self._state, token_hash(token), kind.secret)
        if link is None or link.ended:
            raise NotNeeded("Its link was used already, or a newer one replaced it.")
        return {"token": token}


def _ascii(email: str) -> str:
    """The address as every mail server takes it. Raises Refused."""
    local, at, host = email.strip().rpartition("@")
    try:
        address = f"{local}{at}{host.encode('idna').decode() if host else ''}"
    except UnicodeError:
        address = ""
    if not is_address(address):
        raise Refused("The contact has no e-mail address that can be used." if email else "The contact has no address.")
    return address


def _rows(settings: Settings, sql: str, *values: Any) -> list[Any]:
    """Rows of identity's own read models; none while they are being made."""
    try:
        with database(settings, SERVICE).reading() as execute:
            rows: list[Any] = execute(sql, values).fetchall()
            return rows
    except NotThere:
        return []
