"""A private broker and the store, really started, found, and stopped without a trace."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pika
import psutil
import pytest

from chassis.config import Settings
from deploy.local import broker, ports, supervisor
from deploy.local.problem import Problem
from deploy.local.stack import Stack, load, plan
from deploy.local.start import start
from deploy.local.stop import ours, stop
from portico.processes import BROKER, EPMD, STORE
from portico.status import gather, store_position
from tests.support.ports import free_port, listening
from tests.support.waiting import wait_until


def planned(var: Path) -> Stack:
    environment = {"PORTICO_VAR": str(var), "PORTICO_PORT": str(free_port())}
    return dataclasses.replace(plan(environment, demo=False), processes=(EPMD, BROKER, STORE))


def begin(var: Path) -> Stack:
    stack = planned(var)
    start(stack, lambda ready, of, waiting: None, lambda text: None)
    return stack


def end(var: Path) -> None:
    stop(var, lambda names: None)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = begin(tmp_path_factory.mktemp("v"))
    yield stack
    end(stack.var)


def connect(uri: str) -> pika.BlockingConnection:
    return pika.BlockingConnection(pika.URLParameters(uri))


def test_queues_of_the_private_broker_are_quorum_queues_by_default(stack: Stack) -> None:
    assert stack.node is not None
    connection = connect(stack.settings.amqp_uri)
    connection.channel().queue_declare("tried", durable=True)
    connection.close()
    listed = stack.node.ctl("list_queues", "-p", broker.VHOST, "name", "type")
    assert "tried\tquorum" in listed


def test_the_private_broker_knows_one_user_and_listens_on_loopback_alone(stack: Stack) -> None:
    assert stack.node is not None
    users = stack.node.ctl("list_users").split("\n")[1:]
    assert [line.split("\t")[0] for line in users if line] == [broker.USER]
    addresses = {one.laddr.ip for p in ours(stack.var) for one in p.net_connections("tcp") if one.status == "LISTEN"}
    assert addresses <= {"127.0.0.1", "::ffff:127.0.0.1", "::1"}


def test_secrets_are_for_their_owner_alone(stack: Stack) -> None:
    assert stack.node is not None
    password = stack.node.password()
    for file in stack.var.rglob("*"):
        if file.is_file() and password.encode() in file.read_bytes():
            assert file.stat().st_mode & 0o077 == 0, file
    assert not any(password in " ".join(process.cmdline()) for process in ours(stack.var))


def test_a_running_installation_is_found_by_other_commands(stack: Stack) -> None:
    found = load(stack.var)
    assert found is not None
    assert found.settings == stack.settings
    assert store_position(found.settings.esdb_uri) == 0
    broker.check(found.settings.amqp_uri)


def test_what_a_file_says_reaches_every_process(tmp_path: Path) -> None:
    uri = "postgresql://portico:hidden@127.0.0.1/portico"
    (tmp_path / "uri").write_text(f"{uri}\n")
    asked = {"PORTICO_VAR": str(tmp_path / "v"), "PORTICO_PORT": str(free_port())}
    asked["PORTICO_READ_URI_FILE"] = str(tmp_path / "uri")
    given = {**asked, **plan(asked, demo=False).environment()}
    assert Settings.from_env(given).read_uri == uri


def test_status_tells_processes_broker_and_store(stack: Stack) -> None:
    report = gather(stack)
    assert {one["name"]: one["ready"] for one in report["processes"]} == {"epmd": True, "broker": True, "store": True}
    assert all(one["memory_bytes"] > 0 and one["pid"] for one in report["processes"])
    assert report["broker"]["private"] is True
    assert report["store"]["position"] == 0


def test_a_broker_that_hangs_is_told_within_seconds(stack: Stack) -> None:
    broker_group = supervisor.processes(stack.var)["broker"]["pid"]
    os.killpg(broker_group, signal.SIGSTOP)
    try:
        began = time.monotonic()
        report = gather(stack)
        took = time.monotonic() - began
    finally:
        os.killpg(broker_group, signal.SIGCONT)
    assert took < 5
    assert "RabbitMQ does not answer" in report["broker"]["problem"]
    assert [one["name"] for one in report["processes"] if one["reason"] == "does not answer"] == ["broker"]
    wait_until(lambda: gather(stack)["broker"]["problem"] == "", 30, "the broker answers again")


def test_a_refused_password_is_told_without_showing_it(stack: Stack) -> None:
    with pytest.raises(Problem, match="refuses the user 'portico'") as told:
        broker.check(f"amqp://portico:wrong-one@127.0.0.1:{stack.ports['broker']}/portico")
    assert "wrong-one" not in str(told.value)
    assert "PORTICO_AMQP_URI" in told.value.todo


def test_a_refused_virtual_host_is_told_with_the_command_that_makes_it(stack: Stack) -> None:
    with pytest.raises(Problem, match="not into the virtual host 'other'") as told:
        broker.check(stack.settings.amqp_uri.removesuffix("portico") + "other")
    assert "add_vhost other" in told.value.todo


def test_a_broker_that_does_not_answer_is_told(stack: Stack) -> None:
    with pytest.raises(Problem, match="does not answer at 127.0.0.1:"):
        broker.check(f"amqp://portico:x@127.0.0.1:{free_port()}/portico")


def test_a_server_that_is_no_broker_is_told(stack: Stack) -> None:
    with pytest.raises(Problem, match="does not answer at"):
        broker.check(f"amqp://portico:x@127.0.0.1:{stack.ports['store']}/portico")


def test_a_killed_part_is_started_again(stack: Stack) -> None:
    before = supervisor.processes(stack.var)["store"]["pid"]
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: supervisor.processes(stack.var)["store"]["pid"] not in (0, before), 20, "the store is back")
    wait_until(lambda: store_position(stack.settings.esdb_uri) == 0, 20, "the store answers")


def test_stopping_leaves_no_process_and_no_port_and_the_next_start_finds_the_data(tmp_path: Path) -> None:
    first = begin(tmp_path)
    connection = connect(first.settings.amqp_uri)
    channel = connection.channel()
    channel.queue_declare("kept", durable=True)
    channel.confirm_delivery()
    channel.basic_publish("", "kept", b"still here", pika.BasicProperties(delivery_mode=2))
    connection.close()
    end(tmp_path)
    assert ours(tmp_path) == []
    assert not any(listening(port) for port in first.ports.values())
    assert load(tmp_path) is None

    second = begin(tmp_path)
    try:
        assert second.ports == {**first.ports, "live": second.ports["live"]}
        connection = connect(second.settings.amqp_uri)
        _, _, body = connection.channel().basic_get("kept", auto_ack=True)
        connection.close()
        assert body == b"still here"
    finally:
        end(tmp_path)


def test_what_a_killed_manager_left_is_ended_and_nothing_else(tmp_path: Path) -> None:
    stack = begin(tmp_path)
    with subprocess.Popen(["sleep", "600"]) as stranger:
        manager = int((tmp_path / "run/supervisord.pid").read_text())
        psutil.Process(manager).kill()
        wait_until(lambda: not supervisor.alive(tmp_path), 10, "the manager is gone")
        assert {"epmd", "beam.smp"} <= {process.name() for process in ours(tmp_path)}
        end(tmp_path)
        assert ours(tmp_path) == []
        assert not ports.answers(stack.ports["broker"])
        assert stranger.poll() is None
        stranger.kill()
