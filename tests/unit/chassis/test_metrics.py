"""What commands leave in the metrics."""

import pytest
from prometheus_client import REGISTRY

from chassis import metrics


def count(command: str, outcome: str) -> float | None:
    labels = {"service": "test", "command": command, "outcome": outcome}
    return REGISTRY.get_sample_value("portico_commands_total", labels)


def test_a_command_is_counted_by_the_outcome_it_says() -> None:
    with metrics.command_timer("test", "Place") as outcome:
        outcome("refused")
    assert count("Place", "refused") == 1
    labels = {"service": "test", "command": "Place"}
    assert REGISTRY.get_sample_value("portico_command_seconds_count", labels) == 1


def test_a_command_that_raises_is_counted_as_failed() -> None:
    with pytest.raises(ValueError, match="broken"), metrics.command_timer("test", "Break"):
        raise ValueError("broken")
    assert count("Break", "failed") == 1
