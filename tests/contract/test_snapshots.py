"""The state of every aggregate can be kept as JSON and read back, whatever its events have made of it."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import pytest

from chassis.codec import decode_as, plain
from chassis.config import SERVICES
from chassis.repository import Aggregate
from tests.contract.test_golden_events import examples


def aggregates() -> Iterator[Any]:
    """Every aggregate of every service, found where they are made."""
    for service in SERVICES:
        for room in ("handlers", "streams"):
            try:
                module = importlib.import_module(f"services.{service}.{room}")
            except ModuleNotFoundError:
                continue
            for value in vars(module).values():
                if isinstance(value, Aggregate) and module.__name__.startswith(f"services.{service}"):
                    yield pytest.param(service, value, id=f"{service}-{value.category}")


def states(service: str, aggregate: Aggregate[Any]) -> Iterator[Any]:
    """The initial state, and what each event of the service's examples makes of the state before it."""
    state = aggregate.initial
    yield state
    for name, versions in examples(service).items():
        for version, data in versions.items():
            event = decode_as(aggregate.codec.types[name], aggregate.codec.upcast(name, int(version), dict(data)))
            state = aggregate.evolve(state, event)
            yield state


@pytest.mark.parametrize(("service", "aggregate"), list(aggregates()))
def test_a_state_is_the_same_after_it_was_kept(service: str, aggregate: Aggregate[Any]) -> None:
    seen = list(states(service, aggregate))
    assert len(seen) > 1
    for state in seen:
        assert decode_as(type(aggregate.initial), plain(state)) == state
