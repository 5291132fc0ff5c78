"""A portal admin defines a role and gives it until a day; the contact's open page follows, and history has it all."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from chassis.statedb import StateDb
from deploy.local import demo
from tests.journeys.people import contact_of
from tests.support.portal import Portal

Visit = Callable[..., Page]
LogIn = Callable[[Page, str], Page]


def forget_proofs(portal: Portal) -> None:
    """As if everybody had logged in long ago."""
    with StateDb(portal.settings.state_db("gateway")).transaction() as db:
        db.execute("UPDATE sessions SET data = json_set(data, '$.proved', 0)")


def prove(page: Page, role: str) -> None:
    """Type a wrong password and then the right one where the page asks whether it is still this person."""
    expect(page.get_by_role("heading", level=1)).to_have_text("Is it still you?")
    page.get_by_label("Your password", exact=True).fill("not this one")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("This password is not right.")).to_be_visible()
    password = next(password for name, _email, password in demo.LOGINS if name == role)
    page.get_by_label("Your password", exact=True).fill(password)
    page.get_by_role("button", name="Go on").click()


def test_a_role_is_given_until_a_day_and_taken_away(portal: Portal, visit: Visit, log_in: LogIn, size: str) -> None:
    contact = visit(size)
    contact_id = contact_of(portal, contact, "Robin Vale", f"robin-{size}@customer.example")
    tabs = contact.get_by_role("navigation", name="Main")
    expect(tabs.get_by_role("link", name="Support")).to_be_visible()
    expect(tabs.get_by_role("link", name="Orders")).to_have_count(0)

    admin = log_in(visit(size, script=size == "desktop"), "portal admin")
    role = f"Buyer by {size}"
    admin.goto("/roles")
    admin.get_by_role("link", name="New role").click()
    admin.get_by_label("Name").fill(role)
    admin.get_by_label("Orders report").check()
    admin.get_by_role("button", name="Define role").click()
    expect(admin.get_by_role("link", name=role)).to_be_visible()

    admin.goto(f"/contacts/{contact_id}")
    admin.get_by_label(role, exact=True).check()
    admin.get_by_label(f"Last day of {role}").fill("2099-12-31")
    admin.get_by_role("button", name="Preview").click()
    preview = admin.get_by_role("region", name="What changes when this is saved")
    expect(preview).to_contain_text(re.compile(r"Orders report: will see [1-9][\d,]* orders.*; sees none now"))
    expect(preview).to_contain_text(f"Gets the role “{role}”.")
    expect(preview).to_contain_text("ends by itself after 31 Dec 2099")
    expect(tabs.get_by_role("link", name="Orders")).to_have_count(0)
    forget_proofs(portal)
    preview.get_by_role("button", name="Save permissions").click()
    prove(admin, "portal admin")
    expect(admin.get_by_text("Saved.")).to_be_visible()
    expect(admin.get_by_text("until 31 Dec 2099")).to_be_visible()

    # Nobody reloads: the menu of the open page follows.
    expect(tabs.get_by_role("link", name="Orders")).to_be_visible(timeout=30_000)
    tabs.get_by_role("link", name="Orders").click()
    expect(contact.get_by_role("heading", level=1)).to_have_text("Orders")

    admin.goto("/roles")
    admin.get_by_role("link", name=role).click()
    admin.get_by_role("link", name="Remove").click()
    expect(admin.get_by_text("1 contact loses: Orders report.")).to_be_visible()
    admin.get_by_role("button", name="Remove the role").click()
    expect(admin.get_by_text("was removed")).to_be_visible()
    expect(contact.get_by_role("heading", level=1)).not_to_have_text("Orders", timeout=30_000)
    answer = contact.goto("/orders")
    assert answer is not None
    assert answer.status == 403

    admin.goto(f"/contacts/{contact_id}/history")
    entries = admin.locator(".timeline li")
    expect(entries.nth(0)).to_contain_text(f"Role “{role}” removed")
    expect(entries.nth(0)).to_contain_text("Lost: Orders report")
    expect(entries.nth(1)).to_contain_text("Gained: Orders report")
    expect(entries.nth(1)).to_contain_text("Mira Lang")
    expect(entries.nth(1)).to_contain_text(f"{role} until 31 Dec 2099")
    admin.get_by_role("link", name="Who looked at this person’s data").click()
    expect(admin.get_by_role("row", name=re.compile("Mira Lang.*Contact.*Robin Vale")).first).to_be_visible()
    admin.goto("/companies/C10010/rights")
    row = admin.get_by_role("row", name=re.compile("Robin Vale")).first
    expect(row).to_contain_text("Support cases")
    expect(row).to_contain_text("changed that day")
