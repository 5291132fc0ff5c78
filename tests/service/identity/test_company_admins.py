"""Companies' own admins and requests for access, through the real processes: who may, what follows, who hears of it."""

from __future__ import annotations

import threading
from contextlib import closing
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from chassis.codec import loads
from chassis.errors import NotAllowed, Refused
from chassis.job_streams import Streams
from chassis.messages import ALL_COMPANIES
from chassis.repository import now
from chassis.statedb import StateDb
from chassis.store import StoreClient
from services.identity.contract import (
    DELEGATIONS_TABLE,
    MEMBERSHIPS_MODEL,
    MEMBERSHIPS_TABLE,
    REQUESTS_MODEL,
    REQUESTS_TABLE,
    RIGHTS_MODEL,
    RIGHTS_TABLE,
)
from services.identity.jobs import forget_request, refused_before
from services.identity.requests.domain import KEPT
from tests.service.identity.office import FJORD, NORDLICHT, PASSWORD, Office
from tests.support.waiting import wait_until

OWN: dict[str, Any] = {"permissions": ["company_admin", "open_cases", "order"], "branches": ["HH"]}


def boss(office: Office, name: str) -> str:
    """The id of a new admin of Nordlicht, who sees Hamburg alone."""
    contact = office.sign_up(f"{name}@nordlicht.example", name="Bea Boss")
    office.do("SetPermissions", {"contact_id": contact, **OWN}, actor=office.admin())
    return contact


def asked(office: Office, requester: str, email: str, **more: Any) -> str:
    """The id of a request of theirs."""
    form = {"name": "Cara Colleague", "email": email, "why": "She buys for Hamburg.", "permissions": ["open_cases"]}
    return str(_portal(office, "RequestAccess", {**form, "branches": ["HH"], **more}, requester)["id"])


def _portal(office: Office, command: str, payload: dict[str, Any], actor: str, company: str = NORDLICHT) -> Any:
    return office.service.send(command, payload, company, actor, channel="portal")


def mails(office: Office, contact: str) -> set[str]:
    """The kinds of mail that were asked for to somebody."""
    rows = office.service.rows("SELECT kind FROM mails_v1 WHERE contact_id = ?", contact)
    return {row["kind"] for row in rows}


def test_a_companys_admin_manages_its_contacts_within_what_was_given_to_them(office: Office) -> None:
    admin = boss(office, "bea")
    form = {"for_company": NORDLICHT, "name": "Ned New", "email": "ned@nordlicht.example", "branches": ["HH"]}
    ned = _portal(office, "CreateContact", {**form, "permissions": ["order"]}, admin)["id"]
    invited = _portal(office, "InviteContact", {"contact_id": ned}, admin)
    assert set(invited["result"]) == {"expires_at"}  # the link goes to Ned alone
    _portal(office, "SetPermissions", {"contact_id": ned, "permissions": ["open_cases"], "branches": ["HH"]}, admin)
    for command in ("DeactivateContact", "ReactivateContact"):
        _portal(office, command, {"contact_id": ned}, admin)
    refused: list[tuple[str, dict[str, Any]]] = [
        ("CreateContact", {**form, "email": "x@nordlicht.example", "permissions": ["pay"]}),
        ("CreateContact", {**form, "email": "x@nordlicht.example", "branches": None}),
        ("SetPermissions", {"contact_id": ned, "permissions": ["open_cases"], "branches": ["HB"]}),
        ("SetPermissions", {"contact_id": ned, "permissions": ["company_admin"], "branches": ["HH"]}),
        ("SetPermissions", {"contact_id": admin, "permissions": ["order"], "branches": ["HH"]}),
        ("DeactivateContact", {"contact_id": boss(office, "bert")}),
        ("SetPassword", {"contact_id": ned, "password": "four boats in harbour"}),
        ("EraseContact", {"contact_id": ned}),
        ("SetDelegation", {"contact_id": admin, "appoints": True}),
    ]
    for command, payload in refused:
        with pytest.raises(Refused):
            _portal(office, command, payload, admin)
    with pytest.raises(Refused, match="no such company"):
        _portal(office, "CreateContact", {**form, "for_company": FJORD, "email": "f@fjord.example"}, admin)
    office.ask("accept_invitation", token=office.invite(ned), password="four boats in harbour")
    with pytest.raises(Refused, match="has a password already"):
        _portal(office, "InviteContact", {"contact_id": ned}, admin)


def test_the_supplier_may_let_them_make_other_admins(office: Office) -> None:
    admin, contact = boss(office, "bo"), office.create("ann@nordlicht.example", branches=["HH"])
    wanted = {"contact_id": contact, "permissions": ["company_admin", "open_cases"], "branches": ["HH"]}
    with pytest.raises(Refused, match="more than you may give"):
        _portal(office, "SetPermissions", wanted, admin)
    done = office.do(
        "SetDelegation", {"contact_id": admin, "permissions": None, "appoints": True}, actor=office.admin()
    )
    _portal(office, "SetPermissions", wanted, admin)
    office.service.wait_position("delegations_v1", done["position"])
    (row,) = office.service.rows(f"SELECT * FROM {DELEGATIONS_TABLE} WHERE contact_id = ?", admin)
    assert (row["company"], row["permissions"], bool(row["appoints"])) == (NORDLICHT, None, True)


def test_what_an_admin_of_two_companies_may_hand_out_is_set_for_each(office: Office) -> None:
    supplier, admin = office.admin(), boss(office, "bibi")
    given = {"permissions": ["company_admin", "order"], "branches": None}
    office.do("AddToCompany", {"contact_id": admin, "to_company": FJORD, **given}, actor=supplier)
    form = {"for_company": FJORD, "name": "Fia Fjord", "email": "fia@fjord.example"}
    told = {"contact_id": admin, "in_company": FJORD, "permissions": ["pay"], "appoints": False}
    with pytest.raises(Refused, match="more than you may give"):
        _portal(office, "CreateContact", {**form, "permissions": ["pay"]}, admin, FJORD)
    done = office.do("SetDelegation", told, actor=supplier)
    _portal(office, "CreateContact", {**form, "permissions": ["pay"]}, admin, FJORD)
    with pytest.raises(Refused, match="more than you may give"):
        _portal(office, "CreateContact", {**form, "email": "fy@fjord.example", "permissions": ["order"]}, admin, FJORD)
    own = {"for_company": NORDLICHT, "name": "Ned", "email": "nick@nordlicht.example", "branches": ["HH"]}
    _portal(office, "CreateContact", {**own, "permissions": ["order"]}, admin)
    office.service.wait_position(RIGHTS_MODEL, done["position"])
    sql = f"SELECT hands_out FROM {RIGHTS_TABLE} WHERE contact_id = ? AND kind = 'delegated' AND company = ?"
    (row,) = office.service.rows(sql, admin, FJORD)
    assert loads(row["hands_out"]) == ["pay"]
    left = office.do("RemoveFromCompany", {"contact_id": admin, "from_company": FJORD}, actor=supplier)
    office.service.wait_position("delegations_v1", left["position"])
    assert office.service.rows(f"SELECT * FROM {DELEGATIONS_TABLE} WHERE contact_id = ?", admin) == []


def test_whom_the_supplier_switched_off_a_companys_admin_does_not_switch_on(office: Office) -> None:
    admin, contact = boss(office, "berit"), office.sign_up("olga@nordlicht.example", branches=["HH"])
    whom = {"contact_id": contact}
    _portal(office, "DeactivateContact", whom, admin)
    _portal(office, "ReactivateContact", whom, admin)
    _portal(office, "DeactivateContact", whom, admin)
    office.do("DeactivateContact", whom, actor=office.admin())  # whose word stands over theirs
    with pytest.raises(Refused, match="only we can switch them on again. Please ask our support"):
        _portal(office, "ReactivateContact", whom, admin)
    assert not office.signs_in("olga@nordlicht.example")
    office.do("ReactivateContact", whom, actor=office.admin())
    assert office.signs_in("olga@nordlicht.example")


@pytest.mark.parametrize(
    "command",
    ["CreateContact", "InviteContact", "SetPassword", "DeactivateContact", "ReactivateContact", "EraseContact"],
)
def test_over_the_portal_nobody_manages_contacts_whom_identity_does_not_know_as_an_admin(
    office: Office, command: str
) -> None:
    contact = office.create(f"{command.lower()}-of@nordlicht.example")
    payload: dict[str, Any] = {"contact_id": contact}
    if command == "CreateContact":
        payload = {"for_company": NORDLICHT, "name": "X", "email": f"{uuid4().hex}@nordlicht.example"}
    if command == "SetPassword":
        payload["password"] = "four boats in harbour"
    for actor, company in (("console", "*"), (contact, NORDLICHT), (office.admin(), NORDLICHT), ("", "")):
        with pytest.raises(Refused, match="Only a portal admin"):
            _portal(office, command, payload, actor, company)


def test_a_request_is_approved_and_both_are_told(office: Office) -> None:
    requester = office.sign_up("rita@nordlicht.example", permissions=["open_cases"], branches=["HH"])
    request = asked(office, requester, "cara@nordlicht.example")
    (row,) = office.service.wait_rows(f"SELECT * FROM {REQUESTS_TABLE} WHERE request = ?", request)
    assert (row["name"], row["why"], row["state"]) == ("Cara Colleague", "She buys for Hamburg.", "open")
    payload = {"request": request, "for_company": NORDLICHT, "permissions": ["open_cases"], "branches": ["HH"]}
    admin, command = boss(office, "bruno"), uuid4()
    first, again = (
        office.service.send("ApproveAccess", payload, NORDLICHT, admin, command, channel="portal") for _ in range(2)
    )
    assert (first["id"], again["repeated"]) == (request, True)
    assert loads(office.row(request, first["position"])["permissions"]) == ["open_cases"]
    wait_until(lambda: "access_approved" in mails(office, requester), 30, "who asked is told")
    wait_until(lambda: "invitation" in mails(office, request), 30, "the colleague is invited")
    for command_name, answer in (("ApproveAccess", payload), ("RefuseAccess", {**payload, "reason": "No."})):
        kept = {name: answer[name] for name in answer if command_name == "ApproveAccess" or name in _REFUSAL}
        with pytest.raises(Refused, match="answered already: it is approved"):
            office.do(command_name, kept, actor=office.admin())
    with pytest.raises(Refused, match="Somebody of your company uses this"):
        asked(office, requester, "cara@nordlicht.example")


_REFUSAL = ("request", "for_company", "reason")


def test_a_refusal_is_told_to_both_and_its_words_are_in_no_event_in_clear(office: Office) -> None:
    requester = office.sign_up("rolf@nordlicht.example", permissions=["open_cases"], branches=["HH"])
    request = asked(office, requester, "carl@nordlicht.example")
    with pytest.raises(Refused, match="asked for already"):
        asked(office, requester, "Carl@nordlicht.example")
    with pytest.raises(Refused, match="what you may do yourself"):
        asked(office, requester, "other@nordlicht.example", permissions=["pay"])
    with pytest.raises(Refused, match="what you may do yourself"):
        asked(office, requester, "other@nordlicht.example", branches=None)
    payload = {"request": request, "for_company": NORDLICHT, "reason": "Zanzibar is closed."}
    done = office.do("RefuseAccess", payload, actor=office.admin())
    office.service.wait_position(REQUESTS_MODEL, done["position"])
    (row,) = office.service.rows(f"SELECT * FROM {REQUESTS_TABLE} WHERE request = ?", request)
    assert (row["state"], row["reason"]) == ("refused", "Zanzibar is closed.")
    wait_until(lambda: "access_refused" in mails(office, requester), 30, "who asked is told")
    wait_until(lambda: "access_refused_colleague" in mails(office, request), 30, "the colleague is told")
    sent = "SELECT 1 FROM mails_v1 WHERE contact_id = ? AND kind = 'access_refused_colleague' AND state = 'sent'"
    wait_until(lambda: bool(office.service.rows(sent, request)), 30, "the colleague's mail went")
    found = office.ask("outbox")["mails"]
    letter = office.ask("outbox", key=next(one["key"] for one in found if one["key"].endswith(request)))["mails"][0]
    assert "Zanzibar is closed." in str(letter)
    assert "Cara Colleague" in str(letter)
    with closing(StoreClient(office.service.settings.esdb_uri)) as store:
        told = store.read_all(filter_include=("Access.*", "Refusal.*"))
        said = b"".join(event.data for event in told)
    assert b"Zanzibar" not in said
    assert b"Cara" not in said
    assert b"carl@" not in said.lower()


def test_a_refused_request_is_forgotten_with_its_key(office: Office) -> None:
    requester = office.sign_up("ruth@nordlicht.example", permissions=["open_cases"], branches=["HH"])
    request, settings = asked(office, requester, "gone@nordlicht.example"), office.service.settings
    refusal = {"request": request, "for_company": NORDLICHT, "reason": "No."}
    done = office.do("RefuseAccess", refusal, actor=office.admin())
    office.service.wait_position(REQUESTS_MODEL, done["position"])
    assert request not in {row["request"] for row in refused_before(settings, now() - KEPT)}
    assert request in {row["request"] for row in refused_before(settings, now() + timedelta(hours=1))}
    with Streams(settings, "identity", "portal", threading.Event()) as streams:
        forget_request(request, NORDLICHT, streams)
    there = f"SELECT 1 FROM {REQUESTS_TABLE} WHERE request = ?"
    wait_until(lambda: not office.service.rows(there, request), 30, "the row gone")
    state = StateDb(settings.state_db("identity"))
    key_gone = "SELECT 1 FROM contact_keys WHERE contact = ? AND key IS NULL"
    wait_until(lambda: state.row(key_gone, request), 30, "the key deleted")


def test_a_contact_of_two_companies_has_rights_of_each_ones_own(office: Office) -> None:
    supplier = office.admin()
    contact = office.sign_up("tess@nordlicht.example", permissions=["open_cases"], branches=["HH"])
    rights: dict[str, Any] = {"permissions": ["order"], "branches": None}
    with pytest.raises(Refused, match="no branch HH"):
        office.do(
            "AddToCompany", {"contact_id": contact, "to_company": FJORD, **rights, "branches": ["HH"]}, actor=supplier
        )
    with pytest.raises(Refused, match="own company"):
        office.do("AddToCompany", {"contact_id": contact, "to_company": NORDLICHT, **rights}, actor=supplier)
    office.do("AddToCompany", {"contact_id": contact, "to_company": FJORD, **rights}, actor=supplier)
    assert office.ask("sign_in", email="tess@nordlicht.example", password=PASSWORD)["companies"] == [FJORD, NORDLICHT]
    form = {
        "for_company": FJORD,
        "name": "Bo Fjord",
        "email": "bo@fjord.example",
        "permissions": ["company_admin", "pay"],
    }
    admin = office.do("CreateContact", form)["id"]
    assert office.ask("accept_invitation", token=office.invite(admin), password=PASSWORD)["status"] == "done"
    wanted = {"contact_id": contact, "permissions": ["order", "pay"], "branches": None}
    with pytest.raises(Refused, match="no such contact"):
        _portal(office, "SetPermissions", wanted, admin, FJORD)  # their first company's rights
    _portal(office, "SetPermissions", {**wanted, "in_company": FJORD}, admin, FJORD)
    with pytest.raises(Refused, match="other companies, too"):
        _portal(office, "DeactivateContact", {"contact_id": contact}, admin, FJORD)
    # What they do themselves they may do wherever they stand.
    _portal(office, "ChooseMails", {"off": ["case_reply"]}, contact, FJORD)
    left = _portal(office, "RemoveFromCompany", {"contact_id": contact, "from_company": FJORD}, admin, FJORD)
    office.service.wait_position(RIGHTS_MODEL, left["position"])
    sql = f"SELECT company, kind, permissions FROM {RIGHTS_TABLE} WHERE contact_id = ? ORDER BY position, company"
    kept = [(row["company"], row["kind"], loads(row["permissions"])) for row in office.service.rows(sql, contact)]
    assert kept == [
        (NORDLICHT, "created", ["open_cases"]),
        (NORDLICHT, "signed_up", ["open_cases"]),
        (FJORD, "member", ["order"]),
        (FJORD, "member", ["order", "pay"]),
        (FJORD, "left", []),
    ]
    office.service.wait_position(MEMBERSHIPS_MODEL, left["position"])
    assert office.service.rows(f"SELECT * FROM {MEMBERSHIPS_TABLE} WHERE contact_id = ?", contact) == []


def test_the_portal_opens_no_account_of_the_suppliers_own(office: Office) -> None:
    staff = {"name": "Sam Support", "email": "sam@supplier.example", "staff_roles": ["operator"]}
    sam = office.do("CreateStaff", staff)["id"]
    for command in ("InviteContact", "RemoveSecondFactor"):
        with pytest.raises(Refused, match="portico admin"):
            _portal(office, command, {"contact_id": sam}, office.admin(), ALL_COMPANIES)
    assert office.invite(sam), "whoever runs the portal gives a colleague a link"


def test_what_an_agent_sends_is_no_portal_admins(office: Office) -> None:
    form = {"name": "Ali Agent", "email": "ali@supplier.example", "staff_roles": ["agent"]}
    agent = office.do("CreateStaff", form)["id"]
    hanna = office.create("looked-at@nordlicht.example")
    for command, payload in (
        ("CreateStaff", {**form, "email": "second@supplier.example", "staff_roles": ["portal_admin"]}),
        ("RemoveSecondFactor", {"contact_id": hanna}),
        ("ChangeMailSender", {"name": "Not the portal"}),
    ):
        with pytest.raises(NotAllowed):
            _portal(office, command, payload, agent, ALL_COMPANIES)
