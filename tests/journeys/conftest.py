"""A browser for the journeys: Debian's Chromium, by Playwright; on a phone by pointer, on a desktop by keyboard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, ViewportSize, sync_playwright

from deploy.local import demo
from tests.support.portal import Portal
from tests.support.waiting import wait_until

CHROMIUM = Path("/usr/bin/chromium")
SIZES: dict[str, ViewportSize] = {"desktop": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}
KEYBOARD = SIZES["desktop"]["width"]
"""From this width on a journey goes by keyboard: what it clicks is stood on and pressed."""
_STAND = """found => {
  const at = found.closest("a[href], button, summary, input, select, textarea, [tabindex]")
    ?? found.closest("label")?.control;
  if (!at || at.tabIndex < 0 || at.disabled) return "";
  at.focus();
  return document.activeElement !== at ? "" : ["checkbox", "radio"].includes(at.type) ? "Space" : "Enter";
}"""
_OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(autouse=True)
def _by_keyboard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wide pages get keys instead of clicks; what the Tab key cannot reach fails the journey."""
    by_pointer = Locator.click

    def click(place: Locator, **how: Any) -> None:
        if (place.page.viewport_size or SIZES["phone"])["width"] < KEYBOARD:
            by_pointer(place, **how)
            return
        place.wait_for(state="visible")
        key = wait_until(lambda: place.evaluate(_STAND), 10, lambda: f"the keyboard on {place}")
        place.press(key)

    monkeypatch.setattr(Locator, "click", click)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser; where it is not installed this fails with what to do.

    One a file, for Playwright keeps an event loop in the thread of the tests, beside which `asyncio.run` does not work.
    """
    if not CHROMIUM.exists():
        pytest.fail(f"{CHROMIUM} is not installed: `make test` installs it, else `apt-get install chromium`.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_OPTIONS)
        yield browser
        browser.close()


@pytest.fixture(params=list(SIZES))
def size(request: pytest.FixtureRequest) -> str:
    """Each journey goes on a desktop and on a phone."""
    return str(request.param)


@pytest.fixture
def visit(chromium: Browser, portal: Portal) -> Iterator[Callable[..., Page]]:
    """Opens a fresh browser at the portal: `visit(size, script=True)`; complaints of the page fail the test."""
    opened: list[BrowserContext] = []
    complaints: list[str] = []

    def open_page(size: str = "desktop", script: bool = True) -> Page:
        context = chromium.new_context(
            viewport=SIZES[size], has_touch=size == "phone", java_script_enabled=script, base_url=portal.url
        )
        context.set_default_timeout(15_000)
        opened.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None
        )
        return page

    yield open_page
    for context in opened:
        context.close()
    assert not complaints


@pytest.fixture
def log_in() -> Callable[[Page, str], Page]:
    """Logs somebody of the demo in by role: `log_in(page, "buyer")`."""

    def enter(page: Page, role: str) -> Page:
        email, password = next((email, password) for name, email, password in demo.LOGINS if name == role)
        page.goto("/login")
        page.get_by_label("E-mail address").fill(email)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url("**/")
        return page

    return enter
