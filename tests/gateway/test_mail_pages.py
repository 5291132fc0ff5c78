"""Staff see every mail and what became of it, and read the outbox; nobody else does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from services.identity.mails.kinds import KINDS
from services.identity.mails.originals import original
from services.identity.mails.writing import House, write
from services.identity.projections.mails import MAILS
from tests.gateway.ground import CUSTOMER, Ground, post, token

ADMIN = "sam@s.example"
HTML = write(
    KINDS["invitation"],
    original("invitation", "en"),
    "en",
    {"name": "Ann <b>Archer</b>", "supplier": "Northwind", "link": "http://localhost:8000/invitation/tok", "until": ""},
    House("Northwind", "", "", ""),
)


def put(ground: Ground, mail: str, state: str, reason: str = "") -> None:
    """Have identity know a mail to Ann."""
    at = "2026-11-22T09:00:00+00:00"
    facts = {"contact_id": CUSTOMER, "company": "C-A", "kind": "invitation", "reason": reason, "tries": 1}
    moments = {"requested_at": at, "next_try": at, "moved_at": at}
    ground.models["identity"].put(MAILS, mail=mail, state=state, **facts, **moments)


def test_what_was_given_up_is_shown_with_its_reason_and_can_be_sent_again(ground: Ground) -> None:
    put(ground, "m1", "given_up", "The recipient was refused: 550 User unknown")
    put(ground, "m2", "waiting")
    browser = ground.signed_in(ADMIN)
    page = browser.get("/mails").text
    assert "550 User unknown" in page
    assert "ann<wbr>@a.example" in page
    assert page.count("Send again</button>") == 1, "what waits is on its way"
    answer = browser.post("/mails/m1/again", data={"csrf_token": token(browser.get("/mails"))})
    assert answer.status_code == 302
    assert ground.commands.sent[-1][1:3] == ("SendMailAgain", {"mail": "m1"})


def test_the_list_is_narrowed_to_a_state(ground: Ground) -> None:
    put(ground, "m1", "given_up", "No such user")
    put(ground, "m2", "delayed", "Try in a while")
    page = ground.signed_in(ADMIN).get("/mails?state=delayed").text
    assert "Try in a while" in page
    assert "No such user" not in page


def mail(key: str = "m1.k1") -> dict[str, str]:
    """A mail as identity gives it."""
    head = {"subject": "Hello <you>", "sender": "P <p@s.example>", "recipient": "Ann <ann@a.example>"}
    more = {"date": "2026-11-22T09:00:00+00:00", "message_id": f"<{key}@s.example>"}
    return {"key": key, **head, **more, "text": HTML.text, "html": HTML.html}


def test_the_outbox_shows_a_mails_text_with_links_that_work(ground: Ground) -> None:
    ground.identity.outbox = [mail()]
    browser = ground.signed_in(ADMIN)
    assert "Hello &lt;you&gt;" in browser.get("/outbox").text
    page = browser.get("/outbox/m1.k1").text
    assert 'href="http://localhost:8000/invitation/tok"' in page
    assert "Ann &lt;b&gt;Archer&lt;/b&gt;" in page
    assert "did not leave this installation" in browser.get("/outbox").text
    assert browser.get("/outbox/other.mail").status_code == 404


def test_a_mails_html_is_shut_off_and_has_its_own_styles_alone(ground: Ground) -> None:
    ground.identity.outbox = [mail()]
    answer = ground.signed_in(ADMIN).get("/outbox/m1.k1/html")
    (policy,) = answer.headers.getlist("Content-Security-Policy")
    assert policy.startswith("sandbox; default-src 'none'; style-src 'sha256-")
    assert not re.search(r"unsafe|script|allow-|http|'self'", policy)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Ann &lt;b&gt;Archer" in answer.text


@pytest.mark.parametrize("path", ["/mails", "/outbox", "/outbox/m1.k1", "/outbox/m1.k1/html"])
def test_mails_are_portal_admins_alone(ground: Ground, path: str) -> None:
    ground.identity.outbox = [mail()]
    ground.person("S-2", "", "ina@s.example", "Ina Agent", roles=("agent",))
    for email in ("ann@a.example", "ina@s.example"):
        assert ground.signed_in(email).get(path).status_code == 403
    assert ground.browser().get(path).status_code == 302
    assert not [method for method, _ in ground.identity.calls if method == "outbox"]


@pytest.mark.parametrize("name", ["PORTICO_SMTP_URI", "PORTICO_SMTP_URI_FILE"])
def test_with_a_mail_server_nobody_is_led_to_the_outbox(ground: Ground, tmp_path: Path, name: str) -> None:
    assert "nothing leaves this installation" in ground.signed_in(ADMIN).get("/mails").text
    file = tmp_path / "uri"
    file.write_text("smtp://localhost\n")
    with_server = Ground(tmp_path / "smtp", {name: str(file) if name.endswith("_FILE") else "smtp://localhost"})
    page = with_server.signed_in(ADMIN).get("/mails").text
    with_server.close()
    assert "/outbox" not in page
    assert "nothing leaves this installation" not in page


def test_a_mail_cannot_be_sent_again_without_the_sessions_token(ground: Ground) -> None:
    answer = ground.signed_in(ADMIN).post("/mails/m1/again", data={})
    assert answer.status_code == 400
    assert post(ground.signed_in(ADMIN), "/mails", "/mails/m1/again").status_code == 302
