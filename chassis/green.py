"""nameko's consumer and RPC entrypoint, made to outlive a broker that goes away in the middle of things.

nameko's own come back when the broker was away while they waited; but a reply that could not be published ended the
whole process, and after a long absence they waited up to half a minute to connect again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from amqp.exceptions import AMQPError
from kombu.exceptions import KombuError
from nameko.messaging import QueueConsumer
from nameko.rpc import Rpc, RpcConsumer

from chassis import log

logger = log.get(__name__)

BROKER_AWAY = (KombuError, AMQPError, OSError)


class LastingConsumer(QueueConsumer):
    """A queue consumer that connects again soon after the broker is back."""

    @contextmanager
    def establish_connection(self) -> Iterator[Any]:
        """Called by kombu's consumer loop for each (re)connection."""
        with self.create_connection() as connection:
            connection.ensure_connection(
                self.on_connection_error, interval_start=0.2, interval_step=0.3, interval_max=2
            )
            yield connection

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
