"""Somebody adds a passkey, logs in with it alone and after the password, loses it, and comes in by a recovery code."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

from playwright.sync_api import Page, expect

from chassis.messages import ALL_COMPANIES, Context
from deploy.local.demo_data.customers import MAIN
from tests.support.portal import Portal

Visit = Callable[..., Page]
PASSWORD = "four boats in harbour"
_DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


class Device:
    """Chromium's own virtual authenticator in a page's browser."""

    def __init__(self, page: Page) -> None:
        self._tool = page.context.new_cdp_session(page)
        self._tool.send("WebAuthn.enable")
        self._id = self._tool.send("WebAuthn.addVirtualAuthenticator", {"options": _DEVICE})["authenticatorId"]

    def refuse(self, refuses: bool) -> None:
        """Have it not know its owner, or know them again."""
        told = {"authenticatorId": self._id, "isUserVerified": not refuses}
        self._tool.send("WebAuthn.setUserVerified", told)

    def lose(self) -> None:
        """All passkeys on it are gone."""
        self._tool.send("WebAuthn.clearCredentials", {"authenticatorId": self._id})


def signed_up(portal: Portal, email: str) -> None:
    """A contact of the demo's main company with a password."""
    form = {"for_company": MAIN, "name": "Rosa Blum", "email": email}
    contact = portal.commands.send("identity", "CreateContact", form, _staff())["id"]
    invited = portal.commands.send("identity", "InviteContact", {"contact_id": contact}, _staff())["result"]
    accepting = {"token": invited["token"], "password": PASSWORD, "correlation_id": "test-journey"}
    assert portal.rpc.call("identity", "accept_invitation", accepting)["status"] == "done"


def _staff() -> Context:
    return Context(uuid4(), ALL_COMPANIES, "test", "test", "test-journey")


def by_password(page: Page, email: str) -> None:
    """The first step."""
    page.goto("/login")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()


def log_out(page: Page) -> None:
    """End the session where it is shown."""
    page.goto("/settings")
    page.get_by_role("button", name="Sign out").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in")


def test_a_passkey_from_its_making_to_its_loss(visit: Visit, portal: Portal, size: str) -> None:
    email = f"rosa-{size}@customer.example"
    signed_up(portal, email)
    page = visit(size)
    device = Device(page)
    by_password(page, email)
    page.goto("/settings/passkeys")
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Password").fill(PASSWORD)
    device.refuse(True)
    page.get_by_role("button", name="Add passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("No passkey was shown")
    device.refuse(False)
    page.get_by_role("button", name="Add passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your recovery codes")
    page.wait_for_load_state()
    codes = page.locator(".codes code").all_inner_texts()
    page.goto("/settings/passkeys/new")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Add passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("has a passkey of yours already")

    log_out(page)
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Use a passkey").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Rosa Blum")
    page.goto("/settings")
    expect(page.get_by_text("by passkey")).to_be_visible()
    log_out(page)
    by_password(page, email)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Rosa Blum")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Rosa Blum")
    page.goto("/settings/passkeys")
    expect(page.get_by_text("last used")).to_be_visible()

    log_out(page)
    device.lose()
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_role("button", name="Use passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("No passkey was shown")
    by_password(page, email)
    page.get_by_text("I do not have my passkey here").click()
    page.get_by_label("Recovery code").fill(codes[0])
    page.get_by_role("button", name="Log in with it").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Rosa Blum")
    page.goto("/settings/passkeys")
    page.get_by_role("link", name="Remove").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Remove passkey").click()
    expect(page.get_by_text("No passkeys yet.")).to_be_visible()
    log_out(page)
    by_password(page, email)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Rosa Blum")
