"""What strace says a localstore did, and in which order: written, synced, answered."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

CALLS = "openat,close,pwrite64,fdatasync,fsync,sendmsg,sendto,write,writev"
_STARTED = re.compile(r"(\d+) +(\w+)\((.*)")
_RESUMED = re.compile(r"(\d+) +<\.\.\. (\w+) resumed>(.*)")
_RESULT = re.compile(r"= (-?\d+)[^=]*$")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


def strace(trace: Path) -> list[str]:
    """The command that runs another one and writes what it does to `trace`."""
    return ["strace", "-f", "--seccomp-bpf", "-qq", "-xx", "-s", "1000000", "-e", f"trace={CALLS}", "-o", str(trace)]


class Append(NamedTuple):
    """By which bytes an append is recognised: in the write-ahead log, and in what is sent to its client."""

    stored: bytes
    answer: bytes


class Call(NamedTuple):
    """A system call, at its beginning (`result` None) or at its end; the data it was given, its file descriptor."""

    name: str
    file: int
    data: bytes
    result: int | None


def calls(lines: Iterable[str]) -> Iterator[Call]:
    """Each call twice, at its beginning and at its end, in the order in which strace saw them."""
    under_way: dict[str, Call] = {}
    for line in lines:
        if resumed := _RESUMED.match(line):
            begun = under_way.pop(resumed[1])
            yield begun._replace(result=_result(resumed[3]))
        elif started := _STARTED.match(line):
            thread, name, rest = started.groups()
            number = re.match(r"\d+", rest)
            data = bytes.fromhex("".join(_TEXT.findall(rest)).replace("\\x", ""))
            begun = Call(name, int(number[0]) if number else -1, data, None)
            yield begun
            if rest.endswith("<unfinished ...>"):
                under_way[thread] = begun
            else:
                yield begun._replace(result=_result(rest))


def _result(rest: str) -> int:
    found = _RESULT.search(rest)
    return int(found[1]) if found else -1


def unsynced(lines: Iterable[str], appends: Mapping[str, Append]) -> list[str]:
    """The appends whose answer was sent before the log that holds them was synced, and those that were not seen."""
    logs: set[int] = set()  # file descriptors of write-ahead logs
    written: dict[int, set[str]] = {}  # what each log holds that is not synced yet
    syncing: dict[int, set[str]] = {}
    durable: set[str] = set()
    answered: dict[str, bool] = {}
    for name, file, data, result in calls(lines):
        if name == "openat" and result is not None and data.endswith(b"-wal"):
            logs.add(result)
        elif name == "close" and result == 0:
            logs.discard(file)
        elif name == "pwrite64" and result is not None and file in logs:
            held = written.setdefault(file, set())
            held.update(one for one, append in appends.items() if append.stored in data and one not in durable)
        elif name in ("fdatasync", "fsync") and file in logs:
            if result is None:
                syncing[file] = written.pop(file, set())
            elif result == 0:
                durable |= syncing.pop(file, set())
        elif name in ("sendmsg", "sendto", "write", "writev") and result is None:
            for one, append in appends.items():
                if append.answer in data:
                    answered.setdefault(one, one in durable)
    early = [f"{one} was answered before it was synced" for one, synced in answered.items() if not synced]
    return early + [f"the answer of {one} was not seen" for one in appends if one not in answered]
