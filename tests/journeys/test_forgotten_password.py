"""Somebody forgets the password: from the log-in page over the mail to a new one, and the old one is gone."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import uuid4

from playwright.sync_api import Page, expect

from chassis.messages import ALL_COMPANIES, Context
from deploy.local.demo_data.customers import MAIN
from tests.support.portal import Portal
from tests.support.waiting import wait_until

Visit = Callable[..., Page]
LogIn = Callable[[Page, str], Page]
OLD, NEW = "four boats in harbour", "six swans on a lake"


def signed_up(portal: Portal, email: str) -> None:
    """A contact of the demo's main company with a password of their own."""
    form = {"for_company": MAIN, "name": "Nour Haddad نور", "email": email}
    contact = portal.commands.send("identity", "CreateContact", form, _staff())["id"]
    invited = portal.commands.send("identity", "InviteContact", {"contact_id": contact}, _staff())["result"]
    accepting = {"token": invited["token"], "password": OLD, "correlation_id": "test-journey"}
    assert portal.rpc.call("identity", "accept_invitation", accepting)["status"] == "done"


def _staff() -> Context:
    return Context(uuid4(), ALL_COMPANIES, "test", "test", "test-journey")


def try_to_log_in(page: Page, email: str, password: str) -> None:
    """Fill in the log-in page and send it."""
    page.goto("/login")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def test_a_forgotten_password_is_replaced_by_way_of_the_mail(
    visit: Visit, log_in: LogIn, portal: Portal, size: str
) -> None:
    email = f"nour-{size}@customer.example"
    signed_up(portal, email)
    page, elsewhere = visit(size), visit(size)
    try_to_log_in(elsewhere, email, OLD)
    expect(elsewhere.get_by_role("heading", level=1)).to_contain_text("Nour Haddad")

    page.goto("/login")
    page.get_by_role("link", name="Forgot your password?").click()
    page.get_by_label("E-mail address").fill(email)
    page.get_by_role("button", name="Mail me a link").click()
    expect(page.get_by_text("a mail with a link to a new password is on its way")).to_be_visible()

    admin = log_in(visit(size), "portal admin")
    admin.goto("/mails")
    admin.get_by_role("link", name="Outbox of this installation").click()
    mail = admin.get_by_role("row", name=re.compile(f"Choose a new password.*{email}"))

    def is_there() -> bool:
        admin.reload()
        return mail.count() > 0

    wait_until(is_there, 30, "the mail in the outbox")
    mail.get_by_role("link").click()
    link = admin.get_by_role("link", name="reset").get_attribute("href")

    page.goto(str(link))
    expect(page.get_by_text(f"For {email}")).to_be_visible()
    page.get_by_label("New password").fill(NEW)
    page.get_by_label("The same again").fill(NEW)
    page.get_by_role("button", name="Save password").click()
    expect(page.get_by_text("Your new password holds from now on")).to_be_visible()
    elsewhere.reload()
    expect(elsewhere).to_have_url(re.compile("/login"))
    try_to_log_in(elsewhere, email, OLD)
    expect(elsewhere.get_by_role("alert")).to_be_visible()
    try_to_log_in(page, email, NEW)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Nour Haddad")
    page.goto(str(link))
    expect(page.get_by_role("heading", level=1)).to_have_text("This link is no longer valid")
