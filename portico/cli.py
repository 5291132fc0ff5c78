"""The table of subcommands. A command's module is imported when it is called, so `--help` answers at once."""

from __future__ import annotations

import importlib
import sys
from typing import Any, NamedTuple


class Entry(NamedTuple):
    """Where a subcommand is (`module:function`, the function typed for typer), and its line in the help."""

    target: str
    help: str

    def function(self) -> Any:
        """The function, its module imported now."""
        module, name = self.target.split(":")
        return getattr(importlib.import_module(module), name)


COMMANDS: dict[str, Entry] = {
    "up": Entry("portico.up:up", "Start everything and follow the logs; Ctrl-C stops."),
    "down": Entry("portico.down:down", "Stop everything that `up` started."),
    "status": Entry("portico.status:status", "What runs, with positions and lag."),
    "doctor": Entry("portico.doctor:doctor", "Check the set-up and say what to do."),
    "admin": Entry("portico.admin:admin", "Create people of your own staff, list them, switch them off."),
    "import": Entry("portico.import_:import_", "Import an ERP's export file."),
    "dead": Entry("portico.dead:dead", "List the events that no reaction could handle, or replay them."),
    "replay": Entry("portico.replay:replay", "Give a reaction earlier events, once more or for the first time."),
    "forget": Entry("portico.forget:forget", "Remove the queue of a reaction that is no more."),
    "park": Entry("portico.park:park", "Have a read model do without an event it cannot take."),
    "backup": Entry("portico.backup:backup", "Copy what cannot be rebuilt, while everything runs."),
    "restore": Entry("portico.backup:restore", "Put a backup into an empty data folder."),
    "rewrap": Entry("portico.rewrap:rewrap", "Put contacts' keys under the newest key-encryption key."),
    "verify": Entry("portico.backup:verify", "Walk every event of the store: is it whole?"),
    "demo-erp": Entry("portico.demo_erp:demo_erp", "Play the ERP that takes the orders, for demos and tests."),
    "bench": Entry("portico.bench:bench", "Measure, and print the figures with their limits."),
    "store": Entry("portico.store:store", "Run the embedded event store."),
    "service": Entry("portico.service:service", "Run one service's nameko process."),
    "worker": Entry("portico.worker:worker", "Run one service's worker: projectors, relay, ingest."),
    "gateway": Entry("portico.gateway:gateway", "Run the web portal under gunicorn."),
    "live": Entry("portico.live:live", "Run the server of live updates."),
}


PROCESSES = {"store": 0, "service": 1, "worker": 1, "gateway": 0, "live": 0}
"""What the process manager runs, a dozen at once, with its number of arguments: called without the command line's
library, which takes a sixth of a second of each start."""


def main() -> None:
    """Run the command line; what a person can mend is said in a sentence, with exit code 1."""
    from chassis.config import BadSetting
    from deploy.local.problem import Problem, from_os_error

    try:
        _run(sys.argv[1:])
    except BadSetting as bad:
        _say(bad)
    except Problem as problem:
        _say(problem)
    except OSError as error:
        told = from_os_error(error)
        if told is None:
            raise
        _say(told)


def _run(arguments: list[str]) -> None:
    name, rest = (arguments or [""])[0], arguments[1:]
    if PROCESSES.get(name) == len(rest) and not any(one.startswith("-") for one in rest):
        COMMANDS[name].function()(*rest)
    else:
        from portico.usage import command_line

        command_line()(prog_name="portico")


def _say(problem: Exception) -> None:
    print(f"\n{problem}", file=sys.stderr)
    sys.exit(1)
