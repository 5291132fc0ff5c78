"""Waiting for what other processes do, without fixed sleeps."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(condition: Callable[[], T], seconds: float = 10.0, describe: str | Callable[[], str] = "") -> T:
    """Ask `condition` until its answer is true and return that answer; fail with `describe` after `seconds`."""
    deadline = time.monotonic() + seconds
    pause = 0.005
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            text = describe() if callable(describe) else describe
            raise AssertionError(f"not within {seconds} s: {text or condition}; last answer: {answer!r}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)
