"""What the service tests of identity share: the supplier and its customers, and a way to send documents."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from chassis import bus
from chassis.codec import dumps, loads
from chassis.link import Inbox, Message, Publisher
from chassis.messages import ALL_COMPANIES
from services.identity.contract import COMPANIES_MODEL, CONTACTS_TABLE, PEOPLE_MODEL
from tests.support.services import RunningService
from tests.support.waiting import wait_until

ADMIN = "admin4admin4admi"
NORDLICHT, FJORD = "N100", "F200"
PASSWORD = "four boats in harbour"

COMPANIES = [
    {"kind": "company", "key": NORDLICHT, "stamp": "1", "body": {"name": "Nordlicht GmbH", "currency": "EUR"}},
    {"kind": "branch", "key": "HH", "stamp": "1", "body": {"name": "Hamburg"}},
    {"kind": "branch", "key": "HB", "stamp": "1", "body": {"name": "Bremen"}},
]
FJORD_DOCUMENTS = [{"kind": "company", "key": FJORD, "stamp": "1", "body": {"name": "Fjord AS", "currency": "NOK"}}]


class Office:
    """The running service, and what people do with it."""

    def __init__(self, service: RunningService) -> None:
        self.service = service
        self._admin = ""
        self._publisher = Publisher(service.settings.amqp_uri, "test-sync")
        self._answers = Inbox(service.settings.amqp_uri, "test-answers", [bus.ANSWERS])

    def close(self) -> None:
        """Close the connections."""
        self._publisher.stop()
        self._answers.stop()

    def record(self, company: str, documents: list[dict[str, Any]]) -> dict[str, Any]:
        """Send ERP documents of a company as erp_sync does; the service's answer, once the read models show it."""
        partition = bus.partition_of(company)
        message = {
            "run": str(uuid4()),
            "batch": 0,
            "connection": "test",
            "service": "identity",
            "partition": partition,
            "dry_run": False,
            "correlation_id": "test-import",
            "documents": [{"company": company, **document} for document in documents],
        }
        queue = bus.ingest_queue("identity", partition)
        self._publisher.publish([Message("", queue, dumps(message))])
        (delivery,) = self._answers.take(1, wait=20)
        self._answers.ack([delivery])
        answer: dict[str, Any] = loads(delivery.body)
        assert answer["run"] == message["run"]
        if answer["changed"]:
            model = PEOPLE_MODEL if documents[-1]["kind"] == "contact" else COMPANIES_MODEL
            self.service.wait_position(model, answer["position"])
        return answer

    def do(self, command: str, payload: dict[str, Any], company: str = ALL_COMPANIES, actor: str = ADMIN) -> Any:
        """The answer of a command that staff send."""
        return self.service.send(command, payload, company, actor)

    def admin(self) -> str:
        """The id of a portal admin of the supplier's."""
        if not self._admin:
            staff = {"name": "Ada Bell", "email": "admin@supplier.example", "staff_roles": ["portal_admin"]}
            self._admin = self.do("CreateStaff", staff)["id"]
        return self._admin

    def ask(self, method: str, **payload: Any) -> dict[str, Any]:
        """The answer of an RPC method, refusals included."""
        answer: dict[str, Any] = self.service.rpc.call("identity", method, {**payload, "correlation_id": "test-ask"})
        return answer

    def create(self, email: str, name: str = "Hanna Weiss", **more: Any) -> str:
        """The id of a new contact of Nordlicht."""
        contact: str = self.do("CreateContact", {"for_company": NORDLICHT, "name": name, "email": email, **more})["id"]
        return contact

    def invite(self, contact: str) -> str:
        """The token of a new invitation."""
        token: str = self.do("InviteContact", {"contact_id": contact})["result"]["token"]
        return token

    def sign_up(self, email: str, **more: Any) -> str:
        """The id of a new contact with PASSWORD."""
        contact = self.create(email, **more)
        assert self.ask("accept_invitation", token=self.invite(contact), password=PASSWORD)["status"] == "done"
        return contact

    def signs_in(self, email: str, password: str = PASSWORD) -> bool:
        """Whether that address and password are let in."""
        return self.ask("sign_in", email=email, password=password)["status"] == "done"

    def wait_for_mails(self) -> None:
        """Wait until no mail is on its way: the worker then appends nothing of its own accord."""
        sql = "SELECT mail FROM mails_v1 WHERE state IN ('waiting', 'delayed')"
        wait_until(lambda: not self.service.rows(sql), 20, lambda: f"mails on their way: {self.service.rows(sql)}")

    def row(self, contact: str, position: int = 0) -> dict[str, Any]:
        """The contact's row, once the read model is at the position."""
        self.service.wait_position(PEOPLE_MODEL, position)
        return self.service.wait_rows(f"SELECT * FROM {CONTACTS_TABLE} WHERE contact_id = ?", contact)[0]
