"""The forms of rights: what is given, until when; and that what is saved is what the preview showed."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from chassis.codec import dumps
from gateway.formats import as_date
from gateway.forms import CommandForm, options
from gateway.rights.given import Rights
from gateway.rights.names import PERMISSION_NAMES
from gateway.rights.offer import Offer
from services.identity.contract import PERMISSIONS

_UNTIL = "until-"


class Checkboxes(SelectMultipleField):
    """Several of a few, each with a box of its own."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class PreviewedForm(CommandForm):
    """A form that shows what it would change before it is saved: `step` is the button that was pressed."""

    previewed = HiddenField()

    @property
    def saving(self) -> bool:
        """Whether the button that saves was pressed."""
        return request.form.get("step") == "save"

    def shown(self, *facts: Any) -> bool:
        """Whether the preview showed just these facts (what is sent, what it changes); it does from now on."""
        mark = hashlib.sha256(dumps(facts)).hexdigest()[:32]
        seen, self.previewed.data = self.previewed.data == mark, mark
        return seen


def _gone() -> str:
    return _("A role that you ticked was removed meanwhile (%(value)s). Look at what is left, and preview again.")


class RightsForm(PreviewedForm):
    """All that a contact is given: permissions and roles, each until a day or for good, and branches.

    No branch ticked: all that can be given. What is not offered stays as it was `before`.
    """

    permissions = Checkboxes(_l("Permissions"))
    roles = Checkboxes(_l("Roles"), invalid_choice_message=lambda count: _gone())
    branches = Checkboxes(_l("Branches"), description=_l("Nothing ticked: all branches."))

    def __init__(self, today: date, before: Rights, offered: Offer, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._today, self.before, self.offered = today, before, offered
        self.permissions.choices = options(offered.permissions.items())
        self.roles.choices = options(offered.roles.items())
        self.branches.choices = options(offered.branches.items())
        if offered.of_some:
            self.branches.description = _l("Nothing ticked: all of yours.")
        self.current = before.in_force(today)
        self.ends: dict[str, date] = dict(before.ends)
        # What somebody has already stays until when it is, whoever gave it.
        self._kept = frozenset() if offered.to_new else self.current
        latest = {grant: day for grant, day in offered.latest.items() if grant not in self._kept}
        self.until = {grant: day.isoformat() for grant, day in {**latest, **before.ends}.items()}
        self.wrong: set[str] = set()
        if self.is_submitted():
            fields = request.form.items()
            self.until = {name.removeprefix(_UNTIL): day.strip() for name, day in fields if name.startswith(_UNTIL)}

    def validate(self, extra_validators: Any = None) -> bool:
        """As others, and read the last days; a day that is none, or is past, is named."""
        valid = bool(super().validate(extra_validators))
        self.ends = {}
        for field in (self.permissions, self.roles):
            for one in field.choices or ():
                if one.value in (field.data or ()):
                    if self.until.get(one.value):
                        self._end(one.value, str(one.label))
                    self._refuse_later(one.value, str(one.label))
        return valid and not self.wrong

    def _end(self, grant: str, name: str) -> None:
        try:
            day = date.fromisoformat(self.until[grant])
        except ValueError:
            said = _("%(name)s: “%(text)s” is not a date like 2026-05-31.", name=name, text=self.until[grant])
        else:
            if day >= self._today:
                self.ends[grant] = day
                return
            shown = as_date(day)
            said = _("%(name)s: %(day)s is past. Choose a later day, or take the tick away.", name=name, day=shown)
        self.wrong.add(grant)
        self.summary.append(said)

    def _refuse_later(self, grant: str, name: str) -> None:
        """Name what is to be given for longer than who gives it has it."""
        latest, day = self.offered.latest.get(grant), self.ends.get(grant)
        kept = grant in self._kept and day == self.before.ends.get(grant)
        if latest is None or kept or grant in self.wrong or (day is not None and day <= latest):
            return
        self.wrong.add(grant)
        said = _(
            "%(name)s: yours ends after %(day)s. Choose that day or an earlier one.", name=name, day=as_date(latest)
        )
        self.summary.append(said)

    def payload(self) -> dict[str, Any]:
        """The rights that a command is to be sent. What this form does not offer stays as it was."""
        offered, before = self.offered, self.before
        kept = before.permissions - offered.permissions.keys()
        roles = before.roles & offered.others.keys()
        ends = {grant: day for grant, day in before.ends.items() if grant in kept | roles} | self.ends
        given = kept | set(self.permissions.data or ())
        return {
            "permissions": [name for name in PERMISSIONS if name in given],
            "branches": self._branches(),
            "roles": sorted(roles | set(self.roles.data or ())),
            "ends": {grant: day.isoformat() for grant, day in sorted(ends.items())},
        }

    def _branches(self) -> list[str] | None:
        chosen = self.branches.data or (self.offered.every_branch if self.offered.branches else self.before.branches)
        return list(chosen) if chosen else None

    def fill(self) -> None:
        """Show what the contact has today; what has ended has no tick any more."""
        running = self.current
        self.permissions.data = [one for one in self.offered.permissions if one in running]
        self.roles.data = [one for one in self.offered.roles if one in running]
        self.branches.data = list(self.before.branches or ())


class RoleForm(PreviewedForm):
    """A role: what it is called and gives."""

    name = StringField(_l("Name"), validators=[InputRequired(_l("What is it called?")), Length(max=60)])
    permissions = Checkboxes(_l("Permissions"), choices=options(PERMISSION_NAMES.items()))
