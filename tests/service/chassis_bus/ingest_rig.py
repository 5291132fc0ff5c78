"""A worker process that takes in the toys' documents, what sends them to it, and the store to look into."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from esdbclient import EventStoreDBClient, RecordedEvent
from esdbclient.exceptions import NotFound

from chassis import bus
from chassis.batches import Answer, BatchSender
from chassis.codec import loads
from chassis.config import Settings
from tests.service.chassis_bus.toy_documents import SERVICE
from tests.support.processes import Process
from tests.support.settings import environment


def invoice(
    number: str, open_amount: str = "5.00", stamp: str = "2026-01-01T00:00:00", note: str = ""
) -> dict[str, Any]:
    body = {"total": "10.00", "open_amount": open_amount, "note": note}
    return {"kind": "invoice", "key": number, "stamp": stamp, "body": body}


class Rig:
    """The toy's worker process, a sender, and the store to look into."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings = settings
        self.ready = folder / "ready"
        arguments = ["-m", "tests.service.chassis_bus.worker", "ingest", str(self.ready)]
        self.worker = Process(arguments, folder / "worker.log", environment(settings))
        self.sender = BatchSender(settings)
        self.store = EventStoreDBClient(settings.esdb_uri)
        self._batch = 0

    def start(self, **env: str) -> None:
        self.ready.unlink(missing_ok=True)
        self.worker.start(self.ready.exists, 20, **env)

    def message(self, company: str, *documents: dict[str, Any], **more: Any) -> dict[str, Any]:
        self._batch += 1
        return {
            "run": "R1",
            "batch": self._batch,
            "connection": "erp1",
            "service": SERVICE,
            "partition": bus.partition_of(company),
            "correlation_id": "corr-1",
            "documents": [{"company": company, **document} for document in documents],
            **more,
        }

    def answer(self, seconds: float = 20) -> Answer:
        answers = self.sender.answers(seconds)
        assert len(answers) == 1, (answers, self.worker.tail())
        self.sender.ack(answers)
        return answers[0]

    def ask(self, company: str, *documents: dict[str, Any], **more: Any) -> Answer:
        assert self.sender.send(self.message(company, *documents, **more)) == 1
        return self.answer()

    def events(self, stream: str) -> list[RecordedEvent]:
        try:
            return list(self.store.get_stream(stream))
        except NotFound:
            return []

    def stored(self, stream: str) -> list[tuple[str, str]]:
        """Type and document number of each event of the stream."""
        return [(event.type, loads(event.data)["number"]) for event in self.events(stream)]

    def close(self) -> None:
        self.worker.stop()
        self.sender.stop()
        self.store.close()


def counts(answer: Answer) -> tuple[int, int, int, int]:
    return answer["changed"], answer["unchanged"], answer["stale"], len(answer["refused"])
