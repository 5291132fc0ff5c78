"""`where` conditions of profiles: which rows a rule means. All columns named must agree."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Row = Sequence[str]
Matches = Callable[[Row], bool]
Test = Callable[[int], Matches]
"""From a column's position to a test of rows: one call a row, for files are long."""


@dataclass(frozen=True, slots=True)
class Where:
    """Tests by column."""

    tests: tuple[tuple[str, Test], ...]

    @property
    def columns(self) -> set[str]:
        """The columns it looks at."""
        return {column for column, _ in self.tests}

    def compile(self, positions: Mapping[str, int]) -> Matches:
        """One function of a row."""
        return _all([test(positions[column]) for column, test in self.tests])


def _all(found: Sequence[Matches]) -> Matches:
    if len(found) == 1:
        return found[0]
    return lambda row: all(test(row) for test in found)


def equals(value: str) -> Test:
    """The cell is exactly this, blanks aside."""
    return lambda at: lambda row: row[at].strip() == value


def one_of(values: Sequence[str]) -> Test:
    """The cell is one of these."""
    allowed = frozenset(values)
    return lambda at: lambda row: row[at].strip() in allowed


def starts_with(prefix: str) -> Test:
    """The cell begins with this."""
    return lambda at: lambda row: row[at].startswith(prefix)


def empty(wanted: bool) -> Test:
    """The cell is empty or blank, or is not."""
    if wanted:
        return lambda at: lambda row: not row[at] or row[at].isspace()
    return lambda at: lambda row: bool(row[at]) and not row[at].isspace()


def matches(pattern: str) -> Test:
    """The whole cell matches the regular expression."""
    compiled = re.compile(pattern)
    return lambda at: lambda row: compiled.fullmatch(row[at].strip()) is not None


def negated(test: Test) -> Test:
    """The opposite."""

    def at_column(at: int) -> Matches:
        inner = test(at)
        return lambda row: not inner(row)

    return at_column


def every(tests: Sequence[Test]) -> Test:
    """All of them."""
    return lambda at: _all([test(at) for test in tests])
