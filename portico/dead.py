"""`portico dead`: the events and ERP documents that a service could not handle, and giving them to it again."""

from __future__ import annotations

import json
from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from chassis.config import Settings
    from chassis.reactions import DeadLetter


class Action(StrEnum):
    """What can be done."""

    show = "list"
    replay = "replay"


def dead(
    action: Annotated[Action, typer.Argument(help="list, or replay once the cause is mended")] = Action.show,
    service: Annotated[str, typer.Option(help="Of this service alone; without it, of all.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="At most so many of each service.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts; with traceback and event.")] = False,
) -> None:
    """Show what no attempt could handle, with the reason, or give it to where it failed again."""
    from chassis.config import SERVICES
    from deploy.local.problem import Problem
    from portico.running import settings

    if service and service not in SERVICES:
        raise Problem(f"There is no service {service!r}.", f"There are: {', '.join(SERVICES)}.")
    found, services = settings(), (service,) if service else SERVICES
    if action == Action.replay:
        typer.echo(f"{_replayed(found, services, limit)} given to where they failed again.")
        return
    letters = _letters(found, services, limit)
    if as_json:
        typer.echo(json.dumps([asdict(letter) for letter in letters], indent=1, default=str))
    elif not letters:
        typer.echo("There are no dead letters.")
    else:
        typer.echo("\n".join(_sentence(letter) for letter in letters))
        typer.echo("Mend the cause, then:  portico dead replay")


def _letters(settings: Settings, services: tuple[str, ...], limit: int) -> list[DeadLetter]:
    from chassis.reactions import list_dead

    return [letter for name in services for letter in list_dead(settings.amqp_uri, name, limit)]


def _replayed(settings: Settings, services: tuple[str, ...], limit: int) -> int:
    from chassis.reactions import replay_dead

    return sum(replay_dead(settings.amqp_uri, name, limit) for name in services)


def _sentence(letter: DeadLetter) -> str:
    since, event = letter.first_failed_at, letter.event
    what = f"{event.get('type', '?')} of {event.get('stream', '?')}"
    return f"{letter.queue}: {what}, since {since}, {letter.attempts} attempts: {letter.reason}"
