"""A mail: its state, how events change it, one decision a command and an outcome of a try. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from chassis.messages import Event
from services.identity.commands import RequestMail, SendMailAgain
from services.identity.errors import MailOnItsWay
from services.identity.events import (
    MailDelayed,
    MailGivenUp,
    MailNotNeeded,
    MailRequested,
    MailRequeued,
    MailSent,
)

PATIENCE = timedelta(days=5)
"""For how long a mail is tried that is refused for the time being; as long as mail servers do."""
STATES = ("waiting", "delayed", "sent", "given_up", "not_needed")


@dataclass(frozen=True, slots=True)
class Mail:
    """What decisions and tries need to know of a mail. `since` is when its tries began; `tries` counts delays."""

    mail: str = ""
    contact: str = ""
    company: str = ""
    kind: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    message_id: str = ""
    requested_at: datetime | None = None
    useful_until: datetime | None = None
    since: datetime | None = None
    state: str = ""
    tries: int = 0
    rounds: int = 0

    @property
    def is_open(self) -> bool:
        """Whether it is still to be sent."""
        return self.state in ("waiting", "delayed")

    @property
    def attempt(self) -> str:
        """What tells one try from the others."""
        return f"{self.rounds}/{self.tries}"


def evolve(state: Mail, event: Event) -> Mail:
    """The mail after the event."""
    match event:
        case MailRequested():
            known = (event.mail, event.contact, event.company, event.kind, event.params, event.message_id)
            return Mail(*known, event.requested_at, event.useful_until, event.requested_at, "waiting")
        case MailSent():
            return replace(state, state="sent")
        case MailDelayed():
            return replace(state, state="delayed", tries=state.tries + 1)
        case MailGivenUp():
            return replace(state, state="given_up")
        case MailNotNeeded():
            return replace(state, state="not_needed")
        case MailRequeued():
            return replace(state, state="waiting", tries=0, rounds=state.rounds + 1, since=event.asked_at)
        case _:
            return state


def decide_request(state: Mail, command: RequestMail, company: str, domain: str, now: datetime) -> list[Event]:
    """The mail is to be sent, under a Message-ID of its own for good; nothing when it was requested before."""
    if state.state:
        return []
    message_id = f"<{command.mail}.{command.contact_id}@{domain}>"
    what = (command.kind, dict(command.params), message_id, now, command.useful_until)
    return [MailRequested(command.mail, command.contact_id, company, *what)]


def decide_sent(state: Mail) -> list[Event]:
    """It was taken; nothing when that is known."""
    return [MailSent(state.mail, state.contact, state.company)] if state.is_open else []


def decide_delayed(state: Mail, reason: str, waits: Sequence[int], now: datetime) -> list[Event]:
    """Another try later, `waits` seconds after this one, or none any more when PATIENCE is over."""
    if not state.is_open:
        return []
    next_try = now + timedelta(seconds=waits[min(state.tries, len(waits) - 1)])
    if state.since is not None and next_try > state.since + PATIENCE:
        return decide_given_up(state, f"Tried for {PATIENCE.days} days. The last reason: {reason}")
    return [MailDelayed(state.mail, state.contact, state.company, reason, next_try)]


def decide_given_up(state: Mail, reason: str) -> list[Event]:
    """No more tries."""
    return [MailGivenUp(state.mail, state.contact, state.company, reason)] if state.is_open else []


def decide_not_needed(state: Mail, reason: str) -> list[Event]:
    """Nobody needs it any more."""
    return [MailNotNeeded(state.mail, state.contact, state.company, reason)] if state.is_open else []


def decide_send_again(state: Mail, command: SendMailAgain, now: datetime) -> list[Event]:
    """A new round of tries; refused while the first try is still to come."""
    if state.state == "waiting":
        raise MailOnItsWay
    return [MailRequeued(state.mail, state.contact, state.company, command.actor, now)]
