"""The connections to ERPs that are configured: var/erp_sync/connections.yaml, or one by files where there is none.

files:                  # the connection's name, and its folder's below var/erp_sync/
  connector: files
  outbox: csv           # or json: how orders are written for the ERP
  poll_seconds: 1       # how often the ERP's answers are looked for
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from marshmallow import RAISE, Schema, ValidationError, fields
from marshmallow.validate import OneOf, Range, Regexp

from chassis.config import Settings
from services.erp_sync.errors import UnknownConnection

DEFAULT = "files"


class BadConnections(Exception):
    """connections.yaml cannot be used; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Connection:
    """One connection. `outbox` is the format of what is written for the ERP."""

    name: str
    connector: str = "files"
    outbox: str = "csv"
    poll_seconds: float = 1.0


class ConnectionSchema(Schema):
    """An entry of connections.yaml."""

    class Meta:
        """What is not known is refused, not ignored."""

        unknown = RAISE

    connector = fields.String(load_default="files", validate=OneOf(("files",)))
    outbox = fields.String(load_default="csv", validate=OneOf(("csv", "json")))
    poll_seconds = fields.Float(load_default=1.0, validate=Range(0.05, 3600))


@dataclass(frozen=True, slots=True)
class Connections:
    """All of them by name. Orders go out by the first."""

    by_name: Mapping[str, Connection]

    def get(self, name: str) -> Connection:
        """The connection; raises UnknownConnection."""
        found = self.by_name.get(name)
        if found is None:
            raise UnknownConnection(name, sorted(self.by_name))
        return found

    @property
    def outgoing(self) -> Connection:
        """The connection by which the portal's documents go to the ERP."""
        return next(iter(self.by_name.values()))


def load(settings: Settings) -> Connections:
    """Read connections.yaml; raises BadConnections."""
    path = settings.folder("erp_sync") / "connections.yaml"
    if not path.exists():
        return Connections({DEFAULT: Connection(DEFAULT)})
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
        if not isinstance(given, dict) or not given:
            raise ValidationError("write a connection's name and its settings below it")
        named = {}
        for name, entry in given.items():
            Regexp(r"^(?!(runs|exports)$)[\w-]{1,60}\Z", error=f"“{name}” is no name for a connection")(str(name))
            named[str(name)] = Connection(str(name), **ConnectionSchema().load(entry or {}))
    except (yaml.YAMLError, UnicodeDecodeError, ValidationError) as error:
        raise BadConnections(f"{path}: {error}. See docs/connecting-an-erp.md.") from error
    return Connections(named)


def folder(settings: Settings, connection: str) -> Path:
    """Where a connection's files are."""
    return settings.folder("erp_sync") / connection


def files_folder(settings: Settings) -> Path:
    """Where exports and profiles that were handed over are kept, by the hash of their content."""
    path = settings.folder("erp_sync") / "exports"
    path.mkdir(exist_ok=True)
    return path


def runs_folder(settings: Settings) -> Path:
    """Where runs keep what they stage, and their error files."""
    path = settings.folder("erp_sync") / "runs"
    path.mkdir(exist_ok=True)
    return path
