"""`portico doctor`: checks the set-up line by line and says what to do."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

if TYPE_CHECKING:
    from chassis.config import Settings
    from deploy.local.stack import Stack


class Finding(NamedTuple):
    """One line: what was looked at, what was found, and what to do; nothing to do means that it is well."""

    subject: str
    found: str
    todo: str = ""


def doctor() -> None:
    """Check Python, .venv, folder, ports, broker, store and clock. Exit code 1 when something is wrong."""
    from rich.console import Console

    console = Console(highlight=False)
    wrong = 0
    for finding in examine(os.environ):
        wrong += bool(finding.todo)
        mark = "[red]problem[/]" if finding.todo else "[green]ok     [/]"
        console.print(f"{mark}  {finding.subject:<10}", end="")
        console.print(finding.found, markup=False, soft_wrap=True)
        for line in finding.todo.splitlines():
            console.print(f"{'':21}→ {line}", markup=False, soft_wrap=True)
    if wrong:
        console.print(f"\n{wrong} thing{'s' if wrong > 1 else ''} to put right.")
        raise typer.Exit(1)
    console.print("\nEverything is well.")


def examine(environment: os._Environ[str]) -> Iterator[Finding]:
    """All findings, one after the other; a check that itself fails is a finding too."""
    from chassis.config import Settings
    from deploy.local import stack, supervisor
    from portico.status import gather

    settings = Settings.from_env(environment)
    running = stack.load(settings.var) if supervisor.alive(settings.var) else None
    report = cache(lambda: gather(running) if running else None)
    checks: list[tuple[str, Callable[[], Finding]]] = [
        ("Python", _python),
        (".venv", _venv),
        ("folder", lambda: _folder(settings)),
        ("disk", lambda: _disk(settings)),
        ("port", lambda: _port(settings, running)),
        ("broker", lambda: _broker(settings, report())),
        ("store", lambda: _store(settings, report())),
        ("database", lambda: _database(running.settings if running else settings)),
        ("processes", lambda: _processes(settings, report())),
        ("reactions", lambda: _reactions(report())),
        ("mail", lambda: _mail(settings, report())),
        ("PDFs", _pdfs),
        ("clock", lambda: _clock(settings)),
    ]
    from deploy.local.problem import Problem

    for subject, check in checks:
        try:
            yield check()
        except Problem as problem:
            yield Finding(subject, problem.what, problem.todo or "See above.")
        except Exception as error:
            yield Finding(subject, f"could not be checked: {type(error).__name__}: {error}", "Report this, please.")


def _python() -> Finding:
    if sys.prefix == sys.base_prefix:
        return Finding("Python", f"{sys.executable} is not that of .venv", "Use .venv/bin/portico, or make.")
    return Finding("Python", f"{sys.version.split()[0]}, {sys.executable}")


def _venv() -> Finding:
    from deploy.local import bootstrap

    reason = bootstrap.broken(bootstrap.ROOT)
    if reason:
        return Finding(".venv", f"not whole: {reason}", "make venv")
    if bootstrap.outdated(bootstrap.ROOT, "run"):
        return Finding(".venv", "whole, but with other versions than requirements/run.txt", "make venv")
    return Finding(".venv", "whole, as locked")


def _folder(settings: Settings) -> Finding:
    from deploy.local.stack import prepare_folder

    prepare_folder(settings.var)
    if " " in str(settings.var):
        todo = "Choose a path without a space (PORTICO_VAR): RabbitMQ cannot watch the free disk space there."
        return Finding("folder", f"{settings.var} has a space in its path", todo)
    return Finding("folder", f"{settings.var} can be written")


def _disk(settings: Settings) -> Finding:
    free = shutil.disk_usage(settings.var).free / 1e9
    if free < 2:
        return Finding("disk", f"{free:.1f} GB free", "Free some space: below 0.1 GB RabbitMQ stops taking messages.")
    return Finding("disk", f"{free:.0f} GB free")


def _port(settings: Settings, running: Stack | None) -> Finding:
    from deploy.local.stack import check_gateway_port

    if running:
        return Finding("port", f"{running.settings.port}, ours; live updates on {running.settings.live_port}")
    check_gateway_port(settings.port)
    return Finding("port", f"{settings.port} is free")


def _broker(settings: Settings, report: dict[str, Any] | None) -> Finding:
    from deploy.local import broker

    if report:
        found = report["broker"]
        if found["problem"]:
            return Finding("broker", found["problem"], _mend(report, "broker") or "Start it, or see its own log.")
        private = " (private node)" if found["private"] else ""
        return Finding("broker", f"RabbitMQ {found['version']} answers{private}")
    if settings.amqp_uri:
        return Finding("broker", f"RabbitMQ {broker.check(settings.amqp_uri)} answers")
    if broker.binaries() is None:
        return Finding("broker", "no RabbitMQ on this machine", "make up installs it, or:  apt install rabbitmq-server")
    return Finding("broker", f"RabbitMQ is installed ({broker.binaries()}); `make up` starts a private node")


def _store(settings: Settings, report: dict[str, Any] | None) -> Finding:
    from portico.status import store_position

    uri = report["store"]["uri"] if report else settings.esdb_uri
    if not uri:
        return Finding("store", "the embedded one; `make up` starts it")
    position = report["store"]["position"] if report else store_position(uri)
    if position is None:
        todo = (report and _mend(report, "store")) or "Start it, or put PORTICO_ESDB_URI right."
        return Finding("store", f"does not answer at {uri}", todo)
    return Finding("store", f"answers at {uri}, last position {position}")


def _database(settings: Settings) -> Finding:
    if not settings.read_uri:
        return Finding("database", "read models are files in the data folder")
    from chassis import postgres_models

    problems = [
        f"{name}: {problem}"
        for name, uri, writes in (
            ("PORTICO_READ_URI", settings.read_uri, True),
            ("PORTICO_READ_ONLY_URI", settings.read_only_uri, False),
        )
        if (problem := postgres_models.problem(uri, writes))
    ]
    if problems:
        return Finding("database", "; ".join(problems), "Start PostgreSQL, or put the variable right.")
    return Finding("database", "PostgreSQL answers; read models are written and read there")


def _processes(settings: Settings, report: dict[str, Any] | None) -> Finding:
    from deploy.local.start import SILENT
    from deploy.local.stop import ours

    if report is None:
        left = ours(settings.var)
        if left:
            return Finding("processes", f"{len(left)} left over from a killed start", "portico down")
        return Finding("processes", "none running")
    processes = report["processes"]
    sick = [one for one in processes if not one["ready"]]
    if not sick:
        return Finding("processes", f"all {len(processes)} are ready")
    # What says nothing comes first: what says why it waits mostly waits for that.
    sick.sort(key=lambda one: one["reason"] != SILENT)
    told_above = ("broker", "store")
    todo = [_mend(report, one["name"]) for one in sick if one["reason"] == SILENT and one["name"] not in told_above]
    todo.append(f"Their logs are in {settings.var / 'log'}.")
    return Finding("processes", "; ".join(f"{one['name']}: {one['reason']}" for one in sick), "\n".join(todo))


def _reactions(report: dict[str, Any] | None) -> Finding:
    from portico.running import command_here

    parts = report["parts"] if report else []
    queues = [queue for one in parts for queue in one.get("abandoned", "").split(", ") if queue]
    if queues:
        todo = "\n".join(f"If no other release is to read it any more:  {command_here(f'forget {q}')}" for q in queues)
        return Finding("reactions", f"{', '.join(queues)}: filled, and no reaction of this release reads it", todo)
    return Finding("reactions", "all that are told of events are there" if report else "none running")


def _mend(report: dict[str, Any], name: str) -> str:
    """What to do about a process of ours that runs and says nothing; "" when it is none of ours."""
    pid = next((one["pid"] for one in report["processes"] if one["name"] == name), None)
    if pid is None:
        return ""
    log = f"{report['var']}/log/{name}.log"
    if not pid:
        return f"{name} does not run; {log} says why."
    # Each leads a group of its own: the broker's machine and the gateway's workers end with it.
    return f"Let a new {name} take its place (nothing is lost):  kill -9 -- -{pid}   Its log: {log}"


def _mail(settings: Settings, report: dict[str, Any] | None) -> Finding:
    from chassis.config import BadSetting
    from services.identity.mails.settings import MailSettings

    parts = report["parts"] if report else []
    told = next((one for one in parts if one["part"] == "job:send_mails" and "to" in one), None)
    if told is not None:
        waits = told["waiting"] + told["delayed"]
        found = f"goes to {told['to']}; {waits} wait, {told['given_up']} were given up"
        if told["away"]:
            todo = "Nothing is lost: mails wait. Look at the server, or at PORTICO_SMTP_URI and start anew."
            return Finding("mail", f"{found}. {told['away']}", todo)
        return Finding("mail", found)
    try:
        configured = MailSettings.from_env(settings)
    except BadSetting as bad:
        return Finding("mail", str(bad), "Set it right and start anew.")
    smtp = configured.smtp
    return Finding(
        "mail", f"goes to {smtp.host}:{smtp.port}" if smtp else f"goes into {configured.outbox}: no mail server"
    )


def _pdfs() -> Finding:
    from deploy.local import pdf_parts

    packages = pdf_parts.missing()
    if packages:
        lacks = "no font here has Arabic letters" if packages == [pdf_parts.FONT] else "documents cannot be had as PDFs"
        return Finding("PDFs", f"{lacks}: {', '.join(packages)} is missing", pdf_parts.by_hand(packages))
    return Finding("PDFs", "can be made, with fonts for every language")


def _clock(settings: Settings) -> Finding:
    newest = max((file.stat().st_mtime for file in settings.var.glob("*/*") if file.is_file()), default=0.0)
    ahead = newest - time.time()
    if ahead > 60 or time.time() < 1_735_689_600:
        todo = "Set it (timedatectl set-ntp true): logins, tokens and time limits depend on it."
        return Finding("clock", f"{time.strftime('%Y-%m-%d %H:%M:%S %Z')}, behind what was written before", todo)
    return Finding("clock", time.strftime("%Y-%m-%d %H:%M:%S %Z"))
