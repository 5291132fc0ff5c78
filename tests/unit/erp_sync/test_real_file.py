"""Stage 1 of the whole real export: what `../shared/data/README.md` says is in it is what comes out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest

from chassis.bus import partition_of
from services.erp_sync.adapters.files.profile import find, load
from services.erp_sync.adapters.files.stage import Staged, stage
from services.erp_sync.adapters.files.staging import Staging

FILE = Path(__file__).resolve().parents[4] / "shared" / "data" / "online_retail_ii_2009_2010.csv.gz"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Staged, Staging]]:
    """The file, staged."""
    assert FILE.exists(), f"{FILE} is missing: these tests read the shared data folder beside the project"
    profile = load(find("online-retail").read_text(encoding="utf-8"))
    with closing(Staging.fresh(tmp_path_factory.mktemp("run") / "staging.db")) as staging:
        staged = stage(FILE, profile, staging, lambda rows, done: None, "2026-11-21T09:30:00Z")
        staging.seal()
        yield staged, staging


def bodies(staging: Staging, kind: str, company: str) -> dict[str, dict[str, Any]]:
    """The documents of one kind and company by key."""
    rows = staging.db.execute("SELECT body FROM batches").fetchall()
    documents = (document for (body,) in rows for document in orjson.loads(body))
    return {one["key"]: one["body"] for one in documents if (one["kind"], one["company"]) == (kind, company)}


def test_rows_add_up(whole: tuple[Staged, Staging]) -> None:
    staged, _ = whole
    assert staged.rows == 525_461
    assert staged.left_out == {"bad_debt": 3, "no_customer": 107_924}
    assert sum(staged.left_out.values()) == 107_927
    assert staged.rows_refused == 0


def test_documents_lines_and_totals(whole: tuple[Staged, Staging]) -> None:
    kinds = whole[0].kinds
    assert {name: count.documents for name, count in kinds.items()} == {
        "company": 4_383,
        "item": 4_031,
        "invoice": 23_587 - 4_372,
        "credit_memo": 4_372,
    }
    assert kinds["invoice"].lines + kinds["credit_memo"].lines == 417_534
    assert kinds["invoice"].exact["GBP"] == Decimal("8832003.274")
    assert kinds["credit_memo"].exact["GBP"] == Decimal("-483794.70")
    assert sum(kinds[name].rounded["GBP"] for name in ("invoice", "credit_memo")) == Decimal("8348208.56")
    assert not any(count.refused for count in kinds.values())


def test_the_busiest_company(whole: tuple[Staged, Staging]) -> None:
    _, staging = whole
    documents = [*bodies(staging, "invoice", "14911").values(), *bodies(staging, "credit_memo", "14911").values()]
    assert len(documents) == 270
    assert sum(Decimal(document["total"]) for document in documents) == Decimal("137675.91")
    assert bodies(staging, "company", "14911")["14911"] == {
        "name": "Customer 14911",
        "country": "EIRE",
        "currency": "GBP",
    }


def test_messages_are_small_and_hold_one_partition(whole: tuple[Staged, Staging]) -> None:
    _, staging = whole
    for partition, body in staging.db.execute("SELECT partition, body FROM batches WHERE service <> 'orders'"):
        assert {partition_of(document["company"]) for document in orjson.loads(body)} == {partition}
        assert len(body) < 200_000
