"""Who looked at whose personal data is kept, by ids, and cannot be changed."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import pytest

from chassis.statedb import StateDb, migrate
from gateway.looks import Looks
from gateway.people import PERMISSIONS
from services.identity.projections.mails import MAILS
from services.identity.projections.requests import ACCESS_REQUESTS
from tests.gateway.ground import CUSTOMER, OTHER, STAFF, Ground

ADMIN = "sam@s.example"
PAGE = "/administration/looks"


@pytest.fixture
def state(tmp_path: Path) -> StateDb:
    made = StateDb(tmp_path / "state.db")
    migrate(made.path, "gateway")
    return made


def kept(ground: Ground) -> list[tuple[str, str, str]]:
    looks = ground.app.extensions["portico"].looks
    return [(one.actor, one.what, one.subject) for one in reversed(looks.newest(50, 2**62))]


def test_staff_who_open_a_contact_or_a_list_are_noted(ground: Ground) -> None:
    browser = ground.signed_in(ADMIN)
    for path in (f"/contacts/{CUSTOMER}", "/companies/C-A", f"/contacts/{CUSTOMER}/history", "/requests", "/mails"):
        assert browser.get(path).status_code == 200, path
    assert kept(ground) == [
        (STAFF, "contact", CUSTOMER),
        (STAFF, "contacts", "C-A"),
        (STAFF, "requests", ""),
        (STAFF, "mails", ""),
    ]


def test_a_companys_own_admin_is_noted_too(ground: Ground) -> None:
    ground.person("K-300", "C-A", "ada@a.example", "Ada Admin", permissions=(*PERMISSIONS, "company_admin"))
    browser = ground.signed_in("ada@a.example")
    assert browser.get("/company/contacts").status_code == 200
    assert browser.get(f"/company/contacts/{CUSTOMER}").status_code == 200
    assert kept(ground) == [("K-300", "contacts", "C-A"), ("K-300", "contact", CUSTOMER)]


def test_who_is_shown_nothing_is_not_noted(ground: Ground) -> None:
    browser = ground.signed_in()
    assert browser.get(f"/contacts/{OTHER}").status_code == 403
    assert ground.signed_in(ADMIN).get("/contacts/K-999").status_code == 404
    assert browser.get("/settings").status_code == 200, "one's own data is one's own"
    assert kept(ground) == []


def test_the_page_tells_who_looked_at_somebody_lists_included(ground: Ground) -> None:
    browser = ground.signed_in(ADMIN)
    for path in (f"/contacts/{CUSTOMER}", "/companies/C-A", f"/contacts/{OTHER}"):
        browser.get(path)
    page = browser.get(f"{PAGE}?of={CUSTOMER}").text.partition("<table")[2]
    assert "Ann Archer" in page
    assert "Aldergrove Ltd" in page
    assert "Bo Berg" not in page
    everybody = browser.get(PAGE).text
    assert "Bo Berg" in everybody
    assert "Nobody has looked yet" in browser.get(f"{PAGE}?by={CUSTOMER}").text
    assert ground.signed_in().get(PAGE).status_code == 403


def test_what_was_looked_at_has_a_name_that_people_know(ground: Ground) -> None:
    asked = {"requested_at": "2026-11-02T10:30:00+00:00", "next_try": "", "moved_at": "", "state": "sent"}
    ground.models["identity"].put(MAILS, mail="m4il", contact_id=CUSTOMER, company="C-A", kind="invitation", **asked)
    request = {"request": "r3qu3st", "company": "C-A", "requester": CUSTOMER, "name": "Cleo Clark", "state": "open"}
    ground.models["identity"].put(ACCESS_REQUESTS, **request, asked_at="2026-11-03T08:00:00+00:00")
    looks = ground.app.extensions["portico"].looks
    for what, subject in (("mails", f"m4il.{CUSTOMER}"), ("mails", "gone.K-9"), ("requests", "r3qu3st")):
        looks.note(STAFF, what, subject)
    shown = ground.signed_in(ADMIN).get(PAGE).text.partition("<table")[2]
    for said in ("Invitation", "to Ann Archer", "2 Nov 2026", "one that is gone", "for Cleo Clark", "3 Nov 2026"):
        assert said in shown, said
    for raw in ("m4il", "gone.K-9", "r3qu3st"):
        assert raw not in shown, raw


def test_no_personal_data_is_in_it(ground: Ground) -> None:
    ground.signed_in(ADMIN).get(f"/contacts/{CUSTOMER}")
    with sqlite3.connect(ground.settings.state_db("gateway")) as db:
        rows = db.execute("SELECT actor, what, subject FROM looks").fetchall()
    assert rows == [(STAFF, "contact", CUSTOMER)]


def test_a_look_again_at_once_is_the_same_look_and_later_another(state: StateDb) -> None:
    now = time.time()
    looks = Looks(state, 365, lambda: now)
    for after in (0, 300, 601):
        looks._clock = lambda after=after: now + after  # type: ignore[misc]
        looks.note("S-1", "contact", "K-1")
    assert len(looks.newest(50, 2**62)) == 2


def test_it_is_added_to_and_goes_when_it_is_old(state: StateDb) -> None:
    now = time.time()
    looks = Looks(state, 31, lambda: now - 32 * 86400)
    looks.note("S-1", "contact", "K-1")
    looks._clock = lambda: now
    looks.note("S-1", "contact", "K-2")
    assert [one.subject for one in looks.newest(50, 2**62)] == ["K-2"]
    for change in ("UPDATE looks SET actor = 'S-2'", "DELETE FROM looks"):
        with pytest.raises(sqlite3.IntegrityError):
            state.connection().execute(change)
    assert [one.actor for one in looks.newest(50, 2**62)] == ["S-1"]


def test_a_page_goes_on_when_the_log_cannot_be_written(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = ground.signed_in(ADMIN)

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("disk is full")

    monkeypatch.setattr(Looks, "note", full)
    assert browser.get(f"/contacts/{CUSTOMER}").status_code == 200
