"""`portico park`: have a read model do without an event that it cannot take, and show which it does without."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from chassis.config import Settings


def park(
    service: Annotated[
        str, typer.Argument(help="The service; without one: show what is stuck and what is parked.")
    ] = "",
    model: Annotated[str, typer.Argument(help="Its read model, as `portico status` names it after “projector:”.")] = "",
    position: Annotated[int, typer.Argument(help="The event's position, as `portico park` shows it.")] = 0,
    release: Annotated[
        bool, typer.Option("--release", help="Take it back: the next rebuild takes the event in.")
    ] = False,
) -> None:
    """Leave the one event out that a read model is stuck at; pages then show everything but that event."""
    from portico.running import settings

    found = settings()
    if not service:
        _show(found)
        return
    _park(found, service, model, position, release)


def _parts(settings: Settings) -> list[dict[str, Any]]:
    from deploy.local import stack
    from portico.status import gather

    running = stack.load(settings.var)
    parts: list[dict[str, Any]] = gather(running)["parts"] if running else []
    return [part for part in parts if part["part"].startswith("projector:")]


def _show(settings: Settings) -> None:
    from chassis.config import SERVICES
    from chassis.parking import Parking
    from chassis.statedb import StateDb
    from portico.running import command_here

    stuck = [part for part in _parts(settings) if "stuck" in part]
    for part in stuck:
        service, model = part["process"].removesuffix("-worker"), part["part"].removeprefix("projector:")
        typer.echo(f"Stuck: {service} {part['failure'].removeprefix('Stuck: ')}")
        typer.echo("  " + command_here(f"park {service} {model} {part['stuck']}"))
    parked = [
        (service, one)
        for service in SERVICES
        if settings.state_db(service).exists()
        for one in Parking(StateDb(settings.state_db(service))).all()
    ]
    for service, one in parked:
        typer.echo(f"Parked: {service} {one.model} {one.position}, since {one.parked_at}: {one.reason}")
    if not stuck and not parked:
        typer.echo("No read model is stuck, and none does without an event.")


def _park(settings: Settings, service: str, model: str, position: int, release: bool) -> None:
    from chassis.config import SERVICES
    from chassis.parking import Parking
    from chassis.rooms import load
    from chassis.statedb import StateDb
    from deploy.local.problem import Problem

    if service not in SERVICES:
        raise Problem(f"There is no service {service!r}.", f"There are: {', '.join(SERVICES)}.")
    models = [projection.name for projection in load(service).projections]
    if model not in models:
        raise Problem(f"{service} has no read model {model!r}.", f"It has: {', '.join(models)}.")
    parking = Parking(StateDb(settings.state_db(service)))
    if release:
        if not parking.release(model, position):
            raise Problem(f"Nothing is parked at position {position} of {model}.", "`portico park` shows what is.")
        typer.echo("Taken back. It comes into the read model when that is built again.")
        return
    stuck = {
        part["stuck"]: part["failure"]
        for part in _parts(settings)
        if "stuck" in part and part["part"] == f"projector:{model}" and part["process"] == f"{service}-worker"
    }
    if position not in stuck:
        raise Problem(
            f"{model} of {service} is not stuck at position {position}: only what it is stuck at can be left out.",
            "`portico park` shows where read models are stuck.",
        )
    parking.park(model, position, stuck[position].removeprefix("Stuck: "))
    typer.echo(f"{model} goes on without the event at position {position}, in a few seconds.")
