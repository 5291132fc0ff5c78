"""What an attacker tries around the log-in: to lead people elsewhere, to keep a session, to find out who exists."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from chassis.statedb import StateDb, migrate
from gateway.security import safe_next
from gateway.throttle import Throttle
from services.identity import credentials, passwords
from tests.gateway.ground import CUSTOMER, PASSWORD, Ground, post, token
from tests.gateway.isolation.walk import Walk
from tests.gateway.isolation.world import World

ELSEWHERE = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\r\n/evil.example",
    " //evil.example",
    "/ /evil.example",
    "https://evil.example",
    "https:evil.example",
    "https:/evil.example",
    "HTTPS://evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "evil.example",
    "@evil.example",
    "/\x00/evil.example",
    "//evil.example%2f@localhost/",
]
HARMLESS = ["/settings", "/orders?q=a%2Fb&sort=-date", "/%2f%2fevil.example", "/%5cevil.example", "/%09/evil.example"]
"""Encoded, these are parts of a path on this site."""


def leads_to(location: str) -> str:
    """The host a browser goes to from http://localhost/login, as browsers read addresses."""
    read = "".join(location.split("\t")).replace("\n", "").replace("\r", "").strip("\x00 ").replace("\\", "/")
    if read.startswith("//"):
        return urlsplit(f"http:{read}").hostname or "nowhere"
    return urlsplit(read).hostname or ("localhost" if read.startswith("/") else f"by {read}")


@pytest.mark.parametrize("target", ELSEWHERE)
def test_nothing_that_is_sent_leads_elsewhere(ground: Ground, target: str) -> None:
    assert safe_next(target) == "/"
    browser = ground.browser()
    inside = post(browser, "/login", "/login", email="ann@a.example", password=PASSWORD, next=target)
    again = browser.get("/login", query_string={"next": target})
    branch = post(browser, "/settings", "/branch", branch="", next=target)
    for answer in (inside, again, branch):
        assert (answer.status_code, answer.location) == (302, "/")


@pytest.mark.parametrize("target", HARMLESS)
def test_a_path_of_this_site_is_gone_on_to(ground: Ground, target: str) -> None:
    answer = post(ground.browser(), "/login", "/login", email="ann@a.example", password=PASSWORD, next=target)
    assert answer.location == target
    assert leads_to(answer.location) == "localhost"


@pytest.mark.parametrize(
    "path", ["//evil.example", "//evil.example/%2e%2e", "/%5c%5cevil.example", "/login//evil.example"]
)
def test_no_address_asked_for_leads_elsewhere(ground: Ground, path: str) -> None:
    for browser in (ground.browser(), ground.signed_in()):
        answer = browser.open(path="/", environ_overrides={"PATH_INFO": path, "RAW_URI": path, "REQUEST_URI": path})
        assert leads_to(answer.headers.get("Location", "/")) == "localhost", answer.headers


@pytest.mark.parametrize(
    "referrer",
    [
        "http://evil.example/",
        "http://localhost//evil.example",
        "http://localhost/\\evil.example",
        "http://localhost.evil.example/",
    ],
)
def test_a_choice_leads_back_to_no_other_site(ground: Ground, referrer: str) -> None:
    browser = ground.browser()
    form = {"csrf_token": token(browser.get("/login")), "portico_theme": "dark"}
    assert leads_to(browser.post("/preferences", data=form, headers={"Referer": referrer}).location) == "localhost"


LINE_ENDS = [
    "%0d%0aSet-Cookie:%20planted=1",
    "%0aX-Planted:%201",
    "%0d%0a%0d%0a<script>x</script>",
    "%E5%98%8D%E5%98%8APlanted:1",
]


@pytest.mark.parametrize("end", LINE_ENDS)
def test_no_line_end_gets_into_a_header(ground: Ground, end: str) -> None:
    staff, customer = ground.signed_in("sam@s.example"), ground.signed_in()
    answers = [
        ground.browser().get(f"/orders/x{end}"),
        ground.browser().get(f"/settings?tab={end}"),
        ground.browser().get(f"/login?next=/x{end}"),
        customer.get(f"/login?next=/x{end}"),
        post(staff, "/settings", f"/desk/x{end}/status", to="nonsense"),
        post(staff, "/settings", f"/contacts/x{end}/invite"),
        post(customer, "/settings", f"/orders/x{end}/cancel"),
        post(customer, "/settings", f"/settings/devices/x{end}"),
    ]
    for answer in answers:
        assert answer.status_code < 500 or answer.status_code == 503
        for name, value in answer.headers:
            assert "planted" not in name.casefold()
            assert "\r" not in value
            assert "\n" not in value
            assert name != "Set-Cookie" or value.startswith(("portico_session=", "portico_visit="))


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "localhost.evil.example"},
        {"Host": "localhost@evil.example"},
        {"Host": "evil.example:80"},
        {"Host": "localhost/evil.example"},
    ],
)
def test_another_host_gets_no_page(ground: Ground, headers: dict[str, str]) -> None:
    for path in ("/login", "/", "/no/such/page", "/invitation/abc"):
        answer = ground.browser().get(path, headers=headers)
        assert (answer.status_code, "evil" in answer.text, "evil" in str(answer.headers)) == (400, False, False), path


def test_without_a_proxy_nobody_says_for_which_host_one_came(ground: Ground) -> None:
    told = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.9"}
    answer = ground.browser().get("/login", headers={**told, "Forwarded": "host=evil.example"})
    assert answer.status_code == 200
    assert "evil" not in answer.text + str(answer.headers)


def test_behind_a_proxy_another_host_gets_no_page(tmp_path: Path) -> None:
    ground = Ground(tmp_path / "var", {"PORTICO_PROXIES": "1", "PORTICO_HOSTS": "portal.example"})
    assert ground.browser().get("/login", headers={"X-Forwarded-Host": "portal.example"}).status_code == 200
    assert ground.browser().get("/login", headers={"X-Forwarded-Host": "evil.example"}).status_code == 400
    ground.close()


def test_an_invitations_link_is_to_the_portals_own_address(tmp_path: Path) -> None:
    ground = Ground(tmp_path / "var", {"PORTICO_HOSTS": "*", "PORTICO_ORIGIN": "https://portal.example"})
    ground.commands.result = {"token": "abc"}
    browser, evil = ground.signed_in("sam@s.example"), {"Host": "localhost:1234"}
    form = {"csrf_token": token(browser.get("/settings")), "command_id": str(uuid4())}
    assert browser.post(f"/contacts/{CUSTOMER}/invite", data=form, headers=evil).status_code == 302
    assert 'value="https://portal.example/invitation/abc"' in browser.get(f"/contacts/{CUSTOMER}").text
    ground.close()


def test_a_session_planted_in_a_browser_is_not_the_victims(ground: Ground) -> None:
    attacker = ground.signed_in("bo@b.example")
    planted = attacker.get_cookie("portico_session")
    assert planted is not None
    victim = ground.browser()
    victim.set_cookie("portico_session", planted.value)
    page = victim.get("/settings")
    victim.post("/logout", data={"csrf_token": token(page)})
    victim.set_cookie("portico_session", planted.value)
    assert post(victim, "/login", "/login", email="ann@a.example", password=PASSWORD).status_code == 302
    own = victim.get_cookie("portico_session")
    assert own is not None
    assert own.value != planted.value
    assert "ann<wbr>@a.example" in victim.get("/settings").text
    assert attacker.get("/settings").status_code == 302, "what was planted opens nothing any more"


def test_what_was_put_into_a_visit_is_gone_after_the_login(ground: Ground) -> None:
    browser = ground.browser()
    with browser.session_transaction() as web:
        web["pad"] = {"rows": [["PLANTED-1", "1", "", ""]], "note": "planted"}
    assert post(browser, "/login", "/login", email="ann@a.example", password=PASSWORD).status_code == 302
    with browser.session_transaction() as web:
        assert "pad" not in web


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch, world: World) -> Iterator[dict[str, int]]:
    """How often a password is hashed, streams are loaded and stored passwords looked up."""
    work = {"hashes": 0, "loads": 0, "look-ups": 0}
    repository = world.services.tools["identity"].repository
    verify, load, known = passwords._verify, repository.load, credentials.known_password

    def counting(name: str, function: Any) -> Any:
        def count(*args: Any, **kwargs: Any) -> Any:
            work[name] += 1
            return function(*args, **kwargs)

        return count

    with monkeypatch.context() as patch:
        patch.setattr(passwords, "_verify", counting("hashes", verify))
        patch.setattr(repository, "load", counting("loads", load))
        patch.setattr(credentials, "known_password", counting("look-ups", known))
        yield work


def test_a_refused_sign_in_is_the_same_work_whoever_exists(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted, not timed: argon2 at its full cost once, whether there is a password to compare with or not."""
    passwords._nobodys_hash()
    world = walk.world
    given = {
        "wrong password": ("owner@walk.example", "not this one at all"),
        "no such address": ("unknown@walk.example", "not this one at all"),
        "deactivated": ("off@walk.example", "correct horse battery"),
        "never signed up": ("newcomer@walk.example", "not this one at all"),
        "very long": ("owner@walk.example", "x" * 5000),
    }
    done, said = {}, set()
    for name, (email, password) in given.items():
        with counted(monkeypatch, world) as work:
            answer = world.services.call("identity", "sign_in", {"email": email, "password": password})
        done[name] = tuple(work.values())
        said.add(str(answer))
    assert len(said) == 1, said
    assert set(done.values()) == {(1, 2, 1)}, done


def test_nobodys_password_is_as_dear_to_compare_as_anybodys(world: World) -> None:
    assert not passwords.is_outdated(passwords._nobodys_hash())


def tries(ground: Ground, email: str, password: str, address: str = "127.0.0.1") -> int:
    browser: FlaskClient = ground.browser()
    browser.environ_base["REMOTE_ADDR"] = address
    return post(browser, "/login", "/login", email=email, password=password).status_code


def test_one_password_is_tried_against_few_accounts_from_one_address(ground: Ground) -> None:
    answers = [tries(ground, f"person{number}@a.example", "Spring2026!") for number in range(25)]
    assert answers == [401] * 20 + [429] * 5
    assert sum(method == "sign_in" for method, _ in ground.identity.calls) == 20


def test_many_addresses_get_no_more_tries_at_one_account(ground: Ground) -> None:
    answers = [tries(ground, "ann@a.example", f"guess {number}", f"198.51.100.{number}") for number in range(12)]
    assert answers == [401] * 5 + [429] * 7
    assert tries(ground, "bo@b.example", PASSWORD, "198.51.100.200") == 302, "others are not held up"


def test_an_ipv6_network_is_one_address(ground: Ground) -> None:
    answers = [tries(ground, f"person{number}@a.example", "no", f"2001:db8::{number:x}:1") for number in range(22)]
    assert answers == [401] * 20 + [429] * 2
    assert tries(ground, "person99@a.example", "no", "2001:db8:0:1::1") == 401, "another network"
    assert tries(ground, "person98@a.example", "no", "::ffff:192.0.2.1") == 401, "an IPv4 address is itself"


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def test_each_failure_waits_longer_and_time_is_the_way_back(tmp_path: Path) -> None:
    clock, state = Clock(), StateDb(tmp_path / "state.db")
    migrate(state.path, "gateway")
    throttle = Throttle(state, "k" * 32, clock)
    waits = []
    for number in range(21):
        wait = throttle.begin("ann@a.example", f"198.51.100.{number}")
        waits += [wait] if wait else []
        clock.now += wait
    assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600]
    clock.now += 3600
    assert throttle.begin("ann@a.example", "198.51.100.77") == 0, "after the wait one may try"
    throttle.succeeded("ann@a.example", "198.51.100.77")
    assert throttle.begin("ann@a.example", "198.51.100.78") == 0, "and success forgets it all"
