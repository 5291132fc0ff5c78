"""docs/security.md names files that are there, and each requirement once."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
TEXT = (ROOT / "docs/security.md").read_text(encoding="utf-8")


def test_every_file_it_names_is_there() -> None:
    named = {word for word in re.findall(r"`([\w/.-]+)`", TEXT) if "/" in word and not word.startswith("/")}
    assert len(named) > 50
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_each_requirement_is_answered_once() -> None:
    tables = "\n".join(re.findall(r"^\| ([\dVx.,– ]+) \|", TEXT, re.M))
    numbers: list[str] = []
    for one in re.findall(r"\d+\.\d+\.\d+(?:–\d+\.\d+\.\d+)?", tables):
        first, _, last = one.partition("–")
        chapter, start = first.rsplit(".", 1)
        numbers += [f"{chapter}.{place}" for place in range(int(start), int((last or first).rsplit(".", 1)[1]) + 1)]
    assert len(numbers) > 200
    assert sorted({one for one in numbers if numbers.count(one) > 1}) == []
