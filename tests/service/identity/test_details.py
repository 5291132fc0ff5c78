"""Details put right, staff's roles, and commands that come again, in services within this process."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from esdbclient import EventStoreDBClient, StreamState

from chassis import repository
from chassis.codec import loads
from chassis.errors import NotAllowed, NotFound, Refused
from chassis.messages import ALL_COMPANIES, Context
from services.identity.contract import CONTACTS_TABLE, RIGHTS_TABLE, SIGN_IN_TABLE
from tests.service.identity.office import COMPANIES, FJORD, FJORD_DOCUMENTS, NORDLICHT, PASSWORD
from tests.support.inprocess import Services

OWN = ["company_admin", "open_cases", "order"]


class Desk:
    """Who asks what of identity."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.numbers = itertools.count()
        services.record("identity", NORDLICHT, COMPANIES)
        services.record("identity", FJORD, FJORD_DOCUMENTS)
        staff = {"name": "Ada Bell", "email": "ada@supplier.example", "staff_roles": ["portal_admin"]}
        self.ada = str(services.send("identity", "CreateStaff", staff)["id"])
        self.enter(self.ada)

    def enter(self, contact: str) -> None:
        """Let a contact choose PASSWORD."""
        invited = self.services.send("identity", "InviteContact", {"contact_id": contact})
        self.services.sign_up(invited["result"]["token"], PASSWORD)
        self.services.settle()

    def email(self) -> str:
        """An address that nobody has."""
        return f"n{next(self.numbers)}@nordlicht.example"

    def contact(self, email: str, permissions: list[str] | None = None, enters: bool = True) -> str:
        """The id of a new contact of Nordlicht."""
        form = {"for_company": NORDLICHT, "name": "Hana Weis", "email": email, "phone": "1"}
        made = self.services.send("identity", "CreateContact", {**form, "permissions": permissions or ["open_cases"]})
        if enters:
            self.enter(made["id"])
        return str(made["id"])

    def ask(
        self, command: str, payload: dict[str, Any], actor: str, company: str = NORDLICHT, number: UUID | None = None
    ) -> dict[str, Any]:
        """What a page of the portal gets for it."""
        context = Context(number or uuid4(), company, actor, "portal", "test-details")
        answer = self.services.commands.send("identity", command, payload, context)
        self.services.settle()
        return answer

    def correct(self, contact: str, number: UUID | None = None, **details: str) -> dict[str, Any]:
        """Have Ada put them right."""
        payload = {"contact_id": contact, "name": "Hanna Weiss", "phone": "2", "language": "de", **details}
        return self.ask("CorrectContact", payload, self.ada, ALL_COMPANIES, number)

    def role(self) -> str:
        """The id of a new role."""
        wanted = {"name": f"Role {next(self.numbers)}", "permissions": ["order"]}
        return str(self.ask("DefineRole", wanted, self.ada, ALL_COMPANIES)["id"])

    def lose(self, company: str) -> None:
        """Have the store know nothing of a company any more."""
        client = EventStoreDBClient(self.services.settings.esdb_uri)
        try:
            client.delete_stream(f"company-{company}", current_version=StreamState.ANY)
        finally:
            client.close()

    def row(self, contact: str) -> dict[str, Any]:
        """The contact as lists show it."""
        with self.services.reading("identity") as execute:
            (found,) = execute(f"SELECT * FROM {CONTACTS_TABLE} WHERE contact_id = ?", (contact,)).fetchall()
        return dict(found)

    def kinds(self, table: str, column: str, contact: str) -> list[tuple[str, str]]:
        """What happened, and who did it."""
        sql = f"SELECT {column}, actor FROM {table} WHERE contact_id = ? ORDER BY position"
        with self.services.reading("identity") as execute:
            return [(row[0], row[1]) for row in execute(sql, (contact,)).fetchall()]

    def signs_in(self, email: str) -> bool:
        """Whether that address and PASSWORD are let in."""
        answer = self.services.call("identity", "sign_in", {"email": email, "password": PASSWORD})
        return bool(answer["status"] == "done")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Services with Nordlicht, Fjord and Ada in them."""
    services = Services(tmp_path_factory.mktemp("details"))
    with services.at_home():
        yield Desk(services)
    services.close()


def test_a_contact_whose_address_is_put_right_logs_in_by_it_from_then_on(desk: Desk) -> None:
    old, new = desk.email(), desk.email()
    contact = desk.contact(old)
    before = desk.row(contact)
    desk.correct(contact, email=new)
    row = desk.row(contact)
    assert (row["name"], row["email"], row["phone"], row["language"]) == ("Hanna Weiss", new, "2", "de")
    assert (row["search"], row["status"]) == (f"hanna weiss {new} 2", "active")
    assert row["password_changed_at"] == before["password_changed_at"], "their sessions go on"
    assert (desk.signs_in(new), desk.signs_in(old)) == (True, False)
    assert desk.contact(old) != contact, "the old address is free"
    assert ("corrected", desk.ada) in desk.kinds(RIGHTS_TABLE, "kind", contact)
    assert ("SignInAddressChanged", desk.ada) in desk.kinds(SIGN_IN_TABLE, "what", contact)


def test_the_same_again_changes_nothing_and_another_ones_address_is_refused(desk: Desk) -> None:
    theirs, contact = desk.email(), desk.contact(desk.email())
    desk.contact(theirs)
    with pytest.raises(Refused, match="already uses"):
        desk.correct(contact, email=theirs)
    assert desk.row(contact)["name"] == "Hana Weis"
    new = desk.email()
    done = desk.correct(contact, email=new)
    assert desk.correct(contact, email=new)["revision"] == done["revision"]
    with pytest.raises(Refused, match="enter the right one"):
        desk.correct(contact, email="")


def test_a_link_that_went_to_the_wrong_mailbox_is_worth_nothing(desk: Desk) -> None:
    contact = desk.contact(desk.email(), enters=False)
    token = desk.services.send("identity", "InviteContact", {"contact_id": contact})["result"]["token"]
    desk.correct(contact, email=desk.email())
    asked = desk.services.call("identity", "accept_invitation", {"token": token, "password": PASSWORD})
    assert asked["code"] == "InvitationUsed"
    desk.enter(contact)


class Cut(Exception):
    """The process ended here."""


def cut_short(desk: Desk, contact: str, number: UUID, email: str) -> None:
    """Correct the address, and end right after the first event that this appends."""

    def end(_point: str) -> None:
        raise Cut

    with pytest.MonkeyPatch.context() as cut:
        cut.setattr(repository, "reach", end)
        with pytest.raises(Cut):
            desk.correct(contact, number, email=email)


def test_a_change_of_address_that_was_cut_short_anywhere_is_made_whole_by_the_repeat(desk: Desk) -> None:
    old, new, number = desk.email(), desk.email(), uuid4()
    contact = desk.contact(old)
    for _step in ("reserved", "corrected", "confirmed", "released"):
        cut_short(desk, contact, number, new)
    assert desk.correct(contact, number, email=new)["repeated"]
    assert (desk.signs_in(new), desk.signs_in(old)) == (True, False)
    assert desk.contact(old) != contact
    with pytest.raises(Refused, match="already uses"):
        desk.contact(new)


def test_a_further_change_frees_what_one_that_was_cut_short_left(desk: Desk) -> None:
    first, second, third = desk.email(), desk.email(), desk.email()
    contact, number = desk.contact(first), uuid4()
    for _step in ("reserved", "corrected"):
        cut_short(desk, contact, number, second)
    desk.correct(contact, email=third)
    assert [desk.signs_in(email) for email in (first, second, third)] == [False, False, True]
    assert len({desk.contact(first), desk.contact(second), contact}) == 3


def test_what_the_erp_repeats_undoes_nothing_and_what_it_changes_holds(desk: Desk) -> None:
    def told(stamp: str, **body: str) -> None:
        body = {"name": "Hana Weis", "email": "erp@nordlicht.example", "phone": "1", **body}
        desk.services.record("identity", NORDLICHT, [{"kind": "contact", "key": "e1", "stamp": stamp, "body": body}])
        desk.services.settle()

    told("1")
    with desk.services.reading("identity") as execute:
        sql = f"SELECT contact_id FROM {CONTACTS_TABLE} WHERE email = ?"
        contact = str(execute(sql, ("erp@nordlicht.example",)).fetchone()[0])
    desk.correct(contact, email="right@nordlicht.example", phone="1")
    told("2", phone="7")
    row = desk.row(contact)
    assert (row["name"], row["email"], row["phone"]) == ("Hanna Weiss", "right@nordlicht.example", "7")
    told("3", phone="7", name="Hanna Braun")
    row = desk.row(contact)
    assert (row["name"], row["email"]) == ("Hanna Braun", "right@nordlicht.example")
    desk.enter(contact)
    assert (desk.signs_in("right@nordlicht.example"), desk.signs_in("erp@nordlicht.example")) == (True, False)


def test_a_companys_own_admin_corrects_who_is_theirs_alone(desk: Desk) -> None:
    boss, contact = desk.contact(desk.email(), OWN), desk.contact(desk.email())
    new = desk.email()
    details = {"contact_id": contact, "name": "Hanna Weiss", "email": new, "phone": ""}
    desk.ask("CorrectContact", details, boss)
    assert desk.signs_in(new)
    mighty_mail = desk.email()
    mighty = desk.contact(mighty_mail, ["open_cases", "pay"])
    renamed = {**details, "contact_id": mighty, "email": mighty_mail}
    desk.ask("CorrectContact", renamed, boss)
    with pytest.raises(Refused, match="more than you can hand out"):
        desk.ask("CorrectContact", {**renamed, "email": desk.email()}, boss)
    peer = desk.contact(desk.email(), OWN)
    for other, said in ((boss, "to yourself"), (peer, "only we can change that")):
        with pytest.raises(Refused, match=said):
            desk.ask("CorrectContact", {**details, "contact_id": other, "email": desk.email()}, boss)
    added = {"contact_id": contact, "to_company": FJORD, "permissions": ["open_cases"]}
    desk.ask("AddToCompany", added, desk.ada, ALL_COMPANIES)
    with pytest.raises(Refused, match="other companies"):
        desk.ask("CorrectContact", {**details, "name": "Mine"}, boss)
    with pytest.raises(NotAllowed):
        desk.ask("CorrectContact", {**details, "contact_id": contact}, mighty)
    with pytest.raises(NotAllowed):
        desk.ask("CorrectContact", details, boss, FJORD)


def test_staff_are_nobodys_to_correct_but_their_own(desk: Desk) -> None:
    staff = {"name": "Sam Steel", "email": desk.email(), "staff_roles": ["agent"]}
    sam = str(desk.services.send("identity", "CreateStaff", staff)["id"])
    with pytest.raises(Refused, match="Staff"):
        desk.correct(sam, email=desk.email())
    desk.ask("CorrectOwnDetails", {"name": "Samira Steel", "phone": "9"}, sam, ALL_COMPANIES)
    row = desk.row(sam)
    assert (row["name"], row["email"], row["phone"]) == ("Samira Steel", staff["email"], "9")
    with pytest.raises(NotFound):
        desk.ask("CorrectOwnDetails", {"name": "Nobody"}, "nobodynobodynobo")


def test_no_event_has_what_was_or_is_in_clear(desk: Desk) -> None:
    contact = desk.contact("altername@nordlicht.example")
    desk.correct(contact, name="Grete Klarname", email="klarname@nordlicht.example", phone="+49 555 123123")
    client = EventStoreDBClient(desk.services.settings.esdb_uri)
    try:
        stored = [b"\n".join((one.stream_name.encode(), one.data, one.metadata)).lower() for one in client.read_all()]
    finally:
        client.close()
    assert any(b"nordlicht gmbh" in one for one in stored), "the search finds what stands in clear"
    for text in (b"altername", b"klarname", b"555 123123"):
        assert not [one for one in stored if text in one]
    desk.ask("EraseContact", {"contact_id": contact}, desk.ada, ALL_COMPANIES)
    row = desk.row(contact)
    assert (row["name"], row["email"], row["told"], row["told_then"], row["corrected"]) == ("(erased)", "", "", "", "")


def test_staffs_roles_are_the_operators_to_set_and_the_last_portal_admin_stays(desk: Desk) -> None:
    def set_roles(contact: str, *roles: str) -> None:
        desk.services.send("identity", "SetStaffRoles", {"contact_id": contact, "staff_roles": list(roles)})

    made = {"name": "Sue Steel", "email": desk.email(), "staff_roles": ["agent"]}
    sue = str(desk.services.send("identity", "CreateStaff", made)["id"])
    with pytest.raises(Refused, match="last portal admin"):
        set_roles(desk.ada, "agent")
    for command in ("DeactivateContact", "EraseContact"):
        with pytest.raises(Refused, match="last portal admin"):
            desk.services.send("identity", command, {"contact_id": desk.ada})
    set_roles(sue, "agent", "portal_admin")
    assert loads(desk.row(sue)["staff_roles"]) == ["agent", "portal_admin"]
    with pytest.raises(Refused, match="last portal admin"):
        set_roles(desk.ada, "agent")  # Sue has no password yet
    desk.enter(sue)
    set_roles(desk.ada, "agent")
    with pytest.raises(NotAllowed):
        desk.correct(sue, email=desk.email())
    set_roles(desk.ada, "portal_admin")
    with pytest.raises(NotAllowed, match="portico admin roles"):
        desk.ask("SetStaffRoles", {"contact_id": sue, "staff_roles": ["agent"]}, desk.ada, ALL_COMPANIES)
    with pytest.raises(Refused, match="customer's contact"):
        set_roles(desk.contact(desk.email(), enters=False), "agent")


@dataclass(frozen=True)
class Sent:
    """A command, and what happens before it comes again: what would refuse it, were it a new one."""

    command: str
    payload: dict[str, Any]
    actor: str
    company: str
    meanwhile: Callable[[], object]


def an_invitation(desk: Desk) -> Sent:
    boss, contact = desk.contact(desk.email(), OWN), desk.contact(desk.email(), enters=False)
    return Sent("InviteContact", {"contact_id": contact}, boss, NORDLICHT, lambda: desk.enter(contact))


def a_new_contact(desk: Desk) -> Sent:
    role = desk.role()
    form = {"for_company": NORDLICHT, "name": "Ned New", "email": desk.email(), "roles": [role]}
    return Sent("CreateContact", form, desk.ada, ALL_COMPANIES, lambda: removed(desk, role))


def one_more_company(desk: Desk) -> Sent:
    role, contact = desk.role(), desk.contact(desk.email())
    form = {"contact_id": contact, "to_company": FJORD, "permissions": ["order"], "roles": [role]}
    return Sent("AddToCompany", form, desk.ada, ALL_COMPANIES, lambda: removed(desk, role))


def other_permissions(desk: Desk) -> Sent:
    branch = {"kind": "branch", "key": "GG", "stamp": "1", "body": {"name": "Göteborg"}}
    company = {"kind": "company", "key": "G300", "stamp": "1", "body": {"name": "Gråsten AB", "currency": "SEK"}}
    desk.services.record("identity", "G300", [company, branch])
    made = desk.services.send(
        "identity", "CreateContact", {"for_company": "G300", "name": "Gun", "email": desk.email()}
    )
    form = {"contact_id": made["id"], "permissions": ["order"], "branches": ["GG"]}
    return Sent("SetPermissions", form, desk.ada, ALL_COMPANIES, lambda: desk.lose("G300"))


def a_correction_by_an_admin_of_theirs(desk: Desk) -> Sent:
    boss, contact = desk.contact(desk.email(), OWN), desk.contact(desk.email())
    form = {"contact_id": contact, "name": "Hanna Weiss", "email": desk.email(), "phone": ""}
    added = {"contact_id": contact, "to_company": FJORD, "permissions": ["open_cases"]}
    return Sent(
        "CorrectContact", form, boss, NORDLICHT, lambda: desk.ask("AddToCompany", added, desk.ada, ALL_COMPANIES)
    )


def a_correction_of_one_who_is_erased(desk: Desk) -> Sent:
    contact = desk.contact(desk.email())
    form = {"contact_id": contact, "name": "Hanna Weiss", "email": desk.email(), "phone": ""}
    erased = {"contact_id": contact}
    return Sent(
        "CorrectContact",
        form,
        desk.ada,
        ALL_COMPANIES,
        lambda: desk.ask("EraseContact", erased, desk.ada, ALL_COMPANIES),
    )


def removed(desk: Desk, role: str) -> None:
    desk.ask("RemoveRole", {"role": role}, desk.ada, ALL_COMPANIES)


@pytest.mark.parametrize(
    "given",
    [
        an_invitation,
        a_new_contact,
        one_more_company,
        other_permissions,
        a_correction_by_an_admin_of_theirs,
        a_correction_of_one_who_is_erased,
    ],
)
def test_what_comes_again_is_answered_as_it_was_whatever_happened_meanwhile(
    desk: Desk, given: Callable[[Desk], Sent]
) -> None:
    sent, number = given(desk), uuid4()
    first = desk.ask(sent.command, sent.payload, sent.actor, sent.company, number)
    sent.meanwhile()
    assert desk.ask(sent.command, sent.payload, sent.actor, sent.company, number) == {**first, "repeated": True}
    with pytest.raises(Refused):
        desk.ask(sent.command, sent.payload, sent.actor, sent.company)
