"""What an admin of a company may hand out there, as portal admins set it: for each of the admin's companies."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, RadioField

from gateway.forms import CommandForm, options
from gateway.rights.desk import OWN_ADMIN, SuppliersDesk, is_admin
from gateway.rights.forms import Checkboxes
from gateway.rights.given import Rights
from gateway.rights.names import PERMISSION_NAMES


class DelegationForm(CommandForm):
    """What an admin of `company` may hand out."""

    company = HiddenField()
    own = RadioField(
        _l("May hand out"),
        choices=options(
            [("1", _l("What they may do themselves, and no more")), ("0", _l("These, whatever they have:"))]
        ),
    )
    permissions = Checkboxes(
        _l("Permissions"), choices=options(one for one in PERMISSION_NAMES.items() if one[0] != OWN_ADMIN)
    )
    appoints = BooleanField(_l("May make others administrators, and change what those may do"))


def delegation_form(desk: SuppliersDesk, contact_id: str, company: str, rights: Rights) -> DelegationForm | None:
    """The form about what the contact may hand out in the company; None where these rights make them no admin of it."""
    if not is_admin(rights, desk.scope):
        return None
    known = desk.delegation(contact_id, company)
    own = "1" if known.permissions is None else "0"
    form = DelegationForm(formdata=None, company=company, appoints=known.appoints, own=own)
    form.permissions.data = list(known.permissions or ())
    return form
