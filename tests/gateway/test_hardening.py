"""What every answer of every page carries and lacks: looked at in all answers of the walk (test_isolation.py)."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from tests.gateway.ground import PASSWORD, Ground, token
from tests.gateway.isolation.walk import Walk

# The walk asks for every route as every visitor, once for all tests: on a slow machine that takes minutes.
pytestmark = pytest.mark.timeout(600)

HEADERS = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}
A_MAIL = "GET /outbox/<key>/html as admin"
"""A mail as its reader sees it, with a policy of its own: in a sandbox, with nothing but the style it came with."""
A_LOGO, A_COLOUR = "GET /branding/logo/<name> as ", "GET /branding/<version>/accent.css as "
"""What is everybody's, and kept by browsers for ever: its address changes with it."""
FOR_EVER = "public, max-age=31536000, immutable"
QR_CODE = "data:image/svg+xml;"
INTERNAL = re.compile(r"Traceback|File \"|sqlite|SELECT |psycopg|/site-packages/|amqp:|esdb:|\.py\b", re.I)
_LOADING = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src", "use": "href"}


class Page(HTMLParser):
    """What a page has against its own policy, and forms without a token."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.faults: list[str] = []
        self._form: dict[str, str | None] | None = None
        self._token = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at an element."""
        given = dict(attrs)
        for name, value in given.items():
            if name.startswith("on") or name in ("style", "srcdoc"):
                self.faults.append(f"<{tag} {name}=…>")
            picture = (tag, name) == ("img", "src") and (value or "").startswith(QR_CODE)
            if re.match(r"\s*(javascript|data|vbscript):", value or "", re.I) and not picture:
                self.faults.append(f"<{tag} {name}={value}>")
        if tag == "style" or (tag == "script" and not given.get("src")):
            self.faults.append(f"<{tag}> with its content on the page")
        loaded = given.get(_LOADING.get(tag, ""))
        own = ("/assets/", "/branding/") if tag in ("img", "link") else ("/assets/",)
        if loaded and not loaded.startswith((*own, QR_CODE) if tag == "img" else own):
            self.faults.append(f"<{tag}> loads {loaded}")
        if tag == "a" and given.get("target") == "_blank" and "noopener" not in (given.get("rel") or ""):
            self.faults.append("a link that opens a page which can reach this one")
        if tag == "input" and given.get("type") == "password" and given.get("value"):
            self.faults.append("a password in a field")
        if tag == "form":
            self._form, self._token = given, False
        self._token = self._token or given.get("name") == "csrf_token"

    def handle_endtag(self, tag: str) -> None:
        """Look at a whole form."""
        if tag == "form" and self._form is not None:
            posts = (self._form.get("method") or "get").lower() == "post"
            if posts != self._token:
                self.faults.append(f"form {self._form.get('action')} {'without' if posts else 'with'} a token")
            if (self._form.get("action") or "/").startswith(("http", "//")):
                self.faults.append(f"form to {self._form.get('action')}")
            self._form = None


@pytest.fixture(scope="module")
def answers(walk: Walk) -> list[tuple[str, TestResponse]]:
    walk.walked()
    assert len(walk.answers) > 500
    return walk.answers


def test_every_answer_carries_every_header(answers: list[tuple[str, TestResponse]]) -> None:
    wrong = [
        f"{name}: {header}: {answer.headers.getlist(header)}"
        for name, answer in answers
        for header, value in _headers(name).items()
        if answer.headers.getlist(header) != [value]
    ]
    assert wrong == []


def _headers(name: str) -> dict[str, str]:
    return {**HEADERS, "Cache-Control": FOR_EVER} if name.startswith((A_LOGO, A_COLOUR)) else HEADERS


def test_every_answer_carries_the_same_strict_policy(answers: list[tuple[str, TestResponse]]) -> None:
    for name, answer in answers:
        (header,) = answer.headers.getlist("Content-Security-Policy")
        if name == A_MAIL or name.startswith(A_LOGO):
            assert {"default-src 'none'", "sandbox"} <= {part.strip() for part in header.split(";")}
            assert "script-src" not in header
            continue
        policy = dict(part.strip().split(" ", 1) for part in header.split(";"))
        assert re.fullmatch(r"'self' http://localhost:\d+", policy.pop("connect-src")), name
        assert policy == POLICY, name
        refused = answer.headers["Permissions-Policy"]
        assert all(f"{one}=()" in refused for one in ("camera", "microphone", "geolocation")), name


def test_no_answer_tells_what_it_was_made_with(answers: list[tuple[str, TestResponse]]) -> None:
    for name, answer in answers:
        assert not {"Server", "X-Powered-By", "ETag", "Last-Modified"} & set(answer.headers.keys()), name
        if answer.status_code >= 400:
            assert not INTERNAL.search(answer.text), name


def test_no_page_has_anything_that_its_policy_forbids(answers: list[tuple[str, TestResponse]]) -> None:
    pages = [(name, Page(answer.text)) for name, answer in answers if answer.mimetype == "text/html" and name != A_MAIL]
    assert len(pages) > 400
    assert {f"{name}: {fault}" for name, page in pages for fault in page.faults} == set()


@pytest.mark.parametrize(
    "planted",
    [
        "<script>x()</script>",
        "<style>a{}</style>",
        '<a style="color:red">',
        '<body onload="x()">',
        '<a href="javascript:x()">',
        '<script src="https://elsewhere.example/x.js"></script>',
        '<form method="post" action="/x"></form>',
        '<form action="/x"><input name="csrf_token" value="1"></form>',
        '<form method="post" action="https://elsewhere.example/"><input name="csrf_token"></form>',
        '<a target="_blank" href="https://elsewhere.example/">',
        '<iframe srcdoc="x"></iframe>',
    ],
)
def test_what_a_policy_forbids_is_found(planted: str) -> None:
    assert Page(f"<p>{planted}</p>").faults


def test_no_form_is_taken_without_its_sessions_token(walk: Walk) -> None:
    assert walk.forged() == []


@pytest.fixture
def secure(tmp_path: Path) -> Ground:
    """A gateway behind TLS."""
    return Ground(tmp_path / "var", {"PORTICO_HTTPS": "1"})


def test_under_https_cookies_are_this_hosts_alone(secure: Ground) -> None:
    browser, site = secure.browser(), "https://localhost"
    page = browser.get("/login", base_url=site)
    form = {"csrf_token": token(page), "email": "ann@a.example", "password": PASSWORD}
    inside = browser.post("/login", data=form, base_url=site, headers={"Referer": f"{site}/login"})
    out = {"csrf_token": token(browser.get("/settings", base_url=site))}
    ended = browser.post("/logout", data=out, base_url=site, headers={"Referer": f"{site}/settings"})
    cookies = [cookie for answer in (page, inside, ended) for cookie in answer.headers.getlist("Set-Cookie")]
    names = [cookie.partition("=")[0] for cookie in cookies]
    visit, device, own = (f"__Host-portico_{name}" for name in ("visit", "device", "session"))
    assert names == [visit, device, own, visit, own]
    for cookie in cookies:
        flags = {part.strip().casefold() for part in cookie.split(";")[1:]}
        assert {"secure", "httponly", "path=/", "samesite=lax"} <= flags, cookie
        assert not any(flag.startswith("domain") for flag in flags), cookie
    secure.close()


def test_under_https_a_cookie_that_any_host_could_have_set_opens_nothing(secure: Ground) -> None:
    browser = secure.browser()
    made, _session = secure.app.extensions["portico"].store.create("K-100", "C-A", "", {})
    browser.set_cookie("portico_session", made)
    assert browser.get("/settings", base_url="https://localhost").status_code == 302
    browser.set_cookie("__Host-portico_session", made, secure=True)
    assert browser.get("/settings", base_url="https://localhost").status_code == 200
    secure.close()


def test_under_https_browsers_are_told_to_stay_there(secure: Ground) -> None:
    for path in ("/login", "/", "/no/such/page"):
        header = secure.browser().get(path, base_url="https://localhost").headers["Strict-Transport-Security"]
        assert int(header.removeprefix("max-age=")) >= 31536000
    secure.close()
