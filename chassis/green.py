"""nameko's consumer and RPC entrypoint, made to outlive a broker that goes away in the middle of things.

nameko's own come back when the broker was away while they waited; but a reply that could not be published ended the
whole process, after a long absence they waited up to half a minute to connect again, and meanwhile nobody could stop
them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import eventlet
from amqp.exceptions import AMQPError
from kombu.exceptions import KombuError
from nameko.messaging import QueueConsumer
from nameko.rpc import Rpc, RpcConsumer

from chassis import log

logger = log.get(__name__)

BROKER_AWAY = (KombuError, AMQPError, OSError)


class LastingConsumer(QueueConsumer):
    """A queue consumer that connects again soon after the broker is back, and stops while it is away."""

    _pending_remove_providers: dict[Any, Any]

    def consume(self, *args: Any, **kwargs: Any) -> Iterator[None]:
        """kombu's loop; it looks up five times a second, not once, as it takes three looks to stop."""
        looped: Iterator[None] = super().consume(*args, safety_interval=0.2, **kwargs)
        return looped

    @contextmanager
    def establish_connection(self) -> Iterator[Any]:
        """Called by kombu's consumer loop for each (re)connection; ends the loop when the service is to stop."""
        pause = 0.2
        with self.create_connection() as connection:
            while True:
                try:
                    connection.connect()
                    break
                except connection.recoverable_connection_errors as error:
                    self._release_providers()
                    if self.should_stop:
                        raise
                    self.on_connection_error(error, pause)
                    connection.maybe_switch_next()  # of a cluster, another node
                    eventlet.sleep(pause)
                    pause = min(pause + 0.3, 2.0)
            yield connection

    def _release_providers(self) -> None:
        """Let go of who asked to be removed: without a connection there is nothing to cancel at the broker."""
        leaving, self._pending_remove_providers = self._pending_remove_providers, {}
        for provider, removed in leaving.items():
            self._consumers.pop(provider, None)
            removed.send()
        if leaving and not self._consumers:
            self.should_stop = True

    def ack_message(self, message: Any) -> None:
        """Acknowledge; when the connection is gone the broker has the message back already."""
        try:
            super().ack_message(message)
        except OSError:
            logger.info("connection lost before the acknowledgement")


class LastingRpcConsumer(RpcConsumer):
    """Shares one consumer among a service's RPC methods; gives calls back whose reply could not be sent."""

    queue_consumer = LastingConsumer()

    def handle_result(self, message: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
        """Send the reply; a caller that repeats a command gets the first answer, so giving it back is harmless."""
        try:
            replied: tuple[Any, Any] = super().handle_result(message, result, exc_info)
            return replied
        except BROKER_AWAY as error:
            logger.warning("reply not sent, the call is given back", reason=repr(error))
            self.requeue_message(message)
            return result, exc_info

    def requeue_message(self, message: Any) -> None:
        """Give the call back to its queue, unless the broker took it back with the connection."""
        try:
            super().requeue_message(message)
        except OSError:
            logger.info("connection lost before the call was given back")


class LastingRpc(Rpc):
    """nameko's RPC entrypoint on a lasting consumer."""

    rpc_consumer = LastingRpcConsumer()


rpc = LastingRpc.decorator
"""Marks a method of a nameko service as callable."""
