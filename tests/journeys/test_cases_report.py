"""A person looks for a case among their company's, and takes the list along."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

Visit = Callable[..., Page]
LogIn = Callable[[Page, str], Page]


def test_a_case_is_found_by_its_text_and_the_list_is_a_file(visit: Visit, log_in: LogIn, size: str) -> None:
    page = log_in(visit(size, script=size == "desktop"), "buyer")
    page.goto("/support")
    page.get_by_text("More criteria").click()
    page.get_by_label("Summary contains").fill("SCANNER LOGS")
    page.get_by_role("button", name="Filter", exact=True).click()

    expect(page).to_have_url(re.compile("summary_has=SCANNER"))
    expect(page.get_by_role("list", name="Active filters")).to_contain_text("Summary contains: SCANNER LOGS")
    row = page.locator("tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("Scanner logs off after ten minutes")
    page.get_by_role("columnheader", name="Status").get_by_role("link").click()
    expect(page).to_have_url(re.compile("summary_has=SCANNER.*sort=status"))
    page.get_by_text("Layout and export").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    lines = list(csv.reader(Path(download.value.path()).read_text("utf-8-sig").splitlines(), delimiter=","))
    assert [line[1] for line in lines] == ["Summary", "Scanner logs off after ten minutes"]

    page.get_by_role("link", name="Remove this filter").click()
    expect(page).to_have_url(re.compile(r"/support\?sort=status"))
    page.goto("/support?summary_has=scanner+logs")
    row.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Scanner logs off after ten minutes")
