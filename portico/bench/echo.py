"""The limit of a command: a nameko service that does nothing, under the same runner settings as ours."""

from __future__ import annotations

import os
import sys
import warnings


def main() -> None:
    """Serve `rpc-bench_echo` on the broker given, until SIGTERM."""
    os.environ["EVENTLET_HUB"] = "asyncio"
    warnings.filterwarnings("ignore", r"\s*Eventlet is deprecated")
    import eventlet

    eventlet.monkey_patch(thread=False)
    import signal

    import kombu.pools
    from nameko.rpc import rpc
    from nameko.runners import ServiceRunner

    class Echo:
        name = "bench_echo"

        @rpc
        def execute(self, envelope: dict[str, object]) -> dict[str, object]:
            return envelope

    kombu.pools.set_limit(1000)
    runner = ServiceRunner({"AMQP_URI": sys.argv[1], "max_workers": 64})
    runner.add_service(Echo)
    signal.signal(signal.SIGTERM, lambda *_: eventlet.spawn(runner.stop))
    runner.start()
    runner.wait()


if __name__ == "__main__":
    main()
