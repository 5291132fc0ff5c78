"""The list of erased contacts: ids in a file that is added to, and what is no such list."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from services.identity.domain import Contact
from services.identity.erased import ErasedList, NotAList, decide_again
from services.identity.events import ContactErased

ONE, TWO, THREE, FOUR = "abcdefgh234567ab", "zzzzzzzz222222zz", "cccccccc333333cc", "dddddddd444444dd"


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


@pytest.mark.parametrize(
    ("torn", "whole"),
    [
        (TWO[:9], [ONE]),
        (TWO, [ONE, TWO]),
        (f"{TWO} 2026-1", [ONE, TWO]),
        (f"{TWO[:9]} to", [ONE]),
        (f"{TWO[:9]}\0\0\0\0", [ONE]),
        ("\0\0\0\0", [ONE]),
    ],
)
def test_a_line_that_a_full_disk_or_a_power_cut_tore_stops_nothing_and_loses_nobody(
    tmp_path: Path, torn: str, whole: list[str]
) -> None:
    erased = ErasedList(tmp_path / "erased.txt")
    erased.path.write_text(f"{ONE} 2026-11-22T10:00:00+00:00\n{torn}")
    assert erased.all() == whole
    erased.add((TWO, THREE))
    erased.add((FOUR,))
    assert erased.all() == [ONE, TWO, THREE, FOUR]


def test_a_disk_that_is_full_is_an_error_and_what_did_not_fit_is_noted_later(tmp_path: Path) -> None:
    erased = ErasedList(tmp_path / "erased.txt")
    erased.add((ONE,))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (erased.path.stat().st_size + 5, before[1]))
    try:
        with pytest.raises(OSError, match=r"erased\.txt"):
            erased.add((TWO,))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert erased.path.read_text().endswith(TWO[:5])
    erased.add((TWO,))
    assert erased.all() == [ONE, TWO]


@pytest.mark.parametrize(
    "text",
    ["vera@customer.example\n", f"{ONE} 2026-01-01\nABC\n", f"{ONE[:9]}\n", f"{ONE}\nvera@x.example", "\x00\x01"],
)
def test_another_file_is_refused_by_its_first_wrong_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "other").write_text(text)
    with pytest.raises(NotAList, match="is no list of erased contacts"):
        ErasedList(tmp_path / "other").all()


def test_an_erasure_that_a_store_lacks_is_decided_once_and_of_whom_it_knows() -> None:
    assert decide_again(Contact(ONE, "C1")) == [ContactErased(ONE, "C1")]
    assert decide_again(Contact(ONE, "C1", erased=True)) == []
    assert decide_again(Contact()) == [], "made after the backup"
