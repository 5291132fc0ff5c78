"""The service is killed between two of a command's steps: what the repeat, or the next sign-in, makes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.errors import RemoteRefusal, Unavailable
from chassis.messages import ALL_COMPANIES, Context
from chassis.statedb import StateDb
from tests.service.identity.office import ADMIN, COMPANIES, NORDLICHT, PASSWORD, Office
from tests.support.services import RunningService, answers
from tests.support.waiting import wait_until

NEW = "six swans on a lake"
SECONDS = 2.0
"""How long the caller of a service that is about to die waits; then the broker drops the call as well."""


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


@contextmanager
def killed_at(point: str, office: Office, points: Path) -> Iterator[None]:
    """In here a call kills the service and gets no answer; afterwards the service is back."""
    process = office.service.service
    (points / "service" / point).touch()
    with pytest.raises(Unavailable):
        yield
    wait_until(lambda: process.returncode is not None, 10, f"the service dead at {point}")
    process.start(lambda: answers(office.service.service_port))


def impatient(
    office: Office, command: str, payload: dict[str, Any], company: str, actor: str, command_id: UUID
) -> None:
    """Send a command and give up soon."""
    deadline = datetime.now(UTC) + timedelta(seconds=SECONDS)
    context = Context(command_id, company, actor, "test", "test-crash", deadline=deadline)
    office.service.commands.send("identity", command, payload, context)


def pending(office: Office, contact: str) -> str | None:
    """The event that the contact's password still waits for."""
    state = StateDb(office.service.settings.state_db("identity"))
    row = state.row("SELECT pending FROM passwords WHERE contact = ?", contact)
    assert row is not None
    text: str | None = row["pending"]
    return text


def test_a_contact_whose_address_was_reserved_is_made_by_the_repeat(office: Office, points: Path) -> None:
    command_id, email = uuid4(), "reserved@nordlicht.example"
    form = {"for_company": NORDLICHT, "name": "Hanna Weiss", "email": email}
    with killed_at("identity.after_append", office, points):
        impatient(office, "CreateContact", form, ALL_COMPANIES, ADMIN, command_id)
    with pytest.raises(RemoteRefusal, match="already uses"):
        office.create(email)
    answer = office.service.send("CreateContact", form, ALL_COMPANIES, ADMIN, command_id)
    assert not answer["repeated"]
    assert office.row(answer["id"], answer["position"])["email"] == email


def test_a_changed_password_whose_event_is_missing_is_told_by_the_repeat(office: Office, points: Path) -> None:
    contact, command_id = office.sign_up("changed@nordlicht.example"), uuid4()
    payload = {"current": PASSWORD, "new": NEW}
    with killed_at("identity.after_password", office, points):
        impatient(office, "ChangePassword", payload, NORDLICHT, contact, command_id)
    assert pending(office, contact)
    answer = office.service.send("ChangePassword", payload, NORDLICHT, contact, command_id)
    assert answer["revision"] == 3, "created, invited, accepted, and one change"
    assert pending(office, contact) is None
    assert office.signs_in("changed@nordlicht.example", NEW)


def test_an_accepted_invitation_whose_event_is_missing_is_told_by_the_next_sign_in(
    office: Office, points: Path
) -> None:
    contact = office.create("accepted@nordlicht.example")
    token = office.invite(contact)
    with killed_at("identity.after_password", office, points):
        payload = {"token": token, "password": PASSWORD}
        office.service.rpc.call("identity", "accept_invitation", payload, SECONDS)
    assert (office.row(contact)["status"], bool(pending(office, contact))) == ("invited", True)
    assert office.signs_in("accepted@nordlicht.example")
    wait_until(lambda: office.row(contact)["status"] == "active", 10, "the contact active")
    assert pending(office, contact) is None


def test_an_approval_that_was_cut_short_is_made_up_for_by_the_reaction(office: Office, points: Path) -> None:
    requester = office.sign_up("asks@nordlicht.example")
    form = {"name": "Cara", "email": "cara-cut@nordlicht.example", "why": "She buys.", "permissions": ["open_cases"]}
    request = office.do("RequestAccess", form, NORDLICHT, requester)["id"]
    payload = {"request": request, "for_company": NORDLICHT, "permissions": ["open_cases"]}
    admin = office.admin()
    with killed_at("identity.after_approval", office, points):
        impatient(office, "ApproveAccess", payload, ALL_COMPANIES, admin, uuid4())
    invited = "SELECT 1 FROM contacts_v3 WHERE contact_id = ? AND status = 'invited'"
    wait_until(lambda: office.service.rows(invited, request), 30, "the contact made and invited")
    assert len(office.service.rows("SELECT 1 FROM contacts_v3 WHERE email = ?", "cara-cut@nordlicht.example")) == 1


def test_an_erasure_that_was_cut_short_is_carried_out_by_the_worker(office: Office, points: Path) -> None:
    contact = office.create("erased@nordlicht.example")
    with killed_at("identity.after_append", office, points):
        impatient(office, "EraseContact", {"contact_id": contact}, ALL_COMPANIES, ADMIN, uuid4())
    state = StateDb(office.service.settings.state_db("identity"))
    key_gone = "SELECT 1 FROM contact_keys WHERE contact = ? AND key IS NULL"
    wait_until(lambda: state.row(key_gone, contact), 10, "the key deleted")
    assert office.create("erased@nordlicht.example") != contact


def test_a_forgotten_password_that_was_cut_short_leads_to_one_link(office: Office, points: Path) -> None:
    contact = office.sign_up("forgot@nordlicht.example")
    worker = office.service.worker
    office.wait_for_mails()
    (points / "worker" / "identity.after_append").touch()
    office.ask("ask_reset", email="forgot@nordlicht.example", command_id=str(uuid4()))
    wait_until(lambda: worker.returncode is not None, 10, "the worker dead, its event appended")
    state = StateDb(office.service.settings.state_db("identity"))
    assert state.row("SELECT 1 FROM reset_requests"), "the request is there still"
    worker.start(lambda: answers(office.service.worker_port), 30)
    wait_until(lambda: not state.row("SELECT 1 FROM reset_requests"), 10, "the request carried out")
    links = state.rows("SELECT ended FROM invitations WHERE contact = ? AND kind = 'reset'", contact)
    assert [row["ended"] for row in links] == [None]
    rows = office.service.wait_rows("SELECT * FROM mails_v1 WHERE contact_id = ? AND kind = 'password_reset'", contact)
    assert len(rows) == 1


def test_a_new_password_whose_event_is_missing_is_told_by_the_next_sign_in(office: Office, points: Path) -> None:
    email = "renewed@nordlicht.example"
    contact = office.sign_up(email)
    office.ask("ask_reset", email=email, command_id=str(uuid4()))
    sql = "SELECT mail FROM mails_v1 WHERE contact_id = ? AND kind = 'password_reset' AND state = 'sent'"
    (row,) = office.service.wait_rows(sql, contact)
    text = office.ask("outbox", key=f"{row['mail']}.{contact}")["mails"][0]["text"]
    token = text.partition("/reset/")[2].split()[0]
    with killed_at("identity.after_password", office, points):
        office.service.rpc.call("identity", "accept_reset", {"token": token, "password": NEW}, SECONDS)
    assert pending(office, contact)
    assert office.signs_in(email, NEW)
    assert pending(office, contact) is None
    assert office.ask("accept_reset", token=token, password=NEW)["status"] == "done", "the same again"
