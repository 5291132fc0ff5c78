"""`portico down`: stops what `portico up` started for this data folder, from any terminal."""

from __future__ import annotations


def down() -> None:
    """Stop everything that `portico up` started for PORTICO_VAR, and nothing else."""
    from rich.console import Console

    from chassis.config import Settings
    from portico.up import stop_telling

    console = Console(highlight=False)
    var = Settings.from_env().var
    if not stop_telling(var, console):
        console.print(f"Nothing runs for {var}.")
