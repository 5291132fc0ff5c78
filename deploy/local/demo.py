"""Loads the demo company on the first start: its ERP's export through the real import, people, licences, cases.

Every command's id derives from a fixed name, so loading again, or after an interrupted load, changes nothing twice.
These passwords are set here alone, in a demo.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from chassis.config import Settings
from chassis.errors import PorticoError, from_wire
from chassis.messages import ALL_COMPANIES, Context
from chassis.rpc import Commands, RpcClient
from deploy.local.demo_data import FILES, write_export
from deploy.local.demo_data.customers import MAIN
from deploy.local.problem import Problem
from portico.import_ import Order, follow, start

Progress = Callable[[int, int, str], None]
"""`progress(done, total, text)`."""

_IDS = uuid5(NAMESPACE_URL, "portico:demo")
_SET_UP = "set-up"
_PASSWORD = "fittings-on-friday"
_FULL = (
    "see_balance",
    "pay",
    "order",
    "quote",
    "catalogue",
    "open_cases",
    "service_calls",
    "report_orders",
    "report_invoices",
    "report_payments",
    "report_deliveries",
    "report_credit_memos",
    "layouts_export",
)
_ACCOUNTS = tuple(one for one in _FULL if one not in ("order", "quote", "catalogue", "service_calls"))


@dataclass(frozen=True, slots=True)
class _Person:
    """Someone who signs in: of the demo's main customer with permissions, or of the supplier's staff with roles."""

    role: str
    name: str
    email: str
    permissions: tuple[str, ...] = ()
    staff_roles: tuple[str, ...] = ()

    @property
    def company(self) -> str:
        return ALL_COMPANIES if self.staff_roles else MAIN


_BUYER = _Person("buyer", "Priya Nair", "priya.nair@hollismarr.example", _FULL)
_ACCOUNTANT = _Person("accountant", "Tom Ashdown", "tom.ashdown@hollismarr.example", _ACCOUNTS)
_AGENT = _Person("support agent", "Sam Okafor", "sam.okafor@tarnbrook.example", staff_roles=("agent",))
_ADMIN = _Person("portal admin", "Mira Lang", "mira.lang@tarnbrook.example", staff_roles=("portal_admin",))
_PEOPLE = (_BUYER, _ACCOUNTANT, _AGENT, _ADMIN)
LOGINS: list[tuple[str, str, str]] = [(person.role, person.email, _PASSWORD) for person in _PEOPLE]
"""Role, e-mail address and password of everyone who can sign in to the demo."""

_CASES: tuple[tuple[_Person, dict[str, Any], tuple[tuple[_Person, str, str], ...]], ...] = (
    (
        _BUYER,
        {
            "summary": "Scanner logs off after ten minutes",
            "detail": "The new scanners in Hull log off after about ten minutes without a scan. "
            "Pickers lose the list they are working on.",
            "customer_reference": "HMM-5521",
            "product": "Warehouse Scanner",
        },
        (
            (_AGENT, "Thank you. Which version does the start screen show, and is it all twelve devices?", "waiting"),
            (_BUYER, "2025.2 on all of them. Bay 4 is worst.", ""),
            (_AGENT, "There is a time-out setting for idle devices; I have asked the developers for its name.", "open"),
        ),
    ),
    (
        _ACCOUNTANT,
        {"summary": "Copy invoices for the auditors", "detail": "Please send copies of the invoices from last spring."},
        ((_AGENT, "All of them are under Reports, Invoices: filter by date and open each one.", "solved"),),
    ),
    (
        _BUYER,
        {
            "summary": "Pallet label with our own bar code",
            "detail": "Can Label Designer print our customer's bar code on pallet labels? We would need it by spring.",
            "product": "Label Designer",
            "vendor_approval": True,
        },
        (),
    ),
)


def load(settings: Settings, progress: Progress) -> None:
    """Load what is missing. Raises Problem when a part refuses or stays away; calling again goes on."""
    steps = _Steps(progress, len(FILES) + len(_PEOPLE) + 1 + len(_CASES))
    rpc = RpcClient(settings.amqp_uri, "demo")
    try:
        _Demo(settings, rpc, steps).load()
    except PorticoError as error:
        todo = "Run the same command again: it goes on from here."
        raise Problem(f"The demo company could not be loaded: {error.message}", todo) from error
    finally:
        rpc.stop()


@dataclass
class _Steps:
    """Counts what is done for the progress bar."""

    show: Progress
    total: int
    done: int = 0

    def begin(self, text: str) -> None:
        self.show(self.done, self.total, text)
        self.done += 1

    def end(self) -> None:
        self.show(self.total, self.total, "Demo company loaded")


class _Demo:
    """One load: the files, then what only the portal knows."""

    def __init__(self, settings: Settings, rpc: RpcClient, steps: _Steps) -> None:
        self._settings = settings
        self._folder = settings.folder("demo")
        self._rpc = rpc
        self._commands = Commands(rpc)
        self._steps = steps

    def load(self) -> None:
        write_export(self._folder, self._anchor())
        runs = [(name, self._start_import(name)) for name in FILES]
        for name, run in runs:
            self._steps.begin(f"Importing {name.replace('_', ' ')}")
            self._follow(name, run)
        people = {person.email: self._person(person) for person in _PEOPLE}
        self._steps.begin("Granting licences")
        payload = {"feature": "order_pad", "for_company": ALL_COMPANIES}
        self._send("licensing", "GrantFeature", payload, ALL_COMPANIES, people[_ADMIN.email], "order-pad")
        for number, (author, form, answers) in enumerate(_CASES, 1):
            self._steps.begin("Opening support cases")
            self._case(f"case-{number}", author, form, answers, people)
        self._steps.end()

    def _anchor(self) -> date:
        """The day the demo looks from: that of the first load."""
        path = self._folder / "anchor"
        if not path.exists():
            path.write_text(datetime.now(UTC).date().isoformat() + "\n")
        return date.fromisoformat(path.read_text().strip())

    def _start_import(self, name: str) -> str:
        """Hand a file over as `portico import` does; its run. The same content is the same run."""
        file = self._folder / f"{name}.csv"
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        profile = f"demo-{name.replace('_', '-')}"
        order = Order(file, profile, "files", False, _id(f"{name} {content}"), _SET_UP)
        return start(self._settings, self._rpc, order)

    def _follow(self, name: str, run: str) -> None:
        """Wait for the run's end; everything in the demo's own files has to be taken."""
        status = follow(self._rpc, run, lambda status: None)
        if status["state"] == "failed":
            raise Problem(f"The demo's {name}.csv could not be imported: {status['message']}")
        errors = status["summary"]["errors"]
        if errors["rows"]:
            raise Problem(
                f"{errors['rows']} rows of the demo's {name}.csv were refused.",
                f"See {self._settings.var / errors['file']}",
            )

    def _person(self, person: _Person) -> str:
        """The id of the contact, made and with a password."""
        self._steps.begin(f"Inviting {person.name}")
        if person.staff_roles:
            roles = {"staff_roles": list(person.staff_roles)}
            made = self._send("identity", "CreateStaff", _named(person, **roles), ALL_COMPANIES, _SET_UP, person.email)
        else:
            rights = {"for_company": MAIN, "permissions": list(person.permissions)}
            made = self._send(
                "identity", "CreateContact", _named(person, **rights), ALL_COMPANIES, _SET_UP, person.email
            )
        contact = str(made["id"])
        invited = self._send(
            "identity", "InviteContact", {"contact_id": contact}, ALL_COMPANIES, _SET_UP, f"invite {person.email}"
        )
        accepting = {"token": invited["result"]["token"], "password": _PASSWORD, "correlation_id": "demo"}
        answer = self._rpc.call("identity", "accept_invitation", accepting, idempotent=True)
        if answer["status"] != "done" and answer["code"] != "InvitationUsed":
            raise from_wire(answer)
        return contact

    def _case(
        self,
        name: str,
        author: _Person,
        form: dict[str, Any],
        answers: tuple[tuple[_Person, str, str], ...],
        people: dict[str, str],
    ) -> None:
        opened = self._send("cases", "OpenCase", form, author.company, people[author.email], name)
        for number, (writer, text, status) in enumerate(answers, 1):
            payload = {"case": opened["id"], "text": text}
            if writer.staff_roles:
                payload["status"] = status
            command = "AnswerCase" if writer.staff_roles else "ReplyToCase"
            self._send("cases", command, payload, writer.company, people[writer.email], f"{name}/{number}")

    def _send(
        self, service: str, command: str, payload: dict[str, Any], company: str, actor: str, name: str
    ) -> dict[str, Any]:
        until = datetime.now(UTC) + timedelta(seconds=30)
        context = Context(_id(name), company, actor, "demo", "demo", deadline=until)
        return self._commands.send(service, command, payload, context)


def _named(person: _Person, **more: Any) -> dict[str, Any]:
    return {"name": person.name, "email": person.email, "language": "en", **more}


def _id(name: str) -> UUID:
    """The command id of a step, the same in every load."""
    return uuid5(_IDS, name)
