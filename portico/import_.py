"""`portico import FILE --profile P`: hands an ERP's export over to erp_sync and follows the run.

What is handed over goes on whatever becomes of this command; `--follow RUN` shows it again.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, TypeVar
from uuid import UUID, uuid4

import typer

from chassis.config import Settings
from chassis.errors import PorticoError, Refused, Unavailable
from chassis.messages import ALL_COMPANIES, Context
from chassis.rpc import Commands, RpcClient
from deploy.local.problem import Problem

SOME_REFUSED = 3
_PATIENCE = 30.0
"""Seconds for which handing over waits for erp_sync."""
_LOOK_SECONDS = 0.25
_SUFFIX = re.compile(r"(\.[a-z0-9]{1,8}){1,2}\Z")

T = TypeVar("T")
Shown = Callable[[dict[str, Any]], None]
"""Told the run's status as it goes on; see services/erp_sync/imports/table.py."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be imported, and how. The same `command_id` is the same run."""

    file: Path
    profile: str
    connection: str
    dry_run: bool
    command_id: UUID
    actor: str


def start(settings: Settings, rpc: RpcClient, order: Order) -> str:
    """Hand the file over; the name of the run. Raises Problem where that cannot be."""
    from services.erp_sync.contract import ProfileError, find_profile, load_profile

    if not order.file.is_file():
        raise Problem(f"There is no file {order.file}.")
    try:
        profile_file = find_profile(order.profile)
        profile = load_profile(profile_file.read_text(encoding="utf-8"), profile_file.name)
    except (ProfileError, UnicodeDecodeError) as error:
        raise Problem(
            str(error), "Nothing was imported. Profiles are described in docs/connecting-an-erp.md."
        ) from error
    payload = {
        "file": _keep(settings, order.file),
        "file_name": order.file.name[-255:],
        "size": order.file.stat().st_size,
        "profile": profile.name,
        "profile_file": _keep(settings, profile_file),
        "connection": order.connection,
        "dry_run": order.dry_run,
    }

    def send() -> str:
        until = datetime.now(UTC) + timedelta(seconds=10)
        context = Context(
            order.command_id, ALL_COMPANIES, order.actor, "console", str(order.command_id), deadline=until
        )
        return str(Commands(rpc).send("erp_sync", "StartImport", payload, context)["id"])

    try:
        return _patiently(send)
    except Refused as refused:
        fields = "; ".join(f"{name}: {said}" for name, said in refused.details.get("fields", {}).items())
        raise Problem(f"{refused.message} {fields}".strip(), "Nothing was imported.") from refused
    except PorticoError as error:
        todo = "It may have been handed over: importing it again does no harm. Is everything running?  portico status"
        raise Problem(error.message, todo) from error


def follow(rpc: RpcClient, run: str, shown: Shown) -> dict[str, Any]:
    """Wait for the run's end, as long as it takes; its last status, `state` done or failed.

    Raises Problem when there is no such run.
    """
    pause = _LOOK_SECONDS
    while True:
        try:
            status: dict[str, Any] = rpc.call("erp_sync", "run_status", {"run": run}, 5.0, idempotent=True)
        except PorticoError as error:
            shown({"run": run, "state": "away", "message": error.message})
        else:
            if status["state"] == "none":
                raise Problem(f"There is no run {run}.", "The command that handed the file over said its name.")
            shown(status)
            if status["state"] in ("done", "failed"):
                return status
        time.sleep(pause)
        pause = min(pause * 1.1, 0.5)


def _keep(settings: Settings, file: Path) -> str:
    """Copy a file to erp_sync's folder under the hash of its content, durably; the copy's name."""
    from services.erp_sync.contract import files_folder

    folder = files_folder(settings)
    half = folder / f".{uuid4().hex}.half"
    digest = hashlib.sha256()
    try:
        with file.open("rb") as source, half.open("wb") as copy:
            while block := source.read(1 << 20):
                digest.update(block)
                copy.write(block)
            copy.flush()
            os.fsync(copy.fileno())
        suffix = _SUFFIX.search(file.name.lower())
        kept = folder / (digest.hexdigest() + (suffix.group() if suffix else ""))
        half.replace(kept)
    finally:
        half.unlink(missing_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    return kept.name


def _patiently(call: Callable[[], T]) -> T:
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            return call()
        except Unavailable:
            if time.monotonic() > until:
                raise
        time.sleep(_LOOK_SECONDS)


def import_(
    file: Annotated[Path | None, typer.Argument(help="The export: CSV, also gzipped, or XLSX.")] = None,
    profile: Annotated[str, typer.Option(help="A shipped profile's name, or the path of your own .yaml file.")] = "",
    connection: Annotated[str, typer.Option(help="The connection it belongs to.")] = "files",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change; change nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON, for scripts.")] = False,
    errors: Annotated[Path | None, typer.Option(help="Write what could not be read to this CSV file.")] = None,
    run: Annotated[str, typer.Option("--follow", metavar="RUN", help="Show a run that was handed over before.")] = "",
) -> None:
    """Import an ERP's export and wait for the end.

    Exit codes: 0 all of it is in, 3 some documents were refused (see --errors), 1 nothing was imported. Ctrl-C ends the
    waiting, not the import.
    """
    from chassis import log
    from portico.import_view import View
    from portico.running import settings

    # What is away is told in the view; log lines would spoil what a script reads.
    log.configure("import", "ERROR", "console")
    if bool(run) == bool(file) or (file is not None and not profile):
        raise typer.BadParameter("give a FILE and its --profile, or --follow RUN alone")
    if errors is not None:
        _check_errors(errors)
    found = settings()
    rpc = RpcClient(found.amqp_uri, "portico-import")
    try:
        if file is not None:
            # Not who sits there: events have no names in them.
            run = start(found, rpc, Order(file, profile, connection, dry_run, uuid4(), "console"))
        with View(run) as view:
            status = follow(rpc, run, view.show)
    except KeyboardInterrupt:
        if run:
            typer.echo(f"\nThe import goes on. Show it again:  portico import --follow {run}", err=True)
        raise typer.Exit(130) from None
    finally:
        rpc.stop()
    _report(found, status, as_json, errors)


def _check_errors(errors: Path) -> None:
    """Raise Problem where --errors cannot be written, before anything is handed over."""
    todo = "Name a file that can be written with --errors."
    folder = errors.absolute().parent
    if errors.is_dir():
        raise Problem(f"{errors} is a folder, not a file. Nothing was imported.", todo)
    if not folder.is_dir():
        raise Problem(f"There is no folder {folder} for the list of errors. Nothing was imported.", todo)
    if not os.access(errors if errors.exists() else folder, os.W_OK):
        raise Problem(f"The list of errors cannot be written to {errors}. Nothing was imported.", todo)


def _report(found: Settings, status: dict[str, Any], as_json: bool, errors: Path | None) -> None:
    from portico.import_view import sentences

    if status["state"] == "failed":
        if as_json:
            typer.echo(json.dumps({"run": status["run"], "state": "failed", "message": status["message"]}, indent=1))
            raise typer.Exit(1)
        raise Problem(status["message"], f"Run {status['run']}: {_what_is_in(status)}")
    summary = status["summary"]
    summary["errors"]["file"] = str(found.var / summary["errors"]["file"])
    if errors is not None:
        try:
            shutil.copyfile(summary["errors"]["file"], errors)
        except OSError as error:  # it is in all the same: the exit code says so
            typer.echo(f"The list of errors could not be written to {errors}: {error.strerror}.", err=True)
        else:
            summary["errors"]["file"] = str(errors)
    typer.echo(json.dumps(summary, indent=1) if as_json else "\n".join(sentences(summary)))
    if summary["records"]["refused"]:
        raise typer.Exit(SOME_REFUSED)


def _what_is_in(status: dict[str, Any]) -> str:
    if not status["batches"]:
        return "nothing was imported."
    told = f"{status['documents_answered']} of {status['documents']} documents are known to be in, others may be."
    return f"{told} Import the file again: what is in changes nothing."
