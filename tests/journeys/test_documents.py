"""A document's journey: read, its history, its PDF, a question about it, and the same again on the Order Pad."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect
from pypdf import PdfReader

Visit = Callable[..., Page]
LogIn = Callable[[Page, str], Page]


def test_a_document_is_read_printed_asked_about_and_ordered_again(visit: Visit, log_in: LogIn, size: str) -> None:
    page = log_in(visit(size), "buyer")
    page.goto("/orders?status=closed")
    page.locator("tbody th a").first.click()
    title = page.get_by_role("heading", level=1).inner_text()
    item = page.locator(".line-name + .muted").first.inner_text()
    total = page.locator(".hero-amount").inner_text()

    history = page.get_by_role("region", name="What happened")
    expect(history.get_by_text("Recorded")).to_be_visible()
    expect(history).to_contain_text("ERP")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it does not fit"

    with page.expect_download(timeout=90_000) as download:
        page.get_by_role("link", name="PDF").click()
    assert download.value.suggested_filename.endswith(".pdf")
    made = PdfReader(download.value.path())
    text = made.pages[0].extract_text()
    for fact in (title, item, f"1 / {len(made.pages)}"):
        assert fact in text
    assert re.sub(r"\s", "", total) in re.sub(r"\s", "", "".join(one.extract_text() for one in made.pages))

    page.get_by_role("link", name="Ask about this").click()
    expect(page.get_by_label("Summary")).to_have_value(title)
    expect(page.get_by_label("Your reference")).to_have_value(title.split()[-1])
    page.go_back()

    page.get_by_role("button", name="Order again").click()
    expect(page.get_by_text(f"The lines of {title} are on the pad; nothing is ordered yet.")).to_be_visible()
    expect(page.get_by_label("Item, line 1", exact=True)).to_have_value(item)
