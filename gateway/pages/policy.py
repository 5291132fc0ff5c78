"""How people come in: the sign-in policy of the portal, and of companies with one of their own (portal admins)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import flash, redirect, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, IntegerField
from wtforms.validators import InputRequired, NumberRange, Optional

from chassis.messages import ALL_COMPANIES
from gateway import passkeys
from gateway.access import Scope, current_scope
from gateway.changes import WAY_NAMES, policy_in_words
from gateway.companyfield import COMPANY, WHOSE, CompanyField
from gateway.forms import CommandForm, options, send
from gateway.frame import render
from gateway.pages.branding import SHOWS
from gateway.parts import parts
from gateway.people import COMPANIES
from gateway.queries import StaffQuery
from gateway.rights.forms import Checkboxes
from gateway.routes import Feature, Pages
from gateway.single_sign_on.shown import shown
from services.identity import contract as identity

pages = Pages("policy", __name__)
_ROLE = "portal_admin"
_PAGE = "/administration/sign-in"
_PREFIX = identity.SIGN_IN_SETTING
_POLICIES = StaffQuery(
    "policy.policies",
    f"""SELECT s.setting, s.value, m.name FROM identity.portal_settings_v1 s
       LEFT JOIN {COMPANIES} m ON '{_PREFIX}' || m.company = s.setting
       WHERE s.value <> '' AND s.setting LIKE 'sign!_in/%' ESCAPE '!' ORDER BY m.name_key, s.setting""",
    role=_ROLE,
)


class PolicyForm(CommandForm):
    """A policy; empty numbers: as the installation has it."""

    ways = Checkboxes(_l("People log in by"), choices=options(WAY_NAMES.items()))
    factor = BooleanField(
        _l("A password alone is not enough"),
        description=_l("Who has no authenticator app or passkey sets an app up at the next log-in."),
    )
    idle_minutes = IntegerField(
        _l("Log out after so many minutes without use"),
        [Optional(), NumberRange(5, identity.LONGEST_IDLE, _l("From 5 minutes to a week."))],
    )
    longest_hours = IntegerField(
        _l("Log out after so many hours in any case"),
        [Optional(), NumberRange(1, identity.LONGEST_SESSION, _l("From an hour to 90 days."))],
    )

    def fill(self, policy: identity.Policy) -> None:
        """Show what holds."""
        self.ways.data, self.factor.data = list(policy.ways), policy.factor
        self.idle_minutes.data = policy.idle_minutes or None
        self.longest_hours.data = policy.longest_hours or None

    @property
    def policy(self) -> identity.Policy:
        """What was filled in."""
        ways = tuple(self.ways.data or ())
        return identity.Policy(ways, self.factor.data, self.idle_minutes.data or 0, self.longest_hours.data or 0)


class CompanyForm(CommandForm):
    """Which company is to have a policy of its own."""

    company = CompanyField(_l("Company's number"), [InputRequired(WHOSE)])


@pages.staff_page(
    _PAGE,
    role=_ROLE,
    tab="administration",
    feature=Feature(_l("Sign-in policy"), "shield-lock", group=_l("Administration"), order=50),
    methods=("GET", "POST"),
)
def everybody() -> Any:
    """The policy of all who have no other, staff included; and which companies have one of their own."""
    return _page(current_scope(), ALL_COMPANIES, "")


@pages.staff_page(f"{_PAGE}/company", role=_ROLE, tab="administration", methods=("POST",))
def choose() -> Any:
    """Go to the page of a company's policy."""
    scope, form = current_scope(), CompanyForm()
    if form.validate_on_submit():
        chosen = form.company.chosen(scope)
        if chosen is not None:
            return redirect(f"{_PAGE}/{quote(chosen.company)}")
        form.status = 422
    return _page(scope, ALL_COMPANIES, "", choice=form)


@pages.staff_page(f"{_PAGE}/<path:code>", role=_ROLE, tab="administration", methods=("GET", "POST"))
def company(code: str) -> Any:
    """The policy of a company's people."""
    scope = current_scope()
    row = scope.one(COMPANY, code=code)
    return _page(scope, row.company, row.name)


def _page(scope: Scope, code: str, name: str, choice: CompanyForm | None = None) -> Any:
    form = PolicyForm() if choice is None else PolicyForm(formdata=None)
    setting = f"{_PREFIX}{code}"
    if choice is None and form.validate_on_submit():
        dropped = request.form.get("action") == "drop"
        settings = {setting: "" if dropped else identity.written_policy(form.policy)}
        if send(form, scope, "identity", "ChangeSettings", {"settings": settings}, shows=SHOWS) is not None:
            flash(_("Saved. It holds from everybody's next click: who does not meet it logs in again."), "success")
            return redirect(_PAGE)
    scope.settle(identity.SERVICE)
    known = {row.setting: row for row in scope.rows(_POLICIES)}
    if choice is not None or not form.is_submitted():
        values = {one: row.value for one, row in known.items()}
        form.fill(identity.policy_of(values, code))
    others = [
        (row.setting.removeprefix(_PREFIX), row.name, policy_in_words(identity.read_policy(row.value)))
        for row in known.values()
        if row.setting != f"{_PREFIX}{ALL_COMPANIES}"
    ]
    return render(
        "policy/policy.html",
        title=_("Sign-in policy"),
        name=name,
        form=form,
        own=setting in known,
        others=others if code == ALL_COMPANIES else None,
        providers=shown(scope, passkeys.origin(request)) if code == ALL_COMPANIES else [],
        choice=choice or CompanyForm(formdata=None),
        path=f"{_PAGE}/{code}" if name else _PAGE,
        installed=parts().gateway,
        status=form.status if choice is None else choice.status,
    )
