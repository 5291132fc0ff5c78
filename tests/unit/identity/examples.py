"""The people that all tests of identity know: Hanna Weiss of Nordlicht GmbH, and Ada Bell of the supplier's staff."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from chassis.messages import Context
from services.identity import domain
from services.identity.commands import (
    CreateContact,
    CreateStaff,
    DeactivateContact,
    EraseContact,
    ReactivateContact,
    SetPermissions,
)
from services.identity.details.domain import decide_erase
from services.identity.events import (
    BranchRecorded,
    CompanyRecorded,
    ContactCreated,
    ContactDeactivated,
    ContactErased,
    ContactInvited,
    ContactReactivated,
    ContactRecorded,
    EmailConfirmed,
    EmailReleased,
    EmailReserved,
    InvitationAccepted,
    PermissionsChanged,
)
from tests.support.given import NOW, Decider

COMPANY = "N100"
HANNA = "hanna4hanna4hann"
OTHER = "other4other4othe"
ADA = "ada4ada4ada4ada4"
LOGIN, OTHER_LOGIN = "a1" * 32, "b2" * 32
SEALED = "c2VhbGVk"
STAFF_CONTEXT = Context(UUID(int=7), "*", ADA, "portal", "page-7")

NORDLICHT = CompanyRecorded(COMPANY, "Nordlicht GmbH", "EUR", "wholesale", "DE", "de", "+49 40 1", "", "Hamburg")
HAMBURG = BranchRecorded(COMPANY, "HH", "Hamburg")
BREMEN = BranchRecorded(COMPANY, "HB", "Bremen")

CREATE = CreateContact(COMPANY, "Hanna Weiss", "hanna@nordlicht.example", permissions=("open_cases", "order"))
CREATED = ContactCreated(HANNA, COMPANY, (), SEALED, LOGIN, ("open_cases", "order"), None, "")
CREATE_STAFF = CreateStaff("Ada Bell", "ada@supplier.example", ("portal_admin",))
STAFF_CREATED = ContactCreated(ADA, "", ("portal_admin",), SEALED, LOGIN, (), None, "")
RECORDED = ContactRecorded(HANNA, COMPANY, "4711", SEALED, "de")
INVITED = ContactInvited(HANNA, COMPANY, LOGIN, NOW + timedelta(days=7))
ACCEPTED = InvitationAccepted(HANNA, COMPANY)
DEACTIVATED = ContactDeactivated(HANNA, COMPANY, "")
REACTIVATED = ContactReactivated(HANNA, COMPANY)
ERASED = ContactErased(HANNA, COMPANY)

RESERVED = EmailReserved(HANNA, NOW)
CONFIRMED = EmailConfirmed(HANNA)
RELEASED = EmailReleased(HANNA)

SET_PERMISSIONS = SetPermissions(HANNA, ("see_balance", "pay"), ("HH",))
PERMISSIONS_CHANGED = PermissionsChanged(HANNA, COMPANY, ("see_balance", "pay"), ("HH",))
DEACTIVATE = DeactivateContact(ADA, HANNA)
DEACTIVATE_ONESELF = replace(DEACTIVATE, actor=HANNA)

CONTACT = Decider(
    domain.Contact(),
    domain.evolve_contact,
    {
        CreateContact: lambda _state, command, _now: domain.decide_create_contact(command, HANNA, SEALED, LOGIN),
        CreateStaff: lambda _state, command, _now: domain.decide_create_staff(command, ADA, SEALED, LOGIN),
        SetPermissions: domain.decide_set_permissions,
        DeactivateContact: lambda state, command, _now: domain.decide_deactivate(state, command, ""),
        ReactivateContact: lambda state, command, _now: domain.decide_reactivate(state, command, ""),
        EraseContact: decide_erase,
    },
)
