"""The independent check after processes were killed: what clients were told against what the ERP and the pages have.

It knows nothing of Portico's streams or code: it is given the clients' own log of acknowledgements, the ERP side's
own ledger, and what the portal shows, and returns the faults in words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

STATES = ("accepted", "queued", "posted", "open", "closed")


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What a client was told: this company's order was taken under this reference, with this content."""

    reference: str
    company: str
    content: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What the ERP wrote into its own ledger."""

    number: str
    reference: str
    company: str
    content: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What the portal shows a company; `history` are the states the order went through, oldest first."""

    reference: str
    company: str
    erp_number: str
    history: tuple[str, ...]


def faults_of_orders(
    acknowledged: Iterable[Acknowledged], imported: Iterable[Imported], shown: Iterable[Shown]
) -> list[str]:
    """Everything that is wrong with the orders' way; empty when each acknowledged order arrived once, and only it.

    `acknowledged` may hold a reference several times: a client that got no answer asks again under the same id.
    """
    told = {one.reference: one for one in acknowledged}
    ledger = list(imported)
    pages = list(shown)
    return [
        *_once("the ERP's ledger", told, Counter(one.reference for one in ledger)),
        *_once("the portal", told, Counter(one.reference for one in pages)),
        *_numbers(ledger),
        *(fault for one in ledger for fault in _arrived(told, one)),
        *(fault for one in pages for fault in _shown(told, ledger, one)),
    ]


def _once(place: str, told: Mapping[str, Any], found: Counter[str]) -> list[str]:
    lost = [f"lost: {reference} was acknowledged and is not in {place}" for reference in sorted(told.keys() - found)]
    twice = [f"twice: {reference} is {count} times in {place}" for reference, count in found.items() if count > 1]
    foreign = [f"unknown: {reference} is in {place}; nobody was told so" for reference in sorted(found.keys() - told)]
    return lost + twice + foreign


def _numbers(ledger: list[Imported]) -> list[str]:
    counts = Counter(one.number for one in ledger)
    return [f"twice: the ERP gave number {number} {count} times" for number, count in counts.items() if count > 1]


def _arrived(told: dict[str, Acknowledged], one: Imported) -> list[str]:
    ack = told.get(one.reference)
    if ack is None:
        return []
    faults = []
    if ack.company != one.company:
        faults.append(f"another company's: {one.reference} of {ack.company} reached the ERP as {one.company}'s")
    if ack.content != one.content:
        faults.append(f"changed: {one.reference} was {ack.content} and reached the ERP as {one.content}")
    return faults


def _shown(told: dict[str, Acknowledged], ledger: list[Imported], one: Shown) -> list[str]:
    ack = told.get(one.reference)
    faults = []
    if ack is not None and ack.company != one.company:
        faults.append(f"another company's: {one.reference} of {ack.company} is shown to {one.company}")
    numbers = [entry.number for entry in ledger if entry.reference == one.reference]
    if numbers and one.erp_number not in numbers:
        faults.append(f"wrong number: {one.reference} is {numbers[0]} in the ERP, shown as {one.erp_number or 'none'}")
    places = [STATES.index(state) for state in one.history if state in STATES]
    if places != sorted(set(places)):
        faults.append(f"out of order: {one.reference} went through {' → '.join(one.history)}")
    return faults


@dataclass(frozen=True, slots=True)
class Document:
    """A document with its company and exact content, as the source file has it or as the portal shows it."""

    company: str
    kind: str
    number: str
    content: str


def faults_of_import(source: Iterable[Document], shown: Iterable[Document], events: Iterable[Document]) -> list[str]:
    """What is wrong after an import: `shown` are the portal's rows, `events` what the streams hold, one per change."""
    expected = {(one.kind, one.number): one for one in source}
    faults = []
    for place, found in (("the portal", list(shown)), ("the streams", list(events))):
        counts = Counter((one.kind, one.number) for one in found)
        faults += [f"lost: {kind} {number} is not in {place}" for kind, number in sorted(expected.keys() - counts)]
        faults += [
            f"twice: {kind} {number} is {count} times in {place}"
            for (kind, number), count in counts.items()
            if count > 1
        ]
        for one in found:
            origin = expected.get((one.kind, one.number))
            if origin is None:
                faults.append(f"unknown: {one.kind} {one.number} is in {place} and not in the file")
            elif origin.company != one.company:
                faults.append(f"another company's: {one.kind} {one.number} of {origin.company} is {one.company}'s")
            elif origin.content != one.content:
                faults.append(f"changed: {one.kind} {one.number} was {origin.content}, is {one.content} in {place}")
    return faults


@dataclass(frozen=True, slots=True)
class Said:
    """A message on a company's case. Texts end with a number that grows from message to message."""

    case: str
    company: str
    text: str


def faults_of_cases(told: Iterable[Said], shown: Iterable[Said]) -> list[str]:
    """What is wrong with the conversations: `told` was acknowledged, `shown` is in the order the portal shows it."""
    expected, pages = {one.text: one for one in told}, list(shown)
    faults = _once("the portal", expected, Counter(one.text for one in pages))
    last: dict[str, str] = {}
    for one in pages:
        origin = expected.get(one.text, one)
        if origin.company != one.company:
            faults.append(f"another company's: {one.text} of {origin.company} is shown to {one.company}")
        if origin.case != one.case:
            faults.append(f"another case's: {one.text} of {origin.case} is on {one.case}")
        number = one.text.rpartition(" ")[2]
        if number < last.get(one.case, ""):
            faults.append(f"out of order: {one.text} on {one.case} behind {last[one.case]}")
        last[one.case] = max(number, last.get(one.case, ""))
    return faults


Tables = Mapping[str, Counter[tuple[Any, ...]]]
"""The rows of a service's read models by table, each with how often it is there."""


def faults_of_read_models(service: str, kept: Tables, rebuilt: Tables) -> list[str]:
    """Where the rows that were kept through everything differ from those built afresh from the streams."""
    faults = []
    for table in sorted(kept.keys() | rebuilt.keys()):
        there, right = kept.get(table, Counter()), rebuilt.get(table, Counter())
        faults += [f"wrong row: {service} {table} has {row} × {count}" for row, count in (there - right).items()]
        faults += [f"missing row: {service} {table} lacks {row} × {count}" for row, count in (right - there).items()]
    return faults


_KILLED = re.compile(r"killing '([^']+)' \(\d+\) with SIGKILL")
_STOPPED = re.compile(r"stopped: (\S+) \((?:exit status (\d+)|terminated by (SIGTERM))\)")
_SPAWNED = re.compile(r"spawned: '([^']+)'")
STARTING_SECONDS = 20
"""So long a process on a busy machine may need until it hears a signal."""


def faults_of_stopping(manager_log: Iterable[str], names: Collection[str]) -> list[str]:
    """Which of these processes, when told to stop, did not end in time or not in order, by their manager's log."""
    faults = []
    begun: dict[str, datetime] = {}
    for line in manager_log:
        killed, stopped, spawned = _KILLED.search(line), _STOPPED.search(line), _SPAWNED.search(line)
        if spawned:
            begun[spawned[1]] = _at(line)
        elif killed and killed[1] in names:
            faults.append(f"did not stop: {killed[1]} was told to and had to be killed")
        elif stopped and stopped[1] in names and stopped[3]:
            if _at(line) - begun.get(stopped[1], datetime.min) > timedelta(seconds=STARTING_SECONDS):
                faults.append(f"did not stop in order: {stopped[1]} did not hear SIGTERM")
        elif stopped and stopped[1] in names and stopped[2] != "0":
            faults.append(f"did not stop in order: {stopped[1]} ended with exit code {stopped[2]}")
    return faults


def _at(line: str) -> datetime:
    return datetime.strptime(line[:23], "%Y-%m-%d %H:%M:%S,%f")


def cut_short(log: Iterable[str]) -> int:
    """How often a process, by its own log, was told to stop and ended in time without finishing what it held."""
    return sum("stopped without finishing" in line for line in log)
