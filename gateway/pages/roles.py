"""Roles: named sets of permissions that portal admins define, change with a preview, and remove (A5, A12)."""

from __future__ import annotations

from typing import Any

import orjson
from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from chassis.errors import NotFound
from gateway.access import Scope, current_scope
from gateway.forms import send
from gateway.frame import render
from gateway.people import CONTACTS, MEMBERSHIPS, ROLES_MODEL
from gateway.queries import StaffQuery
from gateway.rights.forms import PreviewedForm, RoleForm
from gateway.rights.given import ROLES_BY_NAME
from gateway.rights.names import UNUSED_NAMES, named
from gateway.rights.preview import holders, role_changes
from gateway.routes import Feature, Pages
from services.identity import contract as identity
from services.identity.contract import PERMISSIONS

pages = Pages("roles", __name__)
_ROLE = "portal_admin"
_SHOWS = (ROLES_MODEL, f"{identity.SERVICE}.{identity.RIGHTS_MODEL}")
_GRANTED = StaffQuery(
    "roles.granted",
    f"""SELECT p.roles, p.ends FROM {CONTACTS} p WHERE p.roles <> '[]' AND p.status <> 'erased'
        UNION ALL SELECT s.roles, s.ends FROM {MEMBERSHIPS} s JOIN {CONTACTS} p ON p.contact_id = s.contact_id
        WHERE s.roles <> '[]' AND p.status <> 'erased'""",
    role=_ROLE,
)


_BEFORE = StaffQuery(
    "roles.before",
    """SELECT a.was FROM identity.admin_changes_v1 a
       WHERE a.kind = 'role' AND a.key = :role AND a.position = :position AND a.was <> ''""",
    role=_ROLE,
)


@pages.staff_page(
    "/roles",
    role=_ROLE,
    tab="companies",
    feature=Feature(_l("Roles"), "person-badge", group=_l("Companies"), order=25),
)
def roles() -> Any:
    """All roles with what they give, and how many contacts have them."""
    scope = current_scope()
    scope.settle(identity.SERVICE)
    granted = [(orjson.loads(row.roles), orjson.loads(row.ends)) for row in scope.rows(_GRANTED)]
    today = scope.today.isoformat()
    shown = [
        (
            role,
            named(orjson.loads(role.permissions)),
            sum(role.role in has and ends.get(role.role, today) >= today for has, ends in granted),
        )
        for role in scope.rows(ROLES_BY_NAME)
    ]
    return render("roles/list.html", title=_("Roles"), roles=shown)


@pages.staff_page("/roles/new", role=_ROLE, tab="companies", methods=("GET", "POST"))
def new_role() -> Any:
    """Define a role; nobody has it yet."""
    form = RoleForm()
    if form.validate_on_submit() and send(
        form, current_scope(), "identity", "DefineRole", _payload(form), shows=_SHOWS
    ):
        flash(_("The role “%(name)s” was defined. Give it to contacts on their pages.", name=form.name.data), "success")
        return redirect(url_for("roles.roles"))
    return render("roles/new.html", title=_("New role"), form=form, unused=_unused(), status=form.status, crumb=False)


@pages.staff_page("/roles/<role>", role=_ROLE, tab="companies", methods=("GET", "POST"))
def role(role: str) -> Any:
    """Change a role's name and permissions, after a preview of what that does to those who have it.

    `before`, the position of a change, fills in what the role was before it.
    """
    scope = current_scope()
    row = _row(scope, role)
    form = RoleForm()
    held = None
    if form.validate_on_submit():
        payload = {"role": role, **_payload(form)}
        held = holders(scope, role, payload["permissions"])
        if (
            form.shown(payload, row.name, row.permissions, held)
            and form.saving
            and send(form, scope, "identity", "ChangeRole", payload, shows=_SHOWS)
        ):
            flash(_("Saved. It holds for all who have the role, from their next click."), "success")
            return redirect(url_for("roles.roles"))
    elif not form.is_submitted():
        before = scope.row(_BEFORE, role=role, position=_position(request.args.get("before", "")))
        known = orjson.loads(before.was) if before else {"name": row.name, "permissions": orjson.loads(row.permissions)}
        form.name.data, form.permissions.data = known["name"], known["permissions"]
    return render(
        "roles/role.html",
        title=row.name,
        role=row,
        form=form,
        held=held,
        changes=None if held is None else role_changes(held),
        unused=_unused(),
        status=form.status,
    )


@pages.staff_page("/roles/<role>/remove", role=_ROLE, tab="companies", methods=("GET", "POST"))
def remove(role: str) -> Any:
    """Remove a role from all who have it, after a preview of what they lose."""
    scope = current_scope()
    row = _row(scope, role)
    form = PreviewedForm()
    held = holders(scope, role, None)
    if form.validate_on_submit():
        # Who came to have it since the page was shown is shown first.
        if form.shown(role, held) and send(form, scope, "identity", "RemoveRole", {"role": role}, shows=_SHOWS):
            flash(_("The role “%(name)s” was removed.", name=row.name), "success")
            return redirect(url_for("roles.roles"))
    else:
        form.shown(role, held)
    return render(
        "roles/remove.html",
        title=_("Remove the role “%(name)s”", name=row.name),
        role=row,
        form=form,
        held=held,
        changes=role_changes(held),
        status=form.status,
        crumb=False,
    )


def _position(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1


def _row(scope: Scope, role: str) -> Any:
    scope.settle(identity.SERVICE)
    for row in scope.rows(ROLES_BY_NAME):
        if row.role == role:
            return row
    raise NotFound("There is no such role. Somebody may have removed it.")


def _payload(form: RoleForm) -> dict[str, Any]:
    given = set(form.permissions.data or ())
    return {"name": form.name.data, "permissions": [one for one in PERMISSIONS if one in given]}


def _unused() -> list[Any]:
    return list(UNUSED_NAMES.values())
