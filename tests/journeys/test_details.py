"""An admin corrects a contact who goes on working, exports what is known of them, and erases them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.journeys.people import contact_of
from tests.journeys.test_accessibility import violations
from tests.support.portal import Portal

Visit = Callable[..., Page]
LogIn = Callable[[Page, str], Page]


def test_a_contact_is_corrected_exported_and_erased(portal: Portal, visit: Visit, log_in: LogIn, size: str) -> None:
    contact, admin = visit(size), log_in(visit(size, script=size == "desktop"), "portal admin")
    contact_id = contact_of(portal, contact, "Hana Weis", f"hana-{size}@customer.example")
    right = f"hanna-{size}@customer.example"

    admin.goto(f"/contacts/{contact_id}")
    admin.get_by_role("link", name="Correct details").click()
    looked_at(admin, size)
    admin.get_by_label("Name").fill("Hanna Weiss")
    admin.get_by_label("E-mail address").fill(right)
    admin.get_by_role("button", name="Save").click()
    expect(admin.get_by_text(f"Hanna Weiss logs in with {right} from now on")).to_be_visible()

    contact.goto("/settings")
    account = contact.get_by_role("region", name="Account")
    expect(account).to_contain_text("Hanna Weiss")
    expect(account).to_contain_text(right)
    account.get_by_role("link", name="Correct name or phone").click()
    looked_at(contact, "desktop")
    contact.get_by_label("Phone").fill("+49 40 77")
    contact.get_by_role("button", name="Save").click()
    expect(contact.get_by_text("Your details are corrected.")).to_be_visible()

    admin.goto(f"/contacts/{contact_id}/history")
    expect(admin.get_by_text("Details corrected")).to_have_count(2)
    admin.goto(f"/contacts/{contact_id}")
    with admin.expect_download() as download:
        admin.get_by_role("button", name="Export").click()
    told = json.loads(Path(download.value.path()).read_text())
    assert (told["details"]["name"], told["details"]["phone"]) == ("Hanna Weiss", "+49 40 77")

    admin.get_by_role("link", name="Erase…").click()
    looked_at(admin, size)
    admin.get_by_label("Type the name to confirm").fill("Hana Weis")
    admin.get_by_role("button", name="Erase for good").click()
    expect(admin.get_by_text("It is “Hanna Weiss”").first).to_be_visible()
    admin.get_by_label("Type the name to confirm").fill("Hanna Weiss")
    admin.get_by_role("button", name="Erase for good").click()
    expect(admin.get_by_role("heading", level=1)).to_have_text("(erased)")
    expect(admin.get_by_text("The personal data of this contact was erased.")).to_be_visible()
    contact.goto("/settings")
    expect(contact).to_have_url(re.compile("/login"))


def looked_at(page: Page, size: str) -> None:
    """Axe finds nothing; it is a script, which the phone's browser runs none of."""
    if size == "desktop":
        assert violations(page) == []
