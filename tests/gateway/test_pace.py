"""How often one may ask for suggestions."""

from __future__ import annotations

from gateway.finding import pace


def test_after_a_while_one_may_ask_again() -> None:
    now = [0.0]
    own = pace.Pace(lambda: now[0])
    assert [own.allows("one") for _ in range(pace.MOST + 1)] == [True] * pace.MOST + [False]
    assert own.allows("another")
    now[0] = pace.SECONDS + 1
    assert own.allows("one")
