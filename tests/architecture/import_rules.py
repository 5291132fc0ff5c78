"""Who may import whom. Each rule takes the root of a tree and gives the faults it finds."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.source import files, imports, name, tree, within

_WRITES = {"append_to_stream", "append_events", "delete_stream", "tombstone_stream", "basic_publish"}
_OURS = ("chassis", "services", "gateway", "portico", "deploy", "localstore", "tests")


def _services(root: Path) -> list[str]:
    return sorted(path.parent.name for path in (root / "services").glob("*/__init__.py"))


def domains_are_pure(root: Path) -> Iterator[str]:
    """domain.py imports its events, commands and errors, the standard library, and of chassis what is pure."""
    for service in _services(root):
        own = tuple(f"services.{service}.{room}" for room in ("events", "commands", "errors"))
        path = root / "services" / service / "domain.py"
        for module, line in imports(path, root) if path.exists() else ():
            allowed = within(module, *own, "chassis.messages", "chassis.money", "chassis.sentences")
            if not allowed and module.partition(".")[0] not in sys.stdlib_module_names:
                yield f"{name(path, root)}:{line} imports {module}"


def services_know_contracts_only(root: Path) -> Iterator[str]:
    """A service imports of another service nothing but its contract."""
    for service in _services(root):
        for path in files(root, f"services/{service}"):
            for module, line in imports(path, root):
                other = module.split(".")[1:2] if module.startswith("services.") else []
                if other and other != [service] and not within(module, f"services.{other[0]}.contract"):
                    yield f"{name(path, root)}:{line} imports {module}"


def services_stand_alone(root: Path) -> Iterator[str]:
    """No service imports the gateway, the command, the set-up, the embedded store or tests."""
    for path in files(root, "services"):
        for module, line in imports(path, root):
            if within(module, "gateway", "portico", "deploy", "localstore", "tests"):
                yield f"{name(path, root)}:{line} imports {module}"


def chassis_knows_nobody(root: Path) -> Iterator[str]:
    """The chassis finds services by their rooms' names; it imports nothing of ours but itself."""
    for path in files(root, "chassis"):
        for module, line in imports(path, root):
            if within(module, *_OURS) and not within(module, "chassis"):
                yield f"{name(path, root)}:{line} imports {module}"


def localstore_knows_nobody(root: Path) -> Iterator[str]:
    """The embedded store is a part of its own: nothing of a service, the gateway or the command in it."""
    for path in files(root, "localstore"):
        for module, line in imports(path, root):
            if within(module, "services", "gateway", "portico", "deploy", "tests"):
                yield f"{name(path, root)}:{line} imports {module}"


def gateway_knows_contracts_only(root: Path) -> Iterator[str]:
    """The gateway imports chassis and the services' contracts."""
    for path in files(root, "gateway"):
        for module, line in imports(path, root):
            parts = module.split(".")
            foreign = parts[0] == "services" and parts[2:3] != ["contract"]
            if foreign or within(module, "portico", "deploy", "localstore", "tests"):
                yield f"{name(path, root)}:{line} imports {module}"


def pages_bind_nothing_themselves(root: Path) -> Iterator[str]:
    """A page has neither SQL nor RPC of its own: both go through the one place that binds the session's company."""
    for path in files(root, "gateway/pages"):
        for module, line in imports(path, root):
            ways_around = within(module, "sqlite3", "sqlalchemy", "pika", "chassis.rpc", "chassis.bus", "gateway.reads")
            if ways_around and module != "gateway.reads.NotReady":
                yield f"{name(path, root)}:{line} imports {module}"


def only_the_chassis_talks_to_store_and_broker(root: Path) -> Iterator[str]:
    """Services and gateway reach the event store and the broker through the chassis.

    They may catch the store's errors, and a worker's job may read streams; nobody writes but the chassis.
    """
    for path in files(root, "services", "gateway"):
        readable = ("esdbclient",) if path.name == "jobs.py" else ("esdbclient.exceptions",)
        for module, line in imports(path, root):
            if within(module, "esdbclient", "pika", "kombu") and not within(module, *readable):
                yield f"{name(path, root)}:{line} imports {module}"
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Attribute) and node.attr in _WRITES:
                yield f"{name(path, root)}:{node.lineno} calls {node.attr}"


IMPORT_RULES = (
    domains_are_pure,
    services_know_contracts_only,
    services_stand_alone,
    chassis_knows_nobody,
    localstore_knows_nobody,
    gateway_knows_contracts_only,
    pages_bind_nothing_themselves,
    only_the_chassis_talks_to_store_and_broker,
)
