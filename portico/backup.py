"""`portico backup`, `restore` and `verify`: what cannot be rebuilt, copied while everything runs, and put back.

The order makes the copy one that a crash could have left, which every part is made for: first the state databases, then
the event store, so that no checkpoint and no index is ahead of it; then what only identity knows of people (their keys,
password hashes, second factors, invitations) once more, for an event must never be there without the key that opens it,
nor an account without the second factor it had; and last the
files that went out to the ERP, by which a posting is recognised.

The broker's queues are in no backup, and what waited there had been published: a restored portal publishes every event
once more. Reactions recognise those they have had.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from chassis.config import Settings
    from localstore.copies import Found

PEOPLE = (
    *("contact_keys", "passwords", "invitations", "single_sign_ons"),
    *("second_factors", "passkeys", "recovery_codes", "spent_challenges"),
)
"""Tables of identity's state database that may be newer than the event store, and must not be older."""
MANIFEST = "backup.json"
STORE = "localstore/events.db"
LISTED = "identity/erased.txt"
"""Who was erased, in a backup: copied from wherever the installation keeps it."""
_ERP_WORK = ("exports", "runs")
_NAME_ONE = "Name a folder that `portico backup` made."


def backup(folder: Annotated[Path, typer.Argument(help="A folder to be made, or an empty one.")]) -> None:
    """Copy everything that cannot be rebuilt into a folder, while Portico runs or not."""
    from chassis.config import Settings
    from deploy.local.problem import Problem
    from localstore.copies import Damaged

    settings = Settings.from_env()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Problem(f"{folder} is there already.", "Name a new folder: a backup never replaces another.")
    states = sorted(settings.var.glob("*/state.db"))
    states = [path for path in states if path.parent.name != "gateway"]  # sessions: whoever was signed out stays out
    if not states:
        raise Problem(f"There is nothing to back up in {settings.var}.", "PORTICO_VAR names the data folder.")
    try:
        with _or_nothing(folder):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            found = _copy(settings, states, folder)
            (folder / MANIFEST).write_text(json.dumps(_told(found, settings), indent=1))
    except Damaged as error:
        todo = "Nothing was kept. `portico verify` walks the store; restore the last good backup."
        raise Problem(f"The event store in {settings.var} is not whole: {error}.", todo) from error
    except (OSError, sqlite3.Error) as error:
        raise Problem(f"The backup was not made: {error}.", f"Nothing was kept in {folder}.") from error
    if found is None:
        typer.echo("The event store is not Portico's own: back it up by its own means, now, after this.")
    else:
        typer.echo(f"{found.events:,} events of {found.streams:,} streams, up to position {found.position}: whole.")
    typer.echo(f"The backup is in {folder}. It has secrets in it: keep it as safe as the data folder.")


@contextmanager
def _or_nothing(folder: Path) -> Iterator[None]:
    """Remove the folder again when filling it fails or is broken off."""
    try:
        yield
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _told(found: Found | None, settings: Settings) -> dict[str, Any]:
    from services.identity.erased import erased_list

    listed = erased_list(settings).path.absolute()
    store = {"events": found.events, "streams": found.streams, "position": found.position} if found else None
    return {
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "store": store,
        "demo": _is_demo(settings.var),
        "erased": None if listed.is_relative_to(settings.var) else str(listed),
    }


def _copy(settings: Settings, states: list[Path], folder: Path) -> Found | None:
    from localstore import copies
    from services.identity.erased import erased_list

    for path in states:
        (folder / path.parent.name).mkdir()
        copies.copy_database(path, folder / path.parent.name / path.name)
    found = None
    if (settings.var / STORE).exists():
        (folder / STORE).parent.mkdir()
        found = copies.backup(settings.var / STORE, folder / STORE)
    _renew_people(settings.state_db("identity"), folder / "identity/state.db")
    for path in _files(settings.var):
        target = folder / path.relative_to(settings.var)
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            _copy_moving(path, target)
        else:
            shutil.copy2(path, target)
    listed = erased_list(settings)
    if listed.is_there:
        (folder / LISTED).parent.mkdir(exist_ok=True)
        shutil.copy2(listed.path, folder / LISTED)
    return found


def _copy_moving(source: Path, target: Path) -> None:
    """Copy a connection's folder while files move in it: outbox → sent, withdrawn; answers → done, refused.

    Where files come from is copied before where they go, so none is missed; one copied twice is recognised.
    """
    for name, folders, files in os.walk(source):
        folders.sort(key=lambda one: (one != "outbox", one))
        into = target / Path(name).relative_to(source)
        into.mkdir()
        for file in files:
            with suppress(FileNotFoundError):  # it moved on
                shutil.copy2(Path(name, file), into / file)


def _is_demo(var: Path) -> bool:
    from portico.up import DEMO_LOADED, DEMO_MARK

    mark = var / DEMO_MARK
    return mark.exists() and mark.read_text() == DEMO_LOADED


def _renew_people(source: Path, target: Path) -> None:
    if not target.exists():
        return
    with closing(sqlite3.connect(target, isolation_level=None)) as connection:
        connection.execute("ATTACH ? AS live", (f"{source.absolute().as_uri()}?mode=ro",))
        connection.execute("BEGIN")
        for table in PEOPLE:
            connection.execute(f"DELETE FROM main.{table}")
            connection.execute(f"INSERT INTO main.{table} SELECT * FROM live.{table}")
        connection.execute("COMMIT")


def _files(var: Path) -> Iterator[Path]:
    """The files beside the databases: identity's keys, how ERPs are connected, what went out to them.

    A key-encryption key that is kept elsewhere is not among them: the backup cannot be read without it.
    """
    for name in ("identity/email.key", "identity/master.key"):
        if (var / name).exists():
            yield var / name
    if (var / "erp_sync/connections.yaml").exists():
        yield var / "erp_sync/connections.yaml"
    for path in sorted((var / "erp_sync").glob("*/")):
        if path.name not in _ERP_WORK:
            yield path


def restore(
    folder: Annotated[Path, typer.Argument(help="What `portico backup` made.")],
    erased: Annotated[
        Path | None,
        typer.Option(help="The list of erased contacts, identity/erased.txt of the data folder before."),
    ] = None,
) -> None:
    """Put a backup into PORTICO_VAR, which must be new or empty. Read models are built again at the next start."""
    from chassis.config import Settings
    from deploy.local.problem import Problem
    from localstore.copies import Damaged
    from localstore.errors import CannotStart
    from portico.running import command_here

    settings = Settings.from_env()
    var, told = settings.var, _manifest(folder)
    gone, whole = _erased(settings, folder, erased)
    if var.exists() and (not var.is_dir() or any(var.iterdir())):
        raise Problem(f"{var} is not empty.", "Move it away, or name another with PORTICO_VAR=/new/folder.")
    try:
        with _or_nothing(var):
            _put_back(folder, told, settings, gone)
    except (Damaged, CannotStart) as error:
        raise Problem(f"{folder} cannot be restored: {error}.", "Nothing was kept. Take another backup.") from error
    except (OSError, sqlite3.Error) as error:
        raise Problem(f"{folder} was not restored: {error}.", f"Nothing was kept in {var}.") from error
    typer.echo(f"The backup of {told['made_at']} is in {var}.")
    if told["store"] is None:
        typer.echo("It has no event store: put back your own of the same time, or a later one, before you start.")
    if gone:
        typer.echo(f"Contacts that were erased, and stay so: {len(gone)}.")
    if not whole:
        listed = told["erased"] or f"THAT-FOLDER/{LISTED}"
        typer.echo(
            f"Whoever was erased after {told['made_at']} is back. If"
            f" {told['erased'] or 'the folder before'} is still there, empty {var} and restore again"
            f" with --erased {listed}; else erase them again by hand."
        )
    typer.echo(f"Start it:  {command_here('up')}")
    typer.echo("Pages say “being prepared” until the read models are built again.")


def _put_back(folder: Path, told: dict[str, Any], settings: Settings, gone: list[str]) -> None:
    """Put back what can be killed at any step: with an event store no erased contact has a key, and who is to be erased
    again is written down before anything else."""
    from chassis.listeners import publish_again
    from chassis.statedb import StateDb, migrate
    from localstore import copies
    from portico.up import DEMO_DECLINED, DEMO_LOADED, DEMO_MARK
    from services.identity.erased import to_erase_again
    from services.identity.vault import forget

    var = settings.var
    (var / "run").mkdir(parents=True, exist_ok=True)
    var.chmod(0o700)
    # Else the next start would load the demo company into somebody's books.
    (var / DEMO_MARK).write_text(DEMO_LOADED if told["demo"] else DEMO_DECLINED)
    if not (folder / "identity/state.db").exists():
        gone = []
    if gone:
        to_erase_again(settings).add(gone)
    for path in sorted(folder.iterdir()):
        if path.is_dir() and path.name != "localstore":
            shutil.copytree(path, var / path.name, dirs_exist_ok=True)
    for path in var.glob("*/state.db"):
        migrate(path, path.parent.name)  # a backup of an older release
        publish_again(StateDb(path))
    for contact in gone:
        forget(StateDb(settings.state_db("identity")), contact)
    if told["store"] is not None:
        found = copies.restore(folder / STORE, (var / STORE).parent)
        if (found.events, found.position) != (told["store"]["events"], told["store"]["position"]):
            raise copies.Damaged(f"it has {found.events} events, not the {told['store']['events']} it was made with")


def _erased(settings: Settings, folder: Path, named: Path | None) -> tuple[list[str], bool]:
    """The ids of all who stand in the lists there are, and whether one of these goes on where the backup ends."""
    from deploy.local.problem import Problem
    from services.identity.erased import SETTING, ErasedList, NotAList, erased_list

    if named is not None and not named.is_file():
        raise Problem(f"There is no list of erased contacts at {named}.", "It is identity/erased.txt of a data folder.")
    lists = [ErasedList(folder / LISTED)] + ([ErasedList(named)] if named is not None else [])
    kept = erased_list(settings) if os.environ.get(SETTING) else None
    lists += [kept] if kept is not None else []
    try:
        found = dict.fromkeys(one for each in lists for one in each.all())
    except (NotAList, OSError) as error:
        raise Problem(f"Nothing was restored: {error}.", "Name identity/erased.txt of a data folder.") from error
    return list(found), named is not None or (kept is not None and kept.is_there)


def _manifest(folder: Path) -> dict[str, Any]:
    from deploy.local.problem import Problem

    try:
        told: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
        # A backup of an older release does not say where the list of the erased was.
        return {name: told[name] for name in ("made_at", "store", "demo")} | {"erased": told.get("erased")}
    except FileNotFoundError as error:
        why = f"it has no {MANIFEST}" if folder.is_dir() else "there is no such folder"
        raise Problem(f"{folder} is not a whole backup: {why}.", _NAME_ONE) from error
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise Problem(f"{folder} is not a whole backup: its {MANIFEST} cannot be read.", _NAME_ONE) from error


def verify() -> None:
    """Walk the event store of PORTICO_VAR: positions, revisions, checksums. Exit code 1 when it is not whole."""
    from chassis.config import Settings
    from deploy.local.problem import Problem
    from localstore import copies

    path = Settings.from_env().var / STORE
    try:
        found = copies.verify(path)
    except FileNotFoundError as error:
        raise Problem(f"There is no event store at {path}.", "PORTICO_VAR names the data folder.") from error
    if found.faults:
        listed = "".join(f"\n  {fault}" for fault in found.faults)
        raise Problem(f"{path} is not whole:{listed}", "Stop Portico, move the data away, and restore a backup.")
    typer.echo(f"{found.events:,} events of {found.streams:,} streams, up to position {found.position}: whole.")
