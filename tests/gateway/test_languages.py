"""In which language a page is: as chosen in the browser, else as the person is known, else as the browser asks."""

from __future__ import annotations

import re
from datetime import date

import pytest
from babel.messages.catalog import Catalog
from flask.testing import FlaskClient

from chassis.errors import Unavailable
from gateway import formats, texts
from gateway.assets import logical
from gateway.config import DRAFTS, LANGUAGES, PSEUDO, GatewaySettings
from gateway.texts import LOCALE, isolated
from services.identity.projections.people import CONTACTS
from tests.gateway.ground import CUSTOMER, PASSWORD, Ground, post


def language(browser: FlaskClient, path: str = "/login", **headers: str) -> str:
    """The page's language as it says itself, in HTML and to HTTP."""
    answer = browser.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    found = re.search(r'<html lang="([^"]+)" dir="(ltr|rtl)"', answer.text)
    assert found is not None
    assert found[1] == answer.headers["Content-Language"]
    return f"{found[1]} {found[2]}"


@pytest.mark.parametrize(
    ("asked", "got"),
    [
        ("", "en-GB ltr"),
        ("de", "de-DE ltr"),
        ("de-AT,de;q=0.8,en;q=0.5", "de-DE ltr"),
        ("pl,fr;q=0.4", "fr-FR ltr"),
        ("ar-EG", "ar-AE rtl"),
        ("pl", "en-GB ltr"),
        (f"{PSEUDO},de;q=0.1", "de-DE ltr"),
        ("nonsense;;q=x", "en-GB ltr"),
    ],
)
def test_before_log_in_the_browser_is_asked(ground: Ground, asked: str, got: str) -> None:
    assert language(ground.browser(), Accept_Language=asked) == got


def test_a_choice_before_log_in_holds_in_this_browser_and_after_log_in(ground: Ground) -> None:
    browser = ground.browser()
    assert post(browser, "/login", "/preferences", portico_lang="ar").status_code == 302
    assert language(browser, Accept_Language="de") == "ar-AE rtl"
    post(browser, "/login", "/login", email="ann@a.example", password=PASSWORD)
    assert language(browser, "/settings") == "ar-AE rtl"


def test_what_is_no_language_is_no_choice(ground: Ground) -> None:
    browser = ground.browser()
    post(browser, "/login", "/preferences", portico_lang="tlh")
    assert language(browser) == "en-GB ltr"
    signed_in = ground.signed_in()
    assert post(signed_in, "/settings", "/language", portico_lang="tlh").status_code == 404


def known_to_speak(ground: Ground, tongue: str) -> None:
    ground.models["identity"].execute(
        f"UPDATE {CONTACTS.name} SET language = ? WHERE contact_id = ?", (tongue, CUSTOMER)
    )


@pytest.mark.parametrize(("tongue", "got"), [("fr", "fr-FR ltr"), ("de-AT", "de-DE ltr"), ("tlh", "en-GB ltr")])
def test_a_person_has_their_own_language(ground: Ground, tongue: str, got: str) -> None:
    known_to_speak(ground, tongue)
    assert language(ground.signed_in(), "/settings") == got


def test_a_choice_after_log_in_is_the_persons_and_this_browsers(ground: Ground) -> None:
    known_to_speak(ground, "fr")
    browser = ground.signed_in()
    answer = post(browser, "/settings", "/language", portico_lang="de")
    assert answer.status_code == 302
    assert ground.commands.sent[-1][:3] == ("identity", "ChooseLanguage", {"language": "de"})
    assert language(browser, "/settings") == "de-DE ltr"


def test_what_was_viewed_in_another_language_is_called_as_the_pages_are_now(ground: Ground) -> None:
    ground.all_models()
    browser = ground.signed_in()
    for path in ("/invoices", "/support/new", "/orders"):
        assert browser.get(path).status_code == 200
    post(browser, "/orders", "/preferences", portico_lang="de")
    recent = re.findall(r'<li><a href="([^"]+)">([^<]+)<', browser.get("/quotes").text.partition("recent-label")[2])
    assert recent[:2] == [("/orders", "Aufträge"), ("/support/new", "Neue Supportanfrage")]
    assert ("/invoices", "Rechnungen") in recent


def test_the_pseudo_locale_is_nobodys_language(ground: Ground) -> None:
    browser = ground.signed_in()
    before = len(ground.commands.sent)
    post(browser, "/settings", "/language", portico_lang=PSEUDO)
    assert len(ground.commands.sent) == before
    assert language(browser, "/settings") == f"{PSEUDO} ltr"


def test_the_choice_holds_here_while_identity_is_away_and_says_so(ground: Ground) -> None:
    browser = ground.signed_in()
    ground.commands.error = Unavailable("The identity service does not answer.")
    post(browser, "/settings", "/language", portico_lang="es")
    assert language(browser, "/settings") == "es-ES ltr"


def test_each_language_is_offered_in_itself(ground: Ground) -> None:
    for page in (ground.browser().get("/login").text, ground.signed_in().get("/settings").text):
        named = re.findall(r'name="portico_lang" value="([^"]+)" lang="[^"]+"[^>]*><bdi>([^<]+)', page)
        assert dict(named) == {
            "en": "English",
            "de": "Deutsch",
            "es": "Español",
            "fr": "Français",
            "ar": "العربية",
            PSEUDO: "Pseudo",
        }


def test_drafts_are_for_those_who_work_on_them() -> None:
    assert set(GatewaySettings().languages) == set(LANGUAGES) - DRAFTS
    assert set(GatewaySettings(style_page=True).languages) == {*LANGUAGES, PSEUDO}


def test_in_arabic_numbers_have_latin_digits_and_stand_by_themselves(ground: Ground) -> None:
    with ground.app.test_request_context():
        LOCALE.set("ar_AE")
        assert formats.as_money(124050, "EUR") == "\u20661,240.50\u00a0EUR\u2069"
        assert formats.as_date(date(2026, 3, 12)) == "12\u200f/03\u200f/2026"
        LOCALE.set("de_DE")
        assert formats.as_money(124050, "EUR") == isolated("1.240,50\u00a0EUR") == "1.240,50\u00a0EUR"
        LOCALE.set("fr_FR")
        assert formats.as_money(124050, "EUR") == "1\u202f240,50\u00a0EUR"


def test_values_in_arabic_sentences_are_isolated() -> None:
    made = Catalog(locale="ar")
    made.add("Order %(number)s", "الطلب %(number)s")
    made.add('<a href="%(link)s">', '<a href="%(link)s">')
    texts._isolate(made)
    assert made["Order %(number)s"].string == "الطلب \u2068%(number)s\u2069"
    assert made['<a href="%(link)s">'].string == '<a href="%(link)s">'


def test_left_and_right_become_start_and_end() -> None:
    assert logical("a{margin-left:1px;padding:1px 2px 3px 4px;border-top-right-radius:2px;left:0}") == (
        "a{margin-inline-start:1px;padding-block:1px 3px;padding-inline:4px 2px;border-start-end-radius:2px;"
        "inset-inline-start:0}"
    )
    assert logical(".t{text-align:left!important;float:right}") == ".t{text-align:start!important;float:inline-end}"


def test_companies_stand_in_the_order_people_look_names_up_and_are_found_without_accents(ground: Ground) -> None:
    for key, name in (("C-1", "Ärzte-Bedarf"), ("C-2", "Zinnober"), ("C-3", "østfold Lager"), ("C-4", "Orbital")):
        ground.company(key, name)
    ground.person("S-1", "", "ina@s.example", "Ina Agent", roles=("agent",))
    agent = ground.signed_in("ina@s.example")
    listed = re.findall(r'href="/companies/(C-[1-4])"', agent.get("/companies").text)
    assert listed == ["C-1", "C-4", "C-3", "C-2"]
    assert re.findall(r'href="/companies/(C-[1-4])"', agent.get("/companies?q=arzte").text) == ["C-1"]
    assert re.findall(r'href="/companies/(C-[1-4])"', agent.get("/companies?q=C-3").text) == ["C-3"]
