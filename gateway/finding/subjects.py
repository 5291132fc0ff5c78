"""The kinds of things a search looks through, and what it asks of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from chassis.finding import begins, match_of
from gateway.access import Scope
from gateway.finding.hits import Hit

NOWHERE = 2**62
"""Below this place is everything."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: the words, how many hits at most, below which place; see chassis.finding.match_of."""

    asked: tuple[str, ...]
    limit: int
    below: int = NOWHERE
    whole: bool = False
    loose: bool = False

    def match(self, company: str, kind: str, branches: Sequence[str] | None = None) -> str:
        """What the index is asked."""
        return match_of(company, self.asked, kind, branches, whole=self.whole, loose=self.loose)

    def fits(self, words: set[str]) -> bool:
        """Whether something with these words is looked for."""
        begun = begins(self.asked, self.whole, self.loose)
        return all(
            any(word.startswith(one) for word in words) if beginning else one in words
            for one, beginning in zip(self.asked, begun, strict=True)
        )


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
