"""The process manager's configuration: what runs, with what, and in which order it is stopped."""

from __future__ import annotations

from configparser import RawConfigParser
from pathlib import Path

from deploy.local import supervisor
from deploy.local.supervisor import Program
from portico.processes import PROCESSES, chosen


def parsed(var: Path, *programs: Program) -> RawConfigParser:
    parser = RawConfigParser()
    parser.read_string(supervisor.configuration(var, programs))
    return parser


def program(name: str, group: str = "services", order: int = 4, **environment: str) -> Program:
    return Program(name, group, order, ["run", name], environment, Path("/project"))


def test_stopping_goes_the_other_way_round_than_starting() -> None:
    order = [process.order for process in PROCESSES]
    assert order == sorted(order)
    names = [process.name for process in PROCESSES]
    assert names.index("epmd") < names.index("broker") < names.index("orders-service") < names.index("gateway")


def test_groups_are_stopped_by_priority_and_their_processes_together() -> None:
    config = parsed(Path("/var/p"), program("orders-service"), program("orders-worker"), program("gateway", "web", 5))
    assert config["group:services"]["programs"] == "orders-service,orders-worker"
    assert int(config["group:web"]["priority"]) > int(config["group:services"]["priority"])


def test_a_process_is_started_again_when_it_ends_and_gets_ten_seconds_to_stop() -> None:
    orders = parsed(Path("/var/p"), program("orders-service"))["program:orders-service"]
    assert orders["autorestart"] == "true"
    assert orders["stopwaitsecs"] == "10"
    assert orders["stdout_logfile"] == "/var/p/log/orders-service.log"


def test_percent_signs_and_quotes_do_not_reach_the_manager_as_its_own() -> None:
    text = supervisor.configuration(Path("/50% of/var"), [program("x", VALUE='a "b" %c')])
    assert "/50%% of/var/log" in text
    assert r'VALUE="a \"b\" %%c"' in text


def test_a_configured_broker_or_store_is_not_ours_to_start() -> None:
    def names(own_broker: bool, own_store: bool) -> set[str]:
        return {process.name for process in chosen(own_broker, own_store, demo=False)}

    assert {"epmd", "broker", "store"} <= names(True, True)
    assert not {"epmd", "broker"} & names(False, True)
    assert "store" not in names(True, False)
