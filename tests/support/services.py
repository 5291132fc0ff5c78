"""A service as it runs in production: its nameko process and its worker, and a client that sends it commands."""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from chassis import bus
from chassis.codec import dumps, loads
from chassis.config import Settings
from chassis.messages import Context
from chassis.readmodel import NotThere, database
from chassis.rpc import Commands, RpcClient
from tests.support.ports import free_port
from tests.support.processes import Process
from tests.support.settings import environment
from tests.support.waiting import wait_until


def answers(port: int, path: str = "/readyz") -> bool:
    """Whether the admin server on this port says yes."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


class RunningService:
    """`portico service NAME` and `portico worker NAME` on given settings; `send` is the gateway's part.

    With `PORTICO_KILL_AT=*:/folder` each has points of its own, in `service` and `worker` below that folder: both
    append, and which of them came to the same point first would be chance.
    """

    def __init__(self, name: str, settings: Settings, logs: Path) -> None:
        self.name = name
        self.settings = settings
        self.service, self.service_port = self._process("service", logs)
        self.worker, self.worker_port = self._process("worker", logs)
        self.rpc = RpcClient(settings.amqp_uri, f"test-{name}")
        self.commands = Commands(self.rpc)

    def _process(self, kind: str, logs: Path) -> tuple[Process, int]:
        port = free_port()
        env = {**environment(self.settings), "PORTICO_ADMIN_PORT": str(port)}
        armed = os.environ.get("PORTICO_KILL_AT", "")
        if armed.startswith("*:"):
            folder = Path(armed.removeprefix("*:")) / kind
            folder.mkdir(exist_ok=True)
            env["PORTICO_KILL_AT"] = f"*:{folder}"
        return Process(["-m", "portico", kind, self.name], logs / f"{self.name}-{kind}.log", env), port

    def start(self) -> None:
        """Start both and wait until both are ready."""
        self.service.start()
        self.worker.start(lambda: answers(self.worker_port), 30)
        wait_until(lambda: answers(self.service_port), 30, lambda: f"{self.name} ready\n{self.service.tail()}")

    def stop(self) -> None:
        """End both, and the client."""
        self.rpc.stop()
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(Process.stop, (self.service, self.worker)))

    def send(
        self,
        command: str,
        payload: dict[str, Any],
        company: str,
        actor: str,
        command_id: UUID | None = None,
        channel: str = "test",
    ) -> dict[str, Any]:
        """The answer of a done command; raises what it was refused with. Without a command id it is a new one."""
        context = Context(command_id or uuid4(), company, actor, channel, f"test-{command}")
        return self.commands.send(self.name, command, payload, context)

    def record(self, company: str, documents: list[dict[str, Any]], dry_run: bool = False) -> dict[str, Any]:
        """The service's answer to a batch of ERP documents; erp_sync's part, so it must not run beside."""
        batch = str(uuid4())
        partition = bus.partition_of(company)
        head = {"run": "run-1", "batch": batch, "connection": "test", "service": self.name, "partition": partition}
        own = [{"company": company, **document} for document in documents]
        message = {**head, "dry_run": dry_run, "correlation_id": "test", "documents": own}
        connection = bus.connect(self.settings.amqp_uri, "test-erp-sync")
        try:
            channel = connection.channel()
            channel.basic_publish("", bus.ingest_queue(self.name, partition), dumps(message), mandatory=True)

            def answer() -> dict[str, Any] | None:
                _, _, body = channel.basic_get(bus.ANSWERS, auto_ack=True)
                said = loads(body) if body else None
                return said if said and said["batch"] == batch else None

            found = wait_until(answer, 15, lambda: f"{self.name} answers\n{self.worker.tail()}")
            assert found is not None
            return found
        finally:
            connection.close()

    @contextmanager
    def listening(self) -> Iterator[Callable[[int], list[dict[str, Any]]]]:
        """While it lasts, gives a function that waits for so many events of this service on the bus."""
        connection = bus.connect(self.settings.amqp_uri, "test-listener")
        channel = connection.channel()
        queue = channel.queue_declare("", exclusive=True).method.queue
        channel.queue_bind(queue, bus.events_exchange(self.name), "#")
        heard: list[dict[str, Any]] = []

        def hear(count: int) -> list[dict[str, Any]]:
            def enough() -> bool:
                _, _, body = channel.basic_get(queue, auto_ack=True)
                heard.extend([loads(body)] if body else [])
                return len(heard) >= count

            wait_until(enough, 10, lambda: f"{count} events, heard {heard}\n{self.worker.tail()}")
            return heard

        try:
            yield hear
        finally:
            connection.close()

    def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        """Rows of the service's read models, read-only; none while they are being made."""
        try:
            with database(self.settings, self.name).reading() as execute:
                return [dict(row) for row in execute(sql, values)]
        except NotThere:
            return []

    def metrics(self, port: int) -> str:
        """What the process with this admin port counts, in Prometheus' text format."""
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as response:
            return str(response.read().decode())

    def wait_rows(self, sql: str, *values: Any, seconds: float = 10) -> list[dict[str, Any]]:
        """The rows, as soon as there are any."""
        return wait_until(lambda: self.rows(sql, *values), seconds, lambda: f"rows of {sql}\n{self.worker.tail()}")

    def wait_position(self, model: str, position: int, seconds: float = 10) -> None:
        """Wait until the read model (`cases_v2`) has every event up to the position."""

        def reached() -> bool:
            return bool(self.rows("SELECT 1 FROM checkpoints WHERE model = ? AND position >= ?", model, position))

        wait_until(reached, seconds, lambda: f"{model} at {position}\n{self.worker.tail()}")
