"""The list of erased contacts: ids in a file that is added to, and what is no such list."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.identity.domain import Contact
from services.identity.erased import ErasedList, NotAList, decide_again
from services.identity.events import ContactErased

ONE, TWO = "abcdefgh234567ab", "zzzzzzzz222222zz"


def test_each_contact_stands_in_it_once_for_its_owner_alone(tmp_path: Path) -> None:
    erased = ErasedList(tmp_path / "erased.txt")
    assert (erased.is_there, erased.all()) == (False, [])
    erased.add(())
    assert (erased.is_there, erased.all()) == (True, [])
    erased.add((ONE, ONE))
    erased.add((TWO, ONE))
    assert erased.all() == [ONE, TWO]
    assert len(erased.path.read_text().splitlines()) == 2
    assert erased.path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("text", ["vera@customer.example\n", f"{ONE} 2026-01-01\nABC\n", "\x00\x01"])
def test_another_file_is_refused_by_its_first_wrong_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "other").write_text(text)
    with pytest.raises(NotAList, match="is no list of erased contacts"):
        ErasedList(tmp_path / "other").all()


def test_an_erasure_that_a_store_lacks_is_decided_once_and_of_whom_it_knows() -> None:
    assert decide_again(Contact(ONE, "C1")) == [ContactErased(ONE, "C1")]
    assert decide_again(Contact(ONE, "C1", erased=True)) == []
    assert decide_again(Contact()) == [], "made after the backup"
