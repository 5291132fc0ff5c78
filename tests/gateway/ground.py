"""A gateway over read models and an identity that the test writes itself."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import BigInteger, Boolean, Float, Integer, LargeBinary, Table, Text
from werkzeug.test import TestResponse

from chassis import rooms
from chassis.config import SERVICES, Settings
from chassis.errors import NotFound, PorticoError, RemoteRefusal, Unavailable, to_wire
from chassis.messages import ALL_COMPANIES, Context
from chassis.readmodel import BUILDING, CHECKPOINTS, VERSIONS, Database, Projection, database, upsert
from chassis.sorting import sort_key
from chassis.statedb import StateDb
from gateway.app import create_app
from gateway.config import GatewaySettings
from gateway.parts import parts
from gateway.people import PERMISSIONS
from services.identity.projections import PROJECTIONS as identity
from services.identity.projections import companies, people, roles
from services.licensing.contract import MARKETPLACE, ORDER_PAD
from services.licensing.projections import PROJECTIONS as licensing
from services.licensing.projections import features
from services.licensing.projections.features import FEATURES

PASSWORD = "correct horse battery"
CODE, SECRET = "123456", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
CUSTOMER = "K-100"
OTHER = "K-200"
STAFF = "S-1"
_EMPTY: dict[type, Any] = {Text: "", Integer: 0, BigInteger: 0, Boolean: False, Float: 0.0, LargeBinary: b""}


class ReadModel:
    """A service's read models, written as its projector would."""

    def __init__(self, database: Database, projections: tuple[Projection, ...]) -> None:
        self.db = database.connect()
        database.create_tables(self.db, projections)
        self._checkpoints = {one.name: one.checkpoint for one in projections}
        for one in projections:
            self.put(CHECKPOINTS, model=one.checkpoint, version=one.version, position=0, token="")
            self.built(one)

    def put(self, table: Table, **values: Any) -> None:
        """Write a row, over one with the same key; columns not named are empty."""
        row: dict[str, Any] = {column.name: _EMPTY.get(type(column.type)) for column in table.c if not column.nullable}
        row |= {name: bool(one) if isinstance(table.c[name].type, Boolean) else one for name, one in values.items()}
        self.execute(upsert(table), tuple(row.get(column.name) for column in table.c))

    def execute(self, sql: str, values: tuple[Any, ...], moves: bool = True) -> None:
        """A statement in a transaction that touches the checkpoints, as a projector's does that `moves` on."""
        self.db.execute("BEGIN")
        self.db.execute(sql, values)
        if moves:
            self.db.execute("UPDATE checkpoints SET token = ?", (str(uuid4()),))
        self.db.execute("COMMIT")

    def move(self, model: str, company: str, position: int) -> None:
        """Say that the model of this company stands at `position`."""
        self.db.execute("BEGIN")
        checkpoint = self._checkpoints[model]
        self.db.execute("UPDATE checkpoints SET position = ? WHERE model = ?", (position, checkpoint))
        self.db.execute(upsert(VERSIONS), (checkpoint, company, position))
        self.db.execute("COMMIT")

    def built(self, projection: Projection) -> None:
        """Say that the model has caught up."""
        self.execute("DELETE FROM readmodel_building WHERE model = ?", (projection.checkpoint,), moves=False)

    def building(self, projection: Projection) -> None:
        """Say that the model is being built."""
        for table in projection.tables:
            self.execute(upsert(BUILDING), (projection.checkpoint, table.name), moves=False)

    def close(self) -> None:
        """Close the projector's connection."""
        self.db.close()


class FakeIdentity:
    """The port of `RpcClient` with identity behind it: knows the people it is told, and one password for all."""

    def __init__(self) -> None:
        self.people: dict[str, dict[str, Any]] = {}
        self.away = False
        self.second_factors: set[str] = set()
        self.half_expired = False
        self.ways = ["app"]
        self.asked = 0
        self.refuse_passkeys = False
        self.to_change: set[str] = set()
        self.to_set_up: set[str] = set()
        self.outbox: list[dict[str, str]] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def call(self, service: str, method: str, payload: dict[str, Any], deadline_seconds: float = 10.0) -> Any:
        """Answer as services/identity does."""
        assert service == "identity"
        self.calls.append((method, payload))
        if self.away:
            raise Unavailable("The identity service does not answer.")
        if method == "sign_in":
            person = self.people.get(payload["email"])
            if person is None or payload["password"] != PASSWORD:
                said = "E-mail address or password is not right."
                return to_wire(RemoteRefusal(said, "SignInRefused", 401))
            return self._let_in(person, person["contact_id"] in self.second_factors)
        if method in ("factor_draft", "set_up_factor"):
            if payload.get("code", CODE) != CODE:
                return to_wire(RemoteRefusal("This is WrongCode.", "WrongCode", 422))
            person = next(one for one in self.people.values() if f"ticket/{one['contact_id']}" == payload["ticket"])
            if method == "factor_draft":
                return {"status": "done", "secret": SECRET, "email": "ann@a.example"}
            self.to_set_up.discard(person["contact_id"])
            return {**self._let_in(person, False), "way": "app", "codes": ["AAAAA-BBBBB"], "position": 10}
        if method in ("second_step", "own_password"):
            person = next(one for one in self.people.values() if f"ticket/{one['contact_id']}" == payload["ticket"])
            wrong = method == "second_step" and payload["code"] != CODE
            if self.half_expired or wrong:
                code = "SignInExpired" if self.half_expired else "WrongCode"
                return to_wire(RemoteRefusal(f"This is {code}.", code, 410 if self.half_expired else 422))
            if method == "own_password":
                self.to_change.discard(person["contact_id"])
                return {**self._let_in(person, False), "position": 10}
            return {**self._let_in(person, False), "way": "app", "by": "app", "codes_left": 10}
        if method.startswith("passkey"):
            return self._passkey(method, payload)
        if method == "single_sign_on":
            return {**self._let_in(self.people[payload["email"]], False), "way": "sso"}
        if method == "second_factor_draft":
            return {"status": "done", "secret": SECRET}
        if method == "ask_reset":
            return {"status": "done"}
        if method in ("reset", "accept_reset"):
            return {"status": "done", "contact_id": CUSTOMER, "email": "ann@a.example", "position": 10}
        if method == "outbox":
            found = [mail for mail in self.outbox if payload.get("key") in (None, mail["key"])]
            missing = NotFound("There is no such mail in the outbox.")
            return {"status": "done", "mails": found} if found else to_wire(missing)
        person = {"email": "new@b.example", "company_name": "Borealis", **self.people["new@b.example"]}
        return {"status": "done", "position": 10, "way": "password", **person}

    def _passkey(self, method: str, payload: dict[str, Any]) -> Any:
        if method in ("passkey_options", "passkeys"):
            self.asked += 1
            told = {"options": "{}", "challenge": f"challenge-{self.asked}"}
            return {"status": "done", "passkeys": [], **told}
        if self.refuse_passkeys or payload["challenge"] != f"challenge-{self.asked}":
            return to_wire(RemoteRefusal("This passkey was not accepted.", "PasskeyRefused", 401))
        person = next(iter(self.people.values()))
        return {**self._let_in(person, False), "way": "key" if "ticket" in payload else "passkey"}

    def _let_in(self, person: dict[str, Any], code: bool) -> dict[str, Any]:
        contact = person["contact_id"]
        if code or contact in self.to_change | self.to_set_up:
            step = "code" if code else "password" if contact in self.to_change else "set_up"
            ways = list(self.ways) if step == "code" else []
            return {
                "status": "done",
                "contact_id": contact,
                "ticket": f"ticket/{contact}",
                "step": step,
                "ways": ways,
            }
        return {"status": "done", "way": "password", **person}


class FakeCommands:
    """The port of `Commands`: keeps what was sent; answers the position it is told, or raises."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, dict[str, Any], Context]] = []
        self.position = 1
        self.error: PorticoError | None = None
        self.result: dict[str, Any] = {}

    def send(self, service: str, name: str, payload: dict[str, Any], context: Context) -> dict[str, Any]:
        """Take the command."""
        if self.error is not None:
            raise self.error
        self.sent.append((service, name, payload, context))
        return {
            "status": "done",
            "id": "X-1",
            "stream": "x-1",
            "revision": 0,
            "position": self.position,
            "result": self.result,
        }


class Ground:
    """One gateway with everything around it, and what a test does with it."""

    def __init__(self, folder: Path, env: dict[str, str] | None = None) -> None:
        settings = Settings.from_env({"PORTICO_VAR": str(folder), "PORTICO_PORT": "8000", **(env or {})})
        self.settings = settings
        self.identity = FakeIdentity()
        self.commands = FakeCommands()
        self.models: dict[str, ReadModel] = {}
        self.model("identity", identity).move("people", "C-A", 10)
        licences = self.model("licensing", licensing)
        for feature in (ORDER_PAD, MARKETPLACE):
            licences.put(FEATURES, company=ALL_COMPANIES, feature=feature)
        self.license("order_pad", "*")
        gateway = GatewaySettings.from_env({"PORTICO_STYLE": "1", **(env or {})})
        self.app: Flask = create_app(settings, gateway, rpc=self.identity, commands=self.commands)
        self.company("C-A", "Aldergrove Ltd")
        self.company("C-B", "Borealis GmbH")
        self.person(CUSTOMER, "C-A", "ann@a.example", "Ann Archer")
        self.person(OTHER, "C-B", "bo@b.example", "Bo Berg")
        self.person(STAFF, "", "sam@s.example", "Sam Steel", roles=("agent", "portal_admin"))

    def age_sessions(self, column: str, at: int) -> None:
        """Say of all sessions that they were opened (`created_at`) or last used (`seen_at`) then, in Unix seconds."""
        with StateDb(self.settings.state_db("gateway")).transaction() as db:
            db.execute(f"UPDATE sessions SET {column} = ?", (at,))

    def last_use(self) -> int:
        """When a session was last used, in Unix seconds."""
        row = StateDb(self.settings.state_db("gateway")).row("SELECT MAX(seen_at) AS at FROM sessions")
        assert row is not None
        return int(row["at"])

    def license(self, feature: str, company: str) -> None:
        """Have licensing know that a feature is licensed."""
        model = self.models.get("licensing") or self.model("licensing", licensing)
        model.put(features.FEATURES, company=company, feature=feature)

    def unlicense(self, feature: str, company: str) -> None:
        """Have licensing know that it is licensed no longer."""
        self.models["licensing"].execute(
            f"DELETE FROM {features.FEATURES.name} WHERE company = ? AND feature = ?", (company, feature)
        )

    def company(self, key: str, name: str, currency: str = "EUR") -> None:
        """Have identity know a company."""
        self.models["identity"].put(
            companies.COMPANIES, company=key, name=name, name_key=sort_key(name), currency=currency
        )
        self.models["identity"].move("companies", key, 10)

    def branch(self, company: str, key: str, name: str) -> None:
        """Have identity know a branch."""
        self.models["identity"].put(companies.BRANCHES, company=company, branch=key, name=name, name_key=sort_key(name))

    def person(
        self,
        contact: str,
        company: str,
        email: str,
        name: str,
        permissions: tuple[str, ...] = PERMISSIONS,
        roles: tuple[str, ...] = (),
        branches: tuple[str, ...] | None = None,
        status: str = "active",
        password_changed_at: str | None = None,
        granted: tuple[str, ...] = (),
        ends: Mapping[str, str] | None = None,
    ) -> None:
        """Have identity know a person, or know them otherwise. `granted` are roles; `ends` names last days."""
        self.models["identity"].put(
            people.CONTACTS,
            contact_id=contact,
            company=company,
            name=name,
            email=email,
            status=status,
            staff_roles=json.dumps(roles),
            permissions=json.dumps(permissions),
            branches=None if branches is None else json.dumps(branches),
            roles=json.dumps(granted),
            ends=json.dumps(ends or {}),
            password_changed_at=password_changed_at,
        )
        self.identity.people[email] = {
            "contact_id": contact,
            "name": name,
            "company": company,
            "companies": [company],
            "staff_roles": list(roles),
        }

    def role(self, role: str, name: str, permissions: tuple[str, ...]) -> None:
        """Have identity know a role, or know it otherwise."""
        granted = json.dumps(permissions)
        self.models["identity"].put(roles.ROLES, role=role, name=name, permissions=granted, name_key=sort_key(name))

    def model(self, service: str, projections: tuple[Projection, ...]) -> ReadModel:
        """A service's database with these models in it."""
        if service in self.models:
            self.models[service].close()
        found = self.models[service] = ReadModel(database(self.settings, service), projections)
        return found

    def all_models(self, *without: str) -> None:
        """Every service's databases, empty where the test wrote nothing; not those of services in `without`."""
        for service in SERVICES:
            if service not in self.models and service not in without:
                self.model(service, rooms.load(service).projections)

    def browser(self) -> FlaskClient:
        """A browser that nobody is signed in with."""
        return self.app.test_client()

    def signed_in(self, email: str = "ann@a.example") -> FlaskClient:
        """A browser of this person."""
        browser = self.browser()
        answer = post(browser, "/login", "/login", email=email, password=PASSWORD)
        assert answer.status_code == 302, answer.get_data(as_text=True)
        return browser

    def close(self) -> None:
        """Close every database."""
        with self.app.app_context():
            parts().reads.close()
        for model in self.models.values():
            model.close()


def token(answer: TestResponse) -> str:
    """The CSRF token of the page's first form."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', answer.get_data(as_text=True))
    assert found is not None, "the page has no form"
    return found.group(1)


def post(browser: FlaskClient, page: str, target: str, **fields: Any) -> TestResponse:
    """Open a page and send a form of it."""
    opened = browser.get(page)
    return browser.post(target, data={"csrf_token": token(opened), **fields})
