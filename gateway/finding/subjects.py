"""The kinds of things a search looks through, and what it asks of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from chassis.finding import begins, match_of, parts_of
from gateway.access import Scope
from gateway.finding.hits import Hit

Place = tuple[str, int]
"""Where something stands among others of its kind, the newest first: its date, "" for none, and a number."""
NOWHERE: Place = ("~", 0)
"""Below this place is everything."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: the words, how many hits at most, below which place; see chassis.finding.match_of.

    `number`: only what has the words for its number, which `whole` goes with.
    """

    asked: tuple[str, ...]
    limit: int
    below: Place = NOWHERE
    whole: bool = False
    loose: bool = False
    number: bool = False

    def match(self, company: str, kind: str, branches: Sequence[str] | None = None) -> str:
        """What the index is asked."""
        how = {"whole": self.whole, "loose": self.loose, "number": self.number}
        return match_of(company, self.asked, kind, branches, **how)

    def parts(self, company: str, kind: str) -> list[str]:
        """What is asked of rows that are looked at one by one."""
        return parts_of(company, self.asked, kind, whole=self.whole, loose=self.loose)

    def fits(self, words: set[str]) -> bool:
        """Whether something with these words is looked for."""
        begun = begins(self.asked, self.whole, self.loose)
        return all(
            any(word.startswith(one) for word in words) if beginning else one in words
            for one, beginning in zip(self.asked, begun, strict=True)
        )


@dataclass(frozen=True, slots=True)
class Found:
    """Hits of one kind, the newest first; `more` when there are others behind them."""

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
