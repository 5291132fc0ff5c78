"""From the balance on home to its course, and from a bar to what was open on that day: by keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from playwright.sync_api import Page, expect

Visit = Callable[..., Page]
LogIn = Callable[[Page, str], Page]


def test_the_balance_is_followed_back_to_what_was_open(visit: Visit, log_in: LogIn, size: str) -> None:
    page = log_in(visit(size), "accountant")
    page.get_by_role("region", name="Account balance").get_by_role("link", name=re.compile("^From ")).click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Charts")
    picture = page.get_by_role("group", name=re.compile("^Balance"))
    bars = picture.get_by_role("link")
    expect(bars).to_have_count(13)
    expect(picture.get_by_role("link", name=re.compile("^Today: "))).to_be_visible()
    spans = [bars.nth(place).bounding_box() for place in range(13)]
    assert all(box is not None and box["width"] >= 24 and box["height"] >= 24 for box in spans)

    # The table has the same figures, and is there for who does not look at pictures.
    section = page.locator("section", has=page.get_by_role("heading", name="How old it was"))
    section.get_by_text("The figures as a table").click()
    expect(section.get_by_role("row")).to_have_count(14)
    last = bars.nth(11).get_attribute("aria-label") or ""
    amount = _amount(last.partition(": ")[2])
    assert _amount(section.get_by_role("row").nth(2).get_by_role("cell").first.inner_text()) == amount != 0

    bars.nth(11).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Account balance on")
    page.wait_for_load_state()
    items = page.get_by_role("region", name="Open then").locator("tbody tr td:last-child").all_inner_texts()
    assert sum(map(_amount, items), Decimal()) == amount


def _amount(text: str) -> Decimal:
    return Decimal(re.sub(r"[^\d.\-].*$", "", text.replace(",", "").replace("\N{MINUS SIGN}", "-")))
