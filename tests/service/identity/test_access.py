"""Invitations, passwords and signing in, through the real processes, broker and store."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from typing import Any
from uuid import uuid4

import pytest

from chassis.errors import NotAllowed, NotFound, RemoteRefusal
from chassis.statedb import StateDb
from tests.service.identity.office import ADMIN, NORDLICHT, PASSWORD, Office
from tests.support.processes import ROOT
from tests.support.settings import environment

NEW = "six swans on a lake"


def test_an_invited_contact_chooses_a_password_and_signs_in(office: Office) -> None:
    contact = office.create("hanna@nordlicht.example", language="de")
    token = office.invite(contact)
    shown = office.ask("invitation", token=token)
    assert (shown["name"], shown["email"], shown["company_name"]) == (
        "Hanna Weiss",
        "hanna@nordlicht.example",
        "Nordlicht GmbH",
    )
    assert not office.signs_in("hanna@nordlicht.example"), "an invitation alone lets nobody in"
    accepted = office.ask("accept_invitation", token=token, password=PASSWORD, command_id=str(uuid4()))
    signed_in = office.ask("sign_in", email=" HANNA@nordlicht.example", password=PASSWORD)
    assert signed_in == {
        "way": "password",
        "status": "done",
        "contact_id": contact,
        "company": NORDLICHT,
        "companies": [NORDLICHT],
        "staff_roles": [],
        "name": "Hanna Weiss",
        "language": "de",
    }
    assert accepted == {**signed_in, "position": accepted["position"]}
    assert office.row(contact, accepted["position"])["status"] == "active"


def test_staff_sign_in_with_their_roles(office: Office) -> None:
    payload = {"name": "Ada Bell", "email": "ada@supplier.example", "staff_roles": ["portal_admin"]}
    contact = office.do("CreateStaff", payload)["id"]
    office.ask("accept_invitation", token=office.invite(contact), password=PASSWORD)
    answer = office.ask("sign_in", email="ada@supplier.example", password=PASSWORD)
    assert (answer["company"], answer["companies"], answer["staff_roles"]) == ("", [], ["portal_admin"])


def test_whatever_is_wrong_the_refusal_is_the_same(office: Office) -> None:
    office.sign_up("known@nordlicht.example")
    invited = office.create("invited@nordlicht.example")
    office.invite(invited)
    inactive = office.sign_up("inactive@nordlicht.example")
    office.do("DeactivateContact", {"contact_id": inactive})
    answers = [
        office.ask("sign_in", email=email, password=password)
        for email, password in (
            ("known@nordlicht.example", "not the password"),
            ("nobody@nordlicht.example", PASSWORD),
            ("invited@nordlicht.example", PASSWORD),
            ("inactive@nordlicht.example", PASSWORD),
        )
    ]
    assert answers == answers[:1] * 4
    assert (answers[0]["status"], answers[0]["code"], answers[0]["http"]) == ("refused", "SignInRefused", 401)


def test_an_unknown_address_takes_as_long_as_a_wrong_password(office: Office) -> None:
    office.sign_up("slow@nordlicht.example")

    def took(email: str) -> float:
        started = time.perf_counter()
        assert not office.signs_in(email, "not the password")
        return time.perf_counter() - started

    pairs = [(took("slow@nordlicht.example"), took("nobody@nordlicht.example")) for _ in range(5)]
    known, unknown = (statistics.median(times) for times in zip(*pairs, strict=True))
    assert 0.5 < known / unknown < 2, "without the dummy hash it is ten times"


def test_a_sign_in_without_address_or_password_names_the_field(office: Office) -> None:
    answer = office.ask("sign_in", email="hanna@nordlicht.example")
    assert (answer["code"], list(answer["details"]["fields"])) == ("Invalid", ["password"])


def test_an_invitation_is_used_once(office: Office) -> None:
    token = office.invite(office.create("once@nordlicht.example"))
    command_id = str(uuid4())
    first = office.ask("accept_invitation", token=token, password=PASSWORD, command_id=command_id)
    assert office.ask("accept_invitation", token=token, password=PASSWORD, command_id=command_id) == first
    for password, another in ((NEW, str(uuid4())), (NEW, command_id)):
        refused = office.ask("accept_invitation", token=token, password=password, command_id=another)
        assert refused["code"] == "InvitationUsed"
    assert office.ask("invitation", token=token)["code"] == "InvitationUsed"
    assert office.signs_in("once@nordlicht.example")
    assert not office.signs_in("once@nordlicht.example", NEW)


def test_a_refused_password_leaves_the_invitation_open(office: Office) -> None:
    token = office.invite(office.create("weak@nordlicht.example"))
    for password in ("short", "password123", "weak@nordlicht.example"):
        assert office.ask("accept_invitation", token=token, password=password)["code"] == "WeakPassword"
    assert office.ask("accept_invitation", token=token, password=PASSWORD)["status"] == "done"


def test_the_same_invite_command_gives_the_same_link(office: Office) -> None:
    contact, command_id = office.create("link@nordlicht.example"), uuid4()
    first, again = (
        office.service.send("InviteContact", {"contact_id": contact}, "*", ADMIN, command_id) for _ in range(2)
    )
    assert again == {**first, "repeated": True}
    assert first["result"]["token"]


def test_a_newer_link_replaces_the_older(office: Office) -> None:
    contact = office.create("newer@nordlicht.example")
    older, newer = office.invite(contact), office.invite(contact)
    assert office.ask("invitation", token=older)["code"] == "InvitationUsed"
    assert office.ask("invitation", token=newer)["status"] == "done"


def test_a_link_that_was_never_made_is_unknown(office: Office) -> None:
    assert office.ask("invitation", token="x" * 43)["code"] == "InvitationUnknown"


def test_a_link_expires_after_seven_days(office: Office) -> None:
    token = office.invite(office.create("late@nordlicht.example"))
    state = StateDb(office.service.settings.state_db("identity"))
    with state.transaction() as connection:
        connection.execute("UPDATE invitations SET expires_at = '2026-01-01T00:00:00+00:00' WHERE ended IS NULL")
    assert office.ask("invitation", token=token)["code"] == "InvitationExpired"
    assert office.ask("accept_invitation", token=token, password=PASSWORD)["code"] == "InvitationExpired"


def test_a_deactivated_contacts_link_is_unknown(office: Office) -> None:
    contact = office.create("dead@nordlicht.example")
    token = office.invite(contact)
    office.do("DeactivateContact", {"contact_id": contact})
    assert office.ask("accept_invitation", token=token, password=PASSWORD)["code"] == "InvitationUnknown"


def test_a_contact_changes_the_own_password(office: Office) -> None:
    contact, email, command_id = office.sign_up("change@nordlicht.example"), "change@nordlicht.example", uuid4()
    payload = {"current": PASSWORD, "new": NEW}
    with pytest.raises(RemoteRefusal, match="current password is not right"):
        office.do("ChangePassword", {**payload, "current": "something else"}, NORDLICHT, contact)
    with pytest.raises(RemoteRefusal, match="at least 12"):
        office.do("ChangePassword", {**payload, "new": "short"}, NORDLICHT, contact)
    first, again = (office.service.send("ChangePassword", payload, NORDLICHT, contact, command_id) for _ in range(2))
    assert again == {**first, "repeated": True}
    assert office.row(contact, first["position"])["password_changed_at"]
    assert (office.signs_in(email), office.signs_in(email, NEW)) == (False, True)


def test_an_admin_sets_a_password(office: Office) -> None:
    contact = office.create("set@nordlicht.example")
    with pytest.raises(NotAllowed):
        office.do("SetPassword", {"contact_id": contact, "password": PASSWORD})
    with pytest.raises(RemoteRefusal, match="little more than your name"):
        office.do("SetPassword", {"contact_id": contact, "password": "Nordlicht GmbH 26"}, actor=office.admin())
    answer = office.do("SetPassword", {"contact_id": contact, "password": PASSWORD}, actor=office.admin())
    assert office.row(contact, answer["position"])["status"] == "active"


def set_by_admin(office: Office, email: str) -> tuple[str, dict[str, Any]]:
    """A contact with a password of an admin's, and what the log-in with it says."""
    contact = office.create(email)
    office.do("SetPassword", {"contact_id": contact, "password": PASSWORD}, actor=office.admin())
    return contact, office.ask("sign_in", email=email, password=PASSWORD)


def test_a_password_of_an_admins_lets_do_one_thing(office: Office) -> None:
    email = "first@nordlicht.example"
    contact, answer = set_by_admin(office, email)
    assert answer == {
        "status": "done",
        "contact_id": contact,
        "ticket": answer["ticket"],
        "step": "password",
        "ways": [],
    }
    assert office.ask("second_step", ticket=answer["ticket"], code="000000")["code"] == "SignInExpired"
    for weak, why in ((PASSWORD, "you were given"), ("Hanna Weiss 2026", "little more"), ("short", "at least 12")):
        assert why in office.ask("own_password", ticket=answer["ticket"], password=weak)["message"]
    command_id = str(uuid4())
    done, again = (
        office.ask("own_password", ticket=answer["ticket"], password=NEW, command_id=command_id) for _ in range(2)
    )
    assert again == done
    assert (done["contact_id"], done["way"]) == (contact, "password")
    assert office.ask("own_password", ticket=answer["ticket"], password="another long one")["code"] == "SignInExpired"
    assert "name" in office.ask("sign_in", email=email, password=NEW), "from now on it is theirs"
    assert office.row(contact, done["position"])["password_changed_at"]


def test_the_ticket_ends_with_the_password_it_was_given_for(office: Office) -> None:
    contact, answer = set_by_admin(office, "first2@nordlicht.example")
    office.do("SetPassword", {"contact_id": contact, "password": NEW}, actor=office.admin())
    assert office.ask("own_password", ticket=answer["ticket"], password="a third long one")["code"] == "SignInExpired"
    assert office.ask("own_password", ticket="x" * 43, password="a third long one")["code"] == "SignInExpired"


def test_a_link_that_was_mailed_is_the_contacts_own_choice(office: Office) -> None:
    contact, _answer = set_by_admin(office, "first3@nordlicht.example")
    assert "name" in office.ask("accept_invitation", token=office.invite(contact), password=NEW)


def test_that_a_lock_was_lifted_is_kept_with_who_did_it(office: Office) -> None:
    contact = office.sign_up("locked@nordlicht.example")
    with pytest.raises(NotAllowed):
        office.do("LiftSignInLock", {"contact_id": contact})
    answer = office.do("LiftSignInLock", {"contact_id": contact}, actor=office.admin())
    office.service.wait_position("sign_in_changes_v1", answer["position"])
    rows = office.service.wait_rows("SELECT what, actor FROM sign_in_changes_v1 WHERE contact_id = ?", contact)
    assert ("SignInLockLifted", office.admin()) in [(row["what"], row["actor"]) for row in rows]


def test_one_who_does_not_exist_changes_no_password(office: Office) -> None:
    payload = {"current": PASSWORD, "new": NEW}
    with pytest.raises(NotFound):
        office.do("ChangePassword", payload, NORDLICHT, "nobodynobodynobo")


def test_the_first_portal_admin_is_made_on_the_command_line(office: Office) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "portico", "admin", *arguments],
            env={**os.environ, **environment(office.service.settings)},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )

    links = []
    for _again in range(2):
        done = run("create", "first@supplier.example", "--name", "Fiona First")
        assert done.returncode == 0, done.stderr
        links.append(done.stdout.split("/invitation/")[1].strip())
    assert office.ask("accept_invitation", token=links[0], password=PASSWORD)["code"] == "InvitationUsed"
    accepted = office.ask("accept_invitation", token=links[1], password=PASSWORD)
    assert (accepted["name"], accepted["staff_roles"]) == ("Fiona First", ["portal_admin"])
    refused = run("create", "no address")
    assert refused.returncode == 1
    assert "Not a valid email address" in refused.stderr
