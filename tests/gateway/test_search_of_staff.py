"""What staff find: companies by code and name, contacts by name, e-mail and phone; and what is noted of it."""

from __future__ import annotations

import html
import re

import pytest

from chassis import rooms
from chassis.finding import words_of
from chassis.messages import ALL_COMPANIES
from chassis.sorting import sort_key
from services.identity.projections.companies import COMPANIES
from services.identity.projections.people import CONTACTS
from services.identity.projections.search import WORDS as COMPANY_WORDS
from tests.gateway.finding import SERVICES, browser_of, found_by, names, search
from tests.gateway.ground import Ground


@pytest.fixture
def people(ground: Ground) -> Ground:
    """Staff's own: companies and contacts to be found."""
    for service in SERVICES:
        ground.model(service, rooms.load(service).projections)
    identity = ground.models["identity"]
    for position, (code, name) in enumerate([("C-A", "Alder Trading Ltd."), ("C-0042", "Müller & Søhne")], 1):
        identity.put(COMPANIES, company=code, name=name, currency="EUR")
        words = words_of(code, name)
        found_by(identity, COMPANY_WORDS, (code, "company", code), words, position, searched_by=(ALL_COMPANIES,))
    for contact, company, name, email in (
        ("K-301", "C-0042", "Anne-Zoé Lindner", "zoe@mueller.example"),
        ("K-302", "C-A", "Joanna Lind", "jo.lind@a.example"),
        ("K-303", "C-A", "Bob Zoellner", "bob@a.example"),
        ("K-304", "C-A", "Peer Quist", "peer@a.example"),
    ):
        contact_of(ground, contact, company, name, email)
    ground.person("S-2", "", "ada@s.example", "Ada Admin", roles=("portal_admin",))
    ground.person("S-4", "", "al@s.example", "Al Agent", roles=("agent",))
    return ground


def contact_of(ground: Ground, contact: str, company: str, name: str, email: str, status: str = "active") -> None:
    """A contact as identity's projector writes it."""
    phone = "+49 30 0471100" if email else ""
    texts = {"name": name, "email": email, "phone": phone, "name_key": sort_key(name)}
    search = f"{name} {email} {phone}".casefold() if email else ""
    row = {"contact_id": contact, "company": company, "status": status, "search": search}
    ground.models["identity"].put(CONTACTS, **row, **texts)


STAFF_FINDS: tuple[tuple[str, list[str]], ...] = (
    ("muller", ["C-0042 Müller & Søhne"]),
    ("c42", ["C-0042 Müller & Søhne"]),
    ("sohne mull", ["C-0042 Müller & Søhne"]),
    ("zoe", ["Bob Zoellner bob@a.example", "Anne-Zoé Lindner zoe@mueller.example"]),
    ("lind", ["Joanna Lind jo.lind@a.example", "Anne-Zoé Lindner zoe@mueller.example"]),
    ("anne zo", ["Anne-Zoé Lindner zoe@mueller.example"]),
    ("ann", ["Anne-Zoé Lindner zoe@mueller.example"]),
    ("jo.lind@", ["Joanna Lind jo.lind@a.example"]),
    ("peer 471100", ["Peer Quist peer@a.example"]),
    ("sam", []),
)


def test_staff_find_companies_and_contacts_as_people_type_them(people: Ground) -> None:
    assert {typed: names(search(people, typed, "al@s.example")) for typed, _ in STAFF_FINDS} == dict(STAFF_FINDS)


def test_a_found_contact_leads_where_this_person_may_go(people: Ground) -> None:
    for email, path in (("ada@s.example", "/contacts/K-302"), ("al@s.example", "/companies/C-A#contact-K-302")):
        page = search(people, "lind", email, kind="contact")
        assert f'<a class="hit-name" href="{path}">' in page
        assert "Alder Trading Ltd." in page
    assert 'id="contact-K-302"' in browser_of(people, "al@s.example").get("/companies/C-A").text
    part = browser_of(people, "al@s.example").get("/search/suggest?q=jo li").text
    assert 'data-href="/companies/C-A#contact-K-302"' in part


def test_a_company_is_suggested_by_name_where_its_number_is_asked_for(people: Ground) -> None:
    admin = browser_of(people, "ada@s.example")
    assert re.findall('data-value="([^"]+)"', admin.get("/administration/companies?q=muller").text) == ["C-0042"]
    assert "data-value" not in admin.get("/administration/companies?q=lind").text, "companies alone"


def test_companies_and_contacts_are_found_by_nobody_else(people: Ground) -> None:
    people.person("S-3", "", "ed@s.example", "Ed Erp", roles=("erp_admin",))
    for email in ("ann@a.example", "ed@s.example"):
        for typed in ("lind", "muller", "alder"):
            for kind in ("", "contact", "company"):
                assert names(search(people, typed, email, kind=kind)) == []


def test_what_was_shown_of_contacts_is_noted_by_company(people: Ground) -> None:
    noted = people.app.extensions["portico"].looks
    search(people, "muller", "al@s.example")
    assert noted.newest(9, 2**31) == []
    browser_of(people, "al@s.example").get("/search/suggest?q=peer")
    assert [(look.actor, look.what, look.subject) for look in noted.newest(9, 2**31)] == [("S-4", "contacts", "C-A")]
    search(people, "lind", "al@s.example")
    assert {(look.what, look.subject) for look in noted.newest(9, 2**31)} == {
        ("contacts", "C-0042"),
        ("contacts", "C-A"),
    }


def test_an_erased_contact_is_forgotten_by_search(people: Ground) -> None:
    assert names(search(people, "peer", "al@s.example")) == ["Peer Quist peer@a.example"]
    contact_of(people, "K-304", "C-A", "Erased contact", "", status="erased")
    for typed in ("peer", "quist", "erased contact"):
        assert names(search(people, typed, "al@s.example")) == []


def test_contacts_go_on_page_by_page_in_the_order_of_their_names(
    people: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(60):
        contact_of(people, f"K-4{n:02}", "C-A", f"Tilda T{n:02}", f"t{n:02}@a.example")
    browser, seen, path = browser_of(people, "al@s.example"), [], "/search?q=tilda&kind=contact"
    while path:
        page = browser.get(path).text
        seen += names(page)
        more = re.search(r'rel="next" href="([^"]+)"', page)
        path = html.unescape(more[1]) if more else ""
    assert seen == [f"Tilda T{n:02} t{n:02}@a.example" for n in range(60)]
