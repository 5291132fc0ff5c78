"""Finding something: suggestions as one types, the page of hits, the Order Pad; by keyboard, and without script."""

from __future__ import annotations

from collections.abc import Callable

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

Visit = Callable[..., Page]
LogIn = Callable[[Page, str], Page]


def test_a_number_is_found_as_it_is_typed(visit: Visit, log_in: LogIn, size: str) -> None:
    page = log_in(visit(size), "buyer")
    page.goto("/invoices")
    number = page.locator("tbody th a").first.inner_text()
    page.goto("/")

    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("/")

    if size == "phone":
        page.wait_for_url("**/search")
        page.get_by_label("Words or numbers").fill(number.lower().replace("-", " "))
        page.keyboard.press("Enter")
        expect(page.get_by_role("navigation", name="Kinds").get_by_role("link", name="Invoices")).to_be_visible()
        page.get_by_role("link", name=number).first.click()
    else:
        box = page.get_by_role("combobox", name="Search the portal")
        expect(box).to_be_focused()
        page.keyboard.type(number.lower().replace("-", ""))
        options = page.get_by_role("listbox", name="Suggestions").get_by_role("option")
        expect(options.first).to_contain_text(number)
        page.keyboard.press("Escape")
        expect(options.first).to_be_hidden()
        expect(box).to_have_value(number.lower().replace("-", ""))
        page.keyboard.press("Backspace")
        expect(options.first).to_be_visible()
        landmarks = Axe().run(page, options={"runOnly": {"type": "rule", "values": ["region"]}})
        assert not landmarks.response["violations"]
        page.keyboard.press("ArrowDown")
        expect(options.first).to_have_attribute("aria-selected", "true")
        page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(number[:-1])


def test_the_order_pad_finds_an_item_by_its_name(visit: Visit, log_in: LogIn, size: str) -> None:
    page = log_in(visit(size), "buyer")
    page.goto("/order-pad")
    first = page.get_by_label("Item, line 1")

    first.press_sequentially("scan")
    page.get_by_role("listbox", name="Items").get_by_role("option").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    expect(first).not_to_have_value("scan")
    expect(page.get_by_label("Quantity, line 1")).to_be_focused()


def test_without_script_the_item_is_found_on_the_search_page_which_leads_back(visit: Visit, log_in: LogIn) -> None:
    page = log_in(visit(script=False), "buyer")
    page.goto("/order-pad")
    page.get_by_role("link", name="search the items").click()
    page.get_by_label("Words or numbers").fill("scan")
    page.locator("main").get_by_role("button", name="Search").click()

    hit = page.locator(".hit-name").first
    item = hit.inner_text().split()[0]
    hit.click()

    expect(page.get_by_label("Item, line 1")).to_have_value(item)
