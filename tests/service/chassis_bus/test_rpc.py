"""Calls from the gateway's client to real nameko processes."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from chassis.errors import DeadlineExceeded, RemoteRefusal, Unavailable
from chassis.messages import Context
from chassis.rpc import Commands, ConnectionLost, RemoteFault, RpcClient, ServiceMissing
from tests.service.chassis_bus.helpers import nameko_process, start_nameko
from tests.support.ports import free_port
from tests.support.rabbit import RabbitNode
from tests.support.settings import make_settings
from tests.support.waiting import wait_until

COMMAND = UUID("0b1f7f0e-7a4b-4e64-9d2e-0c8d1b2a3f40")


@pytest.fixture(scope="module")
def echo(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The service's process; its admin port."""
    folder = tmp_path_factory.mktemp("echo")
    process = nameko_process("echo", folder, make_settings(folder, broker))
    port = free_port()
    start_nameko(process, PORTICO_ADMIN_PORT=str(port))
    yield port
    assert process.stop() == 0, process.tail()


@pytest.fixture
def rpc(broker: str, echo: int) -> Iterator[RpcClient]:
    client = RpcClient(broker, "test")
    yield client
    client.stop()


def context(deadline: datetime | None = None) -> Context:
    return Context(COMMAND, "C1", "contact-1", "web", "corr-1", deadline=deadline)


def test_a_call_gets_the_methods_result_and_carries_its_deadline(rpc: RpcClient) -> None:
    before = datetime.now(UTC)
    answer = rpc.call("echo", "same", {"text": "Grüße", "amount": "12.50"}, 5.0)
    deadline = datetime.fromisoformat(answer.pop("deadline"))
    assert answer == {"text": "Grüße", "amount": "12.50"}
    assert before + timedelta(seconds=4.9) < deadline < datetime.now(UTC) + timedelta(seconds=5.1)


def test_many_threads_each_get_their_own_answer(rpc: RpcClient) -> None:
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: rpc.call("echo", "same", {"n": n})["n"], range(400)))
    assert answers == list(range(400))


def test_a_service_nobody_started_is_said_at_once(rpc: RpcClient) -> None:
    started = time.monotonic()
    with pytest.raises(ServiceMissing, match="The orders service does not answer: it is not running"):
        rpc.call("orders", "execute", {}, 10.0)
    assert time.monotonic() - started < 2


def test_an_answer_that_comes_too_late_is_a_deadline_exceeded(rpc: RpcClient, tmp_path: Path) -> None:
    rpc.call("echo", "same", {})
    with pytest.raises(DeadlineExceeded, match="echo service does not answer in time"):
        rpc.call("echo", "slow", {"seconds": 5, "arrived": str(tmp_path / "a")}, 0.5)


def test_a_fault_in_the_service_is_told_without_its_inner_words(rpc: RpcClient) -> None:
    with pytest.raises(RemoteFault, match="The echo service failed") as caught:
        rpc.call("echo", "fail", {})
    assert "broken" not in caught.value.message
    assert caught.value.details["error"] == "ValueError: broken"


def test_a_broker_that_cannot_be_reached_is_unavailable_within_the_deadline() -> None:
    client = RpcClient("amqp://guest:guest@127.0.0.1:1/x", "test")
    started = time.monotonic()
    with pytest.raises(Unavailable, match="message broker does not answer"):
        client.call("echo", "same", {}, 0.5)
    assert time.monotonic() - started < 1.5
    client.stop()


def test_no_more_calls_go_out_than_allowed(broker: str, echo: int, tmp_path: Path) -> None:
    client = RpcClient(broker, "test", in_flight=1)
    arrived = tmp_path / "arrived"
    call = {"seconds": 2, "arrived": str(arrived)}
    first = threading.Thread(target=client.call, args=("echo", "slow", call, 10.0))
    first.start()
    wait_until(arrived.exists, describe="the first call at the service")
    with pytest.raises(Unavailable, match="Too much is being asked"):
        client.call("echo", "same", {}, 0.5)
    first.join()
    assert client.call("echo", "same", {"n": 1})["n"] == 1
    client.stop()


def test_a_forked_child_makes_a_connection_of_its_own(broker: str, echo: int) -> None:
    program = (
        "import os, sys; from chassis.rpc import RpcClient; client = RpcClient(sys.argv[1])\n"
        "ask = lambda n: client.call('echo', 'same', {'n': n}, 20.0)['n'] == n\n"
        "assert ask(1); child = os.fork()\n"
        "if child == 0: os._exit(0 if ask(2) else 1)\n"
        "assert os.waitpid(child, 0)[1] == 0 and ask(3)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, broker], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_done_command_answers_what_the_service_answered(rpc: RpcClient) -> None:
    deadline = datetime.now(UTC) + timedelta(seconds=5)
    answer = Commands(rpc).send("echo", "Do", {}, context(deadline))
    assert answer["context"] == {
        "command_id": str(COMMAND),
        "company": "C1",
        "actor": "contact-1",
        "channel": "web",
        "correlation_id": "corr-1",
        "causation_id": "",
        "deadline": deadline.isoformat(),
    }


def test_a_refused_command_raises_the_services_error(rpc: RpcClient) -> None:
    with pytest.raises(RemoteRefusal) as caught:
        Commands(rpc).send("echo", "Refuse", {}, context())
    assert (caught.value.code, caught.value.status, caught.value.details) == ("PriceChanged", 409, {"price": "2.00"})


def test_a_command_waits_within_its_deadline_for_what_is_unavailable(rpc: RpcClient) -> None:
    answer = Commands(rpc).send("echo", "Wait", {"until": time.time() + 0.5}, context())
    assert answer["status"] == "done"
    soon = context(datetime.now(UTC) + timedelta(seconds=1))
    with pytest.raises(Unavailable, match="Away|not answer in time"):
        Commands(rpc).send("echo", "Wait", {"until": time.time() + 60}, soon)


def test_the_process_tells_how_it_is_while_it_works(rpc: RpcClient, echo: int, tmp_path: Path) -> None:
    call = {"seconds": 1, "arrived": str(tmp_path / "arrived")}
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(rpc.call, "echo", "slow", call)
        said = {"readyz": "serving", "status": '"parts":{"service":{"name":"echo"}}', "metrics": "# HELP"}
        for path, text in said.items():
            with urllib.request.urlopen(f"http://127.0.0.1:{echo}/{path}", timeout=5) as reply:
                assert text in reply.read().decode()
        assert slow.result() == "done"


def test_a_broker_restart_fails_calls_that_are_out_and_repeats_the_idempotent_ones(
    mortal_rabbit: RabbitNode, tmp_path: Path
) -> None:
    uri = mortal_rabbit.vhost("restart")
    process = nameko_process("echo", tmp_path, make_settings(tmp_path / "var", uri))
    start_nameko(process)
    mortal_rabbit.settle()
    client = RpcClient(uri, "test")
    arrived = tmp_path / "arrived"
    outcome: dict[str, Any] = {}

    def ask(name: str, idempotent: bool) -> None:
        call = {"seconds": 3, "arrived": str(arrived)}
        try:
            outcome[name] = client.call("echo", "slow", call, 60.0, idempotent=idempotent)
        except Unavailable as error:
            outcome[name] = (error, time.monotonic())

    threads = [threading.Thread(target=ask, args=one) for one in (("once", False), ("again", True))]
    for thread in threads:
        thread.start()
    wait_until(lambda: arrived.exists() and arrived.read_text() == "xx", describe="both calls at the service")
    killed = time.monotonic()
    mortal_rabbit.kill()
    threads[0].join(10)
    error, at = outcome["once"]
    assert isinstance(error, ConnectionLost)
    assert at - killed < 2
    mortal_rabbit.start()
    threads[1].join(60)
    assert outcome["again"] == "done"
    assert client.call("echo", "same", {"n": 1}, 20.0, idempotent=True)["n"] == 1
    client.stop()
    mortal_rabbit.kill()
    wait_until(lambda: "Error connecting to broker" in process.tail(3), 20, process.tail)
    assert process.stop() == 0, "a service stops while the broker is away"
