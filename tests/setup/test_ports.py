"""Ports are chosen once, kept, and chosen again when somebody else has taken them."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import ports
from deploy.local.problem import Problem
from deploy.local.stack import check_gateway_port


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "run/ports.json"


@pytest.fixture
def taken() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def number(server: socket.socket) -> int:
    return int(server.getsockname()[1])


def test_each_name_gets_a_port_of_its_own(file: Path) -> None:
    chosen = ports.choose(file, ["store", "broker", "epmd"])
    assert len(set(chosen.values())) == 3
    assert all(ports.is_free(port) for port in chosen.values())


def test_chosen_ports_are_kept(file: Path) -> None:
    assert ports.choose(file, ["store", "broker"]) == ports.choose(file, ["store", "broker"])


def test_a_port_taken_meanwhile_is_chosen_again_and_the_others_kept(file: Path) -> None:
    first = ports.choose(file, ["store", "broker"])
    with socket.create_server(("127.0.0.1", first["store"])):
        second = ports.choose(file, ["store", "broker"])
    assert second["store"] != first["store"]
    assert second["broker"] == first["broker"]


def test_a_wished_port_is_taken_when_it_is_free(file: Path, taken: socket.socket) -> None:
    free = ports.choose(file, ["any"])["any"]
    assert ports.choose(file, ["live"], wished={"live": free})["live"] == free
    assert ports.choose(file, ["live"], wished={"live": number(taken)})["live"] == free


def test_a_reserved_port_is_never_chosen(file: Path) -> None:
    first = ports.choose(file, ["store"])["store"]
    assert ports.choose(file, ["store"], reserved=[first])["store"] != first


def test_a_damaged_file_is_replaced(file: Path) -> None:
    file.parent.mkdir()
    file.write_text("{half")
    chosen = ports.choose(file, ["store"])
    assert ports.load(file) == chosen


def test_a_gateway_port_in_use_is_told_with_who_has_it_and_another_to_choose(taken: socket.socket) -> None:
    with pytest.raises(Problem) as told:
        check_gateway_port(number(taken))
    assert f"Port {number(taken)} is in use by" in told.value.what
    assert f"(process {os.getpid()})" in told.value.what
    assert "PORTICO_PORT=" in told.value.todo
