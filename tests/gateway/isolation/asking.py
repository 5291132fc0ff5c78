"""What contacts of that world asked for: access for a colleague."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

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
