"""A gateway over read models and an identity that the test writes itself."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from chassis.config import Settings
from chassis.errors import PorticoError, to_wire
from chassis.messages import Context
from chassis.readmodel import CHECKPOINTS, VERSIONS
from gateway.app import create_app
from gateway.config import GatewaySettings
from gateway.people import PERMISSIONS

PASSWORD = "correct horse battery"
CUSTOMER = "K-100"
OTHER = "K-200"
STAFF = "S-1"

_IDENTITY = """
CREATE TABLE checkpoints (model TEXT PRIMARY KEY, version INTEGER, position INTEGER, token TEXT);
CREATE TABLE readmodel_versions (model TEXT, company TEXT, position INTEGER, PRIMARY KEY (model, company));
CREATE TABLE contacts_v1 (contact_id TEXT PRIMARY KEY, company TEXT, name TEXT, email TEXT, status TEXT,
    staff_roles TEXT, permissions TEXT, branches TEXT, language TEXT);
CREATE TABLE companies_v1 (company TEXT PRIMARY KEY, name TEXT, currency TEXT);
CREATE TABLE branches_v1 (company TEXT, branch TEXT, name TEXT, PRIMARY KEY (company, branch));
INSERT INTO checkpoints VALUES ('people_v1', 1, 10, ''), ('companies_v1', 1, 10, '');
"""


class ReadModel:
    """A service's read.db, written as its projector would."""

    def __init__(self, path: Path, *models: str) -> None:
        self.path = path
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.execute("PRAGMA journal_mode=WAL")
        columns = "(model TEXT PRIMARY KEY, version INTEGER, position INTEGER, token TEXT)"
        self.db.execute(f"CREATE TABLE IF NOT EXISTS {CHECKPOINTS.name} {columns}")
        columns = "(model TEXT, company TEXT, position INTEGER, PRIMARY KEY (model, company))"
        self.db.execute(f"CREATE TABLE IF NOT EXISTS {VERSIONS.name} {columns}")
        for model in models:
            self.db.execute("INSERT INTO checkpoints VALUES (?, 1, 0, '')", (f"{model}_v1",))

    def move(self, model: str, company: str, position: int) -> None:
        """Say that the model of this company stands at `position`."""
        self.db.execute("BEGIN")
        self.db.execute("UPDATE checkpoints SET position = ? WHERE model = ?", (position, f"{model}_v1"))
        self.db.execute("REPLACE INTO readmodel_versions VALUES (?, ?, ?)", (model, company, position))
        self.db.execute("COMMIT")

    def close(self) -> None:
        """Close the projector's connection."""
        self.db.close()


class FakeIdentity:
    """The port of `RpcClient` with identity behind it: knows the people it is told, and one password for all."""

    def __init__(self) -> None:
        self.people: dict[str, dict[str, Any]] = {}
        self.away = False
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def call(self, service: str, method: str, payload: dict[str, Any], deadline_seconds: float = 10.0) -> Any:
        """Answer as services/identity does."""
        from chassis.errors import RemoteRefusal, Unavailable

        assert service == "identity"
        self.calls.append((method, payload))
        if self.away:
            raise Unavailable("The identity service does not answer.")
        if method == "sign_in":
            person = self.people.get(payload["email"])
            if person is None or payload["password"] != PASSWORD:
                said = "E-mail address or password is not right."
                return to_wire(RemoteRefusal(said, "SignInRefused", 401))
            return {"status": "done", **person}
        person = {"email": "new@b.example", "company_name": "Borealis", **self.people["new@b.example"]}
        return {"status": "done", "position": 10, **person}


class FakeCommands:
    """The port of `Commands`: keeps what was sent; answers the position it is told, or raises."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, dict[str, Any], Context]] = []
        self.position = 1
        self.error: PorticoError | None = None

    def send(self, service: str, name: str, payload: dict[str, Any], context: Context) -> dict[str, Any]:
        """Take the command."""
        if self.error is not None:
            raise self.error
        self.sent.append((service, name, payload, context))
        return {"status": "done", "id": "X-1", "stream": "x-1", "revision": 0, "position": self.position}


class Ground:
    """One gateway with everything around it, and what a test does with it."""

    def __init__(self, folder: Path, env: dict[str, str] | None = None) -> None:
        settings = Settings.from_env({"PORTICO_VAR": str(folder), "PORTICO_PORT": "8000"})
        self.settings = settings
        self.identity = FakeIdentity()
        self.commands = FakeCommands()
        self.models: dict[str, ReadModel] = {}
        with sqlite3.connect(settings.read_db("identity")) as db:
            db.executescript(_IDENTITY)
        db.close()
        self.models["identity"] = ReadModel(settings.read_db("identity"))
        gateway = GatewaySettings.from_env({"PORTICO_STYLE": "1", **(env or {})})
        self.app: Flask = create_app(settings, gateway, rpc=self.identity, commands=self.commands)
        self.company("C-A", "Aldergrove Ltd")
        self.company("C-B", "Borealis GmbH")
        self.person(CUSTOMER, "C-A", "ann@a.example", "Ann Archer")
        self.person(OTHER, "C-B", "bo@b.example", "Bo Berg")
        self.person(STAFF, "", "sam@s.example", "Sam Steel", roles=("agent", "portal_admin"))

    def company(self, key: str, name: str, currency: str = "EUR") -> None:
        """Have identity know a company."""
        self.models["identity"].db.execute("REPLACE INTO companies_v1 VALUES (?, ?, ?)", (key, name, currency))
        self.models["identity"].move("companies", key, 10)

    def branch(self, company: str, key: str, name: str) -> None:
        """Have identity know a branch."""
        self.models["identity"].db.execute("REPLACE INTO branches_v1 VALUES (?, ?, ?)", (company, key, name))

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
    ) -> None:
        """Have identity know a person, or know them otherwise."""
        row = (contact, company, name, email, status, json.dumps(roles), json.dumps(permissions))
        self.models["identity"].db.execute(
            "REPLACE INTO contacts_v1 VALUES (?, ?, ?, ?, ?, ?, ?, ?, '')", (*row, json.dumps(branches))
        )
        self.identity.people[email] = {
            "contact_id": contact,
            "name": name,
            "company": company,
            "companies": [company],
            "staff_roles": list(roles),
        }

    def model(self, service: str, *models: str) -> ReadModel:
        """A service's read.db with these models in it."""
        found = self.models[service] = ReadModel(self.settings.read_db(service), *models)
        return found

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


Declare = Callable[[Flask], None]
