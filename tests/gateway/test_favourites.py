"""A person pins pages to the top of their menu (R3)."""

from __future__ import annotations

import html
import re

import pytest

from chassis.errors import Refused
from gateway.people import PERMISSIONS
from services.identity.projections.favourites import FAVOURITES
from services.identity.projections.layouts import LAYOUTS
from tests.gateway.ground import CUSTOMER, OTHER, Ground, post, token


@pytest.fixture
def pinned(ground: Ground) -> Ground:
    """Ann has pinned her payments, then her orders, then a page that there is no more; Bo has pinned deliveries."""
    ground.all_models()
    rows = ((CUSTOMER, "/payments", 1), (CUSTOMER, "/orders", 2), (CUSTOMER, "/gone", 3), (OTHER, "/deliveries", 4))
    for contact, page, position in rows:
        ground.models["identity"].put(FAVOURITES, contact_id=contact, page=page, position=position)
    return ground


def favourites(page: str) -> list[str]:
    """The paths of the first group of the report menu, where it is that of the favourites."""
    group = re.search(r"<details class=\"group\" open><summary>Favourites.*?</details>", page, re.DOTALL)
    return re.findall(r'<a href="([^"]+)"', group[0]) if group else []


def test_favourites_stand_on_top_of_ones_own_menu(pinned: Ground) -> None:
    assert favourites(pinned.signed_in().get("/").text) == ["/payments", "/orders"]
    assert favourites(pinned.signed_in("bo@b.example").get("/").text) == ["/deliveries"]


def test_what_one_may_not_see_any_more_is_not_among_them(pinned: Ground) -> None:
    pinned.person(CUSTOMER, "C-A", "ann@a.example", "Ann Archer", ("report_orders",))
    assert favourites(pinned.signed_in().get("/").text) == ["/orders"]


def test_a_star_pins_and_unpins_and_leads_back(pinned: Ground) -> None:
    browser = pinned.signed_in()
    for field, name, page in (("pin", "PinPage", "/invoices"), ("unpin", "UnpinPage", "/orders")):
        form = {"csrf_token": token(browser.get("/deliveries")), field: page}
        answer = browser.post("/favourites", data=form, headers={"Referer": "http://localhost/deliveries"})
        assert (answer.status_code, answer.headers["Location"]) == (302, "/deliveries")
        _service, sent, payload, context = pinned.commands.sent[-1]
        assert (sent, payload, context.actor) == (name, {"page": page}, CUSTOMER)


def test_what_is_not_in_ones_menu_cannot_be_pinned(pinned: Ground) -> None:
    browser = pinned.signed_in()
    for page in ("/administration", "https://elsewhere.example/", "//elsewhere.example", ""):
        assert post(browser, "/settings", "/favourites", pin=page).status_code == 404
    assert pinned.commands.sent == []


def test_a_refusal_is_said_on_the_page_one_was_on(pinned: Ground) -> None:
    browser = pinned.signed_in()
    pinned.commands.error = Refused("You have twelve favourites already.")
    post(browser, "/deliveries", "/favourites", pin="/invoices")
    assert "You have twelve favourites already." in browser.get("/deliveries").text


def away(page: str) -> dict[str, str]:
    """Title → address to take it away by, of the favourites that one does not see at the moment."""
    group = re.search(r"<details class=\"group away\"><summary>Favourites not here at.*?</details>", page, re.DOTALL)
    found = r'<li><span class="muted">([^<]+)</span><button[^>]* name="unpin" value="([^"]+)"'
    return dict(re.findall(found, group[0])) if group else {}


LATE, SHARED = "L-1111-AAAA", "L-2222-BBBB"
BY_LATE, BY_SHARED = f"/orders?layout={LATE}", f"/invoices?layout={SHARED}"


def layout(ground: Ground, key: str, owner: str, report: str, name: str, shared: bool = False) -> None:
    """A layout as identity's projector writes it."""
    where = {"company": "C-A", "report": report, "layout": key}
    shown = {"columns": '["number","total"]', "sort": "number", "grouping": ""}
    ground.models["identity"].put(LAYOUTS, **where, **shown, owner=owner, name=name, shared=shared)


@pytest.fixture
def by_layouts(pinned: Ground) -> Ground:
    """Ann has pinned a layout of her own besides, and one that a colleague shares."""
    layout(pinned, LATE, CUSTOMER, "order", "Late <ones>")
    layout(pinned, SHARED, "K-900", "invoice", "By branch", shared=True)
    for page, position in ((BY_LATE, 5), (BY_SHARED, 6)):
        pinned.models["identity"].put(FAVOURITES, contact_id=CUSTOMER, page=page, position=position)
    return pinned


def entries(page: str) -> dict[str, str]:
    """Address → title of the favourites."""
    group = re.search(r"<details class=\"group\" open><summary>Favourites.*?</details>", page, re.DOTALL)
    found = re.findall(r'<a href="([^"]+)"[^>]*>(?:<svg.*?</svg>)?([^<]*)</a>', group[0], re.DOTALL) if group else []
    return {path: html.unescape(title) for path, title in found}


def test_a_layout_stands_there_by_its_name_and_leads_to_the_report_by_it(by_layouts: Ground) -> None:
    page = by_layouts.signed_in().get("/").text
    titles = {"/payments": "Payments", "/orders": "Orders", BY_LATE: "Late <ones>", BY_SHARED: "By branch"}
    assert entries(page) == titles
    assert "Late &lt;ones&gt;" in page


def test_the_layout_one_looks_by_is_the_page_at_hand(by_layouts: Ground) -> None:
    browser = by_layouts.signed_in()
    for address, others in ((BY_LATE, ("/orders", BY_SHARED)), ("/orders", (BY_LATE, BY_SHARED))):
        page = browser.get(address).text
        assert f'<a href="{address}" aria-current="page">' in page
        assert not any(f'<a href="{other}" aria-current="page">' in page for other in others)


def test_what_is_not_shared_any_more_goes_and_comes_back_with_its_sharing(by_layouts: Ground) -> None:
    browser = by_layouts.signed_in()
    for shared in (False, True):
        layout(by_layouts, SHARED, "K-900", "invoice", "Renamed", shared=shared)
        answer = browser.get("/")
        assert answer.status_code == 200
        assert entries(answer.text).get(BY_SHARED) == ("Renamed" if shared else None)


def test_what_is_not_here_at_the_moment_can_be_taken_away(by_layouts: Ground) -> None:
    browser = by_layouts.signed_in()
    assert away(browser.get("/").text) == {"/gone": "/gone"}
    by_layouts.models["identity"].execute(f"UPDATE {LAYOUTS.name} SET shared = ? WHERE layout = ?", (False, SHARED))
    by_layouts.models["identity"].execute(f"UPDATE {LAYOUTS.name} SET company = 'C-B' WHERE layout = ?", (LATE,))
    page = browser.get("/").text
    assert away(page) == {"/gone": "/gone", "Orders": BY_LATE, "Invoices": BY_SHARED}
    assert "By branch" not in page
    assert not {BY_LATE, BY_SHARED} & entries(page).keys()
    post(browser, "/deliveries", "/favourites", unpin=BY_SHARED)
    [(_service, name, payload, _context)] = by_layouts.commands.sent
    assert (name, payload) == ("UnpinPage", {"page": BY_SHARED})


def test_a_removed_layout_goes_and_takes_nobodys_place(by_layouts: Ground) -> None:
    by_layouts.models["identity"].execute(f"DELETE FROM {LAYOUTS.name} WHERE layout = ?", (LATE,))
    browser = by_layouts.signed_in()
    assert list(entries(browser.get("/").text)) == ["/payments", "/orders", BY_SHARED]
    post(browser, "/deliveries", "/favourites", pin="/invoices")
    sent = [(name, payload["page"]) for _service, name, payload, _context in by_layouts.commands.sent]
    assert sent == [("UnpinPage", BY_LATE), ("PinPage", "/invoices")]


def test_without_the_right_to_layouts_there_are_none(by_layouts: Ground) -> None:
    rest = tuple(one for one in PERMISSIONS if one != "layouts_export")
    by_layouts.person(CUSTOMER, "C-A", "ann@a.example", "Ann Archer", rest)
    assert favourites(by_layouts.signed_in().get("/").text) == ["/payments", "/orders"]


def test_the_star_of_a_report_pins_the_layout_it_is_shown_by(by_layouts: Ground) -> None:
    by_layouts.models["identity"].execute(f"DELETE FROM {FAVOURITES.name} WHERE page = ?", (BY_SHARED,))
    browser = by_layouts.signed_in()
    assert "pin-here" not in browser.get("/orders").text
    for address, name, star in ((BY_LATE, "UnpinPage", "unpin"), (BY_SHARED, "PinPage", "pin")):
        page = browser.get(address + "&status=open")
        form = page.text.partition('data-live="layout-star"')[2].partition("</form>")[0]
        assert f'name="{star}" value="{address}"' in form
        browser.post("/favourites", data={"csrf_token": token(page), star: address})
        _service, sent, payload, _context = by_layouts.commands.sent[-1]
        assert (sent, payload) == (name, {"page": address})


@pytest.mark.parametrize(
    "page",
    [
        f"/invoices?layout={LATE}",
        "/orders?layout=L-9999-ZZZZ",
        f"/orders?layout={LATE}&status=open",
        f"/orders?status=open&layout={LATE}",
        "/orders?layout=L-3333-CCCC",
    ],
)
def test_only_ones_own_layouts_of_that_report_can_be_pinned(by_layouts: Ground, page: str) -> None:
    layout(by_layouts, "L-3333-CCCC", "K-900", "order", "Not shared")
    assert post(by_layouts.signed_in(), "/settings", "/favourites", pin=page).status_code == 404
    assert by_layouts.commands.sent == []
