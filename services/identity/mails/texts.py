"""What admins made of the mails' texts and sender: state, how events change it, one decision a command. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from chassis.errors import Invalid
from chassis.messages import Event
from chassis.sentences import sentence
from services.identity.commands import ChangeMailSender, ChangeMailText, RestoreMailText
from services.identity.errors import ChangedSince
from services.identity.events import MailSenderChanged, MailTextChanged, MailTextRestored
from services.identity.mails.kinds import KINDS, Kind
from services.identity.mails.originals import LANGUAGES, Wording, original
from services.identity.mails.settings import is_address
from services.identity.mails.writing import House, Written, missing_placeholders, unknown_placeholders, write

SENDER_KEY = "portal"
"""There is one sender: the stream's name."""
LONGEST_SUBJECT, LONGEST_TEXT = 200, 5000

_SAMPLES: Mapping[str, str] = {
    "name": "Alex Sample",
    "until": "2030-01-31, 12:00",
    "number": "A-1234",
    "erp_number": "31240",
    "reason": "…",
    "colleague": "Kim Sample",
}
"""What placeholders stand for in a preview."""


@dataclass(frozen=True, slots=True)
class Text:
    """The text of a mail in a language, where it is not the original. `was` are subject and
    text before, none for the original, after so many `changes`.
    """

    subject: str = ""
    text: str = ""
    was: tuple[str, ...] = ()
    changes: int = 0

    @property
    def wording(self) -> Wording | None:
        """The changed text; None: the original holds."""
        return Wording(self.subject, self.text) if self.text else None


@dataclass(frozen=True, slots=True)
class Sender:
    """Whom mails come from; "" where the installation's setting holds, or answers go to the sender."""

    name: str = ""
    address: str = ""
    reply_to: str = ""


@dataclass(frozen=True, slots=True)
class Senders:
    """The sender, the one before, and how many changes there were."""

    now: Sender = Sender()
    was: Sender = Sender()
    changes: int = 0


def text_key(kind: str, language: str) -> str:
    """The name of a text's stream."""
    return f"{kind}.{language}"


def evolve_text(state: Text, event: Event) -> Text:
    """The text after the event."""
    match event:
        case MailTextChanged():
            return Text(event.subject, event.text, tuple(state.wording or ()), state.changes + 1)
        case MailTextRestored():
            return Text(was=tuple(state.wording or ()), changes=state.changes + 1)
        case _:
            return state


def evolve_sender(state: Senders, event: Event) -> Senders:
    """The sender after the event."""
    match event:
        case MailSenderChanged():
            return Senders(Sender(event.name, event.address, event.reply_to), state.now, state.changes + 1)
        case _:
            return state


def text_faults(kind: Kind, wording: Wording) -> dict[str, list[str]]:
    """What is wrong with a text, by field (`subject`, `text`), in sentences for people; empty where nothing is."""
    faults: dict[str, list[str]] = {}
    for name, value, longest in (("subject", wording.subject, LONGEST_SUBJECT), ("text", wording.text, LONGEST_TEXT)):
        if not value.strip():
            faults.setdefault(name, []).append("Please write something.")
        if len(value) > longest:
            faults.setdefault(name, []).append(sentence("Please write at most %(most)s characters.", most=longest))
        for unknown in unknown_placeholders(kind, value):
            known = ", ".join(f"{{{one}}}" for one in kind.placeholders)
            said = sentence(
                "There is no placeholder {%(unknown)s} in this mail. There are: %(known)s.",
                unknown=unknown,
                known=known,
            )
            faults.setdefault(name, []).append(said)
    for missing in missing_placeholders(kind, wording.text):
        faults.setdefault("text", []).append(
            sentence("{%(missing)s} has to be in the text: without it the mail is of no use.", missing=missing)
        )
    return faults


def decide_change_text(state: Text, command: ChangeMailText, now: datetime) -> list[Event]:
    """The new text; nothing when it is that already. Back to the original where it equals that."""
    wording = Wording(" ".join(command.subject.split()), command.text.replace("\r\n", "\n").strip())
    faults = text_faults(KINDS[command.kind], wording)
    if faults:
        raise Invalid("The text was not saved.", fields=faults)
    if wording == (state.wording or original(command.kind, command.language)):
        return []
    if wording == original(command.kind, command.language):
        return [MailTextRestored(command.kind, command.language, command.actor)]
    return [MailTextChanged(command.kind, command.language, wording.subject, wording.text, command.actor)]


def decide_restore_text(state: Text, command: RestoreMailText, now: datetime) -> list[Event]:
    """The original again; nothing when it is that already."""
    return [MailTextRestored(command.kind, command.language, command.actor)] if state.wording else []


def decide_change_sender(state: Senders, command: ChangeMailSender, now: datetime) -> list[Event]:
    """The new sender; nothing when it is that already."""
    wanted = Sender(" ".join(command.name.split()), command.address.strip(), command.reply_to.strip())
    given = {"address": wanted.address, "reply_to": wanted.reply_to}
    no_address = ["This is no e-mail address that every mail server takes, like portal@example.com."]
    faults = {name: no_address for name, address in given.items() if address and not is_address(address)}
    if not wanted.name.isprintable():
        faults["name"] = ["This name has signs in it that no mail can carry."]
    if faults:
        raise Invalid("The sender was not saved.", fields=faults)
    if wanted == state.now:
        return []
    return [MailSenderChanged(wanted.name, wanted.address, wanted.reply_to, command.actor)]


def decide_undo_text(state: Text, key: str, change: int, actor: str) -> list[Event]:
    """The text before that change of the stream; ChangedSince when it is not the last."""
    if change != state.changes - 1:
        raise ChangedSince
    kind, _, language = key.partition(".")
    if not state.was:
        return [MailTextRestored(kind, language, actor)]
    subject, text = state.was
    return [MailTextChanged(kind, language, subject, text, actor)]


def decide_undo_sender(state: Senders, change: int, actor: str) -> list[Event]:
    """The sender before that change; ChangedSince when it is not the last."""
    if change != state.changes - 1:
        raise ChangedSince
    return [MailSenderChanged(state.was.name, state.was.address, state.was.reply_to, actor)]


def preview(kind: str, language: str, wording: Wording, house: House, origin: str) -> Written:
    """The mail with this text, as somebody called Alex Sample would get it."""
    sample = {**_SAMPLES, "supplier": house.supplier, "link": f"{origin}/…"}
    return write(KINDS[kind], wording, language, sample, house)


__all__ = [
    "LANGUAGES",
    "SENDER_KEY",
    "House",
    "Sender",
    "Senders",
    "Text",
    "Wording",
    "decide_change_sender",
    "decide_change_text",
    "decide_restore_text",
    "decide_undo_sender",
    "decide_undo_text",
    "evolve_sender",
    "evolve_text",
    "original",
    "preview",
    "text_faults",
    "text_key",
]
