"""A worker process of the toys: `python -m tests.service.chassis_bus.worker PART READY_FILE` runs ingest or relay."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path

from chassis import log, statedb
from chassis.config import Settings
from chassis.ingest import Ingest
from chassis.relay import Relay
from tests.service.chassis_bus.toy_documents import CODEC, KINDS, PUBLISHED, SERVICE, STREAMS


def main(part: str, ready: Path) -> None:
    settings = Settings.from_env()
    log.configure(SERVICE, "INFO")
    statedb.migrate(settings.state_db(SERVICE), SERVICE)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    runnable: Ingest | Relay
    if part == "ingest":
        runnable = Ingest(SERVICE, KINDS, CODEC, settings)
    else:
        runnable = Relay(SERVICE, PUBLISHED, STREAMS, CODEC, settings)
    thread = threading.Thread(target=runnable.run, args=(stop,))
    ready.touch()  # first: a test may have it killed at once
    thread.start()
    thread.join()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
