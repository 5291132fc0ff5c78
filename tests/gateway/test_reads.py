"""What is read in one transaction fits together, and what is kept between them is never older or newer than it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from chassis.errors import Unavailable
from gateway.reads import Reads, open_reads
from services.licensing.projections.features import FEATURES
from tests.gateway.ground import Ground
from tests.support.postgres import PostgresServer

LICENSED = "SELECT f.feature FROM licensing.features_v1 f WHERE f.company = :company ORDER BY f.feature"
SEVERAL = ("identity", "licensing")


@pytest.fixture
def reads(ground: Ground) -> Iterator[Reads]:
    """The gateway's reads, of a company that has a licence for `chairs`."""
    ground.license("chairs", "C-A")
    found = open_reads(ground.settings)
    yield found
    found.close()


def licensed(reads: Reads) -> list[str]:
    """What is kept of the company's licences, read anew where it has changed."""
    return reads.memo("C-A", SEVERAL, lambda: [row.feature for row in reads.rows(LICENSED, {"company": "C-A"})])


def test_what_is_kept_is_read_again_after_a_commit_and_not_before(ground: Ground, reads: Reads) -> None:
    assert licensed(reads) == ["chairs"]
    ground.license("tables", "C-A")
    assert licensed(reads) == ["chairs"], "the same transaction"
    reads.end()
    assert licensed(reads) == ["chairs", "tables"]
    reads.end()
    ground.models["licensing"].execute(f"DELETE FROM {FEATURES.name} WHERE feature = ?", ("chairs",))
    assert licensed(reads) == ["tables"]


def test_an_older_transaction_is_not_given_what_a_newer_one_kept(ground: Ground, reads: Reads) -> None:
    with ThreadPoolExecutor(1) as other:
        assert other.submit(reads.rows, LICENSED, {"company": "C-A"}).result()
        ground.license("tables", "C-A")
        assert licensed(reads) == ["chairs", "tables"]
        assert other.submit(licensed, reads).result() == ["chairs"]
        other.submit(reads.end).result()
        assert other.submit(licensed, reads).result() == ["chairs", "tables"]
        other.submit(reads.close).result()
    reads.end()
    assert licensed(reads) == ["chairs", "tables"]


@pytest.mark.parametrize("engine", ["postgresql"])
def test_a_database_that_was_away_is_read_again(ground: Ground, reads: Reads, postgres: PostgresServer) -> None:
    assert licensed(reads) == ["chairs"]
    ground.models["licensing"].db.execute("CHECKPOINT")  # no projector is here to write again what was not synced
    postgres.kill()
    for _ in range(2):
        with pytest.raises(Unavailable):
            reads.rows(LICENSED, {"company": "C-A"})
    postgres.start()
    assert licensed(reads) == ["chairs"]
