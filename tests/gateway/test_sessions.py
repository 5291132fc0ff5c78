"""Sessions are on the server: they expire, are revoked, and are never taken over from before the log-in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from chassis.statedb import StateDb
from gateway.access import remember
from gateway.config import GatewaySettings
from gateway.people import PEOPLE_MODEL
from gateway.sessions import SessionStore
from gateway.websession import WebSession
from tests.gateway.ground import CUSTOMER, PASSWORD, Ground, post, token


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> SessionStore:
    made = SessionStore(StateDb(tmp_path / "state.db"), GatewaySettings(idle_minutes=120, absolute_hours=12), clock)
    made.prepare()
    return made


def test_a_token_finds_its_session_and_is_not_in_the_database(store: SessionStore, tmp_path: Path) -> None:
    made, _ = store.create("K-1", "C-A", "Firefox, Linux", {"a": 1})
    found = store.find(made)
    assert found is not None
    assert (found.contact_id, found.company, found.data) == ("K-1", "C-A", {"a": 1})
    assert made.encode() not in b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert store.find(made + "x") is None


def test_a_session_ends_when_idle(store: SessionStore, clock: Clock) -> None:
    made, _ = store.create("K-1", "C-A", "", {})
    for _ in range(2):
        clock.now += 119 * 60
        found = store.find(made)
        assert found is not None
        store.used(found)
    clock.now += 121 * 60
    assert store.find(made) is None


def test_looking_on_does_not_keep_it_alive(store: SessionStore, clock: Clock) -> None:
    made, _ = store.create("K-1", "C-A", "", {})
    clock.now += 119 * 60
    assert store.find(made) is not None
    clock.now += 2 * 60
    assert store.find(made) is None


def test_a_session_ends_after_half_a_day_however_busy(store: SessionStore, clock: Clock) -> None:
    made, _ = store.create("K-1", "C-A", "", {})
    for _ in range(12):
        clock.now += 3600
        found = store.find(made)
        assert found is not None
        store.used(found)
    clock.now += 1
    assert store.find(made) is None


def test_ended_sessions_are_swept(store: SessionStore, clock: Clock, tmp_path: Path) -> None:
    store.create("K-1", "C-A", "", {})
    clock.now += 13 * 3600
    store.create("K-2", "C-A", "", {})
    assert StateDb(tmp_path / "state.db").row("SELECT COUNT(*) FROM sessions")[0] == 1  # type: ignore[index]


def test_a_revoked_session_is_gone_for_every_process(store: SessionStore, tmp_path: Path, clock: Clock) -> None:
    other = SessionStore(StateDb(tmp_path / "state.db"), GatewaySettings(), clock)
    made, session = store.create("K-1", "C-A", "", {})
    assert other.find(made) is not None
    store.revoke(session)
    assert store.find(made) is None
    assert other.find(made) is None


def test_saving_does_not_bring_a_revoked_session_back(store: SessionStore) -> None:
    made, session = store.create("K-1", "C-A", "", {})
    store.revoke(session)
    store.save(session, lambda kept: kept)
    assert store.find(made) is None


class AtOnce:
    """Requests of one session that all begin before any of them ends."""

    def __init__(self, ground: Ground, browser: FlaskClient) -> None:
        cookie = browser.get_cookie("portico_session")
        assert cookie is not None
        self._app, self._headers = ground.app, {"Cookie": f"portico_session={cookie.value}"}

    def begin(self) -> WebSession:
        """The session as one more request finds it."""
        with self._app.test_request_context(headers=self._headers) as context:
            found = self._app.session_interface.open_session(self._app, context.request)
        assert isinstance(found, WebSession)
        assert found.record is not None
        return found

    def end(self, web: WebSession) -> None:
        """What the end of a request does with it."""
        self._app.session_interface.save_session(self._app, web, self._app.response_class())


def test_requests_at_once_keep_what_each_of_them_changed(ground: Ground) -> None:
    requests = AtOnce(ground, ground.signed_in())
    before = requests.begin()
    before |= {"_flashes": [("info", "seen by all")], "sso_end": ["x", "y"]}
    requests.end(before)
    draft, other, shows = requests.begin(), requests.begin(), requests.begin()
    draft["orderpad"] = {"rows": [["4711", "2"]]}
    draft["_flashes"] = [*draft["_flashes"], ("success", "ordered")]
    remember(draft, ("orders.orders_v2",), 70)
    other["recent"] = [["Orders", "/orders"]]
    other["_flashes"] = [*other["_flashes"], ("danger", "refused")]
    remember(other, (PEOPLE_MODEL,), 71)
    del other["sso_end"]
    shows["_flashes"] = []
    shows.prove()
    for one in (draft, other, shows):
        requests.end(one)
    found = requests.begin()
    assert found["orderpad"] == {"rows": [["4711", "2"]]}
    assert found["recent"] == [["Orders", "/orders"]]
    assert found["_flashes"] == [["success", "ordered"], ["danger", "refused"]]
    assert {model: at for model, (at, _until) in found["waits"].items()} == {"orders.orders_v2": 70, PEOPLE_MODEL: 71}
    assert "sso_end" not in found
    assert found.proven


CASES = "cases.cases_v2"


def positions(web: WebSession) -> dict[str, int]:
    """How far each model is waited for."""
    return {model: at for model, (at, _until) in web.get("waits", {}).items()}


@pytest.mark.parametrize("settled_last", [True, False])
def test_what_one_request_has_settled_ends_no_wait_for_more(ground: Ground, settled_last: bool) -> None:
    requests = AtOnce(ground, ground.signed_in())
    first = requests.begin()
    remember(first, (CASES,), 70)
    requests.end(first)
    shows, writes = requests.begin(), requests.begin()
    shows["waits"] = {}
    remember(writes, (CASES,), 71)
    for one in (writes, shows) if settled_last else (shows, writes):
        requests.end(one)
    assert positions(requests.begin()) == {CASES: 71}


def test_what_is_settled_is_waited_for_no_more(ground: Ground) -> None:
    requests = AtOnce(ground, ground.signed_in())
    first = requests.begin()
    remember(first, (CASES,), 70)
    requests.end(first)
    shows, looks_on = requests.begin(), requests.begin()
    shows["waits"] = {}
    looks_on["recent"] = []
    requests.end(shows)
    requests.end(looks_on)
    assert positions(requests.begin()) == {}


@pytest.mark.parametrize("order", [(70, 71), (71, 70)])
def test_of_two_waits_for_one_model_the_further_holds(ground: Ground, order: tuple[int, int]) -> None:
    requests = AtOnce(ground, ground.signed_in())
    writes = [(requests.begin(), at) for at in order]
    for web, at in writes:
        remember(web, (CASES,), at)
    for web, _at in writes:
        requests.end(web)
    assert positions(requests.begin()) == {CASES: 71}


def test_a_slow_request_does_not_take_the_session_back_to_the_company_before(ground: Ground) -> None:
    requests = AtOnce(ground, ground.signed_in())
    for first in (True, False):
        slow, chooses = requests.begin(), requests.begin()
        assert slow.record is not None
        there = "C-B" if slow.record.company == "C-A" else "C-A"
        slow["orderpad"] = {"rows": [["of the company before", "2"]]}
        slow.record.branch = "of the company before"
        slow["_flashes"] = [["info", "done"]]
        chooses.stand_in(there)
        for one in (slow, chooses) if first else (chooses, slow):
            requests.end(one)
        found = requests.begin()
        assert found.record is not None
        assert (found.record.company, found.record.branch) == (there, None)
        assert "orderpad" not in found
        assert found["_flashes"] == [["info", "done"]]
        assert found["csrf_token"] == chooses["csrf_token"] != slow["csrf_token"]


def test_a_branch_that_was_chosen_stays_while_others_go_on(ground: Ground) -> None:
    requests = AtOnce(ground, ground.signed_in())
    slow, chooses = requests.begin(), requests.begin()
    assert chooses.record is not None
    chooses.record.branch, chooses.modified = "NORTH", True
    slow["recent"] = []
    requests.end(chooses)
    requests.end(slow)
    found = requests.begin().record
    assert found is not None
    assert found.branch == "NORTH"


def test_first_pages_at_once_have_forms_that_all_hold(ground: Ground) -> None:
    requests = AtOnce(ground, ground.signed_in())
    assert requests.begin()["csrf_token"] == requests.begin()["csrf_token"]


def test_logging_in_gives_a_new_token_and_a_guarded_cookie(ground: Ground) -> None:
    browser = ground.browser()
    browser.set_cookie("portico_session", "planted-by-somebody-else")
    answer = post(browser, "/login", "/login", email="ann@a.example", password=PASSWORD)
    cookie = next(one for one in answer.headers.getlist("Set-Cookie") if one.startswith("portico_session="))
    assert "planted" not in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_behind_https_cookies_are_secure(tmp_path: Path) -> None:
    ground = Ground(tmp_path, {"PORTICO_HTTPS": "1"})
    page = ground.browser().get("/login", base_url="https://localhost")
    assert "Secure" in page.headers["Set-Cookie"]
    assert page.headers["Strict-Transport-Security"]
    ground.close()


def test_logging_in_again_ends_the_session_before(ground: Ground) -> None:
    browser = ground.signed_in()
    old = browser.get_cookie("portico_session")
    assert old is not None
    with ground.app.test_request_context(headers={"Cookie": f"portico_session={old.value}"}):
        from flask import session

        session._get_current_object().sign_in(CUSTOMER, "C-A", "")  # type: ignore[attr-defined]
    browser.set_cookie("portico_session", old.value)
    assert browser.get("/").location == "/login?next=%2F&ended=1"


def test_logging_out_ends_it_on_the_server(ground: Ground) -> None:
    browser = ground.signed_in()
    cookie = browser.get_cookie("portico_session")
    assert cookie is not None
    post(browser, "/", "/logout")
    browser.set_cookie("portico_session", cookie.value)
    assert browser.get("/").status_code == 302


def test_logging_out_by_a_link_is_not_possible(ground: Ground) -> None:
    browser = ground.signed_in()
    assert browser.get("/logout").status_code == 405
    assert browser.get("/").status_code == 200


def test_one_signs_out_ones_own_devices_and_nobody_elses(ground: Ground) -> None:
    here, phone, other = ground.signed_in(), ground.signed_in(), ground.signed_in("bo@b.example")
    page = here.get("/settings").text
    assert page.count('action="/settings/devices/') == 2
    with other.session_transaction() as web:
        foreign = web.record.id  # type: ignore[attr-defined]
    with phone.session_transaction() as web:
        own = web.record.id  # type: ignore[attr-defined]
    assert post(here, "/settings", f"/settings/devices/{foreign}").status_code == 404
    assert post(here, "/settings", f"/settings/devices/{own}").status_code == 302
    assert phone.get("/").status_code == 302
    assert other.get("/").status_code == 200


def test_changing_the_password_ends_all_other_sessions_and_renews_this_one(ground: Ground) -> None:
    here, phone = ground.signed_in(), ground.signed_in()
    before = here.get_cookie("portico_session")
    form = {"current": PASSWORD, "new": "a much longer one", "again": "a much longer one"}
    with ground.app.app_context():
        answer = post(
            here, "/settings/password", "/settings/password", command_id="6f6b0c0e-7f0e-4b0c-9e0a-000000000001", **form
        )
    assert answer.status_code == 302
    assert ground.commands.sent[-1][:3] == ("identity", "ChangePassword", {"current": PASSWORD, "new": form["new"]})
    after = here.get_cookie("portico_session")
    assert before is not None
    assert after is not None
    assert before.value != after.value
    assert here.get("/settings").status_code == 200
    assert phone.get("/").status_code == 302


def test_a_password_set_by_an_admin_ends_the_sessions_before_it(ground: Ground) -> None:
    browser = ground.signed_in()
    changed = datetime.now(UTC) + timedelta(seconds=5)
    ground.person(CUSTOMER, "C-A", "ann@a.example", "Ann Archer", password_changed_at=changed.isoformat())
    assert browser.get("/").location.startswith("/login")


def test_what_was_typed_survives_the_end_of_the_session(ground: Ground) -> None:
    browser = ground.signed_in()
    form = {"csrf_token": token(browser.get("/settings")), "item": ["4711", "0815"], "note": "for Ann", "password": "x"}
    browser.delete_cookie("portico_session")
    asked = browser.post("/order-pad", data=form, headers={"Origin": "http://localhost"})
    assert asked.status_code == 401
    assert "What you typed is kept" in asked.text
    kept = asked.text.split('name="resume" value="')[1].split('"')[0]
    again = browser.post(
        "/login",
        data={"csrf_token": token(asked), "email": "ann@a.example", "password": PASSWORD, "resume": kept},
    )
    assert again.status_code == 200
    assert 'action="/order-pad"' in again.text
    assert 'name="item" value="4711"' in again.text
    assert 'name="item" value="0815"' in again.text
    assert 'name="note" value="for Ann"' in again.text
    assert "<dd>for Ann</dd>" in again.text
    assert 'name="password"' not in again.text
    assert ground.commands.sent == []


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Referer": "http://localhost.evil.example/"}],
)
def test_a_form_of_another_site_is_not_kept(ground: Ground, headers: dict[str, str]) -> None:
    asked = ground.browser().post("/order-pad", data={"item": "4711"}, headers=headers)
    assert asked.status_code == 401
    assert "What you typed is kept" not in asked.text


def test_nothing_of_a_form_with_passwords_is_kept(ground: Ground) -> None:
    form = {"current": PASSWORD, "new": "another good one", "again": "another good one"}
    asked = ground.browser().post("/settings/password", data=form, headers={"Origin": "http://localhost"})
    assert asked.status_code == 401
    assert "What you typed is kept" not in asked.text
