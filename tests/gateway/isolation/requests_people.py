"""How the routes are asked on which companies, contacts, their rights and requests stand."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from tests.gateway.isolation.asked import ADMIN, AGENT, CUSTOMERS, ERP, OPER, Asked, shown
from tests.gateway.isolation.marks import COMPANIES, own_details

if TYPE_CHECKING:
    from tests.gateway.isolation.world import World

_CONTACT = {"name": "Zoe New", "email": "zoe@walk.example", "phone": "", "permissions": ["open_cases"]}
_GIVEN = {"permissions": ["order"]}
_SAID = "request.name request.email request.phone request.why name.owner company.name"
_SAID_TO_OWN = shown(_SAID, "whole")
_CONTACTS = "name.owner email.owner phone.owner"
_EVERYBODY = f"{CUSTOMERS} {AGENT} {ADMIN} {ERP} {OPER}"


def _details(world: World, spare: str) -> dict[str, str]:
    name, email, phone = (world.marks.of("alder", f"{spare}.{one}").forms[0] for one in ("name", "email", "phone"))
    return {"name": name, "email": email, "phone": f"{phone} 7", "language": "en"}


PEOPLE: dict[str, Asked] = {
    "GET /companies": Asked(shows=shown("company.name company.code", "agent admin")),
    "GET /companies/<path:code>": Asked(
        "/companies/{company}",
        "/companies/ZQNONE",
        shown(f"company.name company.phone company.email company.address branch.name {_CONTACTS}", "agent admin"),
        holders=("alder", "north", "south"),
    ),
    "GET /companies/<path:code>/contacts/new": Asked(
        "/companies/{company}/contacts/new", "/companies/ZQNONE/contacts/new", shown("branch.name", ADMIN), ("north",)
    ),
    "GET /contacts/<contact_id>": Asked(
        "/contacts/{owner}", "/contacts/none", shown(f"{_CONTACTS} branch.name company.name", ADMIN), ("alder", "north")
    ),
    "GET /contacts/<contact_id>/companies": Asked(
        "/contacts/{owner}/companies", "/contacts/none/companies", shown("name.owner", ADMIN), ("alder",)
    ),
    "GET /contacts/<contact_id>/companies/<path:code>": Asked(
        "/contacts/{both}/companies/{company}",
        "/contacts/none/companies/ZQALDER",
        shown("name.both company.name branch.name role.name", ADMIN),
        ("alder", "north"),
    ),
    "GET /contacts/<contact_id>/details": Asked(
        "/contacts/{owner}/details", "/contacts/none/details", shown(_CONTACTS, ADMIN), ("alder",)
    ),
    "GET /contacts/<contact_id>/details #staff": Asked("/contacts/{agent}/details", "/contacts/none/details"),
    "GET /contacts/<contact_id>/erase": Asked(
        "/contacts/{owner}/erase", "/contacts/none/erase", shown("name.owner", ADMIN), ("alder",)
    ),
    "GET /contacts/<contact_id>/erase #staff": Asked("/contacts/{agent}/erase", "/contacts/none/erase"),
    "GET /company/contacts/<contact_id>/details": Asked(
        "/company/contacts/{twin}/details",
        "/company/contacts/none/details",
        shown("name.twin email.twin phone.twin", "whole"),
        ("alder",),
    ),
    "GET /settings/details": Asked(shows=shown("name.{me} email.{me} phone.{me}", _EVERYBODY)),
    "POST /contacts/<contact_id>/details": Asked(
        "/contacts/{spare}/details",
        "/contacts/none/details",
        form=lambda world, visitor: _details(world, "spare"),
        sends=("identity.CorrectContact",),
    ),
    "POST /contacts/<contact_id>/details #staff": Asked(
        "/contacts/{agent}/details", "/contacts/none/details", form=lambda world, visitor: {"name": "Zed"}
    ),
    "POST /company/contacts/<contact_id>/details": Asked(
        "/company/contacts/{idle}/details",
        "/company/contacts/none/details",
        form=lambda world, visitor: _details(world, "idle"),
        sends=("identity.CorrectContact",),
    ),
    "POST /contacts/<contact_id>/erase": Asked(
        "/contacts/{erasable}/erase",
        "/contacts/none/erase",
        form=lambda world, visitor: {"typed": world.marks.of("alder", "erasable.name").forms[0]},
        sends=("identity.EraseContact",),
    ),
    "POST /contacts/<contact_id>/erase #staff": Asked(
        "/contacts/{agent}/erase", "/contacts/none/erase", form=lambda world, visitor: {"typed": "Sam"}
    ),
    "POST /contacts/<contact_id>/export": Asked(
        "/contacts/{owner}/export",
        "/contacts/none/export",
        shown(f"{_CONTACTS} company.name case.number", ADMIN),
        ("alder",),
        form=lambda world, visitor: {},
    ),
    "POST /contacts/<contact_id>/export #staff": Asked(
        "/contacts/{agent}/export", "/contacts/none/export", form=lambda world, visitor: {}
    ),
    "POST /settings/details": Asked(
        form=lambda world, visitor: {
            name.removeprefix("own_"): text
            for name, text in own_details(world.marks, visitor.name, visitor.company).items()
        },
        sends=("identity.CorrectOwnDetails",),
    ),
    "GET /contacts/<contact_id> #staff": Asked("/contacts/{agent}", "/contacts/none"),
    "GET /companies/<path:code>/rights": Asked(
        "/companies/{company}/rights",
        "/companies/ZQNONE/rights",
        shown("company.name role.name name.owner name.twin name.lapsed branch.name", ADMIN),
        ("alder", "north"),
    ),
    "GET /contacts/<contact_id>/history": Asked(
        "/contacts/{lapsed}/history",
        "/contacts/none/history",
        shown("name.lapsed name.admin role.name branch.name", ADMIN),
        ("alder", "north"),
    ),
    "GET /contacts/<contact_id>/history #viewed": Asked(
        "/contacts/{owner}/history", "/contacts/none/history", shown("name.owner name.viewer", ADMIN), ("alder",)
    ),
    "GET /contacts/<contact_id>/history #staff": Asked("/contacts/{agent}/history", "/contacts/none/history"),
    "GET /company/contacts": Asked(
        shows=shown("name.owner email.owner phone.owner name.twin", "whole") | shown("name.east phone.east", "east"),
    ),
    "GET /company/contacts/<contact_id>": Asked(
        "/company/contacts/{twin}",
        "/company/contacts/none",
        shown("name.twin email.twin phone.twin company.name branch.name role.name", "whole"),
        ("alder", "north"),
    ),
    "GET /company/contacts/new": Asked(shows=shown("branch.name", "whole east"), shares=("role.name",)),
    "GET /company/requests": Asked(shows=shown("request.name name.owner", "whole")),
    "GET /company/requests/<key>": Asked("/company/requests/{request}", "/company/requests/none", _SAID_TO_OWN),
    "GET /request-access": Asked(shares=("request.name", "request.email")),
    "GET /requests": Asked(shows=shown("request.name name.owner company.name", ADMIN), holders=("alder",)),
    "GET /requests/<key>": Asked("/requests/{request}", "/requests/none", shown(_SAID, ADMIN), ("alder",)),
    "GET /roles": Asked(shows=shown("role.name", ADMIN)),
    "GET /roles/<role>": Asked("/roles/{role}", "/roles/none", shown("role.name", ADMIN)),
    "GET /roles/<role>/remove": Asked(
        "/roles/{role}/remove", "/roles/none/remove", shown("role.name name.twin company.code", ADMIN), ("alder",)
    ),
    "POST /companies/<path:code>/contacts/new": Asked(
        "/companies/{company}/contacts/new",
        "/companies/ZQNONE/contacts/new",
        form=lambda world, visitor: _CONTACT,
        sends=("identity.CreateContact",),
    ),
    "POST /companies/<path:code>/features": Asked(
        "/companies/{company}/features",
        "/companies/ZQNONE/features",
        form=lambda world, visitor: {"feature": "order_pad", "grant": "1"},
        sends=("licensing.GrantFeature",),
    ),
    "POST /company/contacts/<contact_id>": Asked(
        "/company/contacts/{idle}",
        "/company/contacts/none",
        form=lambda world, visitor: _GIVEN,
        sends=("identity.SetPermissions",),
        previews=True,
    ),
    "POST /company/contacts/<contact_id> #preview": Asked(
        "/company/contacts/{twin}",
        "/company/contacts/none",
        shown("role.name name.twin company.name branch.name", "whole"),
        ("alder", "north"),
        form=lambda world, visitor: _GIVEN,
    ),
    "POST /company/contacts/<contact_id>/access": Asked(
        "/company/contacts/{idle}/access",
        "/company/contacts/none/access",
        form=lambda world, visitor: {"off": "1"},
        sends=("identity.DeactivateContact",),
    ),
    "POST /company": Asked(form=lambda world, visitor: {"company": COMPANIES["birch"]}, throwaway=True),
    "POST /company/contacts/<contact_id>/leave": Asked(
        "/company/contacts/{lender}/leave",
        "/company/contacts/none/leave",
        form=lambda world, visitor: {},
        sends=("identity.RemoveFromCompany",),
    ),
    "POST /contacts/<contact_id>/companies/<path:code>": Asked(
        "/contacts/{lender}/companies/{company}",
        "/contacts/none/companies/ZQALDER",
        form=lambda world, visitor: {"permissions": ["order"]},
        sends=("identity.AddToCompany",),
        previews=True,
    ),
    "POST /contacts/<contact_id>/leave/<path:code>": Asked(
        "/contacts/{lender}/leave/{company}",
        "/contacts/none/leave/ZQALDER",
        form=lambda world, visitor: {},
        sends=("identity.RemoveFromCompany",),
    ),
    "POST /company/contacts/<contact_id>/invite": Asked(
        "/company/contacts/{newcomer}/invite",
        "/company/contacts/none/invite",
        form=lambda world, visitor: {},
        sends=("identity.InviteContact",),
    ),
    "POST /company/contacts/new": Asked(
        form=lambda world, visitor: {**_CONTACT, "email": f"{uuid4().hex}@walk.example"},
        sends=("identity.CreateContact",),
    ),
    "POST /company/requests/<key>": Asked(
        "/company/requests/{refusable}",
        "/company/requests/none",
        form=lambda world, visitor: {"answer": "refuse", "reason": "No."},
        sends=("identity.RefuseAccess",),
    ),
    "POST /contacts/<contact_id>/delegation": Asked(
        "/contacts/{idle}/delegation",
        "/contacts/none/delegation",
        form=lambda world, visitor: {"own": "0", "permissions": ["order"]},
        sends=("identity.SetDelegation",),
    ),
    "POST /contacts/<contact_id>/delegation #staff": Asked(
        "/contacts/{agent}/delegation", "/contacts/none/delegation", form=lambda world, visitor: {"own": "1"}
    ),
    "POST /request-access": Asked(
        form=lambda world, visitor: {"name": "Cara", "email": f"{uuid4().hex}@walk.example", "why": "She buys."},
        sends=("identity.RequestAccess",),
    ),
    "POST /requests/<key>": Asked(
        "/requests/{approvable}",
        "/requests/none",
        form=lambda world, visitor: {"answer": "approve", "permissions": ["open_cases"]},
        sends=("identity.ApproveAccess",),
    ),
    "POST /contacts/<contact_id>": Asked(
        "/contacts/{spare}",
        "/contacts/none",
        form=lambda world, visitor: _GIVEN,
        sends=("identity.SetPermissions",),
        previews=True,
    ),
    "POST /contacts/<contact_id> #preview": Asked(
        "/contacts/{twin}",
        "/contacts/none",
        shown("role.name name.twin company.name branch.name", ADMIN),
        ("alder", "north"),
        form=lambda world, visitor: _GIVEN,
    ),
    "POST /contacts/<contact_id> #staff": Asked(
        "/contacts/{agent}", "/contacts/none", form=lambda world, visitor: _GIVEN, previews=True
    ),
    "POST /contacts/<contact_id>/access": Asked(
        "/contacts/{spare}/access",
        "/contacts/none/access",
        form=lambda world, visitor: {"off": "1"},
        sends=("identity.DeactivateContact",),
    ),
    "POST /contacts/<contact_id>/access #staff": Asked(
        "/contacts/{agent}/access", "/contacts/none/access", form=lambda world, visitor: {"off": "1"}
    ),
    "POST /contacts/<contact_id>/invite": Asked(
        "/contacts/{newcomer}/invite",
        "/contacts/none/invite",
        form=lambda world, visitor: {},
        sends=("identity.InviteContact",),
    ),
    "POST /contacts/<contact_id>/second-factor": Asked(
        "/contacts/{secured}/second-factor",
        "/contacts/none/second-factor",
        form=lambda world, visitor: {},
        sends=("identity.RemoveSecondFactor",),
    ),
    "POST /contacts/<contact_id>/second-factor #staff": Asked(
        "/contacts/{agent}/second-factor", "/contacts/none/second-factor", form=lambda world, visitor: {}
    ),
    "POST /contacts/<contact_id>/view-as": Asked(
        "/contacts/{forgetful}/view-as",
        "/contacts/none/view-as",
        form=lambda world, visitor: {},
        sends=("identity.BeginViewAs",),
        throwaway=True,
    ),
    "POST /contacts/<contact_id>/view-as #staff": Asked(
        "/contacts/{agent}/view-as", "/contacts/none/view-as", form=lambda world, visitor: {}
    ),
    "POST /roles/<role>": Asked(
        "/roles/{other_role}",
        "/roles/none",
        form=lambda world, visitor: {"name": uuid4().hex},
        sends=("identity.ChangeRole",),
        previews=True,
    ),
    "POST /roles/<role> #preview": Asked(
        "/roles/{role}", "/roles/none", shown("role.name name.twin", ADMIN), form=lambda world, visitor: {"name": "x"}
    ),
    "POST /roles/<role>/remove": Asked(
        "/roles/{gone_role}/remove",
        "/roles/none/remove",
        form=lambda world, visitor: {},
        sends=("identity.RemoveRole",),
        previews=True,
    ),
    "POST /roles/new": Asked(form=lambda world, visitor: {"name": uuid4().hex}, sends=("identity.DefineRole",)),
    "POST /view-as/end": Asked(form=lambda world, visitor: {}, throwaway=True),
}
"""Part of REQUESTS."""
