"""All six services within the process of the test: their own handlers, store, projectors and intake; no broker.

What goes over the bus elsewhere is a call here, its payload and answer through JSON as on the bus. A test can so plant
a fault in a service, and everything else stays as it runs in production; only that passwords are hashed cheaply.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import pyotp
import pytest
from argon2 import PasswordHasher

from chassis import dispatch, rooms, statedb
from chassis.codec import dumps, loads
from chassis.config import SERVICES, Settings
from chassis.dispatch import Tools
from chassis.errors import Unavailable
from chassis.ingest_documents import read_batch
from chassis.ingest_index import IngestIndex
from chassis.ingest_streams import Recorder
from chassis.messages import ALL_COMPANIES, Context
from chassis.projector import Projector
from chassis.readmodel import Execute, database
from chassis.repository import Repository
from chassis.rpc import Commands
from chassis.statedb import StateDb
from chassis.store import StoreClient
from services.erp_sync.imports.table import Imports
from services.identity import access, passwords
from services.identity.factors import passkey_access, steps
from services.identity.mails import outbox
from services.identity.projections import people
from services.identity.single_sign_on import signing_in
from tests.support.processes import LocalStore
from tests.support.settings import make_settings
from tests.support.waiting import wait_until

T = TypeVar("T")
Method = Callable[[Mapping[str, Any], Tools], Awaitable[dict[str, Any]]]


async def _run_status(payload: Mapping[str, Any], tools: Tools) -> dict[str, Any]:
    return dict(await asyncio.to_thread(Imports(tools.state).status, str(payload.get("run", ""))))


def _answering(method: Method) -> Method:
    async def answer(payload: Mapping[str, Any], tools: Tools) -> dict[str, Any]:
        return await access.answer(method, payload, tools)

    return answer


METHODS: dict[str, dict[str, Method]] = {
    "identity": {
        one.__name__: _answering(one)
        for one in (
            access.sign_in,
            steps.second_step,
            steps.own_password,
            steps.factor_draft,
            steps.set_up_factor,
            passkey_access.passkey_options,
            passkey_access.passkey_sign_in,
            passkey_access.passkey_step,
            passkey_access.passkeys,
            signing_in.single_sign_on,
            access.second_factor_draft,
            access.invitation,
            access.accept_invitation,
            access.ask_reset,
            access.reset,
            access.accept_reset,
            outbox.outbox,
        )
    },
    "erp_sync": {"run_status": _run_status},
}
"""What services answer beside commands."""


class Services:
    """The services, an event store of their own, and the port of `RpcClient` in front of them."""

    def __init__(self, folder: Path) -> None:
        self._store = LocalStore(folder / "localstore")
        self._store.start()
        self.settings: Settings = make_settings(folder / "var", "", self._store.uri)
        self._loop = asyncio.new_event_loop()
        self._threads = [threading.Thread(target=self._loop.run_forever, name="services", daemon=True)]
        self._stop = threading.Event()
        self._projectors: list[Projector] = []
        self.tools: dict[str, Tools] = {}
        for name in SERVICES:
            statedb.migrate(self.settings.state_db(name), name)
            tools = Tools(Repository(self._store.uri, name), self.settings, StateDb(self.settings.state_db(name)))
            self.tools[name] = tools
            own, lock = rooms.load(name), threading.Lock()
            for projection in own.projections:
                made = Projector(
                    name, projection, own.codec, database(self.settings, name), self._store.uri, write_lock=lock
                )
                self._projectors.append(made)
                self._threads.append(threading.Thread(target=made.run, args=(self._stop,), daemon=True))
        for thread in self._threads:
            thread.start()
        self._reader = StoreClient(self._store.uri)
        self.commands = Commands(self)  # type: ignore[arg-type]

    @contextmanager
    def at_home(self) -> Iterator[None]:
        """While it lasts, commands may be sent: what a process of its own has, environment and hashing, is as here.

        The projection of people opens the vault by the environment's settings, as a worker does.
        """
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PORTICO_VAR", str(self.settings.var))
            patch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
            _forget()
            try:
                yield
            finally:
                self.settle()
        _forget()

    def run(self, work: Awaitable[T]) -> T:
        """Await something on the services' event loop."""

        async def awaited() -> T:
            return await work

        return asyncio.run_coroutine_threadsafe(awaited(), self._loop).result(60)

    def call(self, service: str, method: str, payload: dict[str, Any], deadline_seconds: float = 10.0, **_: Any) -> Any:
        """What a method of a service answers."""
        tools, given = self.tools[service], loads(dumps(payload))
        if method == "execute":
            answer = self.run(dispatch.execute(rooms.load(service).command_handlers, given, tools))
        elif method in METHODS.get(service, {}):
            answer = self.run(METHODS[service][method](given, tools))
        else:
            raise Unavailable(f"{service} has no {method}")
        return loads(dumps(answer))

    def send(
        self, service: str, command: str, payload: dict[str, Any], company: str = ALL_COMPANIES, actor: str = "setup"
    ) -> dict[str, Any]:
        """The answer of a done command, once the read models show it."""
        answer = self.commands.send(service, command, payload, Context(uuid4(), company, actor, "test", "test-setup"))
        self.settle()
        return answer

    def sign_up(self, token: str, password: str) -> None:
        """Have somebody choose a password by an invitation."""
        answer = self.call("identity", "accept_invitation", {"token": token, "password": password})
        assert answer["status"] == "done", answer

    def second_factor(self, company: str, contact: str) -> None:
        """Give a contact of a company an authenticator app."""
        secret = self.call("identity", "second_factor_draft", {"contact_id": contact})["secret"]
        context = Context(uuid4(), company, contact, "test", "test-setup")
        self.commands.send("identity", "EnableSecondFactor", {"code": pyotp.TOTP(secret).now()}, context)

    def record(self, service: str, company: str, documents: list[dict[str, Any]]) -> None:
        """Take in documents of a company as the ERP tells them, `{"kind", "key", "body"}`; none may be refused."""
        head = {"run": "run-0", "batch": str(uuid4()), "connection": "test", "correlation_id": "test-setup"}
        told = [{"company": company, "stamp": "1", **one} for one in documents]
        own = rooms.load(service)
        batch = read_batch(service, own.ingest_kinds(self.settings), dumps({**head, "documents": told}))
        index = IngestIndex(StateDb(self.settings.state_db(service)))
        recorder = Recorder(service, own.codec, index, self._store.uri)

        async def recorded() -> list[Any]:
            try:
                return await recorder.record([batch], append=True)
            finally:
                await recorder.close()

        streams = self.run(recorded())
        answer = batch.answer(service)
        assert answer["changed"] == len(documents), answer
        index.write(streams, [answer])

    def reading(self, service: str) -> AbstractContextManager[Execute]:
        """SQL on a service's read models."""
        return database(self.settings, service).reading()

    def head(self) -> int:
        """The commit position of the last event of all, whosever."""
        return max((event.commit_position or 0 for event in self._reader.read_all(backwards=True, limit=1)), default=0)

    def settle(self) -> None:
        """Wait until every read model shows what was appended so far."""
        for one in self._projectors:
            last = max(map(self.last_of, one.projection.streams))
            wait_until(partial(_is_at, one, last), 30, f"{one.projection.name} at {last}")

    def last_of(self, prefix: str) -> int:
        """The commit position of the last event in streams whose names begin so."""
        found = self._reader.read_all(
            backwards=True, limit=1, filter_include=(f"^{prefix}.*",), filter_by_stream_name=True
        )
        return max((event.commit_position or 0 for event in found), default=0)

    def close(self) -> None:
        """End it all."""
        self._stop.set()
        for tools in self.tools.values():
            self.run(tools.repository.close())
        self._reader.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        for thread in self._threads:
            thread.join(20)
        self._loop.close()
        self._store.stop()


def _forget() -> None:
    people._vault.cache_clear()
    passwords._nobodys_hash.cache_clear()


def _is_at(projector: Projector, position: int) -> bool:
    return projector.position >= position
