"""A form's field for one of all companies (portal admins): suggested while one types, refused where there is none."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField

from gateway.access import Scope
from gateway.people import COMPANIES
from gateway.queries import StaffQuery

SUGGESTED_AT = "/administration/companies"
WHOSE = _l("Whose is it? Write the company's number.")
COMPANY = StaffQuery(
    "companyfield.one", f"SELECT m.company, m.name FROM {COMPANIES} m WHERE m.company = :code", role="portal_admin"
)


class CompanyField(StringField):
    """A company's number. Without script it is typed, as the page of companies has it."""

    def __init__(self, label: Any, *args: Any, **kwargs: Any) -> None:
        shown = {"data-suggest": SUGGESTED_AT, "data-text-label": _l("Companies"), "autocomplete": "off"}
        kwargs.setdefault("description", _l("Begin with its name or number. All are at Companies."))
        super().__init__(label, *args, render_kw=shown, **kwargs)

    def chosen(self, scope: Scope) -> Any | None:
        """The company's `company` and `name`; None where there is none, with the reason beside what was typed."""
        code = (self.data or "").strip()
        row = scope.row(COMPANY, code=code) if code else None
        if row is None:
            said = _("There is no company with the number “%(number)s”. You find it at Companies.", number=code)
            self.errors: list[Any] = [*self.errors, said]
        return row
