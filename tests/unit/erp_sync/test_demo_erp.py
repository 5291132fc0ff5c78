"""The demo ERP enters each order once, whatever is repeated."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.problem import Problem
from portico.demo_erp import DemoErp, read_ledger
from services.erp_sync.adapters.files.outbox import FileConnector
from services.erp_sync.domain import Answer
from tests.unit.erp_sync.examples import QUEUED, REFERENCE, REQUESTED, posting

ORDER = posting(REQUESTED, QUEUED)


@pytest.fixture
def erp(tmp_path: Path) -> Iterator[DemoErp]:
    """An ERP that takes everything."""
    erp = DemoErp(tmp_path)
    yield erp
    erp.close()


def answered(connector: FileConnector) -> list[Answer]:
    """What the ERP said."""
    found: list[Answer] = []
    connector.answers(found.append)
    connector.answers(found.append)
    return found


def test_an_order_gets_a_number(tmp_path: Path, erp: DemoErp) -> None:
    connector = FileConnector(tmp_path, "csv")
    connector.post(ORDER)
    assert erp.turn() == 1
    assert answered(connector) == [Answer(REFERENCE, "posted", "SO-700001", "")]
    entry = read_ledger(erp.ledger)[0]
    assert (entry.company, entry.total, entry.lines) == ("C10010", "20.90", 2)


def test_the_same_order_again_gets_the_first_answer_and_is_entered_once(tmp_path: Path, erp: DemoErp) -> None:
    connector = FileConnector(tmp_path, "csv")
    connector.post(ORDER)
    erp.turn()
    (tmp_path / "sent" / f"{REFERENCE}.csv").rename(tmp_path / "outbox" / f"{REFERENCE}.csv")
    erp.close()
    again = DemoErp(tmp_path)
    again.turn()
    again.close()
    assert len(read_ledger(erp.ledger)) == 1
    assert answered(connector) == [Answer(REFERENCE, "posted", "SO-700001", "")]


def test_a_blocked_item_is_refused_with_words(tmp_path: Path) -> None:
    connector = FileConnector(tmp_path, "csv")
    connector.post(ORDER)
    erp = DemoErp(tmp_path, ["PG-25"])
    erp.turn()
    erp.close()
    assert answered(connector) == [Answer(REFERENCE, "refused", "", "Item PG-25 is blocked for sales.")]


def test_one_erp_a_folder(tmp_path: Path, erp: DemoErp) -> None:
    with pytest.raises(Problem, match="Another demo ERP"):
        DemoErp(tmp_path)
