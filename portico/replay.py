"""`portico replay`: give a reaction events that were published already, once more or for the first time."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from chassis.config import Settings
    from chassis.listeners import Listener
    from chassis.reactions import Reaction


def replay(
    service: Annotated[str, typer.Argument(help="The service that reacts; without one: show all reactions.")] = "",
    reaction: Annotated[str, typer.Argument(help="Its reaction, as `portico replay` shows it.")] = "",
    start: Annotated[
        int, typer.Option("--from", min=-1, help="After this position; without it, from where the reaction begins.")
    ] = -1,
) -> None:
    """Give a reaction the events it listens to again, oldest first; what it has handled it recognises."""
    from chassis.config import SERVICES
    from chassis.rooms import load
    from deploy.local.problem import Problem
    from portico.running import settings

    known: dict[tuple[str, str], Reaction] = {
        (name, one.name): one for name in SERVICES for one in load(name).reactions
    }
    if not service:
        _show(settings(), known)
        return
    found = known.get((service, reaction))
    if found is None:
        listed = ", ".join(" ".join(name) for name in known)
        asked = f"{service} {reaction}".strip()
        raise Problem(f"There is no reaction {asked!r}.", f"Name the service and its reaction: {listed}.")
    _replay(settings(), service, found, start)


def _listener(service: str, reaction: Reaction) -> Listener:
    from chassis import bus
    from chassis.listeners import Listener

    return Listener(bus.reaction_queue(service, reaction.name), reaction.event_type, reaction.since)


def _begins(settings: Settings, service: str, reaction: Reaction) -> int | None:
    """The position after which it gets events, as the other service's relay keeps it; None: not kept here."""
    from chassis.listeners import Told
    from chassis.statedb import StateDb

    path = settings.state_db(reaction.source_service)
    return Told(StateDb(path)).begins(_listener(service, reaction)) if path.exists() else None


def _show(settings: Settings, known: dict[tuple[str, str], Reaction]) -> None:
    for (service, name), one in known.items():
        begins = _begins(settings, service, one)
        since = "not met yet" if begins is None else f"after position {begins}" if begins else "from the first on"
        typer.echo(f"{service} {name}: {one.event_type} of {one.source_service}, {since}")


def _replay(settings: Settings, service: str, reaction: Reaction, start: int) -> None:
    from deploy.local.problem import Problem

    after = start if start >= 0 else _begins(settings, service, reaction)
    if after is None:
        raise Problem(
            f"Where {service} {reaction.name} begins is not known here: the worker of {reaction.source_service} keeps"
            " it, once it has run with this release.",
            "Name a position; 0 gives it all events:  --from POSITION",
        )
    count, last = _give(settings, _listener(service, reaction), reaction.source_service, after)
    what = f"{reaction.event_type} of {reaction.source_service}"
    if count:
        typer.echo(f"{count:,} {what}, from position {after} to {last}, given to {service} {reaction.name}.")
        typer.echo("It works them off now, and does nothing for those it has handled. What fails:  portico dead")
    else:
        typer.echo(f"There is no {what} after position {after}: nothing was given to {service} {reaction.name}.")


def _give(settings: Settings, listener: Listener, source: str, after: int) -> tuple[int, int]:
    """How many events were given to the listener, and the position of the last."""
    from esdbclient.exceptions import EventStoreDBClientException

    from chassis.errors import Unavailable
    from chassis.link import Publisher
    from chassis.listeners import earlier, for_listener
    from chassis.rooms import load
    from chassis.store import StoreClient
    from deploy.local.problem import Problem

    rooms, count, last = load(source), 0, after
    publisher = Publisher(settings.amqp_uri, "replay")
    try:
        with closing(StoreClient(settings.esdb_uri)) as client:
            until = client.get_commit_position()
            for events in earlier(client, rooms.streams, listener.event_type, after, until):
                publisher.publish([for_listener(rooms.codec, event, listener.queue) for event in events])
                count, last = count + len(events), events[-1].commit_position
    except (Unavailable, EventStoreDBClientException) as error:
        raise Problem(
            f"{count:,} events were given to {listener.queue}, up to position {last}; then: {error}",
            f"Once `portico doctor` finds nothing wrong, go on with  --from {last}",
        ) from error
    finally:
        publisher.stop()
    return count, last
