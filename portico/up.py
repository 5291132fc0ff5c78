"""`portico up`: starts everything, loads the demo company the first time, then follows the logs until Ctrl-C."""

from __future__ import annotations

import contextlib
import fcntl
import importlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from deploy.local.stack import Stack

DEMO_MARK = "run/demo.loaded"
DEMO_LOADED, DEMO_DECLINED = "loaded\n", "not wanted\n"


def up(
    detach: Annotated[bool, typer.Option("--detach", help="Return once everything runs.")] = False,
    demo: Annotated[bool, typer.Option(help="Load the demo company on the first start.")] = True,
) -> None:
    """Start everything and follow the logs; Ctrl-C stops it, `portico down` from elsewhere too."""
    from rich.console import Console
    from rich.markup import escape

    from chassis.config import Settings
    from deploy.local import stack, start, supervisor
    from deploy.local.problem import Problem
    from deploy.local.stop import ours, stop
    from gateway.config import GatewaySettings, configured_keys
    from portico.running import command_here
    from services.identity.mails.settings import MailSettings

    console = Console(highlight=False)
    var = Settings.from_env().var
    GatewaySettings.from_env()  # what it cannot use is said before anything starts
    MailSettings.from_env(Settings.from_env())
    configured_keys()
    stack.prepare_folder(var)
    with _owner(var) as is_owner, _signals_as_interrupt():
        running = stack.load(var) if supervisor.alive(var) else None
        if not is_owner or (running and (var / "run/detached").exists()):
            _join(var, running, console, follow=not detach)
            return
        if running is None and ours(var):
            console.print("Ending what still runs from an earlier start …")
            stop(var, lambda names: None)
        try:
            _start(running or stack.plan(os.environ, _is_demo(var, demo)), console, demo)
            if detach:
                (var / "run/detached").touch()
                stops = f"[bold]{escape(command_here('down'))}[/] stops it"
                console.print(f"It runs in the background; {stops}.", soft_wrap=True)
                _next_steps(console)
                return
            _next_steps(console)
            console.print("The logs follow; Ctrl-C stops everything.\n", style="dim")
            _follow(var, console)
            raise start.Stopped
        except start.Stopped:
            stop(var, lambda names: None)  # the manager may have been killed: then its processes live on
            console.print("\nPortico was stopped from elsewhere.")
        except KeyboardInterrupt:
            stop_telling(var, console)
        except Problem:
            stop_telling(var, console)
            raise
        except BaseException:
            stop(var, lambda names: None)
            raise


def stop_telling(var: Path, console: Console) -> bool:
    """Stop everything, showing what is still being waited for; a second Ctrl-C does not cut it short."""
    from deploy.local.stop import stop

    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, signal.SIG_IGN)
    with console.status("Stopping …") as status:
        anything = stop(var, lambda names: status.update(f"Stopping {', '.join(names)}" if names else "Stopping …"))
    if anything:
        console.print("Everything is stopped; the data is kept.")
    return anything


def _start(stack: Stack, console: Console, demo: bool) -> None:
    from deploy.local import pdf_parts
    from deploy.local.start import start

    pdf_parts.ensure(lambda text: console.print(text, style="yellow", markup=False))
    with _progress(console) as progress:
        task = progress.add_task("Starting", total=len(stack.processes))
        ready_before: set[str] = set()

        def show(ready: int, total: int, waiting: list[str]) -> None:
            waits = ", ".join(waiting[:3]) + (f" and {len(waiting) - 3} more" if len(waiting) > 3 else "")
            progress.update(task, completed=ready, description=f"Waiting for {waits}" if waiting else "Everything runs")
            if not console.is_terminal:
                now = {process.name for process in stack.processes} - set(waiting)
                for name in sorted(now - ready_before):
                    console.print(f"ready: {name}")
                ready_before.update(now)

        start(stack, show, lambda text: console.print(text, style="yellow", markup=False))
    if demo:
        _load_demo(stack, console)
    elif not (stack.var / DEMO_MARK).exists():
        (stack.var / DEMO_MARK).write_text(DEMO_DECLINED)
    _welcome(stack, console)


def _is_demo(var: Path, wanted: bool) -> bool:
    """Whether this is an installation with the demo company: as it was started first, else as it is wanted now."""
    mark = var / DEMO_MARK
    return mark.read_text() == DEMO_LOADED if mark.exists() else wanted


def _load_demo(stack: Stack, console: Console) -> None:
    """Load the demo company unless that was done, or declined, before; an interrupted load goes on."""
    mark = stack.var / DEMO_MARK
    if mark.exists():
        return
    company = importlib.import_module("deploy.local.demo")
    with _progress(console) as progress:
        task = progress.add_task("Loading the demo company", total=None)

        def show(done: int, total: int, text: str) -> None:
            progress.update(task, completed=done, total=total, description=text)

        company.load(stack.settings, show)
    mark.write_text(DEMO_LOADED)


def _welcome(stack: Stack, console: Console) -> None:
    from rich.table import Table

    console.print(f"\nPortico is at [bold]{stack.address}[/]")
    if (stack.var / DEMO_MARK).read_text() != DEMO_LOADED:
        from rich.markup import escape

        from portico.running import command_here

        console.print(f"The first portal admin's link:  {escape(command_here('admin create EMAIL'))}", soft_wrap=True)
        return
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for heading in ("log in as", "e-mail", "password"):
        table.add_column(heading)
    for role, email, password in importlib.import_module("deploy.local.demo").LOGINS:
        table.add_row(role, email, password)
    console.print(table)
    console.print()


def _next_steps(console: Console) -> None:
    """The command as it can be typed from another terminal: nowhere else does somebody who typed `make up` meet it."""
    from rich.markup import escape

    from portico.running import command_here

    console.print(f"From another terminal, in this folder:  {escape(command_here('--help'))}", soft_wrap=True)


def _join(var: Path, running: Stack | None, console: Console, follow: bool) -> None:
    """What runs already, started from elsewhere, is only looked at."""
    from rich.markup import escape

    from portico.running import command_here

    if running is None:
        console.print("Another `portico up` is starting it at this moment.")
    else:
        console.print(f"Portico runs already at [bold]{running.address}[/]")
    if not follow:
        return
    stops = f"The logs follow; Ctrl-C ends only this view, `{escape(command_here('down'))}` stops everything.\n"
    console.print(stops, style="dim", soft_wrap=True)
    with contextlib.suppress(KeyboardInterrupt):
        _follow(var, console)


def _follow(var: Path, console: Console) -> None:
    import time

    from deploy.local import supervisor
    from deploy.local.logs import follow
    from portico.processes import PROCESSES

    checked = [0.0]

    def goes_on() -> bool:
        if time.monotonic() - checked[0] < 1:
            return True
        checked[0] = time.monotonic()
        return supervisor.alive(var)

    follow(var, [process.name for process in PROCESSES], console, goes_on)


def _progress(console: Console) -> Any:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    described = SpinnerColumn(), TextColumn("{task.description}")
    return Progress(*described, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console)


@contextlib.contextmanager
def _owner(var: Path) -> Iterator[bool]:
    """Whether this `up` is the one in the foreground; the lock goes with the process, however it ends."""
    with open(var / "run/up.lock", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


@contextlib.contextmanager
def _signals_as_interrupt() -> Iterator[None]:
    """A closed terminal and SIGTERM stop it as Ctrl-C does."""

    def interrupt(signum: int, _frame: Any) -> None:
        if signum == signal.SIGHUP:
            # The terminal is gone, and what is still to be said would fail on it.
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 1)
            os.dup2(nowhere, 2)
        raise KeyboardInterrupt

    before = {signum: signal.signal(signum, interrupt) for signum in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)}
    try:
        yield
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)
