"""What a document's page tells and offers: its history, its chain, and the PDF."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from pypdf import PdfReader

from gateway.access import Scope
from gateway.people import PERMISSIONS
from gateway.reports import chain as chains
from services.identity.projections import companies
from services.orders.contract import ORDERS
from services.orders.projections import PROJECTIONS as orders
from services.payments.contract import DOCUMENTS
from services.payments.projections import PROJECTIONS as payments
from tests.gateway.ground import CUSTOMER, OTHER, STAFF, Ground

LINE = {
    "line": 1,
    "item": "SCN-100",
    "description": "Warehouse scanner",
    "quantity": "2",
    "unit": "pcs",
    "price": "120.00",
    "amount": "240.00",
}


@pytest.fixture
def filled(ground: Ground) -> Ground:
    """Invoice 20112 of branch N, made from order 10234 of the same branch, paid in part."""
    ground.model("orders", orders)
    ground.model("payments", payments)
    ground.branch("C-A", "N", "Aldergrove North")
    put(
        ground, "invoice", "20112", {"lines": [LINE], "note": "Leave at gate 3."}, open_minor=9000, status="partly_paid"
    )
    order = {"company": "C-A", "kind": "order", "key": "10234"}
    facts = {"number": "10234", "currency": "EUR", "date": "2026-04-20", "branch": "N", "total_minor": 23900}
    ground.models["orders"].put(ORDERS.documents, **order, **facts, status="closed")
    ground.models["orders"].put(ORDERS.lines, **order, body=b"{}")
    put(ground, "payment", "40021", {"applied": [{"kind": "invoice", "number": "20112", "amount": "150.00"}]})
    for kind, number, base_kind, base in (
        ("invoice", "20112", "order", "10234"),
        ("payment", "40021", "invoice", "20112"),
    ):
        ground.models["payments"].put(
            DOCUMENTS.links, company="C-A", kind=kind, number=number, base_kind=base_kind, base_number=base
        )
    for model, name in (("orders", "orders"), ("payments", "documents")):
        ground.models[model].move(name, "C-A", 5)
    return ground


def put(ground: Ground, kind: str, number: str, body: dict[str, Any], **facts: Any) -> None:
    """A document of the company's in payments."""
    where = {"company": "C-A", "kind": kind, "number": number}
    row = {"currency": "EUR", "date": "2026-05-01", "branch": "N", "total_minor": 24000, "status": "open", **facts}
    ground.models["payments"].put(DOCUMENTS.documents, **where, **row)
    ground.models["payments"].put(DOCUMENTS.lines, **where, body=json.dumps(body).encode())


def tell(ground: Ground, position: int, event: str, *changes: dict[str, Any], **told: str) -> None:
    """An entry of the invoice's timeline."""
    where = {"company": "C-A", "kind": "invoice", "number": "20112", "position": position}
    entry = {"event": event, "at": f"2026-05-{position:02}T10:00:00+00:00", "actor": "", "channel": "erp", **told}
    packed = json.dumps(changes).encode() if changes else None
    ground.models["payments"].put(DOCUMENTS.timeline, **where, **entry, changes=packed)


def change(field: str, old: Any, new: Any, **more: Any) -> dict[str, Any]:
    """A change as chassis/timeline.py keeps it."""
    return {"field": field, "old": old, "new": new, **more}


def ann(
    ground: Ground, permissions: tuple[str, ...] = PERMISSIONS, branches: tuple[str, ...] | None = None
) -> FlaskClient:
    """Ann's browser."""
    ground.person(CUSTOMER, "C-A", "ann@a.example", "Ann Archer", permissions=permissions, branches=branches)
    return ground.signed_in()


def history(page: str) -> list[str]:
    """The entries of the page's timeline, as text, one line each."""
    part = page.partition('<ol class="timeline">')[2].partition("</section>")[0]
    entries = part.split('<p class="timeline-head">')[1:]
    return [" ".join(re.sub(r"<[^>]+>", " ", entry).split()) for entry in entries]


def test_the_timeline_says_who_when_by_which_channel_and_what_was_before(filled: Ground) -> None:
    tell(filled, 1, "recorded")
    tell(filled, 2, "changed", change("status", "open", "partly_paid"), change("open", 24000, 9000))
    tell(filled, 3, "changed", change("due_date", "", "2026-06-01"), actor=CUSTOMER, channel="portal")
    page = ann(filled).get("/invoices/20112").text
    first, second, third = history(page)
    assert "Ann Archer · portal" in first
    assert "Due before: – → after: 1 Jun 2026" in first
    assert "Portico · ERP" in second
    assert "Status before: Open → after: Partly paid" in second
    assert "Open before: 240.00\xa0EUR → after: 90.00\xa0EUR".replace("\xa0", " ") in second.replace("\xa0", " ")
    assert third.startswith("Recorded")
    assert 'datetime="2026-05-03T10:00:00+00:00" title="3 May 2026, ' in page


@pytest.mark.parametrize("actor", [OTHER, STAFF, "K-gone"])
def test_whom_the_reader_does_not_know_is_not_named(filled: Ground, actor: str) -> None:
    tell(filled, 1, "changed", change("note", "", "x"), actor=actor, channel="portal")
    [entry] = history(ann(filled).get("/invoices/20112").text)
    assert "Somebody of Aldergrove Ltd · portal" in entry


def test_lines_are_told_by_number_and_item(filled: Ground) -> None:
    line = {"line": 4, "item": "LBL-20"}
    part = {"quantity": "5", "unit": "pcs", "amount": "12.50"}
    tell(
        filled,
        1,
        "changed",
        change("quantity", "1", "1000", **line),
        change("line", None, part, **line),
        change("line", part, None, **line),
    )
    [entry] = history(ann(filled).get("/invoices/20112").text)
    assert "Line 4 LBL-20, Quantity before: 1 → after: 1,000" in entry
    assert "Line 4 LBL-20 added 5 pcs, 12.50" in entry
    assert "Line 4 LBL-20 taken out 5 pcs, 12.50" in entry


def test_what_a_branch_may_not_know_is_not_told(filled: Ground) -> None:
    tell(
        filled,
        1,
        "changed",
        change("applied", None, "5.00", of=["invoice", "S-77"]),
        change("branch", "S-SECRET", "N"),
    )
    page = ann(filled, branches=("N",)).get("/invoices/20112").text
    assert "A document you do not see" in page
    assert "S-77" not in page
    assert "S-SECRET" not in page
    assert "S-77" in ann(filled).get("/invoices/20112").text


def test_a_long_history_is_shown_in_part_and_whole_on_request(filled: Ground) -> None:
    for position in range(1, 16):
        tell(filled, position, "changed", change("note", str(position), str(position + 1)))
    browser = ann(filled)
    page = browser.get("/invoices/20112").text
    assert len(history(page)) == 6
    assert 'href="/invoices/20112?timeline=all#timeline"' in page
    whole = browser.get("/invoices/20112?timeline=all").text
    assert len(history(whole)) == 15
    assert "?timeline=all" not in whole.partition('id="timeline"')[2]


def test_a_chain_says_of_each_document_when_how_much_and_how_it_stands(filled: Ground) -> None:
    page = ann(filled).get("/invoices/20112").text
    nav = page.partition('<nav class="chain"')[2].partition("</nav>")[0]
    for fact in ('href="/orders/10234"', "20 Apr 2026", "239.00", "Closed", 'href="/payments/40021"', "240.00"):
        assert fact in nav
    assert 'aria-current="page">20112<' in nav
    back = ann(filled).get("/payments/40021").text.partition('<nav class="chain"')[2].partition("</nav>")[0]
    assert 'href="/invoices/20112"' in back
    assert 'href="/orders/10234"' in back
    few = ann(filled, ("report_invoices",)).get("/invoices/20112").text
    assert "10234" not in few
    assert "40021" not in few


def chain(page: str) -> list[str]:
    """The numbers of the page's chain, in its order."""
    nav = page.partition('<nav class="chain"')[2].partition("</nav>")[0]
    return re.findall(r'<span class="chain-one"><(?:a|strong)[^>]*>([^<]+)<', nav)


def settle(ground: Ground, payment: str, *invoices: str) -> None:
    """Have a payment settle invoices."""
    for number in invoices:
        facts = {"company": "C-A", "kind": "payment", "number": payment}
        ground.models["payments"].put(DOCUMENTS.links, **facts, base_kind="invoice", base_number=number)


def test_a_long_chain_is_shown_in_part_with_the_document_itself_and_of_each_kind_some(filled: Ground) -> None:
    many = [f"3{nth:04}" for nth in range(80)]
    for number in many:
        put(filled, "invoice", number, {})
    for payment, settled in (("40100", many), ("40101", many[:2]), ("40102", many[70:])):
        put(filled, "payment", payment, {})
        settle(filled, payment, *settled)
    browser = ann(filled)
    page = browser.get("/payments/40100").text
    assert chain(page) == [*many[:57], "40100", "40101", "40102"]
    assert 'aria-current="page">40100<' in page
    assert "More documents are linked than are shown here." in page
    page = browser.get("/invoices/30079").text
    assert chain(page) == [*many[:56], "30079", "40100", "40101", "40102"]
    assert "More documents" not in browser.get("/invoices/20112").text


def test_what_is_not_the_readers_takes_no_room_in_a_chain(filled: Ground) -> None:
    hidden, own = [f"3{nth:04}" for nth in range(100)], [f"5{nth:04}" for nth in range(5)]
    for number in hidden:
        put(filled, "invoice", number, {}, branch="S")
    for number in own:
        put(filled, "invoice", number, {})
    put(filled, "payment", "40100", {})
    settle(filled, "40100", *hidden, *own)
    page = ann(filled, branches=("N",)).get("/payments/40100").text
    assert chain(page) == [*own, "40100"]
    assert "More documents" not in page


def test_of_thousands_of_links_few_documents_are_read(filled: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    many = [f"3{nth:04}" for nth in range(3000)]
    for number in many[:70]:
        put(filled, "invoice", number, {})
    put(filled, "payment", "40100", {})
    settle(filled, "40100", *many)
    visible = chains.visible

    def few(scope: Scope, pairs: set[chains.Pair]) -> dict[chains.Pair, Any]:
        assert len(pairs) <= 600
        return visible(scope, pairs)

    monkeypatch.setattr(chains, "visible", few)
    assert chain(ann(filled).get("/payments/40100").text) == [*many[:59], "40100"]


def test_asking_about_it_takes_its_number_along(filled: Ground) -> None:
    browser = ann(filled)
    assert 'href="/support/new?about=Invoice%2020112&amp;reference=20112"' in browser.get("/invoices/20112").text
    form = browser.get("/support/new?about=Invoice%2020112&reference=20112").text
    assert 'value="Invoice 20112"' in form
    assert 'value="20112"' in form
    assert "/support/new" not in ann(filled, ("report_invoices",)).get("/invoices/20112").text.partition("<h1>")[2]


def pdf(browser: FlaskClient, path: str) -> PdfReader:
    """The PDF at this address."""
    answer = browser.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf"), answer.text[:500]
    return PdfReader(io.BytesIO(answer.data))


def test_the_pdf_has_what_the_page_has(filled: Ground) -> None:
    filled.models["identity"].put(
        companies.COMPANIES, company="C-A", name="Aldergrove Ltd", currency="EUR", address="12 Mill Lane\nLeeds"
    )
    made = pdf(ann(filled), "/invoices/20112/pdf")
    text = made.pages[0].extract_text()
    for fact in ("Invoice 20112", "Aldergrove Ltd", "12 Mill Lane", "Portico", "Warehouse scanner", "SCN-100"):
        assert fact in text
    for fact in ("240.00", "90.00", "Partly paid", "1 May 2026", "Aldergrove North", "Leave at gate 3.", "1 / 1"):
        assert fact in text
    assert made.metadata is not None
    assert made.metadata.title == "Invoice 20112"
    root: Any = made.trailer["/Root"]
    assert root["/Lang"] == "en-GB"
    assert root["/MarkInfo"]["/Marked"]


def test_a_long_pdf_counts_its_pages_and_repeats_the_columns(filled: Ground) -> None:
    put(filled, "invoice", "20113", {"lines": [{**LINE, "line": number} for number in range(1, 61)]})
    made = pdf(ann(filled), "/invoices/20113/pdf")
    assert len(made.pages) > 1
    for number, page in enumerate(made.pages, 1):
        text = page.extract_text()
        assert f"{number} / {len(made.pages)}" in text
        assert "Quantity" in text


def test_a_pdf_names_its_file_safely(filled: Ground) -> None:
    put(filled, "invoice", '..\\"; x=1/ü', {"lines": []})
    answer = ann(filled).get("/invoices/..%5C%22; x=1%2Fü/pdf")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="invoice-..-x-1.pdf"'


def test_nothing_is_fetched_for_a_pdf(filled: Ground) -> None:
    put(filled, "invoice", "20114", {"lines": [], "note": '<img src="file:///etc/hostname"><script>1</script>'})
    text = pdf(ann(filled), "/invoices/20114/pdf").pages[0].extract_text()
    assert '<img src="file:///etc/hostname">' in text


def test_the_pdf_is_for_those_who_see_the_page(filled: Ground) -> None:
    assert ann(filled, branches=("S",)).get("/invoices/20112/pdf").status_code == 404
    assert ann(filled, ("report_orders",)).get("/invoices/20112/pdf").status_code == 403
    assert filled.signed_in("bo@b.example").get("/invoices/20112/pdf").status_code == 404
