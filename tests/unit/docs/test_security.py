"""docs/security.md names files that are there, and each requirement once."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
TEXT = (ROOT / "docs/security.md").read_text(encoding="utf-8")

# Of OWASP ASVS 4.0.3, levels 1 and 2: chapter → its last number, and those between that were deleted or are level 3's.
LAST = """
1.1.7 1.2.4 1.4.5 1.5.4 1.6.4 1.7.2 1.8.2 1.9.2 1.10.1 1.11.2 1.12.2 1.14.6
2.1.12 2.2.3 2.3.3 2.4.6 2.5.7 2.6.3 2.7.6 2.8.7 2.9.3 2.10.4 3.1.1 3.2.4 3.3.4 3.4.5 3.5.3 3.7.1 4.1.5 4.2.2 4.3.3
5.1.5 5.2.8 5.3.10 5.4.3 5.5.4 6.1.3 6.2.6 6.3.2 6.4.2 7.1.4 7.2.2 7.3.4 7.4.3 8.1.4 8.2.3 8.3.8 9.1.3 9.2.4
10.2.2 10.3.3 11.1.8 12.1.3 12.2.1 12.3.6 12.4.2 12.5.2 12.6.1 13.1.5 13.2.6 13.3.2 13.4.2
14.1.4 14.2.6 14.3.3 14.4.7 14.5.4
"""
LEFT_OUT = {"1.4.2", "1.4.3", "1.12.1", "4.1.4", "7.3.2", "13.1.2", "13.2.4", "14.3.1"}


def test_every_file_it_names_is_there() -> None:
    named = {word for word in re.findall(r"`([\w/.-]+)`", TEXT) if "/" in word and not word.startswith("/")}
    assert len(named) > 50
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_each_requirement_of_the_standard_is_answered_once_and_no_other() -> None:
    tables = "\n".join(re.findall(r"^\| (\d[\d.,– ]+\.[\d.,– ]+) \|", TEXT, re.M))
    numbers: list[str] = []
    for one in re.findall(r"\d+\.\d+\.\d+(?:–\d+\.\d+\.\d+)?", tables):
        first, _, last = one.partition("–")
        chapter, start = first.rsplit(".", 1)
        numbers += [f"{chapter}.{place}" for place in range(int(start), int((last or first).rsplit(".", 1)[1]) + 1)]
    last = (one.rpartition(".") for one in LAST.split())
    wanted = {f"{section}.{place}" for section, _, most in last for place in range(1, int(most) + 1)}
    assert set(numbers) ^ (wanted - LEFT_OUT) == set()
    assert sorted({one for one in numbers if numbers.count(one) > 1}) == []
