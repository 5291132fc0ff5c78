"""What commands beside a running Portico need: where its broker, its store and its data are."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

from chassis.config import Settings
from deploy.local.problem import Problem


def settings() -> Settings:
    """The settings of the installation that runs for PORTICO_VAR, or those of the environment where both a broker and
    a store are named in it. Raises Problem when neither is there."""
    configured = Settings.from_env(os.environ)
    if configured.amqp_uri and configured.esdb_uri:
        return configured
    from deploy.local import stack, supervisor

    running = stack.load(configured.var) if supervisor.alive(configured.var) else None
    if running is None:
        raise not_running(configured.var)
    return running.settings


def not_running(var: Path) -> Problem:
    """That nothing runs for this data folder, and what that may come from."""
    named = os.environ.get("PORTICO_VAR")
    if named is None:
        where = "PORTICO_VAR is not set, so the data folder is `var` in the current folder."
    elif not Path(named).is_absolute():
        where = f"PORTICO_VAR={named} is taken from the current folder."
    else:
        where = "PORTICO_VAR names it."
    return Problem(
        f"Portico does not run for the data folder {var}. {where}",
        "Does it run for another one? Go to the folder it was started in, or name it:  PORTICO_VAR=/that/folder/var\n"
        f"Start it for this one:  {command()} up",
    )


def command() -> str:
    """`portico` as it can be typed in this terminal, for sentences that name a command."""
    called = sys.argv[0]
    if Path(called).name != "portico" or shutil.which("portico") == called:
        return "portico"
    return shlex.quote(called)


def command_here(name: str) -> str:
    """The command `name` for the same data folder, as it can be typed in any terminal that stands in this folder."""
    named = os.environ.get("PORTICO_VAR")
    return f"{f'PORTICO_VAR={shlex.quote(named)} ' if named else ''}{command()} {name}"
