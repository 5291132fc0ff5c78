"""What stands in a service's rooms. Each rule takes the root of a tree and gives the faults it finds."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.source import name, tree

_ROOMS = {
    "README.md", "__init__.py", "contract.py", "events.py", "commands.py", "errors.py", "domain.py", "schemas.py",
    "handlers.py", "reactions.py", "ingest.py", "jobs.py", "service.py", "projections", "adapters", "profiles",
    "migrations",
}  # fmt: skip
# What a service has besides, and why it is no room that every service could have.
OWN_ROOMS = {
    "identity/access.py": "signing in and accepting invitations: before there is a session",
    "identity/authority.py": "who asks, and how far they may decide, looked up in the streams",
    "identity/addresses.py": "reserving an e-mail address: an aggregate of its own",
    "identity/contacts.py": "commands on contacts that also touch the vault or an address",
    "identity/credentials.py": "what the state database keeps of a contact's secrets",
    "identity/definitions.py": "commands on roles: portal admins alone",
    "identity/erased.py": "who was erased, in a file that a restore of an older backup is given",
    "identity/factors": "what lets in besides a password, kept in the state database, and the steps of a sign-in",
    "identity/layouts": "how a company's people look at reports: an aggregate of its own",
    "identity/limits.py": "what a company's own admin may hand out",
    "identity/hashing.py": "the process that hashes passwords, for passwords.py",
    "identity/links.py": "one-time links that the state database keeps: invitations, forgotten passwords",
    "identity/mails": "which mails there are, how each is written and sent",
    "identity/details": "a person's details, put right, and what staff are there for",
    "identity/favourites": "the pages that people pinned to their menus",
    "identity/memberships": "what a contact is in a company besides what they may do",
    "identity/passwords.py": "what a password must be, and its hash",
    "identity/pending.py": "events that a row of the state database is owed",
    "identity/portal": "what admins decide of the portal as a whole: an aggregate of its own each",
    "identity/requests": "requests for access, all of a company's an aggregate of their own",
    "identity/roles.py": "roles and what somebody may do on a day: an aggregate of its own",
    "identity/single_sign_on": "providers whose word lets somebody in, and whom",
    "identity/shapes.py": "what the shapes of several commands share",
    "identity/streams.py": "its kinds of streams, loaded as the one who asks may see them",
    "identity/upcasters.py": "older shapes of its events, read as they are now",
    "identity/vault.py": "personal data under a key a contact",
    "identity/viewing": "staff looking with a contact's eyes: an aggregate of its own",
    "identity/wrapping.py": "the keys above contacts' keys",
    "erp_sync/imports": "reading, mapping, sending and counting an import run",
}
_NEEDED = ("README.md", "__init__.py", "contract.py", "events.py", "service.py")


def _services(root: Path) -> list[Path]:
    return sorted(path.parent for path in (root / "services").glob("*/__init__.py"))


def rooms_are_the_known_ones(root: Path) -> Iterator[str]:
    """A service has the rooms of docs/architecture.md and no others; a few it must have."""
    for service in _services(root):
        found = {path.name for path in service.iterdir() if path.name != "__pycache__"}
        own = {room.partition("/")[2] for room in OWN_ROOMS if room.startswith(service.name + "/")}
        yield from (f"{name(service / extra, root)} is no known room" for extra in sorted(found - _ROOMS - own))
        yield from (f"{name(service, root)} has no {needed}" for needed in _NEEDED if needed not in found)


def events_are_frozen(root: Path) -> Iterator[str]:
    """Every class of events.py and commands.py is a frozen dataclass."""
    for service in _services(root):
        for room in ("events.py", "commands.py"):
            path = service / room
            for node in tree(path).body if path.exists() else ():
                if isinstance(node, ast.ClassDef) and not _is_frozen(node):
                    yield f"{name(path, root)}:{node.lineno} {node.name} is not a frozen dataclass"


def _is_frozen(node: ast.ClassDef) -> bool:
    return any(
        isinstance(decorator, ast.Call)
        and ast.unparse(decorator.func).endswith("dataclass")
        and any(word.arg == "frozen" and ast.unparse(word.value) == "True" for word in decorator.keywords)
        for decorator in node.decorator_list
    )


def commands_have_handler_and_schema(root: Path) -> Iterator[str]:
    """Every command has a row in the service's table, and a schema that makes it."""
    for service in _services(root):
        path = service / "commands.py"
        if not path.exists():
            continue
        handled, made = _table_keys(service / "handlers.py"), _made(service / "schemas.py")
        for node in tree(path).body:
            if isinstance(node, ast.ClassDef) and any(ast.unparse(base).endswith("Command") for base in node.bases):
                if node.name not in handled:
                    yield f"{name(path, root)}:{node.lineno} {node.name} has no handler"
                if node.name not in made:
                    yield f"{name(path, root)}:{node.lineno} {node.name} has no schema"


def _table_keys(path: Path) -> set[str]:
    return {
        key.value
        for node in (ast.walk(tree(path)) if path.exists() else ())
        if isinstance(node, ast.Dict)
        for key in node.keys
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    }


def _made(path: Path) -> set[str]:
    return {
        ast.unparse(node.value).rpartition(".")[2]
        for node in (ast.walk(tree(path)) if path.exists() else ())
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["makes"]
    }


ROOM_RULES = (rooms_are_the_known_ones, events_are_frozen, commands_have_handler_and_schema)
