"""Contacts from their creation to their erasure, through the real processes, broker and store."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from esdbclient import EventStoreDBClient

from chassis.codec import loads
from chassis.errors import CommandReused, NotAllowed, NotFound, Refused, RemoteRefusal
from chassis.statedb import StateDb
from services.identity.erased import erased_list
from tests.service.identity.office import ADMIN, FJORD, NORDLICHT, PASSWORD, Office
from tests.support.waiting import wait_until


def form(email: str, **changes: Any) -> dict[str, Any]:
    """CreateContact as the page sends it."""
    return {"for_company": NORDLICHT, "name": "Hanna Weiss", "email": email, **changes}


def refusal(caught: pytest.ExceptionInfo[RemoteRefusal]) -> str:
    """The name of the rule that was broken."""
    return caught.value.code


def test_a_created_contact_is_in_the_list_with_what_it_may_do(office: Office) -> None:
    answer = office.do("CreateContact", form("list@nordlicht.example", phone="+49 40 7", branches=["HH"]))
    row = office.row(answer["id"], answer["position"])
    assert answer["stream"] == f"contact-{answer['id']}"
    assert (row["company"], row["name"], row["email"], row["phone"], row["status"]) == (
        NORDLICHT,
        "Hanna Weiss",
        "list@nordlicht.example",
        "+49 40 7",
        "recorded",
    )
    assert (loads(row["permissions"]), loads(row["branches"]), loads(row["staff_roles"])) == (
        ["open_cases"],
        ["HH"],
        [],
    )
    assert row["search"] == "hanna weiss list@nordlicht.example +49 40 7"


def test_the_same_command_again_gets_the_first_reply(office: Office) -> None:
    command_id = uuid4()
    first, again = (
        office.service.send("CreateContact", form("again@nordlicht.example"), "*", ADMIN, command_id) for _ in range(2)
    )
    assert again == {**first, "repeated": True}


def test_other_content_under_the_same_command_id_is_refused(office: Office) -> None:
    command_id = uuid4()
    office.service.send("CreateContact", form("reused@nordlicht.example"), "*", ADMIN, command_id)
    with pytest.raises(CommandReused):
        office.service.send("CreateContact", form("reused2@nordlicht.example"), "*", ADMIN, command_id)


def test_an_address_belongs_to_one_contact(office: Office) -> None:
    office.create("one@nordlicht.example")
    with pytest.raises(RemoteRefusal, match="already uses") as refused:
        office.create("One@Nordlicht.example")
    assert refusal(refused) == "EmailTaken"


def test_of_two_at_the_same_moment_one_gets_the_address(office: Office) -> None:
    def create(_attempt: int) -> str:
        try:
            return office.create("race@nordlicht.example")
        except Refused as error:
            return error.code

    with ThreadPoolExecutor(8) as threads:
        outcomes = sorted(threads.map(create, range(8)))
    assert outcomes.count("EmailTaken") == 7


def test_a_double_click_makes_one_contact(office: Office) -> None:
    command_id = uuid4()

    def create(_attempt: int) -> str:
        sent = office.service.send("CreateContact", form("double@nordlicht.example"), "*", ADMIN, command_id)
        return str(sent["id"])

    with ThreadPoolExecutor(4) as threads:
        assert len(set(threads.map(create, range(4)))) == 1


def test_a_contact_is_of_a_company_and_branches_there_are(office: Office) -> None:
    with pytest.raises(NotFound, match="no such company"):
        office.do("CreateContact", form("nowhere@nordlicht.example", for_company="X999"))
    with pytest.raises(RemoteRefusal, match="no branch Oslo"):
        office.do("CreateContact", form("oslo@nordlicht.example", branches=["Oslo"]))


def test_another_companys_people_are_not_found(office: Office) -> None:
    contact = office.create("secret@nordlicht.example")
    with pytest.raises(NotAllowed):
        office.do("CreateContact", form("spy@fjord.example"), company=FJORD)
    for command in ("InviteContact", "DeactivateContact", "ReactivateContact", "EraseContact"):
        with pytest.raises(NotAllowed) as refused:
            office.do(command, {"contact_id": contact}, company=FJORD)
        with pytest.raises(NotAllowed) as absent:
            office.do(command, {"contact_id": "nobodynobodynobo"}, company=FJORD)
        assert refused.value.message == absent.value.message, "nobody learns who exists"


def test_only_the_supplier_creates_staff(office: Office) -> None:
    payload = {"name": "Ada Bell", "email": "ada@supplier.example", "staff_roles": ["portal_admin", "agent"]}
    with pytest.raises(NotAllowed):
        office.do("CreateStaff", payload, company=NORDLICHT)
    answer = office.do("CreateStaff", payload)
    row = office.row(answer["id"], answer["position"])
    assert (row["company"], loads(row["staff_roles"])) == ("", ["portal_admin", "agent"])


def test_permissions_change_as_a_whole(office: Office) -> None:
    contact = office.create("rights@nordlicht.example")
    payload = {"contact_id": contact, "permissions": ["pay", "see_balance"], "branches": ["HB"]}
    answer = office.do("SetPermissions", payload, actor=office.admin())
    row = office.row(contact, answer["position"])
    assert (loads(row["permissions"]), loads(row["branches"])) == (["pay", "see_balance"], ["HB"])
    with pytest.raises(RemoteRefusal, match="no branch Oslo"):
        office.do("SetPermissions", {**payload, "branches": ["Oslo"]}, actor=office.admin())


def test_a_deactivated_contact_cannot_sign_in_until_reactivated(office: Office) -> None:
    contact = office.sign_up("pause@nordlicht.example")
    answer = office.do("DeactivateContact", {"contact_id": contact})
    assert office.row(contact, answer["position"])["status"] == "inactive"
    assert not office.signs_in("pause@nordlicht.example")
    answer = office.do("ReactivateContact", {"contact_id": contact})
    assert office.row(contact, answer["position"])["status"] == "active"
    assert office.signs_in("pause@nordlicht.example")


def test_every_event_says_who_did_it(office: Office) -> None:
    contact = office.create("audit@nordlicht.example")
    client = EventStoreDBClient(office.service.settings.esdb_uri)
    try:
        events = [loads(event.metadata) for event in client.get_stream(f"contact-{contact}")]
    finally:
        client.close()
    assert [(meta["actor"], meta["channel"]) for meta in events] == [(ADMIN, "test")]


def test_no_event_and_no_log_has_personal_data_or_passwords_in_clear(office: Office) -> None:
    contact = office.create("Clear@Nordlicht.example", name="Grete Klarname", phone="+49 555 123123")
    office.ask("accept_invitation", token=office.invite(contact), password=PASSWORD)
    new = {"current": PASSWORD, "new": "six swans on a lake"}
    office.do("ChangePassword", new, company=NORDLICHT, actor=contact)
    erp = {"name": "Karl Klarname", "email": "karl@nordlicht.example", "phone": "+49 555 123123"}
    office.record(NORDLICHT, [{"kind": "contact", "key": "k1", "stamp": "1", "body": erp}])
    client = EventStoreDBClient(office.service.settings.esdb_uri)
    try:
        stored = [
            b"\n".join((event.stream_name.encode(), event.data, event.metadata)).lower() for event in client.read_all()
        ]
    finally:
        client.close()
    assert any(b"nordlicht gmbh" in one for one in stored), "the search finds what stands in clear"
    stored += [process.log.read_bytes().lower() for process in (office.service.service, office.service.worker)]
    for text in (b"klarname", b"@nordlicht.example", b"555 123123", b"four boats", b"six swans", b"argon2"):
        assert not [one for one in stored if text in one]


def test_an_erased_contact_is_unreadable_and_its_address_free(office: Office) -> None:
    contact = office.sign_up("gone@nordlicht.example", name="Vera Vergessen")
    answer = office.do("EraseContact", {"contact_id": contact})
    row = office.row(contact, answer["position"])
    assert (row["status"], row["name"], row["email"], row["phone"], row["search"]) == ("erased", "(erased)", "", "", "")
    assert not office.signs_in("gone@nordlicht.example")
    assert office.do("EraseContact", {"contact_id": contact})["id"] == contact
    assert office.create("gone@nordlicht.example") != contact
    with pytest.raises(RemoteRefusal, match="was erased"):
        office.do("InviteContact", {"contact_id": contact})
    listed = erased_list(office.service.settings)
    wait_until(lambda: contact in listed.all(), 20, "the list for restores has it")


def test_whoever_is_erased_is_on_the_list_whether_or_not_the_worker_is_there(office: Office) -> None:
    contact = office.create("listed@nordlicht.example")
    listed = erased_list(office.service.settings)
    wait_until(lambda: listed.is_there, 20, "the worker made the list")
    office.service.worker.stop()
    try:
        office.do("EraseContact", {"contact_id": contact})
        assert contact in listed.all()
        whole = listed.path.read_text()
        listed.path.write_text("not a list\n")
        other = office.create("unlisted@nordlicht.example")
        office.do("EraseContact", {"contact_id": other})
        kept = StateDb(office.service.settings.state_db("identity")).row(
            "SELECT key FROM contact_keys WHERE contact = ?", other
        )
        assert kept is not None
        assert kept["key"] is None, "a list that is broken keeps no key"
        listed.path.write_text(whole)
    finally:
        office.service.worker.start()
    wait_until(lambda: other in listed.all(), 20, "the worker notes what the command could not")


def test_the_worker_deletes_the_key_of_an_erased_contact_again(office: Office) -> None:
    contact = office.create("restored@nordlicht.example")
    office.do("EraseContact", {"contact_id": contact})
    state = StateDb(office.service.settings.state_db("identity"))
    erased = "SELECT key FROM contact_keys WHERE contact = ? AND key IS NULL"
    wait_until(lambda: state.row("SELECT 1 FROM erasures"), describe="the worker carried out the erasure")
    office.service.worker.stop()
    with state.transaction() as connection:  # as a restore of an older state database would
        connection.execute("UPDATE contact_keys SET key = ? WHERE contact = ?", (bytes(32), contact))
        connection.execute("UPDATE erasures SET position = 0")
    office.service.worker.start()
    wait_until(lambda: state.row(erased, contact), 20, "the key deleted again")


def test_a_list_that_was_lost_is_written_anew_of_all_though_somebody_is_erased_meanwhile(office: Office) -> None:
    earlier, later = office.create("earlier@nordlicht.example"), office.create("later@nordlicht.example")
    position = office.do("EraseContact", {"contact_id": earlier})["position"]
    state = StateDb(office.service.settings.state_db("identity"))
    wait_until(lambda: state.row("SELECT 1 FROM erasures WHERE position >= ?", position), 20, "the worker is past it")
    office.service.worker.stop()
    listed = erased_list(office.service.settings)
    listed.path.unlink()
    office.do("EraseContact", {"contact_id": later})
    office.service.worker.start()
    wait_until(lambda: listed.is_there and later in listed.all(), 20, "the list has who was erased last")
    assert earlier in listed.all(), "events come in their order"
