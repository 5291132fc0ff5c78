"""The projector against a real store: what stops it, and what goes on without it."""

from __future__ import annotations

import re
from contextlib import closing

import pytest

from chassis.metrics import exposition
from tests.service.chassis_store.bench import Bench
from tests.service.chassis_store.numbers import Counted, Future
from tests.support.processes import LocalStore
from tests.support.waiting import wait_until

BUILDING = "SELECT model, table_name FROM readmodel_building"


@pytest.mark.parametrize(
    ("type", "number", "reason"),
    [("Future", 7, "Future"), ("Counted", 13, "bad luck"), ("Counted", 14, "IntegrityError|NotNullViolation")],
)
def test_an_event_that_cannot_be_taken_stops_the_read_model_before_it(
    bench: Bench, type: str, number: int, reason: str
) -> None:
    bench.append(1, 2, 3)
    position = bench.append(number, type=type)
    bench.append(4, 5)
    projector = bench.projector()
    error = bench.stuck(projector)
    assert projector.status()["events"] == 3
    assert error.position == projector.status()["stuck"] == position
    assert re.search(reason, str(error))
    assert f"position {position}" in str(error)
    assert bench.numbers() == [1, 2, 3]


@pytest.mark.parametrize("number", [13, 14])
def test_a_parked_event_is_left_out_whole_and_all_others_are_there(bench: Bench, number: int) -> None:
    bench.append(1)
    position = bench.append(number)
    bench.append(2)
    bench.parking.park("numbers", position, str(bench.stuck(bench.projector())))
    projector = bench.projector()
    with bench.running(projector) as ended:
        wait_until(lambda: 2 in bench.numbers(), 20, "the number after it")
        assert bench.numbers() == [1, 2]
        bench.append(3)
        wait_until(lambda: 3 in bench.numbers(), 20, "a later number")
        assert projector.status()["parked"] == 1
    assert not ended


def test_a_parked_event_is_taken_in_by_a_release_that_knows_it(bench: Bench) -> None:
    position = bench.append(7, type="Future")
    bench.append(8)
    bench.parking.park("numbers", position, "unknown")
    with bench.running(bench.projector([Counted, Future])):
        wait_until(lambda: bench.numbers() == [7, 8], 20, "both")


def test_what_is_parked_for_one_read_model_is_not_for_another(bench: Bench) -> None:
    position = bench.append(13)
    bench.parking.park("others", position, "bad luck")
    assert bench.stuck(bench.projector()).position == position
    assert [one.model for one in bench.parking.all()] == ["others"]
    assert bench.parking.release("others", position)
    assert not bench.parking.release("others", position)


def test_each_version_of_a_read_model_tells_of_its_own_changes_under_its_own_name(bench: Bench) -> None:
    first = bench.append(1)
    with bench.running(bench.projector()):
        wait_until(lambda: bench.numbers() == [1], 20, "the first version")
        with bench.running(bench.projector(version=2)):
            wait_until(lambda: bench.numbers(version=2) == [1], 20, "the second")
        second = bench.append(2)
        wait_until(lambda: bench.numbers() == [1, 2], 20, "the first alone")
    versions = "SELECT model, company, position FROM readmodel_versions ORDER BY model"
    assert bench.query(versions) == [("numbers_v1", "C1", second), ("numbers_v2", "C1", first)]
    assert ("numbers_v2", {"C1": first}) in bench.told
    assert ("numbers_v1", {"C1": second}) in bench.told


def test_a_read_model_is_being_built_until_it_has_caught_up_and_lags_from_then_on(bench: Bench) -> None:
    bench.append(1, 2)
    position = bench.append(13)
    bench.append(3)
    projector = bench.projector()
    bench.stuck(projector)
    assert bench.numbers() == [1, 2]
    assert bench.query(BUILDING) == [("numbers_v1", "numbers_v1")], "it stands before its end"
    assert projector.status()["building"]
    bench.parking.park("numbers", position, "bad luck")
    projector = bench.projector()
    with bench.running(projector):
        wait_until(lambda: bench.numbers() == [1, 2, 3], 20, "all but the parked one")
        wait_until(lambda: "building" not in projector.status(), 20, "it has caught up")
        assert bench.query(BUILDING) == []
    position = bench.append(13)
    projector = bench.projector()
    assert bench.stuck(projector).position == position
    assert bench.query(BUILDING) == [], "it is behind, as one that lags is"
    assert "building" not in projector.status()


def test_it_is_being_built_from_the_moment_there_is_a_table(bench: Bench) -> None:
    with closing(bench.database.connect()) as connection:
        bench.database.create_tables(connection, [bench.projector().projection])
    assert bench.query("SELECT number FROM numbers_v1") == []
    assert bench.query(BUILDING) == [("numbers_v1", "numbers_v1")]


def test_one_that_has_no_events_at_all_has_caught_up_with_them(bench: Bench, own_store: LocalStore) -> None:
    bench.uri = own_store.uri
    projector = bench.projector()
    with bench.running(projector):
        wait_until(lambda: "position" in projector.status() and bench.query("SELECT 1 FROM checkpoints"), 20, "begun")
        wait_until(lambda: bench.query(BUILDING) == [], 20, "caught up")
    assert bench.query("SELECT model, position FROM checkpoints") == [("numbers_v1", 0)]


def test_one_of_a_release_without_that_mark_is_gone_on_with_and_not_built_again(bench: Bench) -> None:
    bench.append(1)
    with bench.running(bench.projector()):
        wait_until(lambda: bench.numbers() == [1], 20, "the older release's")
    with closing(bench.database.connect()) as connection:
        connection.execute("DROP TABLE readmodel_building")
    bench.append(13)
    projector = bench.projector()
    bench.stuck(projector)
    assert bench.numbers() == [1]
    assert bench.query(BUILDING) == []
    assert "building" not in projector.status()


def test_its_figures_tell_one_that_is_stuck_from_one_that_works_and_from_one_that_is_built(bench: Bench) -> None:
    bench.append(1)
    projector = bench.projector()
    with bench.running(projector):
        wait_until(lambda: figure("building") == 0 and bench.numbers() == [1], 20, "caught up")
        wait_until(lambda: figure("lag_seconds") == 0, 20, "nothing waits")
        assert figure("position") == projector.position
    at, position = projector.position, bench.append(13)
    bench.stuck(bench.projector())
    lag = figure("lag_seconds")
    assert lag > 0
    wait_until(lambda: figure("lag_seconds") >= lag + 0.2, 20, "it grows though nothing moves")
    assert at <= figure("position") < position
    with closing(bench.database.connect()) as connection:
        connection.execute("DELETE FROM checkpoints")
        connection.execute("DROP TABLE numbers_v1")
    bench.stuck(bench.projector())
    assert figure("building") == 1


def figure(name: str) -> float:
    """What the bench's worker tells Prometheus of its read model; -1 when it tells nothing."""
    said = re.search(rf'^portico_projector_{name}{{model="cases.numbers_v1"}} (\S+)$', exposition()[0].decode(), re.M)
    return float(said[1]) if said else -1
