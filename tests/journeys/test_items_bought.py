"""What was bought: found by words, by month and by item, followed to the invoices behind it, taken along as a file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

Visit = Callable[..., Page]
LogIn = Callable[[Page, str], Page]


def test_items_are_found_grouped_followed_and_exported(visit: Visit, log_in: LogIn, size: str) -> None:
    page = log_in(visit(size, script=size == "desktop"), "buyer")
    page.goto("/items-bought")
    item = page.locator("tbody th").first.inner_text().strip()
    every = page.locator("tbody tr").count()

    page.get_by_label("Item number or description").fill(item.lower())
    page.get_by_role("button", name="Filter").click()
    page.wait_for_url(re.compile(r"/items-bought\?"))
    expect(page.locator("tbody th").first).to_have_text(item)
    found = page.locator("tbody tr").count()
    assert 1 <= found < every

    page.get_by_text("Layout and export").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    lines = list(csv.reader(io.StringIO(Path(download.value.path()).read_text(encoding="utf-8-sig"))))
    assert [line[0] for line in lines[1:]] == page.locator("tbody th").all_inner_texts()

    page.goto("/items-bought?group=date")
    months = page.locator("tr.group")
    assert 1 <= months.count() < every
    expect(months.first).to_contain_text("20")
    page.goto(f"/items-bought?q={item}")
    page.locator("tbody th").get_by_role("link", name=item, exact=True).first.click()
    expect(page.get_by_role("heading", name="Invoices")).to_be_visible()
    hits = page.locator(".hit-name")
    expect(hits.first).to_be_visible()
    hits.first.click()
    expect(page.get_by_role("table").filter(has_text=item).first).to_be_visible()
