"""What contacts of that world asked for, and those who are of two companies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from tests.gateway.isolation.marks import COMPANIES
from tests.gateway.isolation.people import USUAL, Visitor

if TYPE_CHECKING:
    from tests.gateway.isolation.world import World


def new_request(world: World, **said: str) -> str:
    """The id of a new request of the owner's for somebody."""
    owner = world.visitors["owner"]
    someone = {"name": "Cara New", "email": f"{uuid4().hex}@walk.example", "phone": "", "why": "She buys."} | said
    payload = {**someone, "permissions": ["open_cases"], "branches": ["ZQ-NORD"]}
    return str(world.do("identity", "RequestAccess", payload, company=owner.company, actor=owner.contact)["id"])


def requests(world: World) -> None:
    """One whose every word is a mark, and some to be answered."""
    put = world.marks.text
    seen: dict[str, Any] = {"needs": ("company_admin",), "roles": ("portal_admin",)}
    said = {one: put("alder", f"request.{one}", **seen) for one in ("name", "phone", "why")}
    email = world.marks.put("alder", "request.email", "zq-colleague@walk.example", **seen)
    world.things["request"] = new_request(world, **said, email=email)
    world.things |= {name: new_request(world) for name in ("refusable", "approvable", "open_request")}


def lend(world: World) -> str:
    """The id of a new contact of birch who is of alder, too."""
    someone = {"name": "Len Lent", "email": f"{uuid4().hex}@walk.example", "for_company": COMPANIES["birch"]}
    contact = str(world.do("identity", "CreateContact", someone)["id"])
    to_alder(world, contact)
    return contact


def to_alder(world: World, contact: str) -> None:
    """Make a contact of birch one of alder's, too, with a twin's rights."""
    rights = {"permissions": list(USUAL), "branches": ["ZQ-NORD"]}
    world.as_admin("AddToCompany", {"contact_id": contact, "to_company": COMPANIES["alder"], **rights})


def given(one: Visitor) -> dict[str, Any]:
    """Company, permissions and branches that a visitor is created with."""
    if one.first:
        return {"for_company": one.first, "permissions": list(USUAL), "branches": None}
    branches = None if one.branches is None else list(one.branches)
    return {"for_company": one.company, "permissions": list(one.had or one.permissions), "branches": branches}


def shut_off(world: World) -> str:
    """The id of a contact of alder whom its own admin switched off, so that they may switch them on again."""
    contact, own = {"contact_id": world.things["newcomer"]}, world.visitors["whole"]
    world.as_admin("ReactivateContact", contact)
    world.do("identity", "DeactivateContact", contact, company=own.company, actor=own.contact, channel="portal")
    return world.things["newcomer"]
