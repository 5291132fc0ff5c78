"""A portal admin lets somebody in; what they may do holds at once."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

Visit = Callable[..., Page]
LogIn = Callable[[Page, str], Page]


def test_an_admin_creates_a_contact_who_accepts_the_invitation(visit: Visit, log_in: LogIn, size: str) -> None:
    admin = log_in(visit(size), "portal admin")
    admin.goto("/companies")
    admin.locator("tbody th a").first.click()
    admin.get_by_role("link", name="New contact").click()
    admin.get_by_label("Name").fill("Dana Frost")
    admin.get_by_label("E-mail address").fill(f"dana-{size}@customer.example")
    admin.get_by_label("Invoices report", exact=True).check()
    admin.get_by_role("button", name="Create contact").click()
    expect(admin.get_by_role("heading", level=1)).to_have_text("Dana Frost")
    expect(admin.get_by_label("Support cases", exact=True)).to_be_checked()
    admin.get_by_role("button", name="Make an invitation link").click()
    link = admin.get_by_label("Link").input_value()

    guest = visit(size)
    guest.goto(link)
    for field in guest.locator("input[type=password]").all():
        field.fill("a long enough pass phrase")
    guest.locator("main button[type=submit], main form button").last.click()
    if "/login" in guest.url:
        guest.get_by_label("E-mail address").fill(f"dana-{size}@customer.example")
        guest.get_by_label("Password").fill("a long enough pass phrase")
        guest.get_by_role("button", name="Log in").click()
    expect(guest.get_by_role("heading", level=1)).to_contain_text("Dana Frost")
    guest.goto("/invoices")
    expect(guest.get_by_role("heading", level=1)).to_have_text("Invoices")

    admin.get_by_label("Invoices report", exact=True).uncheck()
    admin.get_by_role("button", name="Preview").click()
    expect(admin.get_by_text(re.compile("Invoices report: could see .* will see none"))).to_be_visible()
    admin.get_by_role("button", name="Save permissions").click()
    expect(admin.get_by_text("Saved.")).to_be_visible()
    # The open page says so by itself; a click that came first would be refused as well.
    expect(guest.get_by_role("heading", level=1)).not_to_have_text("Invoices", timeout=30_000)
    answer = guest.goto("/invoices")
    assert answer is not None
    assert answer.status == 403


def test_a_wrong_password_says_so_and_keeps_the_address(visit: Visit) -> None:
    page = visit()
    page.goto("/login")
    page.get_by_label("E-mail address").fill("nobody@nowhere.example")
    page.get_by_label("Password").fill("wrong wrong wrong")
    page.get_by_role("button", name="Log in").click()

    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("E-mail address")).to_have_value("nobody@nowhere.example")


def test_a_page_without_a_session_leads_to_the_login(visit: Visit) -> None:
    page = visit()
    page.goto("/invoices")

    expect(page).to_have_url(re.compile("/login"))


def test_a_button_in_a_row_that_leads_somewhere_can_be_pressed(visit: Visit, log_in: LogIn, size: str) -> None:
    admin = log_in(visit(size), "portal admin")
    admin.goto("/companies/C10010")
    row = admin.get_by_role("row", name=re.compile("Tom Ashdown"))
    row.get_by_role("button").click()
    banner = admin.get_by_role("region", name="Looking as a contact")
    expect(banner).to_contain_text("You see the portal as Tom Ashdown")
    banner.get_by_role("button", name="Back to my pages").click()
    admin.goto("/companies/C10010")
    row.get_by_role("link", name="Tom Ashdown").click()
    expect(admin.get_by_role("heading", level=1)).to_have_text("Tom Ashdown")
