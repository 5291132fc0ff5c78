"""The kinds of things a search looks through, and what it asks of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.access import Scope
from gateway.finding.hits import Hit

NOWHERE = 2**62
"""Below this place is everything."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: the words, how many hits at most, below which place; `whole` words, or their beginnings."""

    asked: tuple[str, ...]
    limit: int
    below: int = NOWHERE
    whole: bool = False

    def fits(self, words: set[str]) -> bool:
        """Whether something with these words is looked for."""
        if self.whole:
            return words.issuperset(self.asked)
        return all(any(word.startswith(one) for word in words) for one in self.asked)


@dataclass(frozen=True, slots=True)
class Found:
    """Hits of one kind, the latest first; `more` when there are others behind them."""

    hits: list[Hit]
    more: bool = False

    @classmethod
    def of(cls, hits: list[Hit], limit: int) -> Found:
        """From one hit more than was wanted, if there is one."""
        return cls(hits[:limit], len(hits) > limit)


def _nothing_more(scope: Scope, hits: Sequence[Hit]) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Subject:
    """A kind of thing. `allowed` says for whom it is there at all; `explain` gives hits that are shown their texts.

    `part` is the feature whose switch it goes with, where no permission does.
    """

    key: str
    title: Any
    icon: str
    allowed: Callable[[Scope], bool]
    find: Callable[[Scope, Wanted], Found]
    explain: Callable[[Scope, Sequence[Hit]], None] = _nothing_more
    part: str = ""
