"""The command line as typer builds it, each command from the function that the table names."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from portico.cli import COMMANDS


def command_line() -> Any:
    """The command with its subcommands; calling it parses the arguments and runs one."""
    app = typer.Typer(cls=_Lazy, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
    app.callback()(_portico)
    return typer.main.get_command(app)


def _portico() -> None:
    """Portico, the customer portal on top of your ERP. Data: PORTICO_VAR (./var); address: PORTICO_PORT (8000)."""


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
        single = typer.Typer(add_completion=False)
        single.command(cmd_name)(entry.function())
        return typer.main.get_command(single)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        self._listing = True
        super().format_help(ctx, formatter)
