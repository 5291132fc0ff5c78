"""`make soak`: people work, an export is imported again and again, and processes are killed, paused and restarted.

At the end nothing that was acknowledged may be lost or twice, every read model equals one that is built afresh, and
nothing was put aside. Before that, the event store alone is killed in the middle of appends, many times. Exit code 1
when anything is wrong.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.ground import PARTS, Ground, opened, wait_ready
from tests.chaos.storm import Storm, Victim
from tests.support.appending import kill_while_appending
from tests.support.cluster import RabbitCluster
from tests.support.portal import running
from tests.support.postgres import PostgresServer
from tests.support.processes import LocalStore

STORE_KILLS = int(os.environ.get("PORTICO_STORE_KILLS", "50"))
BETWEEN_BLOWS_SECONDS = (0.5, 8.0)


def main(arguments: list[str]) -> int:
    """Do it, and print what was done and what is wrong."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="how long processes are harmed (default: 10)")
    parser.add_argument("--cluster", action="store_true", help="on three RabbitMQ nodes, which are harmed too")
    parser.add_argument("--postgres", action="store_true", help="with read models in PostgreSQL, which is harmed too")
    parser.add_argument(
        "--store-kills",
        type=int,
        default=STORE_KILLS,
        help=f"how often the event store is killed in the middle of appends (default: {STORE_KILLS})",
    )
    parser.add_argument("--seed", default=str(random.randrange(1_000_000)), help="of a run to be repeated")
    wanted = parser.parse_args(arguments)
    print(f"seed {wanted.seed}, {wanted.minutes:g} minutes", flush=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="soak-")))
        faults = kill_store(folder / "localstore", wanted.store_kills, wanted.seed)
        environment: dict[str, str] = {}
        others: dict[str, Victim] = {}
        nodes: RabbitCluster | None = None
        if wanted.cluster:
            nodes = clustered(stack, folder)
            environment["PORTICO_AMQP_URI"] = nodes.uri
            others |= {name: Node(nodes, name) for name in nodes.nodes}
        if wanted.postgres:
            server = PostgresServer()
            stack.callback(server.stop)
            server.start()
            environment["PORTICO_READ_URI"] = stack.enter_context(server.database("portico"))
            others["postgres"] = Postgres(server)
        portal = stack.enter_context(running(folder / "p", environment=environment))
        portal.broker = nodes
        ground = stack.enter_context(opened(portal, folder))
        storm = Storm(ground, random.Random(wanted.seed), others)
        rage(storm, wanted.minutes * 60, random.Random(f"{wanted.seed} when"))
        faults += storm.faults()
        report(storm, ground)
    for fault in faults:
        print(f"FAULT {fault}")
    print(f"{len(faults)} faults; seed {wanted.seed}" if faults else "Everything arrived, once, and nothing else.")
    return 1 if faults else 0


def kill_store(folder: Path, kills: int, seed: str) -> list[str]:
    """Kill an event store of its own so often while eight writers append; what is wrong with it afterwards."""
    store = LocalStore(folder)
    store.start()
    try:
        faults = kill_while_appending(store, kills, seed)
    finally:
        store.kill()
    outcome = "something is wrong with what it stored" if faults else "what it answered is there, once and in order"
    print(f"{kills} kills of the event store in the middle of appends: {outcome}", flush=True)
    return [f"event store, {fault}" for fault in faults]


def clustered(stack: ExitStack, folder: Path) -> RabbitCluster:
    """Three nodes that run until the stack is left."""
    nodes = RabbitCluster(folder)
    stack.callback(nodes.stop)
    nodes.start()
    return nodes


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the cluster; the next blow falls when all three are one again."""

    cluster: RabbitCluster
    name: str

    def kill(self) -> None:
        """As a power cut would."""
        self.cluster.nodes[self.name].kill()
        self.cluster.back(self.name)

    def paused(self) -> AbstractContextManager[None]:
        """As on a machine that swaps."""
        return self.cluster.nodes[self.name].paused()

    def restart(self) -> None:
        """As for an update."""
        self.cluster.nodes[self.name].end()
        self.cluster.back(self.name)


@dataclass(frozen=True, slots=True)
class Postgres:
    """The database of the read models."""

    server: PostgresServer

    def kill(self) -> None:
        """As a power cut would."""
        self.server.kill()
        self.server.start()

    def paused(self) -> AbstractContextManager[None]:
        """As on a machine that swaps."""
        return self.server.paused()

    def restart(self) -> None:
        """As for an update."""
        self.server.end()
        self.server.start()


def rage(storm: Storm, seconds: float, chance: random.Random) -> None:
    """Strike a process every few seconds while people work; then let everything come back."""
    until = time.monotonic() + seconds
    rest = threading.Event()  # never set

    def parts() -> Iterator[int]:
        return itertools.takewhile(lambda _: time.monotonic() < until, itertools.cycle(range(PARTS)))

    with storm.business(parts()) as importing:
        for name in storm.turns():
            rest.wait(chance.uniform(*BETWEEN_BLOWS_SECONDS))
            if time.monotonic() > until:
                break
            storm.strike(name)
        wait_ready(storm.ground.portal)
        importing.result()


def report(storm: Storm, ground: Ground) -> None:
    """What was done in all, and how long people waited at worst."""
    orders, messages = ground.client.asking, ground.talker.asking
    for name, asking in (("orders", orders), ("messages on cases", messages)):
        told = len(asking.told())
        print(f"{told:,} {name} acknowledged in {asking.attempts():,} attempts, the slowest in {asking.longest:.1f} s")
    print(f"{sum(map(len, storm.references.values())):,} orders seen on pages")
    print(f"{ground.imports:,} imports of {PARTS} files")
    print(
        f"{storm.done.total():,} blows: " + ", ".join(f"{name} × {count}" for name, count in storm.done.most_common())
    )
    hung = +storm.cut_short()
    which = ": " + ", ".join(f"{name} × {count}" for name, count in hung.items()) if hung else ""
    print(f"{hung.total():,} times a process that was told to stop ended without finishing what it held{which}")
    spared = storm.victims.keys() - {done.partition(" ")[2] for done in storm.done}
    if spared:
        print(f"too short a time to strike: {', '.join(sorted(spared))}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
