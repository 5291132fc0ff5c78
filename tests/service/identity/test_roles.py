"""Roles and rights with an end, through the real processes: who may decide on them, and what the read models keep."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from chassis.codec import loads
from chassis.errors import CommandReused, NotAllowed, RemoteRefusal
from services.identity.contract import RIGHTS_MODEL, RIGHTS_TABLE, ROLE_CHANGES_TABLE, ROLES_MODEL, ROLES_TABLE
from tests.service.identity.office import FJORD, NORDLICHT, Office

BUYER: dict[str, Any] = {"name": "Buyer", "permissions": ["order", "report_orders"]}


def role(office: Office, role_id: str, position: int) -> dict[str, Any] | None:
    """The role's row, once the read model is at the position."""
    office.service.wait_position(ROLES_MODEL, position)
    found = office.service.rows(f"SELECT * FROM {ROLES_TABLE} WHERE role = ?", role_id)
    return found[0] if found else None


def test_a_role_is_defined_changed_and_removed_and_each_change_kept(office: Office) -> None:
    admin, command = office.admin(), uuid4()
    made, again = (office.service.send("DefineRole", BUYER, "*", admin, command) for _ in range(2))
    assert again == {**made, "repeated": True}
    with pytest.raises(CommandReused):
        office.service.send("DefineRole", {**BUYER, "name": "Other"}, "*", admin, command)
    with pytest.raises(RemoteRefusal, match="There is a role “Buyer” already"):
        office.do("DefineRole", {**BUYER, "name": "buyer"}, actor=admin)
    own = made["id"]
    row = role(office, own, made["position"])
    assert row is not None
    assert (row["name"], loads(row["permissions"])) == ("Buyer", BUYER["permissions"])
    office.do("ChangeRole", {"role": own, "name": "Night buyer", "permissions": ["order"]}, actor=admin)
    removed = office.do("RemoveRole", {"role": own}, actor=admin)
    assert role(office, own, removed["position"]) is None
    office.service.wait_position(RIGHTS_MODEL, removed["position"])
    kept = office.service.rows(f"SELECT * FROM {ROLE_CHANGES_TABLE} WHERE role = ? ORDER BY position", own)
    assert [(one["kind"], one["name"], loads(one["permissions"]), one["actor"]) for one in kept] == [
        ("defined", "Buyer", BUYER["permissions"], admin),
        ("changed", "Night buyer", ["order"], admin),
        ("removed", "Night buyer", [], admin),
    ]


@pytest.mark.parametrize("command", ["DefineRole", "ChangeRole", "RemoveRole", "SetPermissions"])
def test_nobody_but_a_portal_admin_decides_what_others_may_do(office: Office, command: str) -> None:
    contact = office.create(f"{command.lower()}@nordlicht.example")
    agent = {"name": "Sam", "email": f"sam-{command.lower()}@supplier.example", "staff_roles": ["agent", "erp_admin"]}
    gone = {**agent, "email": f"gone-{command.lower()}@supplier.example", "staff_roles": ["portal_admin"]}
    former = office.do("CreateStaff", gone)["id"]
    office.do("DeactivateContact", {"contact_id": former})
    payload = {
        "DefineRole": {**BUYER, "name": command},
        "ChangeRole": {**BUYER, "role": "R-NONE-0000"},
        "RemoveRole": {"role": "R-NONE-0000"},
        "SetPermissions": {"contact_id": contact, "permissions": ["pay"]},
    }[command]
    for actor in (office.do("CreateStaff", agent)["id"], former, "set-up", contact):
        with pytest.raises(NotAllowed, match="Only a portal admin"):
            office.do(command, payload, actor=actor)
    with pytest.raises(NotAllowed, match="Only a portal admin"):
        office.do(command, payload, company=NORDLICHT, actor=contact)
    for company in (NORDLICHT, FJORD):
        with pytest.raises(NotAllowed, match="Only a portal admin"):
            office.do(command, payload, company=company, actor=office.admin())
    assert loads(office.row(contact)["permissions"]) == ["open_cases"]


def test_a_contacts_roles_and_last_days_are_kept_with_who_gave_them(office: Office) -> None:
    admin = office.admin()
    own = office.do("DefineRole", {**BUYER, "name": "Holder"}, actor=admin)["id"]
    contact = office.create("holder@nordlicht.example", permissions=["open_cases"])
    payload = {"contact_id": contact, "permissions": ["pay"], "branches": ["HB"], "roles": [own]}
    ends = {"pay": "2199-12-31", own: "2199-06-30"}
    answer = office.do("SetPermissions", {**payload, "ends": ends}, actor=admin)
    row = office.row(contact, answer["position"])
    assert (loads(row["roles"]), loads(row["ends"])) == ([own], ends)
    with pytest.raises(RemoteRefusal, match="no such role"):
        office.do("SetPermissions", {**payload, "roles": ["R-NONE-0000"]}, actor=admin)
    with pytest.raises(RemoteRefusal, match="is past"):
        office.do("SetPermissions", {**payload, "ends": {"pay": "2020-01-01"}}, actor=admin)
    office.ask("accept_invitation", token=office.invite(contact), password="four boats in harbour")
    off = office.do("DeactivateContact", {"contact_id": contact})
    office.service.wait_position(RIGHTS_MODEL, off["position"])
    kept = office.service.rows(f"SELECT * FROM {RIGHTS_TABLE} WHERE contact_id = ? ORDER BY position", contact)
    assert [(one["kind"], one["actor"], loads(one["permissions"]), loads(one["roles"])) for one in kept] == [
        ("created", "admin4admin4admi", ["open_cases"], []),
        ("permissions", admin, ["pay"], [own]),
        ("signed_up", contact, ["pay"], [own]),
        ("switched_off", "admin4admin4admi", ["pay"], [own]),
    ]
    assert [loads(one["ends"]) for one in kept] == [{}, ends, ends, ends]
    assert [(bool(one["signed_up"]), one["shut"]) for one in kept] == [
        (False, ""),
        (False, ""),
        (True, ""),
        (True, "off"),
    ]
