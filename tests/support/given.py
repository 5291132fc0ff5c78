"""Given these events, when this command comes, then those events follow, or it is refused. Pure: no parts needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from chassis.errors import Refused

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
"""The moment at which tests decide."""


@dataclass(frozen=True)
class Decider:
    """An aggregate under test: its initial state, `evolve`, and command type → `decide(state, command, now)`."""

    initial: Any
    evolve: Callable[[Any, Any], Any]
    decisions: Mapping[type[Any], Callable[[Any, Any, datetime], Sequence[Any]]]

    def given(self, *events: Any) -> Given:
        """The aggregate after these events."""
        state = self.initial
        for event in events:
            state = self.evolve(state, event)
        return Given(self, state)


@dataclass(frozen=True)
class Given:
    """An aggregate that waits for a command; `state` is what the events made of it."""

    decider: Decider
    state: Any

    def when(self, command: Any, now: datetime = NOW) -> Outcome:
        """What the command leads to."""
        return Outcome(lambda: list(self.decider.decisions[type(command)](self.state, command, now)))


@dataclass(frozen=True)
class Outcome:
    """What a command leads to: ask once, with `then` or with `refused`."""

    _decide: Callable[[], list[Any]]

    def then(self, *events: Any) -> None:
        """Exactly these events; none means that nothing changes."""
        assert self._decide() == list(events)

    def refused(self, error: type[Refused], saying: str = "") -> None:
        """This error, with a message in which `saying` stands."""
        with pytest.raises(error) as caught:
            self._decide()
        assert type(caught.value) is error
        assert saying in caught.value.message
