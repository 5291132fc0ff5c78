"""A customer's journey: home, a report, a document, add-ons, a case, an order that the ERP answers."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

Visit = Callable[..., Page]
LogIn = Callable[[Page, str], Page]
FIVE = ("Orders", "Invoices", "Payments", "Deliveries", "Credit memos")


def test_home_shows_the_balance_and_the_newest_of_five_kinds(visit: Visit, log_in: LogIn, size: str) -> None:
    page = log_in(visit(size), "buyer")

    expect(page.get_by_role("region", name="Account balance")).to_be_visible()
    for title in FIVE:
        section = page.locator("section", has=page.get_by_role("heading", name=title, exact=True))
        assert 1 <= section.locator("tbody tr").count() <= 5
        expect(section.get_by_role("link", name=f"Full report: {title}")).to_be_visible()


def test_a_report_is_filtered_sorted_and_paged(visit: Visit, log_in: LogIn, size: str) -> None:
    page = log_in(visit(size), "buyer")
    page.goto("/invoices")
    whole = page.locator(".pager strong + *, .pager p").first.inner_text()

    page.get_by_label("Status").select_option("paid")
    page.get_by_role("button", name="Filter").click()

    page.wait_for_url(re.compile("status=paid"))
    statuses = set(page.locator("tbody .badge-status").all_inner_texts())
    assert statuses == {"Paid"}
    assert page.locator(".pager p").inner_text() != whole
    page.get_by_role("link", name=re.compile("^Status: Paid")).click()
    page.get_by_role("columnheader", name="Total").get_by_role("link").click()
    page.wait_for_url(re.compile("sort=-total"))
    amounts = [_amount(text) for text in page.locator("tbody td.num:not(.wide)").all_inner_texts()]
    assert amounts == sorted(amounts, reverse=True)
    first_page = page.locator("tbody th").all_inner_texts()
    page.get_by_role("link", name="Next").click()
    expect(page.locator(".pager strong")).to_contain_text("51")
    page.wait_for_load_state()
    assert not set(first_page) & set(page.locator("tbody th").all_inner_texts())
    page.get_by_role("link", name="Previous").click()
    expect(page.locator(".pager strong")).to_contain_text("1–50")
    page.wait_for_load_state()
    assert page.locator("tbody th").all_inner_texts() == first_page


def test_a_document_shows_its_lines_and_the_chain_it_stands_in(visit: Visit, log_in: LogIn, size: str) -> None:
    page = log_in(visit(size), "buyer")
    page.goto("/invoices?status=paid")
    number = page.locator("tbody th a").first.inner_text()
    page.locator("tbody th a").first.click()

    expect(page.get_by_role("heading", level=1)).to_contain_text(number)
    lines = page.locator("section", has=page.get_by_role("heading", name="Lines")).locator("tbody tr")
    expect(lines.first).to_be_visible()
    chain = page.get_by_role("navigation", name="Linked documents")
    chain.get_by_role("link").first.click()
    expect(page.get_by_role("navigation", name="Linked documents").get_by_role("link", name=number)).to_be_visible()


def test_search_finds_a_document_by_the_beginning_of_its_number(visit: Visit, log_in: LogIn) -> None:
    page = log_in(visit(), "buyer")
    page.goto("/invoices")
    number = page.locator("tbody th a").first.inner_text()

    page.goto("/search?q=" + number.lower().replace("-", ""))

    page.get_by_role("link", name=number).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(number)


def test_add_ons_show_licence_users_and_maintenance(visit: Visit, log_in: LogIn, size: str) -> None:
    page = log_in(visit(size), "buyer")
    page.goto("/add-ons")

    for heading in ("Licence type", "Users", "Maintenance until"):
        expect(page.get_by_role("columnheader", name=heading)).to_be_visible()
    expect(page.locator("tbody tr").nth(1)).to_be_visible()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_case_is_opened_and_answered(visit: Visit, log_in: LogIn, script: bool) -> None:
    customer = log_in(visit(script=script), "buyer")
    customer.goto("/support/new")
    customer.get_by_label("Summary").fill("Labels print twice")
    customer.get_by_label("Detail").fill("Since this morning each label comes out twice.")
    customer.get_by_role("button", name="Send the request").click()
    expect(customer.get_by_role("heading", level=1)).to_have_text("Labels print twice")
    number = customer.url.rstrip("/").rpartition("/")[2]

    agent = log_in(visit(), "support agent")
    agent.goto(f"/desk/{number}")
    agent.get_by_label("Answer").fill("Please restart the printer's queue.")
    agent.get_by_role("button", name="Send answer").click()
    expect(agent.get_by_text("Please restart the printer's queue.")).to_be_visible()

    if script:
        # The customer's page shows it by itself.
        expect(customer.get_by_text("Please restart the printer's queue.")).to_be_visible()
    else:
        customer.reload()
        expect(customer.get_by_text("Please restart the printer's queue.")).to_be_visible()


def test_an_order_is_placed_and_gets_the_erps_number_by_itself(visit: Visit, log_in: LogIn, size: str) -> None:
    page = log_in(visit(size), "buyer")
    page.goto("/orders?status=closed")
    page.locator("tbody th a").first.click()
    item = page.locator(".line-name + .muted").first.inner_text()
    page.goto("/order-pad")
    page.get_by_label("Item, line 1").fill(item)
    page.get_by_label("Quantity, line 1").fill("50")
    page.get_by_label("Your order number").fill(f"PO-{size}")
    page.get_by_role("button", name="Check prices").click()
    place = page.get_by_role("button", name=re.compile("^Place order, .*EUR|^Place order, .*GBP|^Place order"))
    expect(place).to_be_visible()
    total = _amount(place.inner_text().removeprefix("Place order, "))
    place.click()

    expect(page.get_by_text(re.compile("Your order has the reference W-"))).to_be_visible()
    assert _amount(page.locator(".hero-amount").inner_text()) == total
    # Nobody reloads: accepted, on its way, posted under the ERP's number.
    expect(page.locator(".hero-status")).to_have_text(re.compile("Posted|Open"), timeout=30_000)
    expect(page.get_by_text("Our number")).to_be_visible()
    # So is what happened to it: who placed it, and that it was handed over.
    history = page.get_by_role("region", name="What happened")
    expect(history.locator("li", has_text="Ordered")).to_contain_text("portal")
    expect(history.get_by_text("Taken by our order department")).to_be_visible()


def test_an_unknown_item_is_named_and_nothing_typed_is_lost(visit: Visit, log_in: LogIn) -> None:
    page = log_in(visit(), "buyer")
    page.goto("/order-pad")
    page.get_by_label("Item, line 1").fill("NO-SUCH-ITEM")
    page.get_by_label("Quantity, line 1").fill("3")
    page.get_by_label("Your order number").fill("PO 77")
    page.get_by_role("button", name="Check prices").click()

    expect(page.get_by_text("There is no item “NO-SUCH-ITEM”.")).to_be_visible()
    expect(page.get_by_label("Quantity, line 1")).to_have_value("3")
    expect(page.get_by_label("Your order number")).to_have_value("PO 77")


def test_who_may_not_order_has_no_order_pad(visit: Visit, log_in: LogIn) -> None:
    page = log_in(visit(), "accountant")

    assert page.get_by_role("link", name="Order Pad").count() == 0
    answer = page.goto("/order-pad")
    assert answer is not None
    assert answer.status == 403


def _amount(text: str) -> float:
    return float(re.sub(r"[^\d.\-−]", "", text).replace("−", "-"))
