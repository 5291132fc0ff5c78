"""Passkeys, by the service itself within this process: added, used alone and after the password, counted, lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pyotp
import pytest
from webauthn.helpers import bytes_to_base64url

from chassis.codec import loads
from chassis.errors import Refused, RemoteRefusal
from chassis.messages import ALL_COMPANIES, Context
from chassis.statedb import StateDb
from services.identity.factors import handling, passkeys
from tests.support.authenticator import Authenticator
from tests.support.inprocess import Services

ORIGIN = "http://localhost:8000"
PASSWORD = "four boats in harbour"
COMPANY = "N100"


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """The services with Nordlicht in them."""
    made = Services(tmp_path_factory.mktemp("passkeys"))
    with made.at_home():
        made.record(
            "identity", COMPANY, [{"kind": "company", "key": COMPANY, "body": {"name": "Nordlicht", "currency": "EUR"}}]
        )
        yield made
    made.close()


class Person:
    """A contact with a password, at a browser with an authenticator."""

    def __init__(self, services: Services, email: str, origin: str = ORIGIN, verifies: bool = True) -> None:
        self.services, self.email = services, email
        form = {"for_company": COMPANY, "name": "Hanna Weiss", "email": email}
        self.contact = services.send("identity", "CreateContact", form)["id"]
        token = services.send("identity", "InviteContact", {"contact_id": self.contact})["result"]["token"]
        services.sign_up(token, PASSWORD)
        self.device = Authenticator(origin, verifies)

    def ask(self, method: str, **payload: Any) -> dict[str, Any]:
        """The answer of an RPC method, refusals included."""
        answer: dict[str, Any] = self.services.call("identity", method, payload)
        return answer

    def do(self, command: str, payload: dict[str, Any], command_id: Any = None) -> dict[str, Any]:
        """The answer of a command of this contact."""
        context = Context(command_id or uuid4(), COMPANY, self.contact, "test", "test")
        return self.services.commands.send("identity", command, payload, context)

    def offered(self) -> dict[str, Any]:
        """A complete AddPasskey, made by the device."""
        told = self.ask("passkeys", contact_id=self.contact, origin=ORIGIN)
        answer, challenge = self.device.make(told["options"]), told["challenge"]
        return {"name": "Phone", "password": PASSWORD, "answer": answer, "challenge": challenge, "origin": ORIGIN}

    def add(self) -> list[str]:
        """Add the device's passkey; the recovery codes that come with the first."""
        codes: list[str] = self.do("AddPasskey", self.offered())["result"]["codes"]
        return codes

    def shown(self, ticket: str = "", origin: str = ORIGIN) -> dict[str, Any]:
        """What the device shows, alone or after the password."""
        told = self.ask("passkey_options", origin=origin, **({"ticket": ticket} if ticket else {}))
        more = {"ticket": ticket} if ticket else {}
        return {"answer": self.device.show(told["options"]), "challenge": told["challenge"], "origin": origin, **more}

    def ticket(self) -> str:
        """What a right password gives."""
        return str(self.ask("sign_in", email=self.email, password=PASSWORD)["ticket"])


def test_a_passkey_alone_lets_in_and_says_who_it_is(services: Services) -> None:
    hanna = Person(services, "alone@nordlicht.example")
    assert len(hanna.add()) == 10, "recovery codes come with the first"
    done = hanna.ask("passkey_sign_in", **hanna.shown())
    assert (done["status"], done["contact_id"], done["company"], done["way"]) == (
        "done",
        hanna.contact,
        COMPANY,
        "passkey",
    )
    (listed,) = hanna.ask("passkeys", contact_id=hanna.contact)["passkeys"]
    assert (listed["name"], bool(listed["made_at"]), bool(listed["used_at"])) == ("Phone", True, True)


def test_browsers_and_passwords_know_the_portal_by_the_name_that_admins_set(services: Services) -> None:
    hanna = Person(services, "named@nordlicht.example")

    def shown_as() -> str:
        options = hanna.ask("passkeys", contact_id=hanna.contact, origin=ORIGIN)["options"]
        return str(loads(options)["rp"]["name"])

    def change(new: str) -> None:
        hanna.do("ChangePassword", {"current": PASSWORD, "new": new})

    assert shown_as() == "Portico"
    staff = {"name": "Ada Bell", "email": "namer@supplier.example", "staff_roles": ["portal_admin"]}
    admin = services.send("identity", "CreateStaff", staff)["id"]
    named = {"settings": {"name": "Harbour Tackle"}}
    services.send("identity", "ChangeSettings", named, actor=admin)
    try:
        assert shown_as() == "Harbour Tackle"
        with pytest.raises(Refused, match="the portal's name"):
            change("harbour tackle 20")
    finally:
        services.send("identity", "ChangeSettings", {"settings": {"name": ""}}, actor=admin)
    assert shown_as() == "Portico"


def test_the_password_alone_does_no_more_and_the_passkey_follows_it(services: Services) -> None:
    hanna = Person(services, "after@nordlicht.example", verifies=True)
    hanna.add()
    first = hanna.ask("sign_in", email=hanna.email, password=PASSWORD)
    assert ("name" in first, first["step"], first["ways"]) == (False, "code", ["key"])
    assert hanna.ask("second_step", ticket=first["ticket"], code="123456")["code"] == "WrongCode"
    hanna.device.verifies = False  # after the password, to have the device is enough
    done = hanna.ask("passkey_step", **hanna.shown(first["ticket"]))
    assert (done["contact_id"], done["way"]) == (hanna.contact, "key")
    assert hanna.ask("second_step", ticket=first["ticket"], code="123456")["code"] == "SignInExpired"


def test_alone_the_device_has_to_know_its_owner(services: Services) -> None:
    hanna = Person(services, "verified@nordlicht.example")
    hanna.device.verifies = False
    with pytest.raises(RemoteRefusal, match="not accepted"):
        hanna.do("AddPasskey", hanna.offered())
    hanna.device.verifies = True
    hanna.add()
    hanna.device.verifies = False
    assert hanna.ask("passkey_sign_in", **hanna.shown())["code"] == "PasskeyRefused"


def test_a_challenge_is_answered_once_and_for_what_it_was_made(services: Services) -> None:
    hanna, other = Person(services, "once@nordlicht.example"), Person(services, "other@nordlicht.example")
    hanna.add(), other.add()
    shown = hanna.shown()
    assert hanna.ask("passkey_sign_in", **shown)["status"] == "done"
    hanna.device.counter = 0  # not what it is refused for
    StateDb(services.settings.state_db("identity")).connection().execute("UPDATE passkeys SET sign_count = 0")
    assert hanna.ask("passkey_sign_in", **shown)["code"] == "PasskeyRefused"
    for purpose, ticket in (("passkey_step", ""), ("passkey_sign_in", hanna.ticket())):
        bent = hanna.shown(ticket) | {"ticket": hanna.ticket()}
        assert hanna.ask(purpose, **bent)["code"] == "PasskeyRefused"
    assert (
        other.ask("passkey_step", **(hanna.shown(hanna.ticket()) | {"ticket": other.ticket()}))["status"] == "refused"
    )
    asked = hanna.ask("passkey_options", origin=ORIGIN, ticket=(ticket := other.ticket()))
    hers = {"answer": hanna.device.show(asked["options"]), "challenge": asked["challenge"], "origin": ORIGIN}
    assert other.ask("passkey_step", **hers, ticket=ticket)["code"] == "PasskeyRefused", "a friend's does not do"
    forged = hanna.shown() | {"challenge": "AAAA"}
    assert hanna.ask("passkey_sign_in", **forged)["code"] == "PasskeyRefused"


def test_a_challenge_ends(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    hanna = Person(services, "late@nordlicht.example")
    hanna.add()
    monkeypatch.setattr(passkeys, "CHALLENGE_HOLDS", timedelta(seconds=-1))
    assert hanna.ask("passkey_sign_in", **hanna.shown())["code"] == "PasskeyRefused"
    monkeypatch.undo()
    assert hanna.ask("passkey_sign_in", **hanna.shown())["status"] == "done"


def test_another_site_gets_nothing(services: Services) -> None:
    hanna = Person(services, "phished@nordlicht.example")
    hanna.add()
    hanna.device.origin = "http://localhost.evil.example:8000"
    assert hanna.ask("passkey_sign_in", **hanna.shown())["code"] == "PasskeyRefused"
    hanna.device.origin = ORIGIN
    assert hanna.ask("passkey_sign_in", **hanna.shown(origin="http://portal.example"))["code"] == "PasskeyRefused"


def test_a_counter_that_went_back_is_a_copy(services: Services) -> None:
    hanna = Person(services, "copied@nordlicht.example")
    hanna.add()
    hanna.device.counter = 40
    assert hanna.ask("passkey_sign_in", **hanna.shown())["status"] == "done"
    hanna.device.counter = 20
    assert hanna.ask("passkey_sign_in", **hanna.shown())["code"] == "PasskeyRefused"
    hanna.device.counter = 41
    assert hanna.ask("passkey_sign_in", **hanna.shown())["status"] == "done"


def test_a_passkey_of_another_or_of_nobody_is_refused_in_the_same_words(services: Services) -> None:
    hanna, other = Person(services, "hers@nordlicht.example"), Person(services, "his@nordlicht.example")
    hanna.add()
    stranger = hanna.ask("passkey_sign_in", **other.shown())
    hanna.device.user = other.contact.encode()
    assert hanna.ask("passkey_sign_in", **hanna.shown()) == stranger
    hanna.device.user = hanna.contact.encode()
    services.send("identity", "DeactivateContact", {"contact_id": hanna.contact})
    assert hanna.ask("passkey_sign_in", **hanna.shown()) == stranger
    for nonsense in (
        "{}",
        "[]",
        "null",
        "nonsense",
        '{"id": 1}',
        '{"id": "a", "rawId": "b", "type": "c", "response": 3}',
    ):
        assert hanna.ask("passkey_sign_in", answer=nonsense, challenge="x", origin=ORIGIN) == stranger


def test_adding_takes_the_password_and_is_done_once(services: Services) -> None:
    hanna = Person(services, "added@nordlicht.example")
    with pytest.raises(RemoteRefusal, match="current password is not right"):
        hanna.do("AddPasskey", hanna.offered() | {"password": "something else"})
    offered, command_id = hanna.offered(), uuid4()
    first, again = (hanna.do("AddPasskey", offered, command_id) for _ in range(2))
    assert again == {**first, "repeated": True}
    with pytest.raises(RemoteRefusal, match="not accepted"):
        hanna.do("AddPasskey", offered)
    hanna.device = Authenticator(ORIGIN)
    assert hanna.add() == [], "codes come with the first alone"
    assert len(hanna.ask("passkeys", contact_id=hanna.contact)["passkeys"]) == 2


def factors(services: Services, contact: str) -> tuple[Any, ...]:
    """The row of the read model: since when an app, how many passkeys, how many codes."""
    services.settle()
    sql = "SELECT enabled_at IS NOT NULL, passkeys, codes_left FROM second_factors_v2 WHERE contact_id = ?"
    with services.reading("identity") as execute:
        (row,) = execute(sql, (contact,))
    return tuple(row)


def test_recovery_codes_stand_in_and_end_with_the_last_factor(services: Services) -> None:
    hanna = Person(services, "lost@nordlicht.example")
    codes = hanna.add()
    done = hanna.ask("second_step", ticket=hanna.ticket(), code=codes[0])
    assert (done["way"], done["codes_left"]) == ("recovery", 9)
    secret = pyotp.TOTP(hanna.ask("second_factor_draft", contact_id=hanna.contact)["secret"])
    hanna.do("EnableSecondFactor", {"code": secret.now()})
    assert factors(services, hanna.contact) == (1, 1, 10)
    (listed,) = hanna.ask("passkeys", contact_id=hanna.contact)["passkeys"]
    with pytest.raises(RemoteRefusal, match="current password is not right"):
        hanna.do("RemovePasskey", {"passkey": listed["id"], "password": "something else"})
    hanna.do("RemovePasskey", {"passkey": listed["id"], "password": PASSWORD})
    assert factors(services, hanna.contact) == (1, 0, 10), "the app has them still"
    assert hanna.ask("passkey_sign_in", **hanna.shown())["code"] == "PasskeyRefused"
    with pytest.raises(RemoteRefusal, match="no such passkey"):
        hanna.do("RemovePasskey", {"passkey": listed["id"], "password": PASSWORD})


def test_an_admin_removes_what_was_lost_and_all_of_it_is_told(services: Services) -> None:
    hanna = Person(services, "helped@nordlicht.example")
    hanna.add()
    staff = {"name": "Ada Bell", "email": "ada@supplier.example", "staff_roles": ["portal_admin"]}
    admin = services.send("identity", "CreateStaff", staff)["id"]
    services.send("identity", "RemoveSecondFactor", {"contact_id": hanna.contact}, actor=admin)
    assert "name" in hanna.ask("sign_in", email=hanna.email, password=PASSWORD)
    assert factors(services, hanna.contact) == (0, 0, 0)
    with services.reading("identity") as execute:
        rows = list(execute("SELECT what, actor FROM sign_in_changes_v1 WHERE contact_id = ?", (hanna.contact,)))
    assert [tuple(row) for row in rows][-3:] == [
        ("PasskeyAdded", hanna.contact),
        ("RecoveryCodesMade", hanna.contact),
        ("PasskeyRemoved", admin),
    ]


def test_what_is_kept_is_sealed_and_goes_with_the_contact(services: Services) -> None:
    hanna = Person(services, "sealed@nordlicht.example")
    hanna.add()
    state = StateDb(services.settings.state_db("identity"))
    kept = "".join(state.connection().iterdump())
    (listed,) = hanna.ask("passkeys", contact_id=hanna.contact)["passkeys"]
    assert listed["id"] in kept
    assert bytes_to_base64url(hanna.device.id) not in kept
    assert '"Phone"' not in kept
    services.send("identity", "EraseContact", {"contact_id": hanna.contact}, ALL_COMPANIES)
    assert state.rows("SELECT * FROM passkeys WHERE contact = ?", hanna.contact) == []
    assert hanna.ask("passkey_sign_in", **hanna.shown())["code"] == "PasskeyRefused"


def test_a_kill_before_the_event_is_made_good_by_the_repeat(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanna, command_id = Person(services, "cut@nordlicht.example"), uuid4()
    offered = hanna.offered()

    def cut(_name: str) -> None:
        raise RemoteRefusal("the process died here", "Killed", 503)

    monkeypatch.setattr(handling, "reach", cut)
    with pytest.raises(RemoteRefusal):
        hanna.do("AddPasskey", offered, command_id)
    monkeypatch.undo()
    assert len(hanna.do("AddPasskey", offered, command_id)["result"]["codes"]) == 10
    assert factors(services, hanna.contact) == (0, 1, 10)
