"""Who does what only one may do at a time: a lease that one worker holds and renews, while others stand by.

The row has no time in it. Whoever stands by watches it on its own clock: unchanged for LAPSE_SECONDS, its holder is
stopped or cut off; and a holder that died on this machine is seen at once. So no two clocks have to agree.

A lease spares work and trouble. What keeps a projector that was replaced from writing is not the lease but the
compare-and-set in its transaction, under the lease's token.
"""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Column, Float, MetaData, Table, Text

from chassis import log

BEAT_SECONDS = 2.0
LAPSE_SECONDS = 5.0
LOOK_SECONDS = 0.5
LEASES = Table(
    "leases",
    MetaData(),
    Column("name", Text, primary_key=True),
    Column("token", Text, nullable=False),
    Column("holder", Text, nullable=False),
    Column("beat", BigInteger, nullable=False),
    Column("lag", Float, nullable=False),
)
_LOOK = f"SELECT token, holder, beat, lag FROM {LEASES.name} WHERE name = ?"
_NEW = (
    f"INSERT INTO {LEASES.name} (name, token, holder, beat, lag) VALUES (?, ?, ?, 0, 0) ON CONFLICT (name) DO NOTHING"
)
_TAKE = f"UPDATE {LEASES.name} SET token = ?, holder = ?, beat = beat + 1 WHERE name = ? AND token = ? AND beat = ?"
_RENEW = f"UPDATE {LEASES.name} SET beat = beat + 1, lag = ? WHERE name = ? AND token = ?"
_RELEASE = f"DELETE FROM {LEASES.name} WHERE name = ? AND token = ?"
_log = log.get("lease")


@dataclass(frozen=True)
class Holder:
    """A process: the boot and the set of process ids it belongs to, its id, and when it started (ticks since boot)."""

    machine: str
    pid: int
    started: int

    def __str__(self) -> str:
        return f"process {self.pid}" if self.machine == _machine() else f"process {self.pid} of another machine"

    def text(self) -> str:
        """As the lease's row keeps it."""
        return f"{self.machine} {self.pid} {self.started}"

    @classmethod
    def parse(cls, text: str) -> Holder:
        """What `text` wrote."""
        machine, pid, started = text.split(" ")
        return cls(machine, int(pid), int(started))

    def is_dead(self) -> bool:
        """Whether it is certain that this process has ended."""
        return self.machine == _machine() and _started(self.pid) != self.started

    def kill(self) -> bool:
        """End it with SIGKILL, which a stopped process obeys too; whether it has ended or will. Never this process."""
        if self.machine != _machine() or self.pid == os.getpid():
            return False
        try:
            descriptor = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return True
        except OSError:
            return False
        try:
            # The descriptor names one process for good: what has its number now is it, or is not touched.
            if not self.is_dead():
                signal.pidfd_send_signal(descriptor, signal.SIGKILL)
                _log.warning("a process that does not answer was ended: it kept others from writing", pid=self.pid)
            return True
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        finally:
            os.close(descriptor)


@functools.cache
def _machine() -> str:
    # Process ids mean nothing after a boot or in another container.
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{boot}/{os.stat('/proc/self/ns/pid').st_ino}"


def _started(pid: int) -> int | None:
    """When the process started, in ticks since boot; None when it has ended, though its parent may not know yet."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def this_process() -> Holder:
    """The process that asks."""
    return Holder(_machine(), os.getpid(), _started(os.getpid()) or 0)


class Lease:
    """One process's part in the lease `name`. `connect` opens the database of leases, `lag` is told with each beat.

    `holder` is whom this process stands by for, None when it does not; `holder_lag` what that one told last.
    `replaced` is whom, and under which token, it took the lease from without knowing that it had ended. `lost` is set
    when another took it.
    """

    def __init__(self, name: str, connect: Callable[[], Any], lag: Callable[[], float] = lambda: 0.0) -> None:
        self.name = name
        self.token = str(uuid.uuid4())
        self.holder: Holder | None = None
        self.holder_lag = 0.0
        self.replaced: tuple[Holder, str] | None = None
        self.lost = threading.Event()
        self._connect = connect
        self._connection: Any = None
        self._lag = lag
        self._seen: tuple[str, int] | None = None
        self._since = 0.0

    def claim(self) -> bool:
        """Take it if it is free; whether it is ours now. Raises what the database raises."""
        with self._closing_on_error():
            connection = self._opened()
            row = connection.execute(_LOOK, (self.name,)).fetchone()
            taken: bool
            if row is None:
                self.replaced = None
                new = (self.name, self.token, this_process().text())
                taken = connection.execute(_NEW, new).rowcount == 1
            elif row["token"] == self.token:
                taken = self._renew()
            else:
                taken = self._is_free(row) and self._take(row)
        if taken:
            self.holder = None
            self.lost.clear()
        return taken

    @contextmanager
    def renewed(self) -> Iterator[None]:
        """Renew it from a thread while the block runs; free afterwards, unless it was lost."""
        ended = threading.Event()
        thread = threading.Thread(target=self._beat, args=(ended,), name=f"lease:{self.name}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join(10)
            with contextlib.suppress(Exception):  # whoever waits for it then sees it lapse, or this process end
                self._opened().execute(_RELEASE, (self.name, self.token))
            self.close()

    def close(self) -> None:
        """Let go of the connection; the next use opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(Exception):
                connection.close()

    def _opened(self) -> Any:
        if self._connection is None:
            self._connection = self._connect()
        return self._connection

    @contextmanager
    def _closing_on_error(self) -> Iterator[None]:
        try:
            yield
        except Exception:
            self.close()
            raise

    def _is_free(self, row: Any) -> bool:
        self.holder, self.holder_lag = Holder.parse(row["holder"]), row["lag"]
        seen, now = (row["token"], row["beat"]), time.monotonic()
        if seen != self._seen:
            self._seen, self._since = seen, now
        return self.holder.is_dead() or now - self._since > LAPSE_SECONDS

    def _take(self, row: Any) -> bool:
        values = (self.token, this_process().text(), self.name, row["token"], row["beat"])
        taken: bool = self._opened().execute(_TAKE, values).rowcount == 1
        if taken and self.holder is not None:
            self.replaced = None if self.holder.is_dead() else (self.holder, row["token"])
        return taken

    def _renew(self) -> bool:
        renewed: bool = self._opened().execute(_RENEW, (self._lag(), self.name, self.token)).rowcount == 1
        return renewed

    def _beat(self, ended: threading.Event) -> None:
        while not ended.wait(BEAT_SECONDS):
            try:
                with self._closing_on_error():
                    renewed = self._renew()
            except Exception as error:  # the database is away: it stays ours as long as nobody takes it
                _log.warning("lease not renewed", lease=self.name, error=repr(error))
                continue
            if not renewed:
                self.lost.set()
                return
