"""What axe finds on the pages, light and dark, on a phone and on a desktop: nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

Visit = Callable[..., Page]
LogIn = Callable[[Page, str], Page]
CUSTOMER = (
    "/",
    "/orders",
    "/invoices?group=branch",
    "/layouts/invoice",
    "/statement",
    "/charts",
    "/charts/orders",
    "/balance/past?on=2026-01-31",
    "/order-pad",
    "/support",
    "/support/new",
    "/projects",
    "/add-ons",
    "/search?q=8",
    "/settings",
    "/settings/mails",
    "/request-access",
)
STAFF = (
    "/",
    "/companies",
    "/companies/C10010",
    "/companies/C10010/contacts/new",
    "/requests",
    "/roles",
    "/roles/new",
    "/desk",
    "/sync",
    "/sync/postings",
    "/companies/C10010/rights",
    "/mails",
    "/outbox",
    "/mails/texts",
    "/mails/texts/invitation/en",
    "/mails/sender",
    "/administration",
    "/administration/branding",
    "/administration/menu",
    "/administration/menu/new",
    "/administration/features",
    "/administration/licences",
    "/administration/history",
    "/administration/sign-in",
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("role", "pages"), [("buyer", CUSTOMER), ("portal admin", STAFF)], ids=["customer", "staff"])
def test_axe_finds_nothing(
    visit: Visit, log_in: LogIn, size: str, scheme: str, role: str, pages: tuple[str, ...]
) -> None:
    page = visit(size)
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    page.goto("/login")
    found = violations(page)
    page.goto("/forgot")
    found += violations(page)
    log_in(page, role)
    for path in pages:
        page.goto(path)
        found += violations(page)
    if role == "portal admin":
        found += _of_a_contact(page)
    assert not found, "\n".join(found)


def _of_a_contact(page: Page) -> list[str]:
    """Of the pages of the first contact in the list of who could do what: history, rights, preview, their eyes."""
    page.goto("/companies/C10010/rights")
    page.locator("tbody th a").first.click()
    found = violations(page)
    page.goto(page.url.removesuffix("/history"))
    found += violations(page)
    page.get_by_label("Place orders", exact=True).click()
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("region", name="What changes when this is saved").wait_for()
    found += violations(page)
    page.get_by_role("link", name="Add to another company").click()
    found += violations(page)
    page.goto(page.url.partition("/companies")[0])
    page.get_by_role("button", name="View as").click()
    page.wait_for_url("**/")
    found += violations(page)
    page.get_by_role("button", name="Back to my pages").click()
    return found


def violations(page: Page) -> list[str]:
    """What axe finds on the page."""
    results = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
    return [
        f"{page.url}: {one['id']}: {one['help']}: {one['nodes'][0]['target']} {one['nodes'][0]['html'][:160]}"
        for one in results.response["violations"]
    ]
