"""The gateway's key can be changed: what the older one signed is accepted, and nobody is signed out."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from chassis.config import BadSetting
from gateway.app import create_app
from gateway.config import GatewaySettings, secret_keys
from tests.gateway.ground import PASSWORD, Ground, token

OLD, NEW = "old-" * 10, "new-" * 10


def restarted(ground: Ground, keys: str, monkeypatch: pytest.MonkeyPatch, before: FlaskClient) -> FlaskClient:
    """The same browser, at a gateway that was started again with these keys."""
    monkeypatch.setenv("PORTICO_SECRET_KEY", keys)
    app = create_app(ground.settings, GatewaySettings(), rpc=ground.identity, commands=ground.commands)
    browser = app.test_client()
    for name in ("portico_session", "portico_visit"):
        cookie = before.get_cookie(name)
        if cookie is not None:
            browser.set_cookie(name, cookie.value)
    return browser


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ground:
    monkeypatch.setenv("PORTICO_SECRET_KEY", OLD)
    return Ground(tmp_path / "var")


def test_a_new_key_signs_nobody_out_and_open_forms_can_be_sent(old: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = old.signed_in()
    form = {"csrf_token": token(browser.get("/settings")), "portico_theme": "dark"}
    renewed = restarted(old, f"{NEW} {OLD}", monkeypatch, browser)
    assert renewed.get("/settings").status_code == 200
    assert renewed.post("/preferences", data=form).status_code == 302
    old.close()


def test_what_was_typed_before_the_change_goes_on_too(old: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = old.browser()
    asked = browser.post("/order-pad", data={"note": "kept"}, headers={"Origin": "http://localhost"})
    kept = asked.text.split('name="resume" value="')[1].split('"')[0]
    renewed = restarted(old, f"{NEW} {OLD}", monkeypatch, browser)
    form = {"csrf_token": token(asked), "email": "ann@a.example", "password": PASSWORD, "resume": kept}
    assert 'name="note" value="kept"' in renewed.post("/login", data=form).text
    old.close()


def test_the_new_key_signs(old: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    renewed = restarted(old, f"{NEW} {OLD}", monkeypatch, old.browser())
    form = {"csrf_token": token(renewed.get("/login")), "portico_theme": "dark"}
    alone = restarted(old, NEW, monkeypatch, renewed)
    assert alone.post("/preferences", data=form).status_code == 302
    old.close()


def test_a_key_that_was_taken_out_is_accepted_no_longer(old: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = old.signed_in()
    form = {"csrf_token": token(browser.get("/settings")), "portico_theme": "dark"}
    renewed = restarted(old, NEW, monkeypatch, browser)
    assert renewed.post("/preferences", data=form).status_code == 400
    assert renewed.get("/settings").status_code == 200, "sessions are not signed, so they stay"
    old.close()


def test_keys_come_from_a_file_too(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{NEW}\n{OLD}\n")
    assert secret_keys(tmp_path, {"PORTICO_SECRET_KEY_FILE": str(tmp_path / "key")}) == (NEW, OLD)


def test_the_installations_own_file_holds_several(tmp_path: Path) -> None:
    (own,) = secret_keys(tmp_path, {})
    (tmp_path / "secret.key").write_text(f"{NEW}\n{own}\n")
    assert secret_keys(tmp_path, {}) == (NEW, own)


def test_a_key_that_can_be_guessed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="at least 32 characters") as refused:
        secret_keys(tmp_path, {"PORTICO_SECRET_KEY": f"{NEW} hunter2"})
    assert "hunter2" not in str(refused.value)
