"""A portal admin makes the portal theirs: others see it at once, and a click takes it back."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

from PIL import Image
from playwright.sync_api import Page, expect

from services.identity.contract import colours

Visit = Callable[..., Page]
LogIn = Callable[[Page, str], Page]
LOGO = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><circle cx="20" cy="20" r="18" fill="#8a1538"/></svg>'
)
CHOSEN = "#f0a020"


def drawn() -> bytes:
    """A square as a WebP."""
    file = io.BytesIO()
    Image.new("RGB", (300, 300), "#8a1538").save(file, "WEBP")
    return file.getvalue()


def go(page: Page, path: str) -> None:
    """To that page, once nothing is being processed: without script, such a page asks for itself again meanwhile."""
    expect(page.locator("[data-pending]")).to_have_count(0, timeout=30_000)
    page.goto(path)


def press(page: Page, name: str) -> None:
    """Press a button, and say yes where the page asks."""
    with page.expect_navigation():
        page.get_by_role("button", name=name).first.click()
        if page.locator("dialog.ask").count():
            page.locator("dialog.ask .btn-primary").click()


def test_an_admin_makes_the_portal_theirs(visit: Visit, log_in: LogIn, size: str) -> None:
    buyer, admin = log_in(visit(size), "buyer"), log_in(visit(size, script=size == "desktop"), "portal admin")
    admin.get_by_role("navigation", name="Main").get_by_role("link", name="Administration").click()
    admin.get_by_role("main").get_by_role("link", name="Branding").click()
    picture = drawn() if size == "phone" else LOGO
    admin.get_by_label("File").set_input_files({"name": "logo", "mimeType": "text/plain", "buffer": picture})
    press(admin, "Use this logo")
    expect(admin.get_by_text("Saved.")).to_be_visible()
    admin.get_by_label("Name of the portal").fill(f"Weiß {size}")
    admin.get_by_label("Accent colour").fill(CHOSEN)
    admin.get_by_role("button", name="Save", exact=True).click()
    expect(admin.get_by_text(f"On light pages it is made darker: {CHOSEN}")).to_be_visible()

    stranger = visit(size)
    stranger.goto("/login")
    expect(stranger).to_have_title(re.compile(f"Weiß {size}"))
    logo = stranger.locator(".brand img")
    expect(logo).to_have_attribute("src", re.compile("^/branding/logo/"))
    assert logo.evaluate("picture => picture.complete && picture.naturalWidth > 0")
    shown = stranger.get_by_role("button", name="Log in").evaluate("one => getComputedStyle(one).backgroundColor")
    wanted = colours.palette(CHOSEN).light.accent
    assert shown == f"rgb({', '.join(str(int(wanted[at : at + 2], 16)) for at in (1, 3, 5))})"

    tabs = buyer.get_by_role("navigation", name="Main")
    expect(tabs.get_by_role("link", name="Documents")).to_be_visible()
    go(admin, "/administration/features")
    press(admin, "Switch off: Search documents")
    expect(admin.get_by_text("is switched off for everybody")).to_be_visible()
    # Nobody reloads: the open page follows.
    expect(tabs.get_by_role("link", name="Documents")).to_have_count(0, timeout=30_000)
    go(admin, "/administration/history")
    press(admin, "Undo: Search documents")
    expect(admin.get_by_text("what was before holds again")).to_be_visible()
    expect(tabs.get_by_role("link", name="Documents")).to_be_visible(timeout=30_000)

    go(admin, "/administration/menu")
    admin.get_by_role("link", name="New menu entry").click()
    admin.get_by_label("Title, English").fill(f"Returns {size}")
    admin.get_by_label("Text of the page, English").fill("Send it back **soon**.")
    admin.get_by_role("button", name="Save", exact=True).click()
    expect(admin.get_by_role("link", name=f"Returns {size}").first).to_be_visible()
    buyer.goto("/orders")
    if size == "phone":
        buyer.locator(".side-narrow > summary").click()
    buyer.get_by_role("link", name=f"Returns {size}").locator("visible=true").click()
    expect(buyer.get_by_role("heading", level=1)).to_have_text(f"Returns {size}")
    expect(buyer.locator(".own-text strong")).to_have_text("soon")

    press(admin, f"Remove Returns {size}")
    go(admin, "/administration/history?kind=setting")
    for what in ("Undo: Accent colour", "Undo: Name of the portal", "Undo: Logo"):
        press(admin, what)
        expect(admin.get_by_text("what was before holds again")).to_be_visible()
    stranger.reload()
    expect(stranger.locator('link[href^="/branding/"]')).to_have_count(0)
    expect(stranger.locator(".brand img")).to_have_attribute("src", re.compile("logo.svg$"))
