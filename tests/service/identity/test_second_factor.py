"""The second factor, through the real processes: set up, asked for at sign-in, lost, killed in between."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyotp
import pytest

from chassis.errors import RemoteRefusal
from chassis.statedb import StateDb
from tests.service.identity.office import COMPANIES, NORDLICHT, PASSWORD, Office
from tests.service.identity.test_crashes import impatient, killed_at
from tests.support.processes import ROOT
from tests.support.services import RunningService
from tests.support.settings import environment
from tests.support.waiting import wait_until


@pytest.fixture(scope="module")
def points(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one for the service and one for its worker: each dies at the points for which it has a file."""
    return tmp_path_factory.mktemp("points")


@pytest.fixture(scope="module")
def office(start_service: Callable[[str], RunningService], points: Path) -> Iterator[Office]:
    """The running service with Nordlicht in it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PORTICO_KILL_AT", f"*:{points}")
        made = Office(start_service("identity"))
        made.record(NORDLICHT, COMPANIES)
        yield made
        made.close()


class Phone:
    """A contact with an authenticator app on a phone."""

    def __init__(self, office: Office, email: str) -> None:
        self.office, self.email = office, email
        self.contact = office.sign_up(email)
        self.app = pyotp.TOTP(office.ask("second_factor_draft", contact_id=self.contact)["secret"])

    def code(self) -> str:
        """A code that was not used yet: the service is told that the last one was taken long ago."""
        self.sql("UPDATE second_factors SET last_step = 0 WHERE contact = ?")
        return self.app.now()

    def do(self, command: str, **payload: Any) -> dict[str, Any]:
        """A command of this contact."""
        answer: dict[str, Any] = self.office.do(command, payload, NORDLICHT, self.contact)
        return answer

    def enable(self) -> list[str]:
        """Switch it on; the recovery codes."""
        codes: list[str] = self.do("EnableSecondFactor", code=self.code())["result"]["codes"]
        return codes

    def ticket(self) -> str:
        """What a right password gives."""
        ticket: str = self.office.ask("sign_in", email=self.email, password=PASSWORD)["ticket"]
        return ticket

    def step(self, ticket: str, code: str) -> dict[str, Any]:
        """The answer to the second step."""
        return self.office.ask("second_step", ticket=ticket, code=code)

    def sql(self, sql: str) -> None:
        """Change the contact's rows as time or another release would."""
        with StateDb(self.office.service.settings.state_db("identity")).transaction() as db:
            db.execute(sql, (self.contact,))

    def row(self, position: int) -> dict[str, Any]:
        """The row of the read model."""
        self.office.service.wait_position("factors_v2", position)
        return self.office.service.wait_rows("SELECT * FROM second_factors_v2 WHERE contact_id = ?", self.contact)[0]


def test_it_counts_once_a_code_has_confirmed_it(office: Office) -> None:
    phone = Phone(office, "draft@nordlicht.example")
    assert office.signs_in(phone.email), "a draft asks nobody for a code"
    again = office.ask("second_factor_draft", contact_id=phone.contact)["secret"]
    assert again == phone.app.secret, "the picture is the same when the page is opened again"
    with pytest.raises(RemoteRefusal, match="code is not right"):
        phone.do("EnableSecondFactor", code="000000" if phone.app.now() != "000000" else "000001")
    answer = phone.do("EnableSecondFactor", code=phone.code())
    assert (len(answer["result"]["codes"]), len(set(answer["result"]["codes"]))) == (10, 10)
    assert phone.row(answer["position"])["codes_left"] == 10
    assert office.ask("second_factor_draft", contact_id=phone.contact)["code"] == "SecondFactorOn"


def test_the_password_alone_gives_a_ticket_and_nothing_else(office: Office) -> None:
    phone = Phone(office, "ticket@nordlicht.example")
    phone.enable()
    answer = office.ask("sign_in", email=phone.email, password=PASSWORD)
    assert answer == {
        "status": "done",
        "contact_id": phone.contact,
        "ticket": answer["ticket"],
        "step": "code",
        "ways": ["app"],
    }
    done = phone.step(answer["ticket"], phone.code())
    assert (done["contact_id"], done["company"], done["way"], done["codes_left"]) == (
        phone.contact,
        NORDLICHT,
        "app",
        10,
    )
    assert phone.step(answer["ticket"], phone.code())["code"] == "SignInExpired", "a ticket is used once"


def test_a_code_is_taken_once_and_a_neighbouring_one_too(office: Office) -> None:
    phone = Phone(office, "once@nordlicht.example")
    phone.enable()
    code = phone.code()
    assert phone.step(phone.ticket(), code)["status"] == "done"
    assert phone.step(phone.ticket(), code)["code"] == "WrongCode", "who looked over the shoulder is late"
    phone.sql("UPDATE second_factors SET last_step = 0 WHERE contact = ?")
    for far in (-4, 4):
        assert phone.step(phone.ticket(), phone.app.at(int(time.time()) + 30 * far))["code"] == "WrongCode"


def test_a_wrong_code_leaves_the_ticket_and_a_late_one_does_not_help(office: Office) -> None:
    phone = Phone(office, "late@nordlicht.example")
    phone.enable()
    ticket = phone.ticket()
    assert phone.step(ticket, "abcde-fghij")["code"] == "WrongCode"
    phone.sql("UPDATE half_sign_ins SET expires_at = '2026-01-01T00:00:00+00:00' WHERE contact = ?")
    assert phone.step(ticket, phone.code())["code"] == "SignInExpired"
    assert phone.step("x" * 43, phone.code())["code"] == "SignInExpired"


def test_a_ticket_ends_with_the_password_it_was_given_for(office: Office) -> None:
    phone = Phone(office, "changed2@nordlicht.example")
    phone.enable()
    ticket = phone.ticket()
    phone.do("ChangePassword", current=PASSWORD, new="six swans on a lake")
    assert phone.step(ticket, phone.code())["code"] == "SignInExpired"


def test_an_admins_password_comes_after_the_code(office: Office) -> None:
    phone = Phone(office, "both@nordlicht.example")
    phone.enable()
    office.do("SetPassword", {"contact_id": phone.contact, "password": "six swans on a lake"}, actor=office.admin())
    first = office.ask("sign_in", email=phone.email, password="six swans on a lake")
    assert first["step"] == "code", "who only knows the admin's password chooses no other"
    assert office.ask("own_password", ticket=first["ticket"], password="a third long one")["code"] == "SignInExpired"
    second = phone.step(first["ticket"], phone.code())
    assert (second["step"], "name" in second) == ("password", False)
    done = office.ask("own_password", ticket=second["ticket"], password="a third long one")
    assert (done["contact_id"], done["way"]) == (phone.contact, "app")


def test_an_invitation_does_not_go_round_it(office: Office) -> None:
    phone = Phone(office, "again@nordlicht.example")
    phone.enable()
    answer = office.ask("accept_invitation", token=office.invite(phone.contact), password="six swans on a lake")
    assert "ticket" in answer
    assert "name" not in answer


def test_each_recovery_code_lets_in_once(office: Office) -> None:
    phone = Phone(office, "lost@nordlicht.example")
    codes = phone.enable()
    done = phone.step(phone.ticket(), f" {codes[3].upper().replace('-', ' ')}")
    assert (done["status"], done["way"], done["codes_left"]) == ("done", "recovery", 9)
    assert phone.step(phone.ticket(), codes[3])["code"] == "WrongCode"
    phone.office.service.wait_rows(
        "SELECT * FROM second_factors_v2 WHERE contact_id = ? AND codes_left = 9", phone.contact
    )


def test_new_codes_end_the_old_ones(office: Office) -> None:
    phone = Phone(office, "renew@nordlicht.example")
    old = phone.enable()
    with pytest.raises(RemoteRefusal, match="current password is not right"):
        phone.do("RenewRecoveryCodes", password="something else", code=phone.code())
    new = phone.do("RenewRecoveryCodes", password=PASSWORD, code=phone.code())["result"]["codes"]
    assert not set(old) & set(new)
    assert phone.step(phone.ticket(), old[0])["code"] == "WrongCode"
    assert phone.step(phone.ticket(), new[0])["status"] == "done"


def test_switched_off_the_password_is_enough_and_another_app_can_come(office: Office) -> None:
    phone = Phone(office, "off@nordlicht.example")
    phone.enable()
    with pytest.raises(RemoteRefusal, match="code is not right"):
        phone.do("DisableSecondFactor", password=PASSWORD, code="abcdefghij")
    answer = phone.do("DisableSecondFactor", password=PASSWORD, code=phone.code())
    row = phone.row(answer["position"])
    assert (row["enabled_at"], row["codes_left"], row["changed_by"]) == (None, 0, phone.contact)
    assert "name" in office.ask("sign_in", email=phone.email, password=PASSWORD)
    assert office.ask("second_factor_draft", contact_id=phone.contact)["secret"] != phone.app.secret


def test_an_admin_removes_a_lost_one_and_the_contact_is_told(office: Office) -> None:
    phone = Phone(office, "removed@nordlicht.example")
    phone.enable()
    ticket = phone.ticket()
    answer = office.do("RemoveSecondFactor", {"contact_id": phone.contact})
    assert phone.row(answer["position"])["changed_by"] == "admin4admin4admi"
    assert phone.step(ticket, phone.code())["code"] == "SignInExpired"
    assert "name" in office.ask("sign_in", email=phone.email, password=PASSWORD)
    office.service.wait_rows(
        "SELECT * FROM mails_v1 WHERE contact_id = ? AND kind = 'second_factor_off'", phone.contact
    )


def test_on_the_command_line_a_lost_one_is_removed_too(office: Office) -> None:
    phone = Phone(office, "console@nordlicht.example")
    phone.enable()

    def run(email: str) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, **environment(office.service.settings)}
        arguments = [sys.executable, "-m", "portico", "admin", "remove-factor", email]
        return subprocess.run(arguments, env=env, cwd=ROOT, capture_output=True, text=True, check=False)

    done = run("Console@nordlicht.example")
    assert (done.returncode, done.stderr) == (0, "")
    assert "name" in office.ask("sign_in", email=phone.email, password=PASSWORD)
    refused = run("nobody@nordlicht.example")
    assert refused.returncode == 1
    assert "Nobody logs in with" in refused.stderr


def test_neither_secret_nor_code_is_kept_in_clear(office: Office) -> None:
    phone = Phone(office, "kept@nordlicht.example")
    codes = phone.enable()
    state = office.service.settings.state_db("identity")
    with closing(sqlite3.connect(state)) as db:
        kept = "".join(db.iterdump())
    for text in (phone.app.secret, codes[0], codes[0].replace("-", "")):
        assert text not in kept
    assert phone.contact in kept


def test_erased_nothing_of_it_is_left(office: Office) -> None:
    phone = Phone(office, "erased2@nordlicht.example")
    phone.enable()
    phone.ticket()
    office.do("EraseContact", {"contact_id": phone.contact})
    with closing(sqlite3.connect(office.service.settings.state_db("identity"))) as db:
        for table in ("second_factors", "recovery_codes", "half_sign_ins"):
            assert db.execute(f"SELECT COUNT(*) FROM {table} WHERE contact = ?", (phone.contact,)).fetchone() == (0,)


def test_killed_before_the_event_the_repeat_tells_the_same_codes(office: Office, points: Path) -> None:
    phone, command_id = Phone(office, "killed@nordlicht.example"), uuid4()
    payload = {"code": phone.code()}
    with killed_at("identity.after_factor", office, points):
        impatient(office, "EnableSecondFactor", payload, NORDLICHT, phone.contact, command_id)
    first, again = (
        office.service.send("EnableSecondFactor", payload, NORDLICHT, phone.contact, command_id) for _ in range(2)
    )
    assert again == {**first, "repeated": True}
    assert phone.step(phone.ticket(), first["result"]["codes"][0])["status"] == "done"


def test_killed_while_it_is_switched_off_the_next_sign_in_tells_it(office: Office, points: Path) -> None:
    phone = Phone(office, "killed2@nordlicht.example")
    phone.enable()
    payload = {"password": PASSWORD, "code": phone.code()}
    with killed_at("identity.after_factor", office, points):
        impatient(office, "DisableSecondFactor", payload, NORDLICHT, phone.contact, uuid4())
    assert "name" in office.ask("sign_in", email=phone.email, password=PASSWORD)
    off = "SELECT * FROM second_factors_v2 WHERE contact_id = ? AND enabled_at IS NULL"
    wait_until(lambda: bool(office.service.wait_rows(off, phone.contact)), 10, "the factor off")
