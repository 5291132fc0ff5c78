"""Own entries of the menu (A8): portal admins' pages about them, and the pages that are among them."""

from __future__ import annotations

from typing import Any

import orjson
from flask import flash, redirect
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, IntegerField, RadioField, SelectField, StringField, TextAreaField

from chassis.errors import NotFound
from chassis.messages import ALL_COMPANIES
from gateway.access import Scope, current_scope
from gateway.changes import ICON_NAMES, LANGUAGE_NAMES, title_in
from gateway.companyfield import WHOSE, CompanyField
from gateway.forms import CommandForm, options, send
from gateway.frame import render
from gateway.ownmenu import entries
from gateway.pages.branding import SHOWS
from gateway.people import COMPANIES
from gateway.queries import StaffQuery
from gateway.rights.names import PERMISSION_NAMES
from gateway.routes import Feature, Pages
from services.identity import contract as identity

pages = Pages("ownmenu", __name__)
_ROLE = "portal_admin"
_ENTRIES = StaffQuery(
    "ownmenu.all",
    f"""SELECT m.entry, m.company, m.permission, m.titles, m.address, m.texts, m.icon, m.place, m.pinned,
              c.name AS company_name
       FROM identity.menu_entries_v1 m LEFT JOIN {COMPANIES} c ON c.company = m.company
       ORDER BY m.place, m.entry""",
    role=_ROLE,
)


class EntryForm(CommandForm):
    """An entry; its titles and texts have a field a language."""

    address = StringField(
        _l("Address"),
        description=_l("For a link: https://www.example.com, or a page of the portal like /support. Empty for a page."),
    )
    icon = SelectField(_l("Icon"), choices=options(ICON_NAMES.items()))
    place = IntegerField(_l("Place"), default=50, description=_l("Lower numbers come first."))
    pinned = BooleanField(_l("Pin it: on top of the menu, and on the start page"))
    audience = RadioField(
        _l("Who sees it"),
        choices=options(
            (
                ("everybody", _l("Everybody")),
                ("permission", _l("Contacts with a permission")),
                ("company", _l("One company")),
            )
        ),
        default="everybody",
    )
    permission = SelectField(_l("Permission"), choices=options((("", "–"), *PERMISSION_NAMES.items())))
    for_company = CompanyField(_l("Company's number"))

    @property
    def payload(self) -> dict[str, Any]:
        """The entry as it is sent; what does not go with the chosen audience is left out."""
        of, form = self.audience.data, self
        return {
            "titles": {language: form[f"title_{language}"].data or "" for language in LANGUAGE_NAMES},
            "texts": {language: form[f"text_{language}"].data or "" for language in LANGUAGE_NAMES},
            "address": self.address.data or "",
            "icon": self.icon.data,
            "place": self.place.data,
            "pinned": bool(self.pinned.data),
            "permission": self.permission.data if of == "permission" else "",
            "for_company": (self.for_company.data or "").strip() if of == "company" else "",
        }

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether it can be sent: who sees it has to be said, not only hinted at."""
        valid = bool(super().validate(extra_validators))
        missing = {"permission": _("Choose the permission."), "company": WHOSE}
        field = {"permission": self.permission, "company": self.for_company}.get(self.audience.data or "")
        if field is not None and not (field.data or "").strip():
            field.errors = [*field.errors, missing[self.audience.data]]
            valid = False
        elif field is self.for_company and self.for_company.chosen(current_scope()) is None:
            valid = False
        return valid


for _language, _name in LANGUAGE_NAMES.items():
    setattr(EntryForm, f"title_{_language}", StringField(_l("Title, %(language)s", language=_name)))
    setattr(EntryForm, f"text_{_language}", TextAreaField(_l("Text of the page, %(language)s", language=_name)))


@pages.staff_page(
    "/administration/menu",
    role=_ROLE,
    tab="administration",
    feature=Feature(_l("Own menu entries"), "list-stars", group=_l("Administration"), order=20),
)
def menu() -> Any:
    """All entries in their order, with who sees each."""
    scope = current_scope()
    rows = [(row, title_in(orjson.loads(row.titles), scope.language)) for row in _rows(scope)]
    return render("ownmenu/list.html", title=_("Own menu entries"), entries=rows, permissions=PERMISSION_NAMES)


@pages.staff_page("/administration/menu/new", role=_ROLE, tab="administration", methods=("GET", "POST"))
def new_entry() -> Any:
    """Make an entry."""
    return _edited(EntryForm(), "")


@pages.staff_page("/administration/menu/<entry>", role=_ROLE, tab="administration", methods=("GET", "POST"))
def entry(entry: str) -> Any:
    """Change an entry."""
    row = next((row for row in _rows(current_scope()) if row.entry == entry), None)
    if row is None:
        raise NotFound("There is no such entry; somebody may have removed it.")
    form = EntryForm()
    if not form.is_submitted():
        _fill(form, row)
    return _edited(form, entry)


@pages.staff_page("/administration/menu/<entry>/remove", role=_ROLE, tab="administration", methods=("POST",))
def remove(entry: str) -> Any:
    """Remove an entry; the history can bring it back."""
    form = CommandForm()
    if form.validate_on_submit():
        if send(form, current_scope(), "identity", "RemoveMenuEntry", {"entry": entry}, shows=SHOWS) is None:
            flash(" ".join(form.summary), "danger")
        else:
            flash(_("Removed. The history can bring it back."), "success")
    return redirect("/administration/menu")


@pages.page("/info/<entry>", tab="home")
def page(entry: str) -> Any:
    """A page that is an entry of the menu of the one who asks."""
    found = next((one for one in entries(current_scope()) if one.key == entry and one.text), None)
    if found is None:
        raise NotFound("There is no such page, or it is not yours to see.")
    return render("ownmenu/page.html", title=found.link.title, text=found.text)


def _edited(form: EntryForm, key: str) -> Any:
    if form.validate_on_submit():
        payload = {**form.payload, "entry": key} if key else form.payload
        if send(form, current_scope(), "identity", "SetMenuEntry", payload, shows=SHOWS) is not None:
            flash(_("Saved. It is in the menu from everybody's next click."), "success")
            return redirect("/administration/menu")
        _place(form)
    return render(
        "ownmenu/entry.html",
        title=_("Menu entry") if key else _("New menu entry"),
        form=form,
        key=key,
        languages=list(LANGUAGE_NAMES),
        status=form.status,
        crumb=False,
    )


def _place(form: EntryForm) -> None:
    """Titles and texts are one thing to the service, and a field a language here: what it says stands at the first."""
    for name, field in (("titles", "title_en"), ("texts", "text_en")):
        said = form.faults.get(name)
        if said:
            form[field].errors = [*form[field].errors, *said]
            form.summary = [one for one in form.summary if one not in said]


def _fill(form: EntryForm, row: Any) -> None:
    titles, texts = orjson.loads(row.titles), orjson.loads(row.texts)
    for language in LANGUAGE_NAMES:
        form[f"title_{language}"].data = titles.get(language, "")
        form[f"text_{language}"].data = texts.get(language, "")
    form.address.data, form.icon.data, form.place.data = row.address, row.icon, row.place
    form.pinned.data, form.permission.data = bool(row.pinned), row.permission
    form.for_company.data = "" if row.company == ALL_COMPANIES else row.company
    form.audience.data = "permission" if row.permission else "company" if form.for_company.data else "everybody"


def _rows(scope: Scope) -> list[Any]:
    scope.settle(identity.SERVICE)
    return scope.rows(_ENTRIES)
