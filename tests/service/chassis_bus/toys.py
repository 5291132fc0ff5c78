"""Small nameko services that the tests of the bus talk to."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from typing import Any

import eventlet
from esdbclient.exceptions import WrongCurrentVersion

from chassis.codec import Codec
from chassis.errors import Unavailable
from chassis.green import rpc
from chassis.messages import Event, Recorded
from chassis.reacting import with_reactions
from chassis.reactions import Reaction, Since, context_of
from chassis.service import CommandService


class echo:
    """Answers calls in all the ways a service can."""

    name = "echo"

    @rpc
    def same(self, payload: dict[str, Any]) -> dict[str, Any]:
        """What was asked."""
        return payload

    @rpc
    def slow(self, payload: dict[str, Any]) -> str:
        """An answer after `seconds`, once the file `arrived` is there to say that the call came in."""
        with open(payload["arrived"], "a") as file:
            file.write("x")
        eventlet.sleep(payload["seconds"])
        return "done"

    @rpc
    def fail(self, payload: dict[str, Any]) -> None:
        """A fault."""
        raise ValueError("broken")

    @rpc
    def execute(self, envelope: dict[str, Any]) -> dict[str, Any]:
        """A command that is refused, unavailable for a while, or done."""
        if envelope["command"] == "Refuse":
            details = {"price": "2.00"}
            return {"status": "refused", "code": "PriceChanged", "message": "No.", "http": 409, "details": details}
        if envelope["command"] == "Wait" and time.time() < envelope["payload"]["until"]:
            return {"status": "unavailable", "code": "Unavailable", "message": "Away.", "http": 503, "details": {}}
        return {"status": "done", "context": envelope["context"]}


@dataclass(frozen=True, slots=True)
class Noted(Event):
    """The listener took note of an event."""

    text: str


CODEC = Codec((Noted,))


async def note(event: Recorded, tools: Any) -> None:
    """Write the time of the attempt to a file, then do what the event says: fail, wait, die, or note it in a stream."""
    folder = tools.settings.folder("attempts")
    with open(folder / str(event.id), "a") as file:
        file.write(f"{time.time()}\n")
    attempts = len((folder / str(event.id)).read_text().splitlines())
    todo = event.data
    if attempts <= todo.get("fail", 0) and not (folder / "repaired").exists():
        raise ValueError(f"attempt {attempts} failed")
    if attempts <= todo.get("away", 0):
        raise Unavailable("The ERP is away.")
    if todo.get("die") and not (folder / "repaired").exists():
        os.kill(os.getpid(), signal.SIGKILL)
    context = context_of(event, "note", "C1")
    stream = f"notes-{event.key}"
    try:
        await tools.repository.append(CODEC, stream, event.key, -1, [Noted(todo["text"])], context)
    except WrongCurrentVersion:
        (folder / "conflict").touch()


REACTIONS = (Reaction("note", "source", "Happened", note, Since.FIRST),)


@with_reactions(REACTIONS)
class listener(CommandService):
    """Reacts to the source's events."""

    name = "listener"
    handlers = {}
