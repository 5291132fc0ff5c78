"""People log in at their company's own provider: who it brings may do what the mapping gives, and admins read it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
import yaml
from playwright.sync_api import Page, expect

from deploy.local.demo_data.customers import MAIN
from tests.journeys.test_accessibility import violations
from tests.support.portal import Portal
from tests.support.provider import real_provider, tell

Visit = Callable[..., Page]
LogIn = Callable[[Page, str], Page]
STYLES = "https://cdn.jsdelivr.net/**"
"""Where the provider's own pages have theirs from: nothing is fetched from there."""


@pytest.fixture(scope="module")
def issuer(portal: Portal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real provider that speaks for the demo's main customer, and brings its buyers."""
    folder = tmp_path_factory.mktemp("sso")
    (folder / "secret").write_text("hush\n")
    nobody = portal.providers.read_text()
    with real_provider(folder) as issuer:
        buyers = {"group": "buyers", "company": MAIN, "permissions": ["open_cases", "see_balance"]}
        hollis = {
            "key": "hollis",
            "name": "Hollis account",
            "issuer": issuer,
            "client_id": "portico",
            "secret_file": str(folder / "secret"),
            "companies": [MAIN],
            "scopes": ["openid", "email", "profile", "groups"],
            "rules": [buyers],
        }
        portal.providers.write_text(yaml.safe_dump({"providers": [hollis]}))
        yield issuer
    portal.providers.write_text(nobody)


def go_there(page: Page, subject: str) -> None:
    """From the log-in page to the provider, there as this person, and back."""
    page.get_by_role("link", name="Log in with Hollis account").click()
    page.get_by_placeholder("sub").fill(subject)
    page.get_by_role("button", name="Authorize").click()


def test_somebody_comes_in_by_their_companys_provider(
    visit: Visit, log_in: LogIn, issuer: str, portal: Portal, size: str
) -> None:
    proven = {"email_verified": True}
    tell(issuer, f"nora-{size}", email=f"nora-{size}@hollis.example", name="Nora Prior", groups=["buyers"], **proven)
    tell(issuer, f"guest-{size}", email=f"guest-{size}@hollis.example", name="Gus Guest", groups=["guests"], **proven)
    page = visit(size)
    page.route(STYLES, lambda route: route.abort())
    page.goto("/settings")
    assert violations(page) == []
    go_there(page, f"guest-{size}")
    expect(page.get_by_role("alert")).to_contain_text("has no account for you. Ask your company")
    expect(page.get_by_label("Password")).to_be_visible()

    go_there(page, f"nora-{size}")
    expect(page).to_have_url(f"{portal.url}/settings")
    expect(page.locator("#main")).to_contain_text("by single sign-on")
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Nora Prior")
    expect(page.locator(".balance-amount").first).to_be_visible()
    expect(page.get_by_role("link", name="Order Pad")).to_have_count(0)
    expect(page.get_by_role("navigation", name="Main").get_by_role("link", name="Support")).to_be_visible()

    page.locator("header.top summary").last.click()
    page.get_by_role("button", name="Log out").first.click()
    page.get_by_role("link", name="Log out of Hollis account, too").click()
    page.get_by_role("button", name="End session").click()
    expect(page).to_have_url(f"{portal.url}/login")

    admin = log_in(visit(size), "portal admin")
    admin.goto("/administration/sign-in")
    told = admin.get_by_role("region", name="Single sign-on")
    for said in (
        "Hollis account",
        issuer,
        f"{portal.url}/login/back/hollis",
        "Group “buyers”",
        "has no account for you",
    ):
        expect(told).to_contain_text(said)
    expect(told.locator("dt", has_text="Last log-in that worked").locator("+ dd")).to_have_text(re.compile(r"\d"))
    assert violations(admin) == []
