"""A company's own admin answers a colleague's request; staff look with a contact's eyes; one contact, two companies."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.journeys.people import contact_of
from tests.journeys.test_accessibility import violations
from tests.support.portal import Portal

Visit = Callable[..., Page]
LogIn = Callable[[Page, str], Page]
ELSEWHERE = "C10020"


def test_a_colleague_is_asked_for_and_let_in_by_the_companys_own_admin(portal: Portal, visit: Visit, size: str) -> None:
    asks, decides = visit(size), visit(size, script=size == "desktop")
    contact_of(portal, asks, "Ria Asks", f"ria-{size}@customer.example", "report_orders")
    contact_of(portal, decides, "Bea Boss", f"bea-{size}@customer.example", "company_admin", "report_orders")
    email = f"cara-{size}@customer.example"

    asks.get_by_role("navigation", name="Tasks").get_by_role("link", name="Request access").click()
    asks.get_by_label("Name").fill(f"Cara {size}")
    asks.get_by_label("E-mail address").fill(email)
    asks.get_by_label("Why").fill("She buys, too.")
    asks.get_by_label("Orders report").check()
    asks.get_by_role("button", name="Request access").click()
    expect(asks.get_by_text(re.compile("is on its way"))).to_be_visible()
    expect(asks.get_by_text("Waiting").first).to_be_visible()

    decides.goto("/company/requests")
    decides.get_by_role("link", name=f"Cara {size}").click()
    expect(decides.get_by_text("She buys, too.")).to_be_visible()
    decides.get_by_label("Orders report", exact=True).uncheck()
    decides.get_by_role("button", name="Approve and invite").click()
    expect(decides.get_by_text(re.compile("gets an invitation by mail"))).to_be_visible()
    decides.goto("/company/contacts")
    row = decides.get_by_role("row", name=re.compile(f"Cara {size}"))
    expect(row).to_contain_text("Invited")
    row.get_by_role("link").click()
    expect(decides.get_by_label("Support cases", exact=True)).to_be_checked()
    expect(decides.get_by_label("Orders report", exact=True)).not_to_be_checked()
    expect(decides.get_by_label("Invoices report", exact=True)).to_have_count(0)
    if size == "desktop":  # axe is a script, which the other browser runs none of
        assert violations(decides) == []

    asks.goto("/request-access")
    expect(asks.get_by_text("Approved").first).to_be_visible()


def test_staff_look_with_a_contacts_eyes_and_a_contact_changes_company(
    portal: Portal, visit: Visit, log_in: LogIn, size: str
) -> None:
    contact, admin = visit(size), log_in(visit(size, script=size == "desktop"), "portal admin")
    contact_id = contact_of(portal, contact, "Tessa Two", f"tessa-{size}@customer.example", "report_invoices")

    admin.goto(f"/contacts/{contact_id}/companies?q={ELSEWHERE}")
    admin.locator(f'a[href$="/companies/{ELSEWHERE}"]').click()
    admin.get_by_label("Support cases", exact=True).check()
    admin.get_by_role("button", name="Preview").click()
    preview = admin.get_by_role("region", name="What changes when this is saved")
    expect(preview).to_contain_text("Support cases: will see")
    preview.get_by_role("button", name=re.compile("^Add to ")).click()
    expect(admin.get_by_text(re.compile("can choose .* from the next click"))).to_be_visible()

    contact.goto("/invoices")
    invoices = contact.url
    contact.locator("summary", has_text=re.compile(".")).filter(has=contact.locator('use[href$="#buildings"]')).click()
    contact.locator(f'button[name="company"][value="{ELSEWHERE}"]').click()
    contact.wait_for_url("**/")
    answer = contact.goto(invoices)
    assert answer is not None
    assert answer.status == 403

    admin.goto(f"/contacts/{contact_id}")
    admin.get_by_role("button", name="View as Tessa Two", exact=True).click()
    banner = admin.get_by_role("region", name="Looking as a contact")
    expect(banner).to_contain_text("You see the portal as Tessa Two")
    admin.goto("/invoices")
    expect(admin.get_by_role("heading", level=1)).to_have_text("Invoices")
    admin.goto("/support/new")
    expect(banner).to_be_visible()
    admin.get_by_label("What is it about?").or_(admin.locator("#summary_line")).first.fill("x")
    admin.locator("#detail").fill("y")
    admin.locator("form.panel button[type=submit]").first.click()
    expect(admin.get_by_text("nothing can be changed").first).to_be_visible()
    admin.locator("summary").filter(has=admin.locator('use[href$="#buildings"]')).click()
    admin.locator(f'button[name="company"][value="{ELSEWHERE}"]').click()
    admin.wait_for_url("**/")
    answer = admin.goto(invoices)
    assert answer is not None
    assert answer.status == 403
    expect(banner).to_be_visible()
    banner.get_by_role("button", name="Back to my pages").click()
    admin.goto(f"/companies/{ELSEWHERE}")
    admin.locator(f'form[action="/contacts/{contact_id}/view-as"] button').click()
    expect(banner).to_be_visible()
    banner.get_by_role("button", name="Back to my pages").click()
    admin.goto(f"/contacts/{contact_id}/history")
    looked = admin.get_by_role("region", name="Looked at the portal as Tessa Two")
    expect(looked.get_by_role("listitem").filter(has_text="Mira Lang")).to_have_count(3)
