"""The port by which mail leaves, and its two ways out: a mail server, or a folder in which it can be read."""

from __future__ import annotations

import os
import re
import smtplib
import ssl
from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from pathlib import Path
from typing import Any, Protocol

from services.identity.mails.settings import MailSettings, SmtpServer

TIMEOUT_SECONDS = 20.0
NEWEST = 200
_KEY = re.compile(r"[a-z0-9]{1,64}\.[a-z0-9]{1,64}\Z")
_SOMEBODY = re.compile(r"[^\s<>\"'(),;:]+@[^\s<>\"'(),;:]+")


class MailProblem(Exception):
    """The mail was not taken; the message says why, without anybody's address."""

    def __init__(self, reason: str) -> None:
        super().__init__(_SOMEBODY.sub("(address)", " ".join(reason.split()))[:500])


class Refused(MailProblem):
    """For good: another try would end the same way."""


class TryLater(MailProblem):
    """This mail for the time being; others may go."""


class ServerAway(MailProblem):
    """No mail can go: the server does not answer, or does not let us in."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A whole mail, ready to go. `key` is the left half of its Message-ID."""

    key: str
    sender: str
    recipient: str
    content: bytes


class Carrier(Protocol):
    """A way out. The same letter again is the same mail: its Message-ID says so to whoever gets it."""

    def deliver(self, letter: Letter) -> None:
        """Hand it over; when this returns it was taken. Raises Refused, TryLater or ServerAway."""

    def close(self) -> None:
        """Nothing is to be sent for a while."""


def carrier(settings: MailSettings) -> Carrier:
    """The way out of this installation."""
    return Smtp(settings.smtp) if settings.smtp is not None else Outbox(settings.outbox)


class Smtp:
    """A mail server; one connection for all mails that go one after the other. Blocks: for a worker's thread."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server
        self._connection: smtplib.SMTP | None = None

    def deliver(self, letter: Letter) -> None:
        """See Carrier."""
        try:
            connection = self._opened()
            connection.sendmail(letter.sender, [letter.recipient], letter.content)
        except Exception as error:
            self.close()
            raise _problem(error) from error

    def close(self) -> None:
        """Say goodbye to the server."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(OSError, smtplib.SMTPException):
                connection.quit()

    def _opened(self) -> smtplib.SMTP:
        if self._connection is None:
            self._connection = self._connect()
        return self._connection

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        if server.security == "smtps":
            context = ssl.create_default_context()
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=TIMEOUT_SECONDS, context=context
            )
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_SECONDS)
        try:
            if server.security == "smtp+starttls":
                connection.starttls(context=ssl.create_default_context())
            if server.user:
                connection.login(server.user, server.password)
        except BaseException:
            connection.close()
            raise
        return connection


def _problem(error: Exception) -> MailProblem:
    """What an error of smtplib or of the network means for the mail."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            code, said = next(iter(error.recipients.values()))
            return _answer(code, said, "The recipient was refused")
        case smtplib.SMTPDataError():
            return _answer(error.smtp_code, error.smtp_error, "The mail was refused")
        case smtplib.SMTPAuthenticationError():
            return ServerAway(f"The mail server does not let us in: {_text(error.smtp_code, error.smtp_error)}")
        case smtplib.SMTPResponseException():
            return ServerAway(f"The mail server refuses: {_text(error.smtp_code, error.smtp_error)}")
        case OSError():  # smtplib's other errors are among them
            return ServerAway(f"The mail server does not answer: {error or type(error).__name__}")
        case _:
            raise error


def _answer(code: int, said: bytes | str, what: str) -> MailProblem:
    text = f"{what}: {_text(code, said)}"
    if code == 421:
        return ServerAway(text)
    return Refused(text) if code >= 500 else TryLater(text)


def _text(code: int, said: bytes | str) -> str:
    return f"{code} {said.decode(errors='replace') if isinstance(said, bytes) else said}"


@dataclass(frozen=True, slots=True)
class Kept:
    """A mail in the outbox folder, for reading. `html` is its HTML part."""

    key: str
    subject: str
    sender: str
    recipient: str
    date: str
    message_id: str
    text: str
    html: str


class Outbox:
    """A folder with a file a mail, named by the left half of its Message-ID: what comes again replaces itself."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def deliver(self, letter: Letter) -> None:
        """See Carrier. The file is whole or not there."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft = self._folder / f".{letter.key}.draft"
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(letter.content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._folder / f"{letter.key}.eml")
        except OSError as error:
            raise ServerAway(f"The outbox folder cannot be written: {error.strerror}") from error

    def close(self) -> None:
        """Nothing is open."""

    def newest(self) -> list[Kept]:
        """The mails that were written last, the newest first."""
        files = sorted(self._folder.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
        return list(self._read(files[:NEWEST], pictures=False))

    def find(self, key: str) -> Kept | None:
        """One mail; None when there is none of this name."""
        path = self._folder / f"{key}.eml"
        return next(self._read([path], pictures=True), None) if _KEY.match(key) else None

    def forget(self, contact: str) -> None:
        """Delete every mail to the contact."""
        for path in self._folder.glob(f"*.{contact}.eml"):
            path.unlink(missing_ok=True)

    def _read(self, files: list[Path], pictures: bool) -> Iterator[Kept]:
        for path in files:
            try:
                content = path.read_bytes()
            except FileNotFoundError:
                continue
            message = message_from_bytes(content, _class=EmailMessage, policy=policy.default)
            plain, html = (message.get_body((kind,)) for kind in ("plain", "html"))
            yield Kept(
                path.stem,
                str(message["Subject"]),
                str(message["From"]),
                str(message["To"]),
                message["Date"].datetime.isoformat(),
                str(message["Message-ID"]),
                _lines(plain),
                _with_pictures(message, _lines(html)) if pictures else _lines(html),
            )


def _with_pictures(message: EmailMessage, html: str) -> str:
    """The HTML part with the pictures in it that came with the mail."""
    parts: Any = message.walk()
    for part in parts:
        name = str(part.get("Content-ID", "")).strip("<>")
        if name and part.get_content_type() == "image/png":
            data = b64encode(part.get_content()).decode()
            html = html.replace(f"cid:{name}", f"data:image/png;base64,{data}")
    return html


def _lines(part: MIMEPart | None) -> str:
    """A part's text with the line ends of texts, not those of the wire."""
    return "" if part is None else str(part.get_content()).replace("\r\n", "\n")
