"""A person chooses columns, keeps them under a name, and takes the rows along as an Excel file."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import openpyxl
from playwright.sync_api import Page, expect

Visit = Callable[..., Page]
LogIn = Callable[[Page, str], Page]


def test_columns_are_chosen_kept_and_exported(visit: Visit, log_in: LogIn, size: str) -> None:
    page = log_in(visit(size, script=size == "desktop"), "buyer")
    page.goto("/invoices?status=paid")
    page.get_by_text("Layout and export").click()
    page.get_by_role("link", name="Columns, groups and layouts").click()

    page.get_by_role("checkbox", name="Your reference").uncheck()
    page.get_by_role("button", name="Move Status up").click()
    page.get_by_role("combobox", name="Grouped by").select_option(label="Branch")
    name = f"By branch, {size}"
    page.get_by_role("textbox", name="Name", exact=True).fill(name)
    page.get_by_role("button", name="Save as a new layout").click()

    expect(page).to_have_url(re.compile("/invoices\\?status=paid&layout=L-"))
    expect(page.locator("tbody tr.group").first).to_be_visible()
    page.get_by_role("button", name=f"Add {name} to favourites").click()
    expect(page.locator(".pin-here")).to_have_attribute("name", "unpin")
    page.goto("/")
    if size == "phone":
        page.locator("summary", has_text="Menu").click()
    page.get_by_role("link", name=name).click()
    expect(page).to_have_url(re.compile("/invoices\\?layout=L-"))
    page.get_by_text("Layout and export").click()
    expect(page.locator(".menu-box").get_by_role("link", name=name)).to_have_attribute("aria-current", "true")
    with page.expect_download() as download:
        page.get_by_role("button", name="Excel").click()
    book = openpyxl.load_workbook(io.BytesIO(Path(download.value.path()).read_bytes()))
    heads = [cell.value for cell in book["Invoices"][1]]
    assert "Your reference" not in heads
    assert heads.index("Status") < heads.index("Open")
    page.goto("/invoices?layout=L-0000-0000")
    expect(page.get_by_text("not there any more, or not yours to see")).to_be_visible()
