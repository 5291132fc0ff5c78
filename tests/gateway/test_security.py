"""What every answer carries, and what no request gets past."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chassis.errors import CommandReused, Conflict, Invalid, NotFound, RemoteRefusal, Unavailable
from gateway.config import secret_keys
from gateway.requestlog import SECONDS
from tests.gateway.ground import PASSWORD, Ground, post, token


@pytest.mark.parametrize("path", ["/login", "/", "/no/such/page", "/settings"])
def test_every_answer_has_a_strict_policy(ground: Ground, path: str) -> None:
    headers = ground.signed_in().get(path).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["connect-src"] == "'self' http://localhost:8001"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers.getlist("Cache-Control") == ["no-store"]


@pytest.mark.parametrize("path", ["/", "/style", "/settings", "/settings/password"])
def test_no_page_has_inline_script_or_style(ground: Ground, path: str) -> None:
    page = ground.signed_in().get(path).text
    assert not re.search(r"<script(?![^>]*\bsrc=)", page)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", page)
    assert not re.search(r'(?:src|href)="(?:https?:)?//(?!northwind)', page)


def test_files_are_kept_for_ever_under_the_hash_of_their_content(ground: Ground) -> None:
    browser = ground.browser()
    urls = set(re.findall(r'"(/assets/[^"#]+)', browser.get("/login").text))
    assert {url.rpartition("/")[2] for url in urls} >= {"bootstrap.css", "portico.css", "portico.js", "logo.svg"}
    for url in urls:
        answer = browser.get(url)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert browser.get(url, headers={"Accept-Encoding": "gzip"}).headers["Content-Encoding"] == "gzip"
    assert browser.get("/assets/0000/portico.css").status_code == 404


def test_dark_rules_follow_the_system_too(ground: Ground) -> None:
    url = re.findall(r'"(/assets/[^"]+/bootstrap.css)', ground.browser().get("/login").text)[0]
    css = ground.browser().get(url).text
    assert "@media (prefers-color-scheme:dark){[data-bs-theme=auto]{color-scheme:dark" in css.replace("\n", "")


@pytest.mark.parametrize("target", ["/login", "/logout", "/settings/password", "/branch", "/preferences"])
def test_a_post_without_the_sessions_token_is_refused(ground: Ground, target: str) -> None:
    browser, stranger = ground.signed_in(), ground.signed_in("bo@b.example")
    foreign = token(stranger.get("/settings"))
    browser.get("/settings")
    for form in ({}, {"csrf_token": "made-up"}, {"csrf_token": foreign}):
        answer = browser.post(target, data=form)
        assert answer.status_code == 400, form
        assert "This form has expired" in answer.text
    assert browser.get("/").status_code == 200


def test_the_token_from_before_the_login_does_not_work_after_it(ground: Ground) -> None:
    browser = ground.browser()
    before = token(browser.get("/login"))
    browser.post("/login", data={"csrf_token": before, "email": "ann@a.example", "password": PASSWORD})
    assert browser.post("/logout", data={"csrf_token": before}).status_code == 400


def test_another_host_name_is_refused(ground: Ground) -> None:
    answer = ground.browser().get("/login", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert "evil" not in answer.text


def test_a_form_that_is_too_large_is_refused(ground: Ground) -> None:
    browser = ground.signed_in()
    form = {"csrf_token": token(browser.get("/settings")), "branch": "x" * (2 * 1024 * 1024)}
    answer = browser.post("/branch", data=form)
    assert answer.status_code == 413
    assert "Nothing was saved" in answer.text


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (RemoteRefusal("The current password is not right.", "WrongPassword", 422), 422, "current password is not"),
        (Invalid("Look again.", fields={"new": ["Too well known."]}), 422, "New password: Too well known."),
        (Conflict("Somebody changed it."), 409, "Somebody changed it."),
        (CommandReused("Already sent."), 409, "To send this as a new one"),
        (Unavailable("The identity service does not answer."), 503, "Nothing was lost"),
        (NotFound("There is no such page."), 404, "There is no such page"),
    ],
)
def test_a_refused_command_is_said_where_it_was_sent(ground: Ground, error: Exception, status: int, said: str) -> None:
    ground.commands.error = error  # type: ignore[assignment]
    browser = ground.signed_in()
    form = {"current": PASSWORD, "new": "a much longer one", "again": "a much longer one"}
    number = "6f6b0c0e-7f0e-4b0c-9e0a-000000000003"
    answer = post(browser, "/settings/password", "/settings/password", command_id=number, **form)
    assert answer.status_code == status
    assert said in answer.text
    if isinstance(error, CommandReused):
        assert number not in answer.text
    elif status != 404:
        assert number in answer.text


def test_a_failure_of_ours_gives_a_reference_and_no_details(ground: Ground) -> None:
    ground.commands.error = RuntimeError("secret detail")  # type: ignore[assignment]
    form = {"current": PASSWORD, "new": "a much longer one", "again": "a much longer one"}
    browser = ground.signed_in()
    number = "6f6b0c0e-7f0e-4b0c-9e0a-000000000004"
    answer = post(browser, "/settings/password", "/settings/password", command_id=number, **form)
    assert answer.status_code == 500
    assert "secret detail" not in answer.text
    assert answer.headers["X-Correlation-Id"] in answer.text


def test_the_secret_is_made_once_and_for_us_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PORTICO_SECRET_KEY", raising=False)
    first = secret_keys(tmp_path)
    assert len(first[0]) > 40
    assert secret_keys(tmp_path) == first
    assert (tmp_path / "secret.key").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["secret.key"]


@pytest.mark.parametrize("host", ["[", "a[b", "]", "localhost:x"])
def test_a_host_that_is_none_is_refused(ground: Ground, host: str) -> None:
    assert ground.browser().get("/login", headers={"Host": host}).status_code == 400


def test_made_up_methods_are_measured_as_one(ground: Ground) -> None:
    for number in range(3):
        ground.browser().open("/login", method=f"MADEUP{number}")
    labels = {sample.labels["method"] for metric in SECONDS.collect() for sample in metric.samples}
    assert "OTHER" in labels
    assert not {one for one in labels if one.startswith("MADEUP")}
