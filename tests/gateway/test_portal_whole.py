"""What a portal admin sets, through the services to pages and mails: by whom, and back again."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from esdbclient import EventStoreDBClient, StreamState
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from chassis.errors import Invalid, NotAllowed, PorticoError
from chassis.job_streams import Streams
from chassis.messages import ALL_COMPANIES, Context
from gateway.app import create_app
from gateway.config import GatewaySettings
from gateway.parts import parts
from services.identity.adapters.mail import Outbox, carrier
from services.identity.mails.sending import Desk
from services.identity.mails.settings import MailSettings
from tests.gateway.ground import token
from tests.support.inprocess import Services

PASSWORD = "four boats in harbour"
BRANDING = "/administration/branding"
HISTORY = "/administration/history"


class House:
    """The services, a gateway before them, and the people of a supplier with one customer."""

    def __init__(self, folder: Path) -> None:
        self.services = Services(folder)
        self.services.record(
            "identity", "K1", [{"kind": "company", "key": "K1", "body": {"name": "K", "currency": "EUR"}}]
        )
        self.admin = self._person("CreateStaff", "ada@s.example", staff_roles=["portal_admin"])
        self.agent = self._person("CreateStaff", "sam@s.example", staff_roles=["agent"])
        self.contact = self._person("CreateContact", "ann@k.example", for_company="K1")
        self.services.settle()
        gateway = GatewaySettings.from_env({"PORTICO_SUPPLIER": "As set up"})
        self.app: Flask = create_app(
            self.services.settings, gateway, rpc=self.services, commands=self.services.commands
        )

    def _person(self, command: str, email: str, **more: Any) -> str:
        reply = self.services.send("identity", command, {"name": email, "email": email, **more})
        invited = self.services.send("identity", "InviteContact", {"contact_id": reply["id"]})
        self.services.sign_up(invited["result"]["token"], PASSWORD)
        return str(reply["id"])

    def signed_in(self, email: str = "ada@s.example") -> FlaskClient:
        """A browser of theirs."""
        browser = self.app.test_client()
        form = {"csrf_token": token(browser.get("/login")), "email": email, "password": PASSWORD}
        assert browser.post("/login", data=form).status_code == 302
        return browser

    def post(self, browser: FlaskClient, page: str, target: str, **fields: Any) -> str:
        """The page after a form of `page` was sent."""
        form = {"csrf_token": token(browser.get(page)), "command_id": str(uuid4()), **fields}
        answer = browser.post(target, data=form, follow_redirects=True)
        self.services.settle()
        return answer.text

    def mail(self) -> Any:
        """A mail to the contact, as it is sent now."""
        key = uuid4().hex
        context = Context(uuid4(), "K1", "setup", "reaction", "test")
        payload = {"mail": key, "contact_id": self.contact, "kind": "password_changed"}
        self.services.commands.send("identity", "RequestMail", payload, context)
        self.services.settle()
        settings = MailSettings.from_env(self.services.settings, {"PORTICO_SUPPLIER": "As set up"})
        with Streams(self.services.settings, "identity", "mail", threading.Event()) as streams:
            Desk(self.services.settings, settings, carrier(settings), streams).turn(threading.Event())
        (file,) = settings.outbox.glob(f"{key}.*.eml")
        return file.stem, message_from_bytes(file.read_bytes(), policy=policy.default)

    def close(self) -> None:
        """End it all."""
        with self.app.app_context():
            parts().reads.close()
        self.services.close()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    services = tmp_path_factory.mktemp("house")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PORTICO_VAR", str(services / "var"))
        made = House(services)
        with made.services.at_home():
            yield made
        made.close()


def undo_of(page: str, what: str) -> dict[str, str]:
    """What the button of the newest change of this says."""
    row = next(one for one in page.split("<tr>") if f"</span>{what}<" in one and "change" in one)
    return dict(re.findall(r'name="(kind|key|change)" value="([^"]*)"', row))


def test_what_is_set_is_on_pages_and_in_mails_and_is_undone_by_a_click(house: House) -> None:
    browser = house.signed_in()
    house.post(browser, BRANDING, BRANDING, name="Weiß", support_phone="+49 40 1", accent="#8a1538")
    assert "Weiß" in house.app.test_client().get("/login").text
    _key, mail = house.mail()
    plain, html = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert "Weiß" in plain
    assert str(mail["From"]).startswith("Weiß <")
    assert "+49 40 1" in plain
    assert "#8a1538" in html
    page = browser.get(HISTORY).text
    undo = undo_of(page, "Name of the portal")
    assert "holds again" in house.post(browser, HISTORY, f"{HISTORY}/undo", **undo)
    assert "As set up" in house.app.test_client().get("/login").text
    assert "changed again since" in house.post(browser, HISTORY, f"{HISTORY}/undo", **undo)
    assert browser.get(HISTORY).text.count("Name of the portal") >= 2


def test_a_logo_goes_with_every_mail_and_stays_with_it_in_the_outbox(house: House) -> None:
    browser = house.signed_in()
    drawn = io.BytesIO()
    Image.new("RGB", (300, 100), "#8a1538").save(drawn, "WEBP")
    said = house.post(browser, BRANDING, f"{BRANDING}/logo", action="upload", logo=(io.BytesIO(drawn.getvalue()), "l"))
    assert "Saved." in said
    key, mail = house.mail()
    picture = next(part for part in mail.walk() if part.get_content_type() == "image/png")
    html = mail.get_body(("html",)).get_content()
    assert f'src="cid:{picture["Content-ID"].strip("<>")}"' in html
    assert 'width="108" height="36"' in html
    assert Image.open(io.BytesIO(picture.get_content())).size == (300, 100)
    assert picture["Content-Disposition"].startswith("inline")
    shown = Outbox(house.services.settings.var / "outbox").find(key)
    assert shown is not None
    assert "cid:" not in shown.html
    answer = browser.get(f"/outbox/{key}/html")
    assert 'src="data:image/png;base64,' in answer.text
    assert "img-src data:" in answer.headers["Content-Security-Policy"]


def test_an_svg_stands_on_pages_and_its_name_in_mails(house: House) -> None:
    browser = house.signed_in()
    drawing = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20"><path d="M0 0h40v20z"/></svg>'
    house.post(browser, BRANDING, f"{BRANDING}/logo", action="upload", logo=(io.BytesIO(drawing), "l"))
    found = re.search(r'src="(/branding/logo/[0-9a-f]+)"', house.app.test_client().get("/login").text)
    assert found is not None
    assert browser.get(found[1]).mimetype == "image/svg+xml"
    _key, mail = house.mail()
    assert "cid:" not in mail.get_body(("html",)).get_content()
    bad = drawing.replace(b"<path", b"<script>1</script><path")
    said = house.post(browser, BRANDING, f"{BRANDING}/logo", action="upload", logo=(io.BytesIO(bad), "l"))
    assert "This SVG has a &lt;script&gt; in it" in said
    assert found[1] in house.app.test_client().get("/login").text, "the old one stays"


def test_a_feature_that_is_off_is_refused_wherever_a_command_comes_from(house: House) -> None:
    browser, ann = house.signed_in(), house.signed_in("ann@k.example")
    form = {"summary_line": "Help", "detail": "It broke."}
    assert "Help" in house.post(ann, "/support/new", "/support/new", **form)
    house.post(browser, "/administration/features", "/administration/features/support", to="off")
    before = house.services.head()
    answer = ann.post("/support/new", data={**form, "csrf_token": token(ann.get("/settings"))})
    assert answer.status_code == 403
    assert house.services.head() == before
    house.post(browser, "/administration/features", "/administration/features/support", to="on")
    assert ann.get("/support").status_code == 200


def test_an_entry_for_a_company_that_is_not_there_is_refused_at_its_field(house: House) -> None:
    browser = house.signed_in()
    path = "/administration/menu/new"
    form = {"title_en": "Prices", "address": "https://s.example", "icon": "star", "place": "7", "permission": ""}
    said = house.post(browser, path, path, **form, audience="company", for_company="K9")
    assert "There is no company with the number “K9”." in said
    assert 'value="Prices"' in said
    house.post(browser, path, path, **form, audience="company", for_company="K1")
    assert "https://s.example" in house.signed_in("ann@k.example").get("/settings").text
    house.post(browser, HISTORY, f"{HISTORY}/undo", **undo_of(browser.get(HISTORY).text, "Prices"))
    assert "https://s.example" not in house.signed_in("ann@k.example").get("/settings").text


@pytest.mark.parametrize(
    ("command", "payload"),
    [
        ("ChangeSettings", {"settings": {"name": "Mine"}}),
        ("ChangeLogo", {"content": ""}),
        ("SetMenuEntry", {"titles": {"en": "x"}, "address": "/x"}),
        ("RemoveMenuEntry", {"entry": "E-1"}),
        ("UndoChange", {"kind": "setting", "key": "name", "change": 0}),
    ],
)
def test_nobody_but_a_portal_admin_sets_anything(house: House, command: str, payload: dict[str, Any]) -> None:
    before = house.services.head()
    for company, actor in (
        (ALL_COMPANIES, house.agent),
        ("K1", house.contact),
        ("K1", house.admin),
        (ALL_COMPANIES, "x"),
    ):
        with pytest.raises(NotAllowed, match="Only a portal admin"):
            house.services.commands.send(
                "identity", command, payload, Context(uuid4(), company, actor, "portal", "test")
            )
    assert house.services.head() == before


@pytest.mark.parametrize(
    ("command", "payload", "error"),
    [
        ("ChangeSettings", {"settings": {"motto": "x"}}, Invalid),
        ("ChangeSettings", {"settings": {}}, Invalid),
        ("ChangeLogo", {"content": "no base64!"}, Invalid),
        ("UndoChange", {"kind": "role", "key": "R-1", "change": 0}, Invalid),
        ("UndoChange", {"kind": "setting", "key": "website", "change": 7}, PorticoError),
        ("UndoChange", {"kind": "mailsender", "key": "portal", "change": 0}, PorticoError),
    ],
)
def test_what_makes_no_sense_changes_nothing(
    house: House, command: str, payload: dict[str, Any], error: type[PorticoError]
) -> None:
    before = house.services.head()
    with pytest.raises(error):
        house.services.commands.send(
            "identity", command, payload, Context(uuid4(), ALL_COMPANIES, house.admin, "portal", "test")
        )
    assert house.services.head() == before


def test_the_same_command_again_is_answered_and_done_once(house: House) -> None:
    context = Context(uuid4(), ALL_COMPANIES, house.admin, "portal", "test")
    payload = {"titles": {"en": "Twice"}, "address": "/support"}
    one, two = (house.services.commands.send("identity", "SetMenuEntry", payload, context) for _ in range(2))
    assert two == {**one, "repeated": True}


def test_an_entry_for_a_company_that_is_lost_meanwhile_is_answered_as_it_was(house: House) -> None:
    house.services.record(
        "identity", "K9", [{"kind": "company", "key": "K9", "body": {"name": "N", "currency": "EUR"}}]
    )
    context = Context(uuid4(), ALL_COMPANIES, house.admin, "portal", "test")
    payload = {"titles": {"en": "For one"}, "address": "/support", "for_company": "K9"}
    first = house.services.commands.send("identity", "SetMenuEntry", payload, context)
    client = EventStoreDBClient(house.services.settings.esdb_uri)
    try:
        client.delete_stream("company-K9", current_version=StreamState.ANY)
    finally:
        client.close()
    again = house.services.commands.send("identity", "SetMenuEntry", payload, context)
    assert again == {**first, "repeated": True}


def test_a_sign_in_policy_is_in_the_history_and_undone_by_a_click(house: House) -> None:
    browser = house.signed_in()
    policy = "/administration/sign-in"
    house.post(browser, policy, policy, ways=["password", "passkey", "sso"], longest_hours="10")
    page = browser.get(f"{HISTORY}?kind=sign_in").text
    assert "after 10 hours at the latest" in page
    assert "after 10 hours at the latest" not in browser.get(f"{HISTORY}?kind=setting").text
    assert "holds again" in house.post(browser, HISTORY, f"{HISTORY}/undo", **undo_of(page, "Everybody"))
    assert 'value="10"' not in browser.get(policy).text


def test_passwords_that_are_too_weak_are_no_guesses_and_wrong_links_are(house: House) -> None:
    newcomer = {"for_company": "K1", "name": "Nia New", "email": "nia@k.example"}
    contact = house.services.send("identity", "CreateContact", newcomer)["id"]
    invited = house.services.send("identity", "InviteContact", {"contact_id": contact})["result"]["token"]
    browser = house.app.test_client()

    def tries(token_of_link: str, password: str) -> Any:
        form = {"csrf_token": csrf, "command_id": str(uuid4()), "password": password, "again": password}
        return browser.post(f"/invitation/{token_of_link}", data=form, environ_base={"REMOTE_ADDR": "198.51.100.9"})

    csrf = token(browser.get(f"/invitation/{invited}"))
    for _ in range(25):
        answer = tries(invited, "password1234")
        assert (answer.status_code, "attackers try first" in answer.text) == (422, True)
    for one in range(20):
        assert "Wait" not in tries(f"guessed{one}", "password1234").text, one
    answer = tries("guessed", "password1234")
    assert (answer.status_code, "Too many tries" in answer.text) == (429, True), "each was counted for the address"
    assert tries(invited, "password1234").status_code == 429
    parts_of = house.app.extensions["portico"]
    with parts_of.throttle._state.transaction() as db:
        db.execute("DELETE FROM throttle")
    for _ in range(5):
        tries("guessed", PASSWORD)
    assert tries("guessed", PASSWORD).status_code == 429, "and for the link"
    assert tries(invited, PASSWORD).status_code == 302
