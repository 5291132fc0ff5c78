"""Choosing a report's columns, order and groups, and keeping them under a name (R5)."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from flask import flash, redirect, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, SelectField, StringField
from wtforms.validators import Length

from gateway.access import Scope, current_scope
from gateway.forms import CommandForm, options, send
from gateway.frame import render
from gateway.reports.filter import View, view_of
from gateway.reports.layouts import PERMISSION, SHOWS, Layout, layouts_of
from gateway.reports.registry import report_for
from gateway.reports.report import Column, Report
from gateway.reports.show import Asked, read_address
from gateway.routes import Pages
from services.identity.contract import COMPANY_ADMIN, LONGEST_LAYOUT_NAME

pages = Pages("layouts", __name__)


class LayoutForm(CommandForm):
    """How a report is shown; its columns are not fields of the form, for they have an order."""

    sort_by = SelectField(_l("Sorted by"))
    way = SelectField(_l("Direction"), choices=options((("up", _l("Ascending")), ("down", _l("Descending")))))
    grouped = SelectField(_l("Grouped by"))
    title = StringField(
        _l("Name"),
        [Length(max=LONGEST_LAYOUT_NAME, message=_l("Use at most %(most)s characters.", most=LONGEST_LAYOUT_NAME))],
    )
    shared = BooleanField(_l("Share it with my company"))

    def offer(self, report: Report) -> None:
        """What there is to choose from."""
        sorts = {one.sort: one.title for one in reversed(report.columns) if one.sort}
        self.sort_by.choices = options(reversed(sorts.items()))
        grouping = ((one.name, one.title) for one in report.columns if one.groups)
        self.grouped.choices = options((("", _("Nothing")), *grouping))

    def fill(self, view: View, editing: Layout | None) -> None:
        """Show how the report is shown now."""
        self.sort_by.data, self.way.data, self.grouped.data = view.sort, "up" if view.up else "down", view.group
        if editing is not None:
            self.title.data, self.shared.data = editing.name, editing.shared

    def view(self, report: Report) -> View:
        """How it is to be shown."""
        order = f"{'' if self.way.data == 'up' else '-'}{self.sort_by.data}"
        return view_of(
            report, [name for name in _order() if name in request.form.getlist("show")], order, self.grouped.data or ""
        )


@pages.page("/layouts/<kind>", needs=PERMISSION, methods=("GET", "POST"))
def edit(kind: str) -> Any:
    """The columns, order and groups of a report, and the layouts there are of it."""
    scope = current_scope()
    report = report_for(scope, kind)
    form = LayoutForm()
    form.offer(report)
    if not form.is_submitted():
        asked = read_address(scope, report, request.args)
        editing = _changeable(scope, asked.layouts, request.args.get("layout", ""))
        form.fill(asked.chosen.view, editing)
        return _shown(scope, report, form, asked, _with_rest(report, asked.chosen.view.columns), editing)
    asked = read_address(scope, report, MultiDict(parse_qsl(request.form.get("filters", ""))))
    editing = _changeable(scope, asked.layouts, request.form.get("layout", ""))
    moved = _moved(report)
    if "move" in request.form:
        return _shown(scope, report, form, asked, moved, editing)
    form.validate_on_submit()
    if not any(on for _column, on in moved):
        form.summary.append(_("Tick one column at least."))
    if form.errors or form.summary:
        form.status = 422
        return _shown(scope, report, form, asked, moved, editing)
    view = form.view(report)
    if request.form.get("action") == "show":
        return redirect(report.path + asked.chosen.query(view=view))
    saved = _saved(scope, report, form, view, editing if request.form.get("action") == "save" else None)
    if saved is None:
        return _shown(scope, report, form, asked, moved, editing)
    return redirect(report.path + asked.chosen.by_layout(saved))


@pages.page("/layouts/<kind>/<layout>", needs=PERMISSION, methods=("POST",))
def change(kind: str, layout: str) -> Any:
    """Remove a layout, or look by it from now on, or no longer."""
    scope = current_scope()
    report = report_for(scope, kind)
    form = CommandForm()
    if form.validate_on_submit():
        action = request.form.get("action", "")
        if action == "remove":
            done = send(form, scope, "identity", "RemoveLayout", {"layout": layout}, shows=SHOWS)
            said = _("Removed.")
        else:
            chosen = layout if action == "choose" else ""
            payload = {"report": kind, "layout": chosen}
            done = send(form, scope, "identity", "ChooseLayout", payload, shows=SHOWS)
            said = _("This report is shown by it from now on.") if chosen else _("You have no default any more.")
        flash(*((said, "success") if done is not None else (" ".join(form.summary), "danger")))
    return redirect(f"/layouts/{report.kind}")


def _saved(scope: Scope, report: Report, form: LayoutForm, view: View, editing: Layout | None) -> str | None:
    """The layout's id; None when it was refused, with the reason on the form."""
    payload = {
        "report": report.kind,
        "name": form.title.data or "",
        "columns": list(view.columns),
        "sort": view.order,
        "group": view.group,
        "shared": bool(form.shared.data),
        "layout": "" if editing is None else editing.key,
    }
    reply = send(form, scope, "identity", "SaveLayout", payload, shows=SHOWS)
    if reply is None:
        named = form.faults.pop("name", [])
        form.title.errors = [*form.title.errors, *named]
        form.summary = [message for message in form.summary if message not in named]
        return None
    flash(_("Saved as “%(name)s”.", name=payload["name"]), "success")
    return str(reply["id"])


def _shown(
    scope: Scope,
    report: Report,
    form: LayoutForm,
    asked: Asked,
    columns: list[tuple[Column, bool]],
    editing: Layout | None,
) -> Any:
    return render(
        "layouts/edit.html",
        title=_("Layouts: %(report)s", report=report.title),
        crumb=False,
        status=form.status,
        report=report,
        form=form,
        columns=columns,
        editing=editing,
        layouts=layouts_of(scope, report),
        filters=asked.chosen.query()[1:],
        back=asked.chosen.query(),
        administers=scope.can(COMPANY_ADMIN),
    )


def _changeable(scope: Scope, layouts: list[Layout], key: str) -> Layout | None:
    """The layout to be changed, where it is theirs to change; a new one is made else."""
    return next((one for one in layouts if one.key == key and (one.own or scope.can(COMPANY_ADMIN))), None)


def _order() -> list[str]:
    return list(dict.fromkeys(request.form.getlist("order")))


def _with_rest(report: Report, names: tuple[str, ...]) -> list[tuple[Column, bool]]:
    """Every column: those shown in their order, then the others."""
    rest = [one for one in report.columns if one.name not in names]
    return [(one, True) for name in names if (one := report.column(name)) is not None] + [(one, False) for one in rest]


def _moved(report: Report) -> list[tuple[Column, bool]]:
    """Every column as the form has them, with the one moved whose button was pressed."""
    names, shown = _order(), set(request.form.getlist("show"))
    way, _space, name = request.form.get("move", "").partition(" ")
    if name in names:
        place = names.index(name)
        other = place - 1 if way == "up" else place + 1
        if 0 <= other < len(names):
            names[place], names[other] = names[other], names[place]
    found = [(one, one.name in shown) for key in names if (one := report.column(key)) is not None]
    return found + [(one, False) for one in report.columns if one.name not in names]
