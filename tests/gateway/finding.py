"""What there is to be found, as the services' projectors write it; and a search for it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from typing import Any

from flask.testing import FlaskClient

from chassis.codec import dumps
from chassis.finding import WordWriter, document_words, words_of
from chassis.messages import ALL_COMPANIES
from chassis.readmodel import Rows
from services.cases.projections.cases import CASE_LIST, MESSAGES
from services.cases.projections.search import WORDS as CASE_WORDS
from services.orders.projections.orders import ORDERS
from services.orders.projections.search import WORDS as ORDER_WORDS
from services.payments.projections.documents import DOCUMENTS
from services.payments.projections.search import WORDS as DOCUMENT_WORDS
from tests.gateway.ground import Ground, ReadModel

SERVICES = ("orders", "payments", "cases")


def found_by(model: ReadModel, table: Any, where: Any, words: Iterable[str], position: int, **more: Any) -> None:
    """Have the index know something, as its projector does."""
    model.db.execute("BEGIN")
    WordWriter(table).put(Rows(model.db), where, words, position, **more)
    model.db.execute("UPDATE checkpoints SET token = ?", (str(position),))
    model.db.execute("COMMIT")


def invoice(ground: Ground, number: str, position: int, company: str = "C-A", **facts: Any) -> None:
    branch, day = facts.get("branch", "N"), facts.get("date", "2026-01-01")
    lines = [{"item": item, "description": text} for item, text in facts.get("items", ())]
    body = {"number": number, "reference": "PO-4700", "note": facts.get("note", ""), "lines": lines}
    model, where = ground.models["payments"], {"company": company, "kind": "invoice", "number": number}
    texts = {"number_key": number, "currency": "EUR", "status": "open", "reference": "PO-4700"}
    model.put(DOCUMENTS.documents, **where, branch=branch, date=day, total_minor=249999, **texts)
    model.put(DOCUMENTS.lines, **where, body=dumps(body))
    found_by(model, DOCUMENT_WORDS, tuple(where.values()), document_words(body), position, branch=branch, date=day)


def order(ground: Ground, key: str, position: int, number: str) -> None:
    where = {"company": "C-A", "kind": "order", "key": key}
    model = ground.models["orders"]
    model.put(ORDERS.documents, **where, number=number, branch="N", date="2026-02-01", currency="EUR", status="open")
    model.put(ORDERS.lines, **where, body=dumps({"number": number, "reference": "", "lines": []}))
    found_by(model, ORDER_WORDS, ("C-A", "order", key), words_of(key), position, branch="N")
    found_by(model, ORDER_WORDS, ("C-A", "order", number), words_of(number, key), position + 100, branch="N")


def case(ground: Ground, number: str, position: int, summary: str, said: str, company: str = "C-A") -> None:
    model, at = ground.models["cases"], "2026-02-01T09:00:00+00:00"
    model.put(CASE_LIST, company=company, number=number, summary=summary, status="open", updated_at=at, opened_at=at)
    model.put(MESSAGES, company=company, number=number, revision=0, kind="opened", text=said, at=at)
    words = words_of(number, summary, said)
    readers = (company, ALL_COMPANIES)
    found_by(model, CASE_WORDS, (company, "case", number), words, position, searched_by=readers, date=at)


def browser_of(ground: Ground, email: str) -> FlaskClient:
    """Their browser, signed in once a test."""
    browsers = ground.__dict__.setdefault("browsers", {})
    if email not in browsers:
        browsers[email] = ground.signed_in(email)
    return browsers[email]  # type: ignore[no-any-return]


def search(ground: Ground, words: str, email: str = "ann@a.example", **more: str) -> str:
    answer = browser_of(ground, email).get("/search", query_string={"q": words, **more})
    assert answer.status_code == 200
    return answer.text


def names(page: str) -> list[str]:
    """What the hits are called, without their marks."""
    found = re.findall(r'<a class="hit-name"[^>]*>(.*?)</a>', page, re.S)
    return [" ".join(html.unescape(re.sub(r"<[^>]+>", "", one)).split()) for one in found]
