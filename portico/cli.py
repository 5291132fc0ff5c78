"""The table of subcommands. A command's module is imported when it is called, so `--help` answers at once."""

from __future__ import annotations

import importlib
import sys
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup


class Entry(NamedTuple):
    """Where a subcommand is (`module:function`, the function typed for typer), and its line in the help."""

    target: str
    help: str


COMMANDS: dict[str, Entry] = {
    "up": Entry("portico.up:up", "Start everything and follow the logs; Ctrl-C stops."),
    "down": Entry("portico.down:down", "Stop everything that `up` started."),
    "status": Entry("portico.status:status", "What runs, with positions and lag."),
    "doctor": Entry("portico.doctor:doctor", "Check the set-up and say what to do."),
    "import": Entry("portico.import_:import_", "Import an ERP's export file."),
    "bench": Entry("portico.bench:bench", "Measure, and print the figures with their limits."),
    "store": Entry("portico.store:store", "Run the embedded event store."),
    "service": Entry("portico.service:service", "Run one service's nameko process."),
    "worker": Entry("portico.worker:worker", "Run one service's worker: projectors, relay, ingest."),
    "gateway": Entry("portico.gateway:gateway", "Run the web portal under gunicorn."),
    "live": Entry("portico.live:live", "Run the server of live updates."),
}


class _Lazy(TyperGroup):
    """Knows its commands from the table; the help page needs no more than that."""

    _listing = False

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        if self._listing:
            return TyperCommand(cmd_name, help=entry.help)
        module, function = entry.target.split(":")
        single = typer.Typer(add_completion=False)
        single.command(cmd_name)(getattr(importlib.import_module(module), function))
        return typer.main.get_command(single)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        self._listing = True
        super().format_help(ctx, formatter)


def _portico() -> None:
    """Portico, the customer portal on top of your ERP. Data: PORTICO_VAR (./var); address: PORTICO_PORT (8000)."""


def main() -> None:
    """Run the command line; what a person can mend is said in a sentence, with exit code 1."""
    from deploy.local.problem import Problem, from_os_error

    app = typer.Typer(cls=_Lazy, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
    app.callback()(_portico)
    try:
        typer.main.get_command(app)(prog_name="portico")
    except Problem as problem:
        _say(problem)
    except OSError as error:
        told = from_os_error(error)
        if told is None:
            raise
        _say(told)


def _say(problem: Exception) -> None:
    print(f"\n{problem}", file=sys.stderr)
    sys.exit(1)
