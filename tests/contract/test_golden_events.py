"""Events are stored for ever: an example of every type and version this release or an older one wrote is kept in
`golden/<service>.json` as `{type: {version: data}}`, and must be readable. What this release writes is the same again.

Never change an example: add the next version beside it, with the upcaster that leads there.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chassis import rooms
from chassis.codec import Codec, decode_as, loads
from chassis.config import SERVICES

GOLDEN = Path(__file__).parent / "golden"
Examples = dict[str, dict[str, Any]]


def examples(service: str) -> Examples:
    """Type → version → data of a service's events."""
    path = GOLDEN / f"{service}.json"
    found: Examples = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


def faults(codec: Codec, golden: Examples) -> list[str]:
    """What is missing or no longer reads as it was written."""
    found = [
        f"{name} version {version} has no example"
        for name, current in codec.versions.items()
        for version in range(1, current + 1)
        if str(version) not in golden.get(name, {})
    ]
    for name, versions in golden.items():
        for version, data in versions.items():
            found += _reread(codec, name, int(version), data)
    return found


def _reread(codec: Codec, name: str, version: int, data: dict[str, Any]) -> list[str]:
    cls = codec.types.get(name)
    if cls is None:
        return [f"{name} is no longer known, but streams have it"]
    try:
        current = codec.upcast(name, version, dict(data))
        event = decode_as(cls, current)
    except Exception as error:
        return [f"{name} version {version} cannot be read: {error!r}"]
    written = loads(codec.encode(event)[1])
    if written != current:
        return [f"{name} version {version} is written as {written}, read as {current}"]
    return []


@pytest.mark.parametrize("service", SERVICES)
def test_every_event_ever_written_can_be_read(service: str) -> None:
    assert faults(rooms.load(service).codec, examples(service)) == []


CASES = rooms.load("cases").codec
GOLDEN_CASES = examples("cases")
REPLIED = GOLDEN_CASES["CustomerReplied"]["1"]


@pytest.mark.parametrize(
    ("golden", "fault"),
    [
        ({**GOLDEN_CASES, "CustomerReplied": {}}, "CustomerReplied version 1 has no example"),
        ({**GOLDEN_CASES, "CaseLost": {"1": {}}}, "CaseLost is no longer known"),
        ({**GOLDEN_CASES, "CustomerReplied": {"1": {"case": "C-1"}}}, "cannot be read"),
        ({**GOLDEN_CASES, "CustomerReplied": {"1": REPLIED, "2": REPLIED}}, "version 2 is unknown to this release"),
        ({**GOLDEN_CASES, "CustomerReplied": {"1": {**REPLIED, "mood": "calm"}}}, "is written as"),
    ],
)
def test_each_fault_is_found(golden: Examples, fault: str) -> None:
    found = faults(CASES, golden)
    assert len(found) == 1
    assert fault in found[0]
