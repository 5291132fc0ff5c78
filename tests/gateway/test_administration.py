"""The administration's pages: how the portal looks, its own menu, what it offers, and the history of it all."""

from __future__ import annotations

import io
import json
import re
from itertools import count
from typing import Any
from uuid import uuid4

import pytest

from chassis.errors import NotAllowed
from gateway.access import current_scope
from gateway.changes import FEATURE_NAMES, ICON_NAMES, KIND_NAMES, LICENCE_NAMES, setting_name
from gateway.portal import accent_url
from gateway.websession import COOKIE
from services.identity.contract import LARGEST_LOGO, MENU_ICONS, PORTAL_FEATURES
from services.identity.portal.settings import SETTINGS
from services.identity.projections import admin_changes, portal, requests
from services.licensing.contract import FEATURES
from tests.gateway.ground import STAFF, Ground, post, token

ADMIN = "sam@s.example"
AT = "2026-11-22T09:00:00+00:00"
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
_POSITIONS = count(100)
BRANDING = "/administration/branding"


def move(ground: Ground) -> None:
    """Have everybody see what was put."""
    ground.models["identity"].move("portal", "*", next(_POSITIONS))


def put(ground: Ground, **settings: str) -> None:
    """Have identity know settings of the portal."""
    for name, value in settings.items():
        ground.models["identity"].put(portal.SETTINGS, setting=name, value=value)
    move(ground)


def entry(ground: Ground, key: str, title: str, **more: Any) -> None:
    """Have identity know an entry of the menu; for everybody, unless it is said otherwise."""
    row = {"company": "*", "address": "/settings", "texts": "{}", "icon": "star", "place": 50, **more}
    titles = json.dumps({"en": title})
    ground.models["identity"].put(portal.ENTRIES, entry=key, titles=titles, **row)
    move(ground)


def change(ground: Ground, position: int, kind: str, key: str, was: Any, now: Any) -> None:
    """Have identity know a change."""
    told = {"was": json.dumps(was) if was else "", "now": json.dumps(now) if now else ""}
    head = {"kind": kind, "key": key, "position": position, "change": position - 1, "at": AT, "actor": STAFF}
    ground.models["identity"].put(admin_changes.CHANGES, **head, **told)


def test_name_contact_and_website_are_the_admins_from_the_next_click(ground: Ground) -> None:
    browser = ground.signed_in()
    assert "Portico" in browser.get("/").text
    put(
        ground,
        name="Weiß & Söhne",
        support_mail="help@s.example",
        support_phone="+49 40 1",
        website="https://s.example",
    )
    for page in (ground.browser().get("/login").text, browser.get("/").text):
        assert "Weiß &amp; Söhne" in page
    assert 'href="mailto:help@s.example"' in ground.browser().get("/login").text
    assert 'href="tel:+49401"' in ground.browser().get("/login").text
    assert 'href="https://s.example" rel="noopener noreferrer"' in browser.get("/").text
    put(ground, name="")
    assert "Portico" in browser.get("/").text


def test_a_colour_comes_with_a_style_sheet_of_its_own_under_the_same_policy(ground: Ground) -> None:
    put(ground, accent="#ffcc00")
    page = ground.browser().get("/login")
    found = re.search(r'<link rel="stylesheet" href="(/branding/[^"]+)"', page.text)
    assert found is not None
    assert "style-src 'self';" in page.headers["Content-Security-Policy"]
    sheet = ground.browser().get(found[1])
    assert sheet.mimetype == "text/css"
    assert "immutable" in sheet.headers["Cache-Control"]
    assert "Set-Cookie" not in sheet.headers
    assert "[data-bs-theme=dark]{--p-accent:#ffcc00" in sheet.text
    assert "--p-accent:#ffcc00" not in sheet.text.partition("[data-bs-theme")[0], "unreadable on white"
    for path in (found[1].replace("ffcc00", "ffcc01"), "/branding/x/accent.css", "/branding/ffcc00/accent.css"):
        assert ground.browser().get(path).status_code == 404
    shown = ground.signed_in(ADMIN).get(BRANDING).text
    assert "On light pages it is made darker: #ffcc00 has a contrast of 1.5 to 1 on white" in shown


def test_a_logo_stands_in_the_frame_and_leads_home_and_does_nothing_by_itself(ground: Ground) -> None:
    row = {"picture": "p1", "media_type": "image/png", "width": 400, "height": 100, "content": PNG}
    ground.models["identity"].put(portal.PICTURES, **row)
    put(ground, logo="p1", name="Weiß")
    page = ground.signed_in().get("/").text
    brand = page.partition('<a class="brand" href="/"')[2].partition("</a>")[0]
    assert '<img class="logo" src="/branding/logo/p1" alt="" width="112" height="28">' in brand
    assert '<span class="visually-hidden">Weiß</span>' in brand, "a wide logo has the name in it"
    assert "/branding/logo/p1" in ground.browser().get("/login").text
    answer = ground.browser().get("/branding/logo/p1")
    assert answer.mimetype == "image/png"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert ground.browser().get("/branding/logo/p2").status_code == 404


def test_the_welcome_message_is_in_the_readers_language_and_only_markup(ground: Ground) -> None:
    put(ground, welcome_de="Hallo", welcome_en="**Closed** on Friday <b>")
    page = ground.signed_in().get("/").text
    assert "<p><strong>Closed</strong> on Friday &lt;b&gt;</p>" in page
    assert "Hallo" not in page
    put(ground, welcome_en="")
    assert "own-text" not in ground.signed_in().get("/").text


def test_branding_is_saved_in_one_command(ground: Ground) -> None:
    form = {"name": "Weiß", "accent": "#155e67", "welcome_en": "Hello", "website": ""}
    answer = post(ground.signed_in(ADMIN), BRANDING, BRANDING, **form)
    assert answer.status_code == 302
    sent = ground.commands.sent[-1]
    others = dict.fromkeys(
        ("support_mail", "support_phone", "welcome_de", "welcome_es", "welcome_fr", "welcome_ar"), ""
    )
    assert sent[1:3] == ("ChangeSettings", {"settings": {**form, **others}})


def test_a_logo_is_sent_as_it_is_and_one_too_large_is_refused_with_what_to_do(ground: Ground) -> None:
    browser = ground.signed_in(ADMIN)
    path = f"{BRANDING}/logo"
    answer = post(browser, BRANDING, path, action="upload", logo=(io.BytesIO(b"\x89PNG"), "x.exe"))
    assert answer.status_code == 302
    assert ground.commands.sent[-1][1:3] == ("ChangeLogo", {"content": "iVBORw=="})
    put(ground, name="Weiß")
    # By hand: the test's own browser leaves files of its own open.
    named = '--x\r\nContent-Disposition: form-data; name="{}"{}\r\n\r\n'
    head = (
        named.format("csrf_token", "") + token(browser.get(BRANDING)) + "\r\n" + named.format("logo", '; filename="l"')
    )
    body = head.encode() + b"x" * (LARGEST_LOGO + 2048) + b"\r\n--x--\r\n"
    answer = browser.post(path, data=body, content_type="multipart/form-data; boundary=x")
    assert answer.status_code == 422
    assert "The file has 514 KB; a logo has at most 512 KB." in answer.text
    assert 'value="Weiß"' in answer.text
    assert "Please choose a file." in post(browser, BRANDING, path, action="upload").text
    assert len(ground.commands.sent) == 1
    assert post(browser, BRANDING, path, action="remove").status_code == 302
    assert ground.commands.sent[-1][1:3] == ("ChangeSettings", {"settings": {"logo": ""}})


@pytest.mark.parametrize(
    ("feature", "path", "elsewhere"),
    [
        ("invoices", "/invoices", "/orders"),
        ("support", "/support", "/orders"),
        ("order_pad", "/order-pad", "/orders"),
        ("balance", "/balance", "/orders"),
        ("search", "/search", "/orders"),
        ("add_ons", "/add-ons", "/orders"),
        ("projects", "/projects", "/support"),
        ("orders", "/orders", "/invoices"),
    ],
)
def test_what_is_switched_off_is_there_for_nobody(ground: Ground, feature: str, path: str, elsewhere: str) -> None:
    ground.all_models()
    browser = ground.signed_in()
    assert browser.get(path).status_code == 200
    assert f'href="{path}"' in browser.get("/").text
    put(ground, **{f"feature_{feature}": "off"})
    assert browser.get(path).status_code == 403
    assert browser.get(elsewhere).status_code == 200
    for page in ("/", elsewhere):
        shown = browser.get(page).text
        assert f'href="{path}"' not in shown
        assert f'action="{path}"' not in shown
    put(ground, **{f"feature_{feature}": ""})
    assert browser.get(path).status_code == 200


def test_support_that_is_switched_off_is_off_for_agents_too(ground: Ground) -> None:
    ground.all_models()
    browser = ground.signed_in(ADMIN)
    form = {"text": "Soon."}
    assert browser.get("/desk").status_code == 200
    put(ground, feature_support="off")
    answer = browser.get("/desk")
    assert (answer.status_code, "switched off at the moment" in answer.text) == (403, True)
    assert post(browser, "/settings", "/desk/C-1", **form).status_code == 403
    assert 'href="/desk"' not in browser.get("/").text
    assert ground.commands.sent == []


def test_a_command_of_what_is_off_is_sent_by_no_page(ground: Ground) -> None:
    cookie = ground.signed_in(ADMIN).get_cookie(COOKIE)
    assert cookie is not None

    def answer() -> None:
        with ground.app.test_request_context("/settings", headers={"Cookie": f"{COOKIE}={cookie.value}"}):
            assert ground.app.preprocess_request() is None
            current_scope().command("cases", "AnswerCase", {"case": "C-1", "text": "Soon."}, uuid4(), shows=())

    answer()
    put(ground, feature_support="off")
    with pytest.raises(NotAllowed, match="switched off at the moment"):
        answer()
    assert len(ground.commands.sent) == 1


def test_open_pages_hear_of_switches_licences_and_the_menu(ground: Ground) -> None:
    for page in (ground.signed_in().get("/settings").text, ground.signed_in(ADMIN).get("/settings").text):
        assert "identity.portal_v1" in page
    assert "licensing.features_v1" in ground.signed_in().get("/settings").text


def test_a_switch_is_a_command_and_what_is_off_needs_attention(ground: Ground) -> None:
    ground.all_models()
    browser = ground.signed_in(ADMIN)
    path = "/administration/features"
    assert "Switched off for everybody" not in browser.get("/administration").text
    assert post(browser, path, f"{path}/search", to="off").status_code == 302
    assert ground.commands.sent[-1][1:3] == ("ChangeSettings", {"settings": {"feature_search": "off"}})
    put(ground, feature_search="off")
    assert "Switched off for everybody: Search documents." in browser.get("/administration").text
    assert post(browser, path, f"{path}/search", to="on").status_code == 302
    assert ground.commands.sent[-1][1:3] == ("ChangeSettings", {"settings": {"feature_search": ""}})
    assert post(browser, path, f"{path}/nothing", to="off").status_code == 404


def test_own_entries_are_in_the_menu_of_those_who_see_them(ground: Ground) -> None:
    entry(ground, "E-1", "Shop", address="https://shop.s.example", pinned=True)
    entry(ground, "E-2", "Of Aldergrove", company="C-A", address="", texts=json.dumps({"en": "Only **you**"}))
    entry(ground, "E-3", "For payers", permission="report_invoices", place=60)
    ann, bo = ground.signed_in(), ground.signed_in("bo@b.example")
    shown = ann.get("/settings").text
    assert 'href="https://shop.s.example" rel="noopener noreferrer"' in shown
    assert shown.index("Pinned") < shown.index("Shop") < shown.index("More") < shown.index("Of Aldergrove")
    assert "Shop" in ann.get("/").text.partition('class="quick"')[2].partition("</nav>")[0]
    assert "<p>Only <strong>you</strong></p>" in ann.get("/info/E-2").text
    assert "Of Aldergrove" not in bo.get("/settings").text
    assert bo.get("/info/E-2").status_code == 404
    assert ann.get("/info/E-1").status_code == 404, "a link is no page"
    assert "For payers" in shown
    put(ground, feature_invoices="off")
    assert "For payers" not in ann.get("/settings").text
    staff = ground.signed_in(ADMIN).get("/settings").text
    assert "Shop" in staff
    assert "Of Aldergrove" not in staff


def test_an_entry_is_sent_with_its_audience_alone(ground: Ground) -> None:
    browser = ground.signed_in(ADMIN)
    path = "/administration/menu/new"
    form = {"title_en": "Prices", "address": "https://s.example", "icon": "star", "place": "7", "for_company": "C-A"}
    assert post(browser, path, path, **form, audience="everybody", permission="order").status_code == 302
    sent = ground.commands.sent[-1][2]
    assert (sent["permission"], sent["for_company"], sent["place"]) == ("", "", 7)
    assert post(browser, path, path, **form, audience="company", permission="order").status_code == 302
    assert (ground.commands.sent[-1][2]["permission"], ground.commands.sent[-1][2]["for_company"]) == ("", "C-A")
    count = len(ground.commands.sent)
    answer = post(browser, path, path, **{**form, "for_company": "C-X"}, audience="company", permission="")
    assert (answer.status_code, "There is no company with the number “C-X”." in answer.text) == (422, True)
    assert 'value="C-X"' in answer.text
    answer = post(browser, path, path, **form, audience="permission", permission="")
    assert answer.status_code == 422
    assert len(ground.commands.sent) == count
    assert "Choose the permission." in answer.text
    assert 'value="Prices"' in answer.text
    entry(ground, "E-1", "Shop", place=3)
    assert 'value="Shop"' in browser.get("/administration/menu/E-1").text
    assert browser.get("/administration/menu/E-9").status_code == 404
    post(browser, "/administration/menu", "/administration/menu/E-1/remove")
    assert ground.commands.sent[-1][1:3] == ("RemoveMenuEntry", {"entry": "E-1"})


def test_a_licence_is_given_to_a_company_there_is(ground: Ground) -> None:
    ground.all_models()
    browser = ground.signed_in(ADMIN)
    path = "/administration/licences"
    answer = post(browser, path, path, feature="order_pad", for_company=" C-X ")
    assert (answer.status_code, "There is no company with the number “C-X”." in answer.text) == (422, True)
    assert 'value=" C-X "' in answer.text, "what was typed is still there"
    assert 'data-suggest="/administration/companies"' in answer.text
    assert ground.commands.sent == []
    assert post(browser, path, path, feature="order_pad", for_company="C-A").status_code == 302
    assert ground.commands.sent[-1][1:3] == ("GrantFeature", {"feature": "order_pad", "for_company": "C-A"})
    ground.license("order_pad", "C-A")
    assert "Aldergrove Ltd" in browser.get(path).text
    post(browser, path, f"{path}/change", feature="order_pad", for_company="C-A", grant="0")
    assert ground.commands.sent[-1][1:3] == ("WithdrawFeature", {"feature": "order_pad", "for_company": "C-A"})


def test_the_history_says_who_changed_what_from_what_to_what_and_undoes_the_newest(ground: Ground) -> None:
    ground.all_models()
    change(ground, 1, "setting", "name", None, {"value": "Old"})
    change(ground, 2, "setting", "name", {"value": "Old"}, {"value": "New"})
    change(ground, 3, "setting", "feature_search", None, {"value": "off"})
    change(ground, 4, "mailtext", "invitation.de", None, {"subject": "Hallo", "text": "{link}"})
    shown = {"titles": {"en": "Shop"}, "address": "/settings", "place": 5, "pinned": True}
    change(ground, 5, "menu", "E-1", {"shown": {**shown, "place": 7}}, {"shown": shown})
    change(ground, 6, "role", "R-1", {"name": "Buyer", "permissions": ["order"]}, None)
    browser = ground.signed_in(ADMIN)
    page = browser.get("/administration/history").text
    for said in (
        "<del>Old</del>",
        "<ins>New</ins>",
        "Switched off",
        "Invitation, German",
        "<del>7</del>",
        "Shop",
        "Buyer",
    ):
        assert said in page, said
    assert page.count("Sam Steel") >= 6
    assert page.count('name="change"') == 4, "the newest of each, and no role"
    assert page.index("Buyer") < page.index("Invitation, German") < page.index("<ins>New</ins>")
    only = browser.get("/administration/history?kind=feature").text
    assert "Switched off" in only
    assert "<ins>New</ins>" not in only
    assert "Search documents" not in browser.get("/administration/history?kind=setting").text.partition("<tbody>")[2]
    form = {"kind": "feature", "key": "feature_search", "change": "2"}
    assert post(browser, "/administration/history", "/administration/history/undo", **form).status_code == 302
    assert ground.commands.sent[-1][1:3] == ("UndoChange", {"kind": "setting", "key": "feature_search", "change": 2})


def test_a_role_is_put_back_on_its_page_after_a_preview(ground: Ground) -> None:
    ground.all_models()
    ground.role("R-1", "Night buyer", ("order",))
    change(ground, 1, "role", "R-1", None, {"name": "Buyer", "permissions": ["open_cases"]})
    change(ground, 2, "role", "R-1", {"name": "Buyer", "permissions": ["open_cases"]}, {"name": "Night buyer"})
    browser = ground.signed_in(ADMIN)
    page = browser.get("/administration/history").text
    assert page.count('href="/roles/R-1?before=') == 1
    assert 'value="Buyer"' in browser.get("/roles/R-1?before=2").text
    for path in ("/roles/R-1", "/roles/R-1?before=1", "/roles/R-1?before=x"):
        assert 'value="Night buyer"' in browser.get(path).text


def test_the_history_goes_on_where_a_page_ends(ground: Ground) -> None:
    ground.all_models()
    for position in range(1, 53):
        change(ground, position, "setting", "name", None, {"value": f"Name {position}."})
    browser = ground.signed_in(ADMIN)
    first = browser.get("/administration/history").text
    assert ("Name 52." in first, "Name 3." in first, "Name 2." in first) == (True, True, False)
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older is not None
    rest = browser.get(older[1].replace("&amp;", "&")).text
    assert ("Name 2." in rest, "Name 1." in rest, "Name 3." in rest) == (True, True, False)


def test_the_overview_has_every_page_that_is_there(ground: Ground) -> None:
    ground.all_models()
    page = ground.signed_in(ADMIN).get("/administration").text
    for path in (BRANDING, "/administration/menu", "/administration/history", "/companies", "/roles", "/mails/texts"):
        assert f'<li><a href="{path}">' in page
    assert "No mail server is set" in page
    assert "request for access waits" not in page
    ground.models["identity"].put(requests.ACCESS_REQUESTS, request="q1", company="C-A", state="open")
    assert "1 request for access waits." in ground.signed_in(ADMIN).get("/administration").text
    assert ground.signed_in().get("/administration").status_code == 403


def test_everything_that_can_be_set_has_a_name() -> None:
    assert all(setting_name(one) for one in SETTINGS if not one.startswith(("welcome", "feature")))
    assert FEATURE_NAMES.keys() == set(PORTAL_FEATURES)
    assert LICENCE_NAMES.keys() == set(FEATURES)
    assert tuple(ICON_NAMES) == MENU_ICONS
    assert {kind for kind, _fields in admin_changes._KINDS.values()} <= KIND_NAMES.keys()
    assert accent_url("#155e67").startswith("/branding/155e67-")
