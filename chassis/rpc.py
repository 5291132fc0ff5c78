"""Calls to services over the bus in nameko's RPC protocol, and commands on top of them.

One thread with one connection a process, shared by all request threads. It starts at the first call, so after a server
forked, and again in the child of a later fork. Each call has a deadline, which travels as the message's expiration
and in the payload: what would be answered too late is dropped by the broker or by the service.
"""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import orjson
import pika

from chassis import metrics
from chassis.codec import dumps
from chassis.errors import DeadlineExceeded, PorticoError, Unavailable, from_wire
from chassis.link import Link
from chassis.messages import Context
from chassis.sentences import sentence

EXCHANGE = "nameko-rpc"
DEADLINE_SECONDS = 10.0


class ServiceMissing(Unavailable):
    """No such service has ever been started on this broker."""


class BrokerAway(Unavailable):
    """There was no connection to the broker all the while."""


class ConnectionLost(Unavailable):
    """The connection went away while the call was out: whether it was handled is not known."""


class RemoteFault(PorticoError):
    """The service failed in a way it does not name; `details["error"]` is for the log, not for people."""


@dataclass(eq=False, slots=True)
class _Call:
    service: str
    method: str
    body: bytes
    properties: pika.BasicProperties
    reply: Future[Any]


class RpcClient:
    """Calls methods of nameko services. Used by any number of threads."""

    def __init__(self, amqp_uri: str, process: str = "gateway", in_flight: int = 256) -> None:
        self._uri = amqp_uri
        self._process = process
        self._in_flight = in_flight
        self._lock = threading.Lock()
        self._pid = 0
        self._conversation: _Conversation | None = None

    def call(
        self,
        service: str,
        method: str,
        payload: dict[str, Any],
        deadline_seconds: float = DEADLINE_SECONDS,
        *,
        correlation_id: str = "",
        idempotent: bool = False,
    ) -> Any:
        """What the method returns for `payload` (its one argument; JSON values).

        Raises Unavailable when the service or broker does not answer, DeadlineExceeded (one of those) when not in time,
        RemoteFault when the method raised. An `idempotent` call is sent again when the connection is lost.
        """
        started = time.monotonic()
        outcome = "failed"
        try:
            result = self._talk().call(service, method, payload, started + deadline_seconds, correlation_id, idempotent)
            outcome = "answered"
            return result
        except DeadlineExceeded:
            outcome = "late"
            raise
        except Unavailable:
            outcome = "unavailable"
            raise
        finally:
            metrics.RPC_SECONDS.labels(service, method, outcome).observe(time.monotonic() - started)

    def connected(self) -> bool:
        """Whether a call could go out at this moment; makes the connection when there is none yet."""
        return self._talk().link.ready.is_set()

    def stop(self) -> None:
        """Close the connection; a later call opens a new one."""
        with self._lock:
            conversation, self._conversation = self._conversation, None
        if conversation is not None and self._pid == os.getpid():
            conversation.link.stop()

    def _talk(self) -> _Conversation:
        found = self._conversation
        if found is not None and self._pid == os.getpid():
            return found
        with self._lock:
            if self._conversation is None or self._pid != os.getpid():
                # A forked child has its parent's objects but not its thread: it makes its own.
                self._conversation = _Conversation(self._uri, self._process, self._in_flight)
                self._pid = os.getpid()
            return self._conversation


class _Conversation:
    """One process's connection, reply queue and calls that are out."""

    def __init__(self, amqp_uri: str, process: str, in_flight: int) -> None:
        self._calls: dict[str, _Call] = {}
        self._room = threading.BoundedSemaphore(in_flight)
        self._reply_to = ""
        self._process = process
        self.link = Link(amqp_uri, f"{process}-rpc", self._opened, self._lost)
        self.link.start()

    def call(
        self,
        service: str,
        method: str,
        payload: dict[str, Any],
        deadline: float,
        correlation_id: str,
        idempotent: bool,
    ) -> Any:
        remaining = deadline - time.monotonic()
        if not self._room.acquire(timeout=max(0.0, min(1.0, remaining))):
            raise Unavailable("Too much is being asked at this moment. Nothing was done; please try again shortly.")
        try:
            until = datetime.now(UTC) + timedelta(seconds=remaining)
            body = dumps({"args": [{**payload, "deadline": until}], "kwargs": {}})
            lost: ConnectionLost | None = None
            while True:
                try:
                    return self._once(service, method, body, deadline, correlation_id)
                except ConnectionLost as error:
                    if not idempotent:
                        raise
                    lost = error
                except (BrokerAway, ServiceMissing) as error:
                    # Of this attempt nothing was done; of the one before nobody knows.
                    raise lost or error from error
        finally:
            self._room.release()

    def _once(self, service: str, method: str, body: bytes, deadline: float, correlation_id: str) -> Any:
        if not self.link.ready.wait(max(0.0, deadline - time.monotonic())):
            raise BrokerAway("The message broker does not answer. Nothing was done; please try again in a moment.")
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise _late(service)
        call_id = str(uuid4())
        properties = pika.BasicProperties(
            content_type="application/json",
            content_encoding="utf-8",
            correlation_id=call_id,
            reply_to=self._reply_to,
            expiration=str(max(1, int(remaining * 1000))),
            headers={"portico.correlation_id": correlation_id} if correlation_id else {},
        )
        call = _Call(service, method, body, properties, Future())
        self._calls[call_id] = call
        try:
            if not self.link.soon(lambda: self._send(call)):
                raise ConnectionLost("The message broker went away. Please try again in a moment.")
            return call.reply.result(remaining)
        except FutureTimeout:
            raise _late(service) from None
        finally:
            self._calls.pop(call_id, None)

    def _opened(self, channel: Any) -> None:
        name = f"rpc.reply-{self._process}-{uuid4()}"
        reply_to = str(uuid4())

        def consuming(_frame: Any) -> None:
            self._reply_to = reply_to
            self.link.ready.set()

        channel.add_on_return_callback(self._returned)
        channel.exchange_declare(EXCHANGE, "topic", durable=True)
        channel.queue_declare(name, exclusive=True)
        channel.queue_bind(name, EXCHANGE, reply_to)
        channel.basic_consume(name, self._replied, auto_ack=True, callback=consuming)

    def _send(self, call: _Call) -> None:
        channel = self.link.channel
        if channel is None or not channel.is_open or not self.link.ready.is_set():
            _fail(call, ConnectionLost("The message broker went away. Please try again in a moment."))
            return
        channel.basic_publish(EXCHANGE, f"{call.service}.{call.method}", call.body, call.properties, mandatory=True)

    def _replied(self, _channel: Any, _method: Any, properties: Any, body: bytes) -> None:
        call = self._calls.get(properties.correlation_id)
        if call is None or call.reply.done():
            return
        answer = orjson.loads(body)
        error = answer.get("error")
        if error:
            said = f"{error.get('exc_type')}: {error.get('value')}"
            _fail(
                call,
                RemoteFault(
                    sentence("The %(service)s service failed. Please report it with the time.", service=call.service),
                    error=said,
                ),
            )
        else:
            call.reply.set_result(answer.get("result"))

    def _returned(self, _channel: Any, _method: Any, properties: Any, _body: bytes) -> None:
        call = self._calls.get(properties.correlation_id)
        if call is not None:
            message = sentence(
                "The %(service)s service does not answer: it is not running. Nothing was done; try again later.",
                service=call.service,
            )
            _fail(call, ServiceMissing(message))

    def _lost(self, _reason: str) -> None:
        for call in list(self._calls.values()):
            _fail(call, ConnectionLost("The connection to the message broker was lost. Please try again in a moment."))


def _fail(call: _Call, error: PorticoError) -> None:
    if not call.reply.done():
        call.reply.set_exception(error)


def _late(service: str) -> DeadlineExceeded:
    return DeadlineExceeded(
        sentence("The %(service)s service does not answer in time. Please try again in a moment.", service=service)
    )


class Commands:
    """Sends commands to services and gives their answers; refusals are raised as the errors they are."""

    def __init__(self, rpc: RpcClient) -> None:
        self._rpc = rpc

    def send(self, service: str, name: str, payload: dict[str, Any], context: Context) -> dict[str, Any]:
        """The answer of a done command: `{"status": "done", "stream", "revision", "position", "id", "repeated"}`.

        Raises what the service refused with. Commands carry an id that makes repeating harmless, so an unavailable
        part is tried again until the context's deadline (10 s from now when it has none).
        """
        until = context.deadline or datetime.now(UTC) + timedelta(seconds=DEADLINE_SECONDS)
        given = asdict(context) | {"command_id": str(context.command_id), "deadline": until.isoformat()}
        del given["payload_hash"]
        envelope = {"command": name, "payload": payload, "context": given}
        deadline = time.monotonic() + (until - datetime.now(UTC)).total_seconds()
        pause = 0.05
        while True:
            try:
                return self._try(service, envelope, deadline - time.monotonic(), context.correlation_id)
            except (ServiceMissing, DeadlineExceeded):
                raise
            except Unavailable:
                if time.monotonic() + pause >= deadline:
                    raise
            time.sleep(pause)
            pause = min(pause * 2, 1.0)

    def _try(self, service: str, envelope: dict[str, Any], seconds: float, correlation_id: str) -> dict[str, Any]:
        if seconds <= 0:
            raise _late(service)
        answer: dict[str, Any] = self._rpc.call(
            service, "execute", envelope, seconds, correlation_id=correlation_id, idempotent=True
        )
        if answer["status"] != "done":
            raise from_wire(answer)
        return answer
