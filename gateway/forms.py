"""Forms that send commands: what was typed is never lost, refusals stand beside it, a second click does nothing new."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import uuid4

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField
from wtforms.fields import SelectChoice
from wtforms.validators import Length

from chassis import log
from chassis.errors import CommandReused, DeadlineExceeded, Invalid, NotFound, PorticoError, Refused, Unavailable
from gateway.access import Scope
from gateway.refusals import said
from services.identity.contract import LONGEST_PASSWORD, SHORTEST_PASSWORD

_log = log.get("forms")
PASSWORD_LENGTH = Length(
    min=SHORTEST_PASSWORD,
    max=LONGEST_PASSWORD,
    message=_l(
        "Use at least %(least)s characters and at most %(most)s.", least=SHORTEST_PASSWORD, most=LONGEST_PASSWORD
    ),
)
"""How long a new password must be, as identity has it."""


class CommandForm(FlaskForm):
    """A form with the id of the command it will send, made when the page is shown.

    `summary` holds messages that belong to no single field, `faults` those of them that name what is no field here;
    `status` is the answer's HTTP status.
    """

    command_id = HiddenField(default=lambda: str(uuid4()))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.summary: list[str] = []
        self.faults: dict[str, list[str]] = {}
        self.status = 200

    def validate_on_submit(self, extra_validators: Any = None) -> bool:
        """Whether it was sent and is complete; `status` is 422 when it was sent and is not."""
        if not self.is_submitted():
            return False
        valid = bool(self.validate(extra_validators))
        self.status = 200 if valid else 422
        return valid

    def refused(self, error: PorticoError) -> None:
        """Show an error on the form: at its fields where it names them, else above."""
        self.status = getattr(error, "status", error.http)
        placed = False
        fields = error.details.get("fields", {}) if isinstance(error, Invalid) else {}
        for name, messages in fields.items():
            field = self._fields.get(name)
            if field is not None and name != "command_id":
                field.errors = [*field.errors, *_flat(messages)]
                placed = True
            else:
                self.faults[name] = _flat(messages)
                self.summary.extend(self.faults[name])
                placed = True
        if isinstance(error, CommandReused):
            # Sending again as it now stands is a new wish, so it gets a number of its own.
            self.command_id.data = str(uuid4())
            self.summary.append(
                _("%(said)s To send this as a new one, press the button again.", said=said(error.message))
            )
        elif isinstance(error, DeadlineExceeded):
            self.summary.append(
                _(
                    "That took too long, and we do not know yet whether it was done. Press the button again: what was"
                    " done is not done a second time."
                )
            )
        elif isinstance(error, Unavailable):
            self.summary.append(
                _(
                    "%(said)s Nothing was lost: what you typed is still here. Press the button again.",
                    said=said(error.message),
                )
            )
        elif not placed:
            self.summary.append(said(error.message))


def options(pairs: Iterable[tuple[str, Any]]) -> list[SelectChoice]:
    """What a select field or a list of boxes offers: values, and the texts beside them."""
    return [SelectChoice(value, label) for value, label in pairs]


def _flat(messages: Any) -> list[str]:
    """Messages as a service's schema nests them: by field, and by place within a list, which people count from 1."""
    if isinstance(messages, str):
        return [said(messages)]
    if not isinstance(messages, Mapping):
        return [text for one in messages for text in _flat(one)]
    found: list[str] = []
    for name, inner in messages.items():
        place = str(name)
        told = _flat(inner)
        found += (
            [_("Line %(n)s: %(said)s", n=int(place) + 1, said=text) for text in told] if place.isdecimal() else told
        )
    return found


def send(
    form: CommandForm,
    scope: Scope,
    service: str,
    name: str,
    payload: Mapping[str, Any],
    *,
    shows: tuple[str, ...],
    for_company: str | None = None,
) -> dict[str, Any] | None:
    """Send the form's command: its reply, or None with the reason on the form. NotFound is left to its own page."""
    try:
        return scope.command(service, name, payload, form.command_id.data or "", shows=shows, for_company=for_company)
    except NotFound:
        raise
    except (Refused, Unavailable) as error:
        _log.info("command refused", service=service, command=name, code=error.code)
        form.refused(error)
        return None
