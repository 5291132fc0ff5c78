"""What the portal offers (A8): features switched on or off for everybody, and licences for all companies or some."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField
from wtforms.validators import InputRequired

from chassis.errors import NotFound
from chassis.messages import ALL_COMPANIES
from gateway.access import current_scope
from gateway.changes import FEATURE_NAMES, LICENCE_NAMES
from gateway.companyfield import WHOSE, CompanyField
from gateway.forms import CommandForm, options, send
from gateway.frame import render
from gateway.pages.branding import SHOWS
from gateway.parts import parts
from gateway.people import COMPANIES
from gateway.portal import FEATURES_MODEL, house
from gateway.queries import StaffQuery
from gateway.routes import Feature, Pages
from services.identity import contract as identity
from services.licensing import contract as licensing

pages = Pages("switches", __name__)
_ROLE = "portal_admin"
_LICENCES = (FEATURES_MODEL, f"{licensing.SERVICE}.{licensing.FEATURE_CHANGES_MODEL}")
_LINES = {
    "balance": _l("The balance on the start page and the page of open items"),
    "order_pad": _l("Placing orders, and cancelling them"),
    "support": _l("Requests and their answers, for customers and for your agents; projects go with them"),
    "search": _l("The search field in the bar, and its page"),
    "forgotten_password": _l("The link on the log-in page; without it one of your admins helps"),
}
_LICENSED = StaffQuery(
    "switches.licences",
    f"""SELECT f.company, f.feature, m.name FROM licensing.features_v1 f
       LEFT JOIN {COMPANIES} m ON m.company = f.company ORDER BY m.name_key, f.company, f.feature""",
    role=_ROLE,
)


class LicenceForm(CommandForm):
    """A licence for one company."""

    feature = SelectField(_l("Licence"), choices=options(LICENCE_NAMES.items()))
    for_company = CompanyField(_l("Company's number"), [InputRequired(WHOSE)])


@pages.staff_page(
    "/administration/features",
    role=_ROLE,
    tab="administration",
    feature=Feature(_l("Features"), "toggles", group=_l("Administration"), order=30),
)
def features() -> Any:
    """All features with their switches."""
    current_scope().settle(identity.SERVICE)
    shown = [(feature, name, _LINES.get(feature, "")) for feature, name in FEATURE_NAMES.items()]
    return render("switches/features.html", title=_("Features"), features=shown, off=house(parts()).off)


@pages.staff_page("/administration/features/<feature>", role=_ROLE, tab="administration", methods=("POST",))
def switch(feature: str) -> Any:
    """Switch a feature off for everybody, or on again."""
    if feature not in FEATURE_NAMES:
        raise NotFound("There is no such feature.")
    form = CommandForm()
    off = request.form.get("to") == "off"
    if form.validate_on_submit():
        settings = {f"{identity.FEATURE_SETTING}{feature}": identity.FEATURE_OFF if off else ""}
        if send(form, current_scope(), "identity", "ChangeSettings", {"settings": settings}, shows=SHOWS) is None:
            flash(" ".join(form.summary), "danger")
        elif off:
            flash(_("“%(name)s” is switched off for everybody.", name=FEATURE_NAMES[feature]), "success")
        else:
            flash(_("“%(name)s” is on again, for whoever may use it.", name=FEATURE_NAMES[feature]), "success")
    return redirect("/administration/features")


@pages.staff_page(
    "/administration/licences",
    role=_ROLE,
    tab="administration",
    feature=Feature(_l("Licences"), "award", group=_l("Administration"), order=40),
    methods=("GET", "POST"),
)
def licences() -> Any:
    """Who has which licence; grant one to a company."""
    scope, form = current_scope(), LicenceForm()
    if form.validate_on_submit():
        company = form.for_company.chosen(scope)
        if company is None:
            form.status = 422
        elif send(
            form, scope, "licensing", "GrantFeature", _payload(form.feature.data, company.company), shows=_LICENCES
        ):
            flash(_("Licensed. It holds from the company's next click."), "success")
            return redirect("/administration/licences")
    scope.settle(licensing.SERVICE)
    rows = scope.rows(_LICENSED)
    return render(
        "switches/licences.html",
        title=_("Licences"),
        form=form,
        names=LICENCE_NAMES,
        everywhere={row.feature for row in rows if row.company == ALL_COMPANIES},
        own=[row for row in rows if row.company != ALL_COMPANIES],
        all_companies=ALL_COMPANIES,
        status=form.status,
    )


@pages.staff_page("/administration/licences/change", role=_ROLE, tab="administration", methods=("POST",))
def change_licence() -> Any:
    """Grant a licence to all companies, or take one back."""
    form = CommandForm()
    grant = request.form.get("grant") == "1"
    if form.validate_on_submit():
        command = "GrantFeature" if grant else "WithdrawFeature"
        payload = _payload(request.form.get("feature", ""), request.form.get("for_company", ""))
        if send(form, current_scope(), "licensing", command, payload, shows=_LICENCES) is None:
            flash(" ".join(form.summary), "danger")
        else:
            flash(_("Licensed.") if grant else _("Withdrawn."), "success")
    return redirect("/administration/licences")


def _payload(feature: str, company: str) -> dict[str, str]:
    return {"feature": feature, "for_company": company}
