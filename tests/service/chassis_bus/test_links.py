"""Publishing with confirms and consuming in windows, through losses of the connection; the declared topology."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from chassis import bus
from chassis.codec import loads
from chassis.config import SERVICES
from chassis.errors import Unavailable
from chassis.link import Delivery, Inbox, Message, Publisher
from tests.support.rabbit import RabbitNode
from tests.support.waiting import wait_until


@pytest.fixture(scope="module")
def uri(new_vhost: Callable[[], str]) -> str:
    return new_vhost()


@pytest.fixture
def queue(uri: str, request: pytest.FixtureRequest) -> str:
    name: str = request.node.name
    connection = bus.connect(uri, "test")
    connection.channel().queue_declare(name, durable=True)
    connection.close()
    return name


@pytest.fixture
def publisher(uri: str) -> Iterator[Publisher]:
    made = Publisher(uri, "test")
    yield made
    made.stop()


def test_what_was_confirmed_is_delivered_in_order(uri: str, queue: str, publisher: Publisher) -> None:
    publisher.publish([Message("", queue, str(number).encode(), str(number)) for number in range(500)])
    inbox = Inbox(uri, "test", [queue], prefetch=1000)
    taken = inbox.take(500, wait=10, linger=5)
    assert [int(delivery.body) for delivery in taken] == list(range(500))
    inbox.ack(taken)
    inbox.stop()


def test_a_message_that_no_queue_takes_is_said(publisher: Publisher, queue: str) -> None:
    lost = Message("", "nobody", b"x", "m1", mandatory=True)
    with pytest.raises(Unavailable, match="no queue takes direct/nobody"):
        publisher.publish([Message("", queue, b"x"), lost])
    publisher.publish([Message("", queue, b"y")])


def test_without_a_broker_publishing_says_so_in_time() -> None:
    publisher = Publisher("amqp://guest:guest@127.0.0.1:1/x", "test")
    with pytest.raises(Unavailable, match="message broker does not answer"):
        publisher.publish([Message("", "q", b"x")], seconds=0.3)
    assert not publisher.send(Message("", "q", b"x"))
    publisher.stop()


def test_a_lost_connection_is_made_again_and_what_was_not_acknowledged_comes_again(
    rabbit: RabbitNode, uri: str, queue: str, publisher: Publisher
) -> None:
    publisher.publish([Message("", queue, b"1"), Message("", queue, b"2")])
    inbox = Inbox(uri, "test", [queue])
    first = inbox.take(2, wait=10, linger=5)
    inbox.ack(first[:1])
    vhost = uri.rpartition("/")[2]
    rabbit.ctl("close_all_connections", "--vhost", vhost, "test")
    again: list[Delivery] = []

    def comes_again() -> bool:
        again.extend(inbox.take(1, wait=0.5))
        return bool(again)

    wait_until(comes_again, 20)
    assert (again[0].body, again[0].redelivered) == (b"2", True)
    inbox.ack(first)  # of the lost connection: must not acknowledge anything on the new one
    inbox.ack(again)
    publisher.publish([Message("", queue, b"3")])
    (last,) = inbox.take(1, wait=10)
    assert last.body == b"3"
    inbox.stop()


def test_hints_reach_every_listener_that_is_there(uri: str) -> None:
    connection = bus.connect(uri, "test")
    channel = connection.channel()
    channel.exchange_declare(bus.HINTS, "fanout", durable=True)
    listeners = [channel.queue_declare("", exclusive=True).method.queue for _ in range(2)]
    for listener in listeners:
        channel.queue_bind(listener, bus.HINTS)
    hints = bus.Hints(uri, "payments")
    wait_until(lambda: hints.connected, 10)
    hints.changed("documents", {"C1": 17})

    def heard() -> bool:
        return all(channel.queue_declare(one, passive=True).method.message_count for one in listeners)

    wait_until(heard, 10)
    for listener in listeners:
        _, _, body = channel.basic_get(listener, auto_ack=True)
        assert loads(body) == {"service": "payments", "model": "documents", "companies": {"C1": 17}}
    connection.close()
    hints.stop()


def test_the_topology_of_all_services_is_declared_and_declared_again(uri: str) -> None:
    bus.declare_topology(uri)
    bus.declare_topology(uri)
    connection = bus.connect(uri, "test")
    channel = connection.channel()
    for service in SERVICES:
        channel.exchange_declare(bus.events_exchange(service), passive=True)
    for queue in (bus.ANSWERS, "payments.ingest.0", "payments.ingest.1", "erp_sync.reactions.post_order.dead"):
        channel.queue_declare(queue, passive=True)
    connection.close()


def test_a_queue_of_another_release_is_told_instead_of_waited_for(uri: str) -> None:
    bus.declare_topology(uri)
    connection = bus.connect(uri, "test")
    channel = connection.channel()
    channel.queue_delete(bus.ANSWERS)
    channel.queue_declare(bus.ANSWERS, durable=True, arguments={"x-queue-type": "classic"})
    with pytest.raises(RuntimeError, match="queue of another release"):
        bus.declare_topology(uri)
    channel.queue_delete(bus.ANSWERS)
    connection.close()


def test_waiting_for_a_broker_ends_when_asked_to_stop() -> None:
    stop = threading.Event()
    thread = threading.Thread(target=bus.declare_topology, args=("amqp://guest:guest@127.0.0.1:1/x", "test", stop))
    thread.start()
    stop.set()
    thread.join(10)
    assert not thread.is_alive()


def test_a_process_that_ends_with_open_links_says_nothing(uri: str) -> None:
    program = (
        "import sys; from chassis.rpc import RpcClient, ServiceMissing; from chassis.link import Publisher, Message\n"
        "client = RpcClient(sys.argv[1]); publisher = Publisher(sys.argv[1], 'x')\n"
        "try: client.call('nobody', 'x', {})\n"
        "except ServiceMissing: pass\n"
        "publisher.publish([Message('', 'nobody', b'x')])"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, uri], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
