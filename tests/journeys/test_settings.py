"""Somebody opens their settings: who they are, what their company owes, and where they are logged in."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

Visit = Callable[..., Page]
LogIn = Callable[[Page, str], Page]


def test_settings_tell_the_account_and_sign_another_device_out(visit: Visit, log_in: LogIn, size: str) -> None:
    elsewhere = log_in(visit("desktop"), "accountant")
    page = log_in(visit(size), "accountant")
    balance = page.locator(".balance-amount").first.inner_text()
    page.locator("header.top summary").last.click()
    page.get_by_role("link", name="Settings and devices").click()
    expect(page.locator(".balance-amount").first).to_have_text(balance)
    expect(page.locator("#main")).to_contain_text("Hollis & Marr Mechanical Ltd")
    expect(page.locator("#main")).to_contain_text("United Kingdom")
    expect(page.locator("#main")).to_contain_text("Invoices report")
    devices = page.get_by_role("region", name="Devices")
    others = devices.get_by_role("button", name="Sign out").filter(has_not_text="Log out")
    before = others.count()
    others.first.click()
    expect(page.get_by_text("That device is signed out.")).to_be_visible()
    expect(others).to_have_count(before - 1)
    while others.count():
        others.first.click()
        page.wait_for_load_state()
    elsewhere.reload()
    expect(elsewhere).to_have_url(re.compile("/login"))
    page.locator("#main").get_by_role("button", name="Log out").first.click()
    expect(page.get_by_label("E-mail address")).to_be_visible()
