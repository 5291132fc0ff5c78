"""`portico forget`: remove the queue of a reaction that a release no longer has, which fills and which nobody reads."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from chassis.config import Settings
    from chassis.listeners import Told


@dataclass(frozen=True)
class _Binding:
    """What a service's relay gives to a queue that no reaction of this release reads."""

    source: str
    told: Told
    queue: str
    event_type: str


def forget(
    queue: Annotated[str, typer.Argument(help="The queue, as `portico forget` shows it; without one: show all.")] = "",
) -> None:
    """Have no more events put there, and delete it; the events themselves stay in the event store."""
    from deploy.local.problem import Problem
    from portico.running import command_here, settings

    found = settings()
    bindings = _bindings(found)
    if queue:
        named = [one for one in bindings if one.queue == queue]
        if not named:
            raise Problem(
                f"{queue} is not the queue of a reaction that is no more.", "`portico forget` shows those there are."
            )
        _forget(found, queue, named)
        return
    for one in bindings:
        typer.echo(f"{one.queue}: gets {one.event_type} of {one.source}; no reaction of this release reads it.")
        typer.echo("  " + command_here(f"forget {one.queue}"))
    if not bindings:
        typer.echo("Every queue of events is that of a reaction.")


def _bindings(settings: Settings) -> list[_Binding]:
    from chassis.config import SERVICES
    from chassis.listeners import Told, listeners_of
    from chassis.statedb import StateDb

    return [
        _Binding(source, told, queue, event_type)
        for source in SERVICES
        if settings.state_db(source).exists()
        for told in [Told(StateDb(settings.state_db(source)))]
        for queue, event_type in told.abandoned(listeners_of(source))
    ]


def _forget(settings: Settings, queue: str, bindings: list[_Binding]) -> None:
    from chassis import bus
    from chassis.config import SERVICES
    from chassis.listeners import listeners_of
    from deploy.local.problem import Problem

    read = {one.queue for source in SERVICES for one in listeners_of(source)}
    with closing(bus.connect(settings.amqp_uri, "forget")) as connection:
        waiting, readers = _declared(connection, queue)
        if readers and queue not in read:
            raise Problem(
                f"{readers} consumers read {queue} at this moment: nothing was done.",
                "They are processes of another release. Stop them first, or leave the queue to them.",
            )
        if queue not in read:
            _refuse_while_events_wait(connection, queue)
        for one in bindings:
            if waiting is not None:
                connection.channel().queue_unbind(queue, bus.events_exchange(one.source), one.event_type)
        if queue in read:
            said = f"{queue} gets no more {', '.join(one.event_type for one in bindings)}; its reaction goes on."
        else:
            dead, _ = _declared(connection, bus.dead_queue(queue))
            for name in (queue, bus.dead_queue(queue)):
                connection.channel().queue_delete(name)
            said = f"{queue} is deleted, with {waiting or 0:,} events that waited and {dead or 0:,} dead letters."
    for one in bindings:
        one.told.forget(one.queue, one.event_type)
    typer.echo(f"{said} All events are still in the event store.")


def _refuse_while_events_wait(connection: Any, queue: str) -> None:
    """Raise Problem while events of the queue's service wait to be tried again: some may be this queue's.

    The broker keeps what it cannot put back where it came from, tries it again for ever, and with enough of these
    gives nothing of that delay back to the service's other reactions.
    """
    from chassis import bus
    from deploy.local.problem import Problem

    service, delays = queue.partition(".")[0], bus.retry_delays()
    if any(_declared(connection, bus.wait_name(service, delay))[0] for delay in delays):
        raise Problem(
            f"Events of {service} wait to be tried again, and some may come back to {queue}: nothing was done.",
            f"Try again in {-(-max(delays) // 60_000)} minutes.",
        )


def _declared(connection: Any, queue: str) -> tuple[int | None, int]:
    """How many messages are in the queue, and how many read it; None where there is none."""
    from pika.exceptions import ChannelClosedByBroker

    try:
        found = connection.channel().queue_declare(queue, passive=True).method
    except ChannelClosedByBroker as error:
        if error.reply_code != 404:
            raise
        return None, 0
    return found.message_count, found.consumer_count
