"""A real nameko process for the tests of the bus: `python -m tests.service.chassis_bus.serve NAME READY_FILE`.

It starts as chassis.runner does, with the service class NAME of tests.service.chassis_bus.toys.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any


def main(name: str, ready: Path) -> None:
    os.environ["EVENTLET_HUB"] = "asyncio"
    import eventlet

    eventlet.monkey_patch(thread=False)

    import kombu.pools
    from nameko.runners import ServiceRunner

    from chassis import admin, log, statedb
    from chassis.config import Settings
    from tests.service.chassis_bus import toys

    settings = Settings.from_env()
    log.configure(name, "INFO")
    kombu.pools.set_limit(1000)
    statedb.migrate(settings.state_db(name), name)
    runner = ServiceRunner({"AMQP_URI": settings.amqp_uri, "max_workers": 64, "parent_calls_tracked": 1})
    runner.add_service(getattr(toys, name))

    def stop(_signum: int, _frame: Any) -> None:
        eventlet.spawn(runner.stop)

    signal.signal(signal.SIGTERM, stop)
    runner.start()
    admin.serve_green(settings.admin_port, name, lambda: (True, "serving"), lambda: {"service": {"name": name}})
    ready.touch()
    runner.wait()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
