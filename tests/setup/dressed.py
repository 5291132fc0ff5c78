"""A portal with a logo of its own, and somebody with rights of several kinds in two companies."""

from __future__ import annotations

import base64
import io
import re
import urllib.request
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from PIL import Image

from chassis.messages import ALL_COMPANIES, Context
from deploy.local import demo
from services.identity.contract import CONTACTS_TABLE, DELEGATIONS_TABLE, MEMBERSHIPS_TABLE, RIGHTS_TABLE
from tests.chaos import seen
from tests.support.portal import Portal
from tests.support.waiting import wait_until

HOME, ELSEWHERE = "C10010", "C10040"
EMAIL, PASSWORD = "tessa.two@customer.example", "four boats in harbour"
_TABLES = (CONTACTS_TABLE, MEMBERSHIPS_TABLE, DELEGATIONS_TABLE, RIGHTS_TABLE)


@dataclass(frozen=True)
class Dressed:
    """The logo's address and file, the contact's id and all that the read models have of their rights."""

    address: str
    logo: bytes
    contact: str
    rights: dict[str, list[Any]]


def dress(portal: Portal) -> Dressed:
    """Upload a logo, and give somebody rights: a role, a last day, a branch; another company, and what to hand out."""
    email = next(address for role, address, _password in demo.LOGINS if role == "portal admin")
    sql = f"SELECT contact_id FROM {CONTACTS_TABLE} WHERE email = ?"
    admin = wait_until(lambda: seen.rows(portal, "identity", sql, email), 60, "the demo's admin")[0]["contact_id"]

    def do(command: str, payload: dict[str, Any]) -> dict[str, Any]:
        context = Context(uuid4(), ALL_COMPANIES, admin, "portal", "dressing")
        return portal.commands.send("identity", command, payload, context)

    file = io.BytesIO()
    Image.new("RGB", (120, 80), "#155e67").save(file, "PNG")
    do("ChangeLogo", {"content": base64.b64encode(file.getvalue()).decode()})
    role = do("DefineRole", {"name": "Kept buyer", "permissions": ["order", "report_orders"]})["id"]
    rights = {"permissions": ["open_cases"], "roles": [role], "ends": {role: "2199-12-31"}}
    contact = do("CreateContact", {"for_company": HOME, "name": "Tessa Two", "email": EMAIL, **rights})["id"]
    token = do("InviteContact", {"contact_id": contact})["result"]["token"]
    accepting = {"token": token, "password": PASSWORD, "correlation_id": "dressing"}
    assert portal.rpc.call("identity", "accept_invitation", accepting)["status"] == "done"
    there = {"contact_id": contact, "to_company": ELSEWHERE, "permissions": ["company_admin", "open_cases"]}
    do("AddToCompany", there)
    handed = {"contact_id": contact, "in_company": ELSEWHERE, "permissions": ["order"], "appoints": True}
    do("SetDelegation", handed)
    given = wait_until(lambda: _if_whole(rights_of(portal, contact)), 60, "the read models show all of it")
    address = wait_until(lambda: logo_address(portal), 60, "the logo stands on the log-in page")
    return Dressed(address, fetched(portal, address), contact, given)


def _if_whole(found: dict[str, list[Any]]) -> dict[str, list[Any]]:
    kinds = {row["kind"] for row in found[RIGHTS_TABLE]}
    return found if all(found.values()) and {"delegated", "signed_up"} <= kinds else {}


def rights_of(portal: Portal, contact: str) -> dict[str, list[Any]]:
    """Every row that the read models have of the contact's rights, by table."""
    return {
        table: sorted(seen.rows(portal, "identity", f"SELECT * FROM {table} WHERE contact_id = ?", contact), key=repr)
        for table in _TABLES
    }


def logo_address(portal: Portal) -> str:
    """Where the log-in page has its logo from, "" while that is the one that comes with Portico."""
    found = re.search(r'src="(/branding/logo/[^"]+)"', fetched(portal, "/login").decode())
    return found[1] if found else ""


def fetched(portal: Portal, path: str) -> bytes:
    """What the portal answers."""
    with urllib.request.urlopen(f"{portal.url}{path}", timeout=30) as answer:
        content: bytes = answer.read()
        return content
