"""A customer and an admin in the pseudo-locale: what does not go through the catalogues is seen, and what does not fit.

And a customer who chooses Arabic before logging in: the page is turned round, and keeps within the screen.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from deploy.local import demo
from tests.journeys.test_accessibility import CUSTOMER, STAFF

Visit = Callable[..., Page]

# What is said by the page itself, not what it shows of somebody's data.
SAID = """() => {
  const own = 'h1,h2,h3,label,legend,caption,dt,th[scope=col],button,summary,nav a,.btn,'
    + '.note p,.field-help,.muted,.panel-foot a';
  const ours = (one) => one.closest('[lang]') === document.documentElement;
  // What may break at a <wbr> is an address.
  const whole = (one) => !one.querySelector(':scope > wbr');
  const texts = [...document.querySelectorAll(own)].filter(ours).filter(whole).flatMap((one) => [...one.childNodes]
    .filter((node) => node.nodeType === Node.TEXT_NODE)
    .map((node) => node.textContent.trim()));
  for (const name of ['aria-label', 'title', 'placeholder', 'alt', 'data-busy', 'data-confirm'])
    for (const one of document.querySelectorAll(`[${name}]`)) texts.push(one.getAttribute(name).trim());
  return [...new Set(texts)];
}"""
WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
DATA = re.compile(
    r"\d|@|Tarnbrook|Hollis|depot|Priya|Mira|Approval Flow|EDI Link|Label Designer|Van Stock|Warehouse Scanner"
    r"|^SW-|^Chrome|^GBP$|^pc$|^pack$|\.csv$|/"
)


def log_in(page: Page, role: str, language: str) -> None:
    """Choose the language before log-in, then log in, without reading a word."""
    email, password = next((email, password) for name, email, password in demo.LOGINS if name == role)
    page.goto("/login")
    page.locator(f'button[name=portico_lang][value="{language}"]').click()
    page.wait_for_function(f"document.querySelector('button[value=\"{language}\"][aria-current]') !== null")
    page.locator("[name=email]").fill(email)
    page.locator("[name=password]").fill(password)
    page.locator('form[action="/login"] button[type=submit]').click()
    page.wait_for_url("**/")


def plain_english(page: Page) -> list[str]:
    """What the page says that was not disguised; and by how much it is wider than the screen."""
    said = [text for text in page.evaluate(SAID) if re.search("[A-Za-z]{2}", text)]
    found = [f"{page.url}: {text}" for text in said if not text.startswith("[") and not DATA.search(text)]
    wider = page.evaluate(WIDER)
    return [*found, *([f"{page.url} is {wider} pixels too wide"] if wider else [])]


@pytest.mark.parametrize(("role", "pages"), [("buyer", CUSTOMER), ("portal admin", STAFF)], ids=["customer", "staff"])
def test_every_text_goes_through_the_catalogues_and_has_room(
    visit: Visit, size: str, role: str, pages: tuple[str, ...]
) -> None:
    page = visit(size)
    log_in(page, role, "en-XA")
    found = []
    for path in pages:
        page.goto(path)
        found += plain_english(page)
    assert not found, "\n".join(found)


def test_arabic_runs_from_right_to_left(visit: Visit, size: str) -> None:
    """What axe finds so is in test_accessibility.py."""
    page = visit(size)
    log_in(page, "buyer", "ar")
    assert page.locator("html").get_attribute("dir") == "rtl"
    brand, user = page.locator(".brand").bounding_box(), page.locator("details.menu").last.bounding_box()
    assert brand is not None
    assert user is not None
    assert brand["x"] > user["x"]
