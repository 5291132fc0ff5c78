"""What axe finds on the pages, light and dark, on a phone and on a desktop: nothing.

Also from right to left. Then what axe does not see: in forced colours with the text twice as large, and by keyboard
alone.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from gateway.frame import LANGUAGE_COOKIE
from tests.journeys.conftest import SIZES

Visit = Callable[..., Page]
LogIn = Callable[[Page, str], Page]
PUBLIC = ("/login", "/forgot")
CUSTOMER = (
    "/",
    "/orders",
    "/orders/31235",
    "/invoices?group=branch",
    "/quotes",
    "/balance",
    "/exports",
    "/layouts/invoice",
    "/statement",
    "/charts",
    "/charts/orders",
    "/balance/past?on=2026-01-31",
    "/order-pad",
    "/support?summary_has=scanner&group=status",
    "/support/new",
    "/projects",
    "/projects/PR-2041",
    "/add-ons",
    "/search?q=8",
    "/settings",
    "/settings/mails",
    "/settings/password",
    "/settings/passkeys",
    "/settings/second-factor",
    "/request-access",
)
STAFF = (
    "/",
    "/companies",
    "/companies/C10010",
    "/companies/C10010/contacts/new",
    "/requests",
    "/roles",
    "/roles/new",
    "/desk",
    "/sync",
    "/sync/postings",
    "/companies/C10010/rights",
    "/mails",
    "/outbox",
    "/mails/texts",
    "/mails/texts/invitation/en",
    "/mails/sender",
    "/administration",
    "/administration/branding",
    "/administration/menu",
    "/administration/menu/new",
    "/administration/features",
    "/administration/licences",
    "/administration/history",
    "/administration/looks",
    "/administration/sign-in",
)
NARROWED = (
    "/",
    "/orders",
    "/orders/31235",
    "/statement",
    "/layouts/order",
    "/charts",
    "/order-pad",
    "/support/new",
    "/settings",
    "/search?q=8",
)
_WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_UNSEEN = """() => {
  const at = document.activeElement, style = getComputedStyle(at);
  const seen = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  const drawn = at.querySelector(".hit");  // a chart draws it round the place itself
  const framed = drawn && getComputedStyle(drawn).stroke !== "none";
  return [at === document.body, seen || framed ? "" : at.outerHTML.slice(0, 120)];
}"""


ALL = os.environ.get("PORTICO_AXE") == "all"
"""Every page that links lead to in all eight combinations, for everybody of the demo: too long for each run."""
ROLES = {"buyer": CUSTOMER, "portal admin": STAFF, **({"accountant": CUSTOMER, "support agent": STAFF} if ALL else {})}
EVERY = tuple((role, *how) for role in ROLES for how in product(("light", "dark"), SIZES, ("en", "ar")))
PAIRS = (("light", "phone", "en"), ("light", "desktop", "ar"), ("dark", "phone", "ar"), ("dark", "desktop", "en"))
SOME = tuple((role, *how) for role in ROLES for how in PAIRS)
"""Every page in any two of colours, size and direction together."""


@pytest.mark.timeout(900 if ALL else 180)
@pytest.mark.parametrize(("role", "scheme", "size", "language"), EVERY if ALL else SOME)
def test_axe_finds_nothing(
    visit: Visit, log_in: LogIn, role: str, scheme: Literal["light", "dark"], size: str, language: str
) -> None:
    page = visit(size)
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    log_in(page, role)
    page.context.add_cookies([{"name": LANGUAGE_COOKIE, "value": language, "url": page.url}])
    found = []
    for path in _linked(page, ROLES[role]) if ALL else ROLES[role]:
        answer = page.goto(path)
        if answer is None or answer.status == 404:  # not for this role
            assert path in (ROLES[role] if role in ("accountant", "support agent") else ()), path
            continue
        assert str(page.locator("html").get_attribute("lang")).startswith(language)
        found += violations(page) + _too_wide(page)
    if role == "portal admin" and language == "en":
        found += _of_a_contact(page)
    page.context.clear_cookies()
    page.context.add_cookies([{"name": LANGUAGE_COOKIE, "value": language, "url": page.url}])
    for path in PUBLIC:
        page.goto(path)
        found += violations(page) + _too_wide(page)
    assert not found, "\n".join(found)


def _linked(page: Page, first: Iterable[str]) -> Iterator[str]:
    """The first paths, and those that links of the page at hand lead to once it was opened: of documents, people, mails
    and texts of mails one each, and one with a filter."""
    waiting, seen = list(first), set()
    while waiting:
        path = waiting.pop(0)
        alike = re.sub(r"/mails/texts/.+|/(?=[^/]*\d)[^/]+", "/1", path.partition("?")[0]), "?" in path
        if alike in seen or path.endswith(("/pdf", "/file", "/html")):  # no page, or one of a mail in a sandbox
            continue
        seen.add(alike)
        yield path
        links = page.eval_on_selector_all("a[href^='/']", "all => all.map(one => one.getAttribute('href'))")
        waiting += [link.partition("#")[0] for link in links]


def _of_a_contact(page: Page) -> list[str]:
    """Of the pages of the first contact in the list of who could do what: history, rights, preview, their eyes."""
    page.goto("/companies/C10010/rights")
    page.locator("tbody th a").first.click()
    found = violations(page)
    page.goto(page.url.removesuffix("/history"))
    found += violations(page)
    page.get_by_label("Place orders", exact=True).click()
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("region", name="What changes when this is saved").wait_for()
    found += violations(page)
    page.get_by_role("link", name="Add to another company").click()
    found += violations(page)
    page.goto(page.url.partition("/companies")[0])
    page.get_by_role("button", name="View as").click()
    page.wait_for_url("**/")
    found += violations(page)
    page.get_by_role("button", name="Back to my pages").click()
    return found


def violations(page: Page) -> list[str]:
    """What axe finds on the page."""
    results = Axe().run(page)
    return [
        f"{page.url}: {one['id']}: {one['help']}: {one['nodes'][0]['target']} {one['nodes'][0]['html'][:160]}"
        for one in results.response["violations"]
    ]


def test_forced_colours_and_text_of_twice_the_size(visit: Visit, log_in: LogIn, size: str) -> None:
    """Nothing lies beyond the page's side, and what the keyboard stands on is seen."""
    page = visit(size)
    page.emulate_media(forced_colors="active", reduced_motion="reduce")
    log_in(page, "buyer")
    found = []
    for path in NARROWED:
        page.goto(path)
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        found += _too_wide(page) + _without_focus(page)
    assert not found, "\n".join(found)


def test_the_frame_by_keyboard(visit: Visit, log_in: LogIn) -> None:
    page = visit("desktop")
    log_in(page, "buyer")
    page.goto("/orders")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Place an order")).to_be_focused()
    menu = page.locator("summary", has_text="Layout and export")
    menu.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="As the report is")).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu).to_be_focused()
    expect(page.get_by_role("link", name="As the report is")).to_be_hidden()
    menu.press("Enter")
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("link", name="As the report is")).to_be_hidden()
    page.locator(".side-wide").get_by_role("button", name="Add Deliveries to favourites").press("Enter")
    expect(page.locator(".side-wide").get_by_role("button", name="Remove Deliveries").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".side-wide").get_by_role("button", name="Add Deliveries to favourites")).to_be_focused()


def test_the_tab_at_hand_is_in_sight_on_a_phone(visit: Visit, log_in: LogIn) -> None:
    page = visit("phone")
    log_in(page, "buyer")
    page.goto("/add-ons")
    here = page.locator(".tabs [aria-current]")
    box = here.bounding_box()
    assert box
    assert 0 <= box["x"] <= 390 - box["width"], box


def _too_wide(page: Page) -> list[str]:
    """The page, where one has to move it sideways."""
    beyond = page.evaluate(_WIDER)
    return [f"{page.url}: {beyond} pixels too wide"] if beyond > 0 else []


def _without_focus(page: Page) -> list[str]:
    """What the first of the Tab key's stops do not show themselves."""
    page.evaluate("document.activeElement.blur()")
    found = set()
    for _stop in range(45):
        page.keyboard.press("Tab")
        ended, unseen = page.evaluate(_UNSEEN)
        if ended:
            break
        if unseen:
            found.add(f"{page.url}: no focus on {unseen}")
    return sorted(found)
