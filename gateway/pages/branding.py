"""How the portal looks and what it says of the supplier (A8): portal admins' page, and what browsers fetch of it."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any

from flask import Response, flash, redirect, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import StringField, TextAreaField

from chassis.errors import NotFound
from gateway import portal
from gateway.access import current_scope
from gateway.changes import LANGUAGE_NAMES
from gateway.forms import CommandForm, send
from gateway.frame import render
from gateway.parts import parts
from gateway.portal import PORTAL_MODEL, accent_css, accent_url
from gateway.queries import StaffQuery
from gateway.routes import Feature, Pages
from services.identity import contract as identity
from services.identity.contract import colours

pages = Pages("branding", __name__)
SHOWS = (PORTAL_MODEL, f"{identity.SERVICE}.{identity.ADMIN_CHANGES_MODEL}")
_ROLE = "portal_admin"
_UPLOAD_BYTES = 8 * 1024 * 1024
"""More than a logo may have: what is too large for one is said on the page itself."""
_SETTINGS = StaffQuery(
    "branding.settings", "SELECT s.setting, s.value FROM identity.portal_settings_v1 s WHERE s.value <> ''", role=_ROLE
)
_WELCOMES = [f"{identity.WELCOME_SETTING}{language}" for language in LANGUAGE_NAMES]
_FACTS = ("name", "website", "support_mail", "support_phone", "accent", *_WELCOMES)
_KEPT = {"Cache-Control": "public, max-age=31536000, immutable"}
_SHUT = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"


class BrandingForm(CommandForm):
    """What the portal says of the supplier; empty: as the installation is set up."""

    name = StringField(_l("Name of the portal"), description=_l("Stands beside the logo, in titles and in mails."))
    website = StringField(_l("Website"), description=_l("A task on everybody's start page leads there."))
    support_mail = StringField(_l("Support: e-mail address"))
    support_phone = StringField(
        _l("Support: telephone"), description=_l("Both stand on the log-in page, at the foot of pages and in mails.")
    )
    accent = StringField(
        _l("Accent colour"),
        description=_l(
            "Like #155e67. Links and buttons have it; where it could not be read, it is made darker or lighter."
        ),
    )


for _welcome, _language in zip(_WELCOMES, LANGUAGE_NAMES.values(), strict=True):
    setattr(BrandingForm, _welcome, TextAreaField(_l("Welcome message, %(language)s", language=_language)))


class LogoForm(CommandForm):
    """A file."""

    logo = FileField(
        _l("File"),
        description=_l("PNG, JPEG, WebP or SVG, at most 512 KB. In mails an SVG is not shown: there stands the name."),
    )


@pages.staff_page(
    "/administration/branding",
    role=_ROLE,
    tab="administration",
    feature=Feature(_l("Branding"), "palette", group=_l("Administration"), order=10),
    methods=("GET", "POST"),
)
def branding() -> Any:
    """Name, website, support contact, colour and welcome message."""
    scope, form = current_scope(), BrandingForm()
    if form.validate_on_submit():
        payload = {"settings": {name: form[name].data or "" for name in _FACTS}}
        if send(form, scope, "identity", "ChangeSettings", payload, shows=SHOWS) is not None:
            flash(_("Saved. It holds for everybody from their next click."), "success")
            return redirect("/administration/branding")
    return _shown(form, LogoForm(formdata=None))


@pages.staff_page(
    "/administration/branding/logo", role=_ROLE, tab="administration", methods=("POST",), max_body=_UPLOAD_BYTES
)
def change_logo() -> Any:
    """Take a file as the logo, or go back to none."""
    scope, form = current_scope(), LogoForm()
    if form.validate_on_submit():
        payload: dict[str, Any]
        if request.form.get("action") == "remove":
            name, payload = "ChangeSettings", {"settings": {"logo": ""}}
        else:
            name, payload = "ChangeLogo", {"content": _content(form)}
        if not form.logo.errors and send(form, scope, "identity", name, payload, shows=SHOWS) is not None:
            flash(_("Saved. It holds for everybody from their next click."), "success")
            return redirect("/administration/branding")
    return _shown(BrandingForm(formdata=None), form)


@pages.public_page("/branding/<version>/accent.css")
def accent(version: str) -> Any:
    """The style sheet of a colour; its address has the colour and what else it depends on."""
    colour = f"#{version.partition('-')[0]}"
    if not colours.is_colour(colour) or request.path != accent_url(colour):
        raise NotFound("There is no such style sheet.")
    return Response(accent_css(colour), mimetype="text/css", headers=_KEPT)


@pages.public_page("/branding/logo/<name>")
def logo(name: str) -> Any:
    """A picture that is or was the logo; opened by itself it can do nothing."""
    found = portal.picture(parts().reads, name)
    if found is None:
        raise NotFound("There is no such picture.")
    headers = {**_KEPT, "Content-Security-Policy": _SHUT}
    return Response(b64decode(found.content), mimetype=found.media_type, headers=headers)


def _content(form: LogoForm) -> str:
    """The file in base64; "" with the reason on the form where there is none to send."""
    file = form.logo.data
    content = b""
    if file:
        content = file.read(_UPLOAD_BYTES)
        file.close()
    if not content:
        form.logo.errors = [_("Please choose a file.")]
    elif len(content) > identity.LARGEST_LOGO:
        form.logo.errors = [
            _(
                "The file has %(size)s KB; a logo has at most %(most)s KB. Make it smaller, or save it with fewer"
                " details.",
                size=len(content) // 1024,
                most=identity.LARGEST_LOGO // 1024,
            )
        ]
    form.status = 422 if form.logo.errors else 200
    return b64encode(content).decode() if not form.logo.errors else ""


def _shown(form: BrandingForm, logo_form: LogoForm) -> Any:
    scope = current_scope()
    scope.settle(identity.SERVICE)
    known = {row.setting: row.value for row in scope.rows(_SETTINGS)}
    if not form.is_submitted() or request.path.endswith("/logo"):
        for name in _FACTS:
            form[name].data = known.get(name, "")
    return render(
        "branding/branding.html",
        title=_("Branding"),
        form=form,
        logo_form=logo_form,
        known=known,
        plain=parts().gateway,
        welcomes=_WELCOMES,
        palette=colours.palette(known["accent"]) if known.get("accent") else None,
        status=max(form.status, logo_form.status),
    )
