"""A message of ERP documents, read and answered."""

from dataclasses import replace
from typing import Any

import pytest

from chassis.codec import dumps
from chassis.ingest_documents import read_batch
from tests.service.chassis_bus.toy_documents import KINDS

HEAD = {"run": "R1", "batch": 7, "connection": "erp1", "correlation_id": "corr-1"}
OWN = {"company": "C1", "kind": "invoice", "key": "1"}
GOOD = OWN | {"stamp": "2026-01-01", "body": {"total": "1", "open_amount": "0"}}


def message(*documents: Any, **head: Any) -> bytes:
    return dumps(HEAD | head | {"documents": list(documents)})


def test_valid_documents_are_loaded_with_their_key() -> None:
    batch = read_batch("toys", KINDS, message(GOOD))
    (document,) = batch.documents
    assert (document.key, document.stamp, document.doc["key"], document.doc["note"]) == ("1", "2026-01-01", "1", "")
    assert not batch.dry_run
    assert read_batch("toys", KINDS, message(GOOD, dry_run=True)).dry_run


def test_the_answer_counts_outcomes_and_lists_what_was_refused() -> None:
    batch = read_batch("toys", KINDS, message(GOOD, GOOD, GOOD, GOOD | {"body": {"total": "1"}}))
    batch.documents[0].outcome = "changed"
    batch.documents[1].refuse("too large")
    batch.position = 9
    assert batch.answer("toys") == {
        "run": "R1",
        "batch": 7,
        "service": "toys",
        "changed": 1,
        "unchanged": 1,
        "stale": 0,
        "refused": [
            OWN | {"errors": {"open_amount": ["Missing data for required field."]}},
            OWN | {"errors": {"body": ["too large"]}},
        ],
        "position": 9,
    }


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b'"text"', dumps(HEAD), message("text"), message({"company": "C1"}), dumps({"documents": []})],
)
def test_what_is_no_such_message_is_an_error(body: bytes) -> None:
    with pytest.raises((ValueError, TypeError, KeyError, AttributeError)):
        read_batch("toys", KINDS, body)


@pytest.mark.parametrize("code", ["*", "", "C" * 101, "C\n1"])
def test_a_code_that_cannot_name_a_company_or_a_document_is_refused(code: str) -> None:
    for field, body in (("company", message(GOOD | {"company": code})), ("key", message(GOOD | {"key": code}))):
        batch = read_batch("toys", KINDS, body)
        assert batch.documents == []
        assert list(batch.refused[0]["errors"]) == [field]


def test_what_belongs_to_nobody_needs_no_company_but_all_companies_is_none() -> None:
    kinds = {"invoice": replace(KINDS["invoice"], for_company=False)}
    assert read_batch("toys", kinds, message(GOOD | {"company": ""})).refused == []
    assert read_batch("toys", kinds, message(GOOD | {"company": "*"})).documents == []
