"""Somebody sets up an authenticator app, logs in with it by keyboard alone, loses it, and is helped by an admin."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from uuid import uuid4

import pyotp
from playwright.sync_api import Page, expect

from chassis.messages import ALL_COMPANIES, Context
from deploy.local.demo_data.customers import MAIN
from tests.support.portal import Portal

Visit = Callable[..., Page]
LogIn = Callable[[Page, str], Page]
PASSWORD = "four boats in harbour"


def signed_up(portal: Portal, email: str) -> str:
    """The id of a contact of the demo's main company with a password."""
    form = {"for_company": MAIN, "name": "Femke de Wit", "email": email}
    contact: str = portal.commands.send("identity", "CreateContact", form, _staff())["id"]
    invited = portal.commands.send("identity", "InviteContact", {"contact_id": contact}, _staff())["result"]
    accepting = {"token": invited["token"], "password": PASSWORD, "correlation_id": "test-journey"}
    assert portal.rpc.call("identity", "accept_invitation", accepting)["status"] == "done"
    return contact


def _staff() -> Context:
    return Context(uuid4(), ALL_COMPANIES, "test", "test", "test-journey")


def by_keyboard(page: Page, email: str) -> None:
    """The first step of logging in without a mouse: where the page puts the focus, one goes on typing."""
    page.goto("/login")
    expect(page.locator("[autofocus]")).to_be_focused()
    page.keyboard.type(email)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")


def set_up(page: Page) -> tuple[pyotp.TOTP, list[str]]:
    """Go through the pages that set the app up; the app, and the recovery codes."""
    page.goto("/settings")
    page.get_by_role("link", name="Set up an authenticator app").click()
    expect(page.get_by_alt_text("The key as a QR code")).to_be_visible()
    drawn = page.evaluate("document.querySelector('.qr').naturalWidth")
    assert drawn > 100, "the policy lets the picture be shown"
    app = pyotp.TOTP(page.locator(".secret-key").inner_text().replace(" ", ""))
    page.get_by_label("Code").fill("12345")
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_role("alert")).to_contain_text("This code is not right")
    page.get_by_label("Code").fill(app.now())
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your recovery codes")
    page.wait_for_load_state()
    codes = page.locator(".codes code").all_inner_texts()
    assert len(codes) == 10
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("10 recovery codes left")).to_be_visible()
    return app, codes


def test_a_second_factor_from_set_up_to_its_loss(visit: Visit, log_in: LogIn, portal: Portal, size: str) -> None:
    email = f"femke-{size}@customer.example"
    contact = signed_up(portal, email)
    page = visit(size)
    by_keyboard(page, email)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Femke de Wit")
    app, codes = set_up(page)

    elsewhere = visit(size)
    by_keyboard(elsewhere, email)
    expect(elsewhere.get_by_role("heading", level=1)).to_have_text("Enter your code")
    expect(elsewhere.locator("[autofocus]")).to_be_focused()
    # The code of now went into setting it up, and each works once: the next one is taken already.
    elsewhere.keyboard.type(app.at(int(time.time()) + 30))
    elsewhere.keyboard.press("Enter")
    expect(elsewhere.get_by_role("heading", level=1)).to_contain_text("Femke de Wit")
    elsewhere.goto("/settings")
    expect(elsewhere.get_by_text("by password and app")).to_be_visible()

    without_app = visit(size, script=False)
    by_keyboard(without_app, email)
    without_app.get_by_text("I do not have my app here").click()
    without_app.get_by_label("Recovery code").fill(codes[0].upper())
    without_app.get_by_role("button", name="Log in with it").click()
    without_app.goto("/settings")
    expect(without_app.get_by_text("9 recovery codes left")).to_be_visible()
    without_app.get_by_role("link", name="New recovery codes").click()
    without_app.get_by_label("Password").fill(PASSWORD)
    without_app.get_by_label("Code").fill(codes[0])
    without_app.get_by_role("button", name="Make new codes").click()
    expect(without_app.get_by_role("alert")).to_contain_text("This code is not right")

    admin = log_in(visit(size), "portal admin")
    admin.goto(f"/contacts/{contact}")
    admin.get_by_role("button", name="Remove lost authenticator app").click()
    admin.get_by_role("dialog").get_by_role("button", name=re.compile("Remove|Yes|OK|Go on", re.I)).click()
    expect(admin.get_by_text("passkeys and codes are removed")).to_be_visible()
    again = visit(size)
    by_keyboard(again, email)
    expect(again.get_by_role("heading", level=1)).to_contain_text("Femke de Wit")
