"""Small nameko services that the tests of the bus talk to."""

from __future__ import annotations

import time
from typing import Any

import eventlet

from chassis.green import rpc


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
