"""An admin gives somebody a first password over the telephone; they choose their own, and get in again after a lock."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

from playwright.sync_api import Page, expect

from chassis.messages import ALL_COMPANIES, Context
from deploy.local.demo_data.customers import MAIN
from tests.support.portal import Portal

Visit = Callable[..., Page]
LogIn = Callable[[Page, str], Page]
FIRST, OWN = "seven geese at noon", "four boats in harbour"


def enter(page: Page, email: str, password: str) -> None:
    """Fill in the log-in page and send it."""
    page.goto("/login")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def test_from_a_first_password_to_ones_own(visit: Visit, log_in: LogIn, portal: Portal, size: str) -> None:
    email = f"olga-{size}@customer.example"
    form = {"for_company": MAIN, "name": "Olga Nowak", "email": email}
    staff = Context(uuid4(), ALL_COMPANIES, "test", "test", "test-journey")
    contact = portal.commands.send("identity", "CreateContact", form, staff)["id"]

    admin = log_in(visit(size), "portal admin")
    admin.goto(f"/contacts/{contact}/sign-in")
    field = admin.get_by_label("First password")
    field.fill("hollis and marr")
    admin.get_by_role("button", name="Set password").click()
    expect(admin.get_by_role("alert")).to_contain_text("your company")
    expect(field).to_have_value("")
    field.fill(FIRST)
    admin.get_by_role("button", name="Show password").click()
    expect(field).to_have_attribute("type", "text")
    admin.get_by_role("button", name="Hide password").click()
    expect(field).to_have_attribute("type", "password")
    admin.get_by_role("button", name="Set password").click()
    expect(admin.get_by_text("Got a first password from an admin")).to_be_visible()

    page = visit(size, script=False)
    enter(page, email, FIRST)
    expect(page.get_by_role("heading", level=1)).to_have_text("Choose your own password")
    expect(page.get_by_role("button", name="Show password")).to_have_count(0)
    page.goto("/orders")
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in")
    page.goto("/login/password")
    for text in (FIRST, OWN):
        page.get_by_label("New password").fill(text)
        page.get_by_label("The same again").fill(text)
        page.get_by_role("button", name="Save password and go on").click()
        if text == FIRST:
            expect(page.get_by_role("alert")).to_contain_text("the password you were given")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Olga Nowak")

    for _ in range(6):
        enter(page := visit(size, script=False), email, "something else altogether")
    expect(page.get_by_role("alert")).to_contain_text("Too many tries")
    admin.reload()
    admin.get_by_role("button", name="Lift the lock").click()
    expect(admin.get_by_text("Not locked by wrong tries.")).to_be_visible()
    expect(admin.get_by_text("Lock after wrong tries lifted")).to_be_visible()
    enter(page, email, OWN)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Olga Nowak")
