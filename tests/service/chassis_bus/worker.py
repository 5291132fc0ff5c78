"""A worker process of the toys: `python -m tests.service.chassis_bus.worker PART READY_FILE` runs ingest or relay.

The relay's listeners stand in the environment: `TOY_LISTENERS="note:first late:now"`.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from chassis import bus, log, statedb
from chassis.config import Settings
from chassis.ingest import Ingest
from chassis.listeners import Listener
from chassis.reactions import Reaction, Since
from chassis.relay import Relay
from chassis.stopping import wait_until_told
from tests.service.chassis_bus.toy_documents import CODEC, KINDS, PUBLISHED, SERVICE, STREAMS

LISTENER = "listener"
LISTENERS = os.environ.get("TOY_LISTENERS", "")


async def ignore(_event: Any, _tools: Any) -> None:
    """Nobody handles these: the test looks at the queues."""


def reactions(named: str) -> list[Reaction]:
    """Those that are named so."""
    given = [one.split(":") for one in named.split()]
    return [Reaction(name, SERVICE, "ItemOpened", ignore, Since(since)) for name, since in given]


def topology(channel: Any) -> None:
    """What a toy needs on the broker."""
    channel.exchange_declare(bus.events_exchange(SERVICE), "topic", durable=True)
    bus.declare_reactions(channel, LISTENER, reactions(LISTENERS))


def relay(settings: Settings) -> Relay:
    """The relay of the toys with their listeners; as in production, the topology is declared before it starts."""
    connection = bus.connect(settings.amqp_uri, SERVICE)
    topology(connection.channel())
    connection.close()
    listeners = tuple(
        Listener(bus.reaction_queue(LISTENER, one.name), one.event_type, one.since) for one in reactions(LISTENERS)
    )
    return Relay(SERVICE, PUBLISHED, STREAMS, CODEC, settings, listeners, topology)


def main(part: str, ready: Path) -> None:
    settings = Settings.from_env()
    log.configure(SERVICE, "INFO")
    statedb.migrate(settings.state_db(SERVICE), SERVICE)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    runnable = Ingest(SERVICE, KINDS, CODEC, settings) if part == "ingest" else relay(settings)
    thread = threading.Thread(target=runnable.run, args=(stop,))
    ready.touch()  # first: a test may have it killed at once
    thread.start()
    wait_until_told(stop)
    thread.join()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
