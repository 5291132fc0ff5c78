"""ERP documents over the bus into streams: what changed, once, in order, whatever is killed."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from esdbclient import NewEvent, StreamState

from chassis import bus, reactions, rooms, statedb
from chassis.batches import Answer, BatchSender
from chassis.codec import dumps, loads
from chassis.ingest import Ingest
from tests.service.chassis_bus.ingest_rig import Rig, counts, invoice
from tests.service.chassis_bus.toy_documents import CODEC, KINDS, SERVICE
from tests.support.processes import LocalStore
from tests.support.settings import make_settings
from tests.support.waiting import wait_until

TOYS = SimpleNamespace(reactions=(), takes_documents=True)
"""The rooms of the toys."""
POINTS = ("mid_batch", "after_append", "after_index")


@pytest.fixture(scope="module")
def uri(new_vhost: Callable[[], str]) -> str:
    return new_vhost()


@pytest.fixture
def queues(uri: str) -> None:
    """The queues, declared and empty."""
    connection = bus.connect(uri, "test")
    channel = connection.channel()
    bus.declare_ingest(channel, SERVICE)
    for queue in (bus.ANSWERS, bus.ingest_dead_queue(SERVICE), *(bus.ingest_queue(SERVICE, n) for n in range(2))):
        channel.queue_purge(queue)
    connection.close()


@pytest.fixture
def rig(uri: str, store: str, queues: None, tmp_path: Path) -> Iterator[Rig]:
    made = Rig(make_settings(tmp_path / "var", uri, store), tmp_path)
    yield made
    made.close()


@pytest.fixture
def own_rig(uri: str, own_store: LocalStore, queues: None, tmp_path: Path) -> Iterator[Rig]:
    """A rig on a store of its own, which may be killed."""
    made = Rig(make_settings(tmp_path / "var", uri, own_store.uri), tmp_path)
    yield made
    made.close()


def test_new_documents_go_to_both_streams_and_are_answered_with_their_position(rig: Rig) -> None:
    rig.start()
    answer = rig.ask("new", invoice("1"), invoice("2", open_amount="0.00"))
    assert counts(answer) == (2, 0, 0, 0)
    assert rig.stored("documents-new") == [("InvoiceRecorded", "1"), ("InvoiceRecorded", "2")]
    ledger = rig.events("ledger-new")
    assert [(event.type, loads(event.data)) for event in ledger] == [
        ("ItemOpened", {"number": "1", "open_amount": "5.00"})
    ]
    assert answer["position"] == ledger[-1].commit_position
    meta = loads(ledger[-1].metadata)
    assert (meta["$correlationId"], meta["actor"], meta["channel"], meta["schema"]) == ("corr-1", "erp:erp1", "erp", 1)


def test_the_same_documents_again_change_nothing(rig: Rig) -> None:
    rig.start()
    rig.ask("same", invoice("1"), invoice("2"))
    assert counts(rig.ask("same", invoice("1"), invoice("2", stamp="2026-02-01T00:00:00"))) == (0, 2, 0, 0)
    assert len(rig.events("documents-same")) == len(rig.events("ledger-same")) == 2


def test_only_what_changed_is_appended_and_only_where_it_matters(rig: Rig) -> None:
    rig.start()
    rig.ask("change", invoice("1"), invoice("2"), invoice("3"))
    answer = rig.ask("change", invoice("1", note="late"), invoice("2", open_amount="0.00"), invoice("3"))
    assert counts(answer) == (2, 1, 0, 0)
    assert rig.stored("documents-change")[3:] == [("InvoiceRecorded", "1"), ("InvoiceRecorded", "2")]
    assert rig.stored("ledger-change")[3:] == [("ItemSettled", "2")]


def test_a_batch_that_is_sent_again_gets_the_answer_it_got(rig: Rig) -> None:
    rig.start()
    message = rig.message("again", invoice("1"))
    rig.sender.send(message)
    first = rig.answer()
    rig.sender.send(message)
    assert rig.answer() == first
    assert counts(first) == (1, 0, 0, 0)


def test_a_batch_that_comes_twice_at_once_gets_one_answer_twice(rig: Rig) -> None:
    message = rig.message("both", invoice("1"))
    rig.sender.send(message, message)  # both wait when the worker starts, and are taken together
    rig.start()
    found: list[Answer] = []

    def both() -> bool:
        found.extend(rig.sender.answers(1.0))
        return len(found) == 2

    wait_until(both, 20, rig.worker.tail)
    rig.sender.ack(found)
    assert [counts(answer) for answer in found] == [(1, 0, 0, 0)] * 2
    assert rig.stored("documents-both") == [("InvoiceRecorded", "1")]


def test_an_older_state_never_overwrites_a_newer_one(rig: Rig) -> None:
    rig.start()
    rig.ask("stale", invoice("1", stamp="2026-03-02T00:00:00"))
    assert counts(rig.ask("stale", invoice("1", "1.00", stamp="2026-03-01T00:00:00"))) == (0, 0, 1, 0)
    rig.ask("stale", invoice("1", stamp="2026-03-04T00:00:00"))
    assert counts(rig.ask("stale", invoice("1", "1.00", stamp="2026-03-03T00:00:00"))) == (0, 0, 1, 0)
    assert len(rig.events("documents-stale")) == 1


def test_a_document_that_comes_twice_in_a_batch_is_recorded_in_both_states(rig: Rig) -> None:
    rig.start()
    documents = invoice("1", "5.00"), invoice("1", "4.00"), invoice("1", "5.00")
    assert counts(rig.ask("twice", *documents)) == (3, 0, 0, 0)
    assert [loads(event.data)["open_amount"] for event in rig.events("ledger-twice")] == ["5.00", "4.00", "5.00"]


def test_a_wrong_document_is_refused_with_its_errors_and_the_others_are_recorded(rig: Rig) -> None:
    rig.start()
    wrong = invoice("2") | {"body": {"total": "ten", "open_amount": "1.00", "colour": "red"}}
    answer = rig.ask(
        "wrong", invoice("1"), wrong, invoice("3") | {"kind": "shipment"}, invoice("4", note="not for the ledger")
    )
    assert counts(answer) == (1, 0, 0, 3)
    assert answer["refused"][:2] == [
        {
            "company": "wrong",
            "kind": "invoice",
            "key": "2",
            "errors": {"total": ["Not a valid number."], "colour": ["Unknown field."]},
        },
        {
            "company": "wrong",
            "kind": "shipment",
            "key": "3",
            "errors": {"kind": ["toys takes no documents of the kind shipment."]},
        },
    ]
    assert "Portico cannot record this document (KeyError('note'))" in answer["refused"][2]["errors"]["body"][0]
    assert rig.stored("ledger-wrong") == [("ItemOpened", "1")]


def test_a_document_that_the_store_will_not_have_is_refused_and_the_others_are_recorded(rig: Rig) -> None:
    rig.start()
    answer = rig.ask("bad", invoice("1"), invoice("2", note="not for the store"), invoice("3"))
    assert counts(answer) == (2, 0, 0, 1)
    assert answer["refused"][0]["key"] == "2"
    assert rig.stored("documents-bad") == [("InvoiceRecorded", "1"), ("InvoiceRecorded", "3")]


def test_a_document_that_no_append_can_hold_is_refused(rig: Rig) -> None:
    rig.start()
    answer = rig.ask("large", invoice("1", note="x" * 950_000), invoice("2"))
    assert counts(answer) == (1, 0, 0, 1)
    assert "larger than 900 KB" in answer["refused"][0]["errors"]["body"][0]


def test_a_batch_larger_than_an_append_is_stored_in_several(rig: Rig) -> None:
    rig.start()
    documents = [invoice(str(number), note="x" * 300_000) for number in range(8)]
    assert counts(rig.ask("several", *documents)) == (8, 0, 0, 0)
    assert [number for _type, number in rig.stored("documents-several")] == [str(number) for number in range(8)]


def test_a_dry_run_says_what_would_change_and_appends_nothing(rig: Rig) -> None:
    rig.start()
    rig.ask("dry", invoice("1"))
    answer = rig.ask("dry", invoice("1"), invoice("2"), invoice("3") | {"body": {}}, dry_run=True)
    assert counts(answer) == (1, 1, 0, 1)
    assert len(rig.events("documents-dry")) == 1
    assert counts(rig.ask("dry", invoice("2"))) == (1, 0, 0, 0)


def test_events_others_appended_are_looked_at_and_the_document_decided_again(rig: Rig) -> None:
    rig.start()
    rig.ask("foreign", invoice("1"))
    meta = {"ingest": {"kind": "invoice", "key": "2", "hash": "other", "stamp": "2026-09-01T00:00:00"}}
    foreign = [
        NewEvent(type="InvoiceRecorded", data=dumps({"number": "2", "body": {}}), metadata=dumps(meta)),
        NewEvent(type="InvoiceRecorded", data=dumps({"number": "X", "body": {}})),
    ]
    rig.store.append_to_stream("documents-foreign", current_version=StreamState.ANY, events=foreign)
    answer = rig.ask("foreign", invoice("2", stamp="2026-08-01T00:00:00"), invoice("3"))
    assert counts(answer) == (1, 0, 1, 0)
    assert [number for _type, number in rig.stored("documents-foreign")] == ["1", "2", "X", "3"]


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_killed_at_any_point_records_each_document_once(rig: Rig, tmp_path: Path, point: str) -> None:
    rig.start()
    rig.ask(f"kill-{point}", invoice("1"), invoice("2"))
    rig.worker.stop()
    flag = tmp_path / "flag"
    flag.touch()
    rig.start(PORTICO_KILL_AT=f"{SERVICE}.ingest.{point}:{flag}")
    rig.sender.send(rig.message(f"kill-{point}", invoice("2", "1.00"), invoice("3"), invoice("1")))
    assert rig.worker.wait() == -9
    assert not flag.exists()
    rig.start()
    assert counts(rig.answer()) == (2, 1, 0, 0)
    assert [number for _type, number in rig.stored(f"documents-kill-{point}")] == ["1", "2", "2", "3"]
    assert [number for _type, number in rig.stored(f"ledger-kill-{point}")] == ["1", "2", "2", "3"]


def test_after_a_kill_a_window_composed_otherwise_still_records_each_document_once(rig: Rig, tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    flag.touch()
    rig.start(PORTICO_KILL_AT=f"{SERVICE}.ingest.after_append:{flag}")
    rig.sender.send(rig.message("window", invoice("1"), invoice("1", "4.00"), invoice("2")))
    assert rig.worker.wait() == -9
    rig.sender.send(rig.message("window", invoice("3"), invoice("2", "1.00")))
    rig.start()
    answers: list[Answer] = []

    def both() -> bool:
        answers.extend(rig.sender.answers(0.5))
        return len(answers) == 2

    wait_until(both, 20, rig.worker.tail)
    rig.sender.ack(answers)
    assert [counts(answer) for answer in answers] == [(3, 0, 0, 0), (2, 0, 0, 0)]
    assert [number for _type, number in rig.stored("documents-window")] == ["1", "1", "2", "3", "2"]


def test_a_lost_index_is_learned_again_from_the_streams(rig: Rig) -> None:
    rig.start()
    rig.ask("index", invoice("1"), invoice("2"))
    rig.worker.stop()
    for file in rig.settings.folder(SERVICE).glob("state.db*"):
        file.unlink()
    rig.start()
    assert counts(rig.ask("index", invoice("1"), invoice("2", "1.00"))) == (1, 1, 0, 0)
    assert len(rig.events("documents-index")) == 3


def test_a_store_put_back_to_an_earlier_state_is_learned_afresh(own_rig: Rig, own_store: LocalStore) -> None:
    own_rig.start()
    own_rig.ask("back", invoice("1"))
    own_store.stop()
    shutil.copytree(own_store.folder, own_store.folder.with_name("backup"))
    own_store.start()
    own_rig.ask("back", invoice("2"))
    own_store.stop()
    shutil.rmtree(own_store.folder)
    shutil.move(own_store.folder.with_name("backup"), own_store.folder)
    own_store.start()
    assert counts(own_rig.ask("back", invoice("1"), invoice("3"), invoice("2", note="again"))) == (2, 1, 0, 0)
    assert [number for _type, number in own_rig.stored("documents-back")] == ["1", "3", "2"]
    assert [number for _type, number in own_rig.stored("ledger-back")] == ["1", "3", "2"]


def test_an_unreadable_message_ends_with_the_dead_letters_and_its_reason(rig: Rig) -> None:
    rig.start()
    connection = bus.connect(rig.settings.amqp_uri, "test")
    channel = connection.channel()
    channel.basic_publish("", bus.ingest_queue(SERVICE, 0), b'{"run": "R1"}')
    dead: list[Any] = []

    def got() -> bool:
        dead[:] = channel.basic_get(bus.ingest_dead_queue(SERVICE), auto_ack=True)
        return dead[0] is not None

    wait_until(got, 20, rig.worker.tail)
    _method, properties, body = dead
    connection.close()
    assert body == b'{"run": "R1"}'
    assert "not a message of ERP documents" in properties.headers["reason"]
    assert counts(rig.ask("after-unreadable", invoice("1"))) == (1, 0, 0, 0)


def test_a_batch_that_kills_the_worker_each_time_is_put_aside_told_and_taken_in_when_replayed(
    vhost: str, store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus, "INGEST_DELIVERY_LIMIT", 2)
    monkeypatch.setattr(rooms, "load", lambda service: TOYS)
    with closing(bus.connect(vhost, "test")) as connection:
        bus.declare_ingest(connection.channel(), SERVICE)
    with closing(Rig(make_settings(tmp_path / "var", vhost, store), tmp_path)) as rig:
        _kill_and_replay(rig, tmp_path / "flag", vhost)


def _kill_and_replay(rig: Rig, flag: Path, vhost: str) -> None:
    rig.sender.send(rig.message("deadly", invoice("1")))
    for _ in range(bus.INGEST_DELIVERY_LIMIT + 1):
        flag.touch()
        rig.start(PORTICO_KILL_AT=f"{SERVICE}.ingest.mid_batch:{flag}")
        assert rig.worker.wait() == -9

    (letter,) = wait_until(lambda: reactions.list_dead(vhost, SERVICE), 20, "the dead letter")
    assert letter.reason.startswith("The process ended each time")
    assert letter.queue == bus.ingest_queue(SERVICE, bus.partition_of("deadly"))
    assert (letter.event["run"], letter.event["batch"], letter.event["documents"]) == ("R1", 1, 1)
    wait_until(lambda: reactions.list_dead(vhost, SERVICE), 20, "it is back where it was")
    rig.start()
    assert reactions.replay_dead(vhost, SERVICE) == 1
    assert counts(rig.answer()) == (1, 0, 0, 0)
    assert rig.stored("documents-deadly") == [("InvoiceRecorded", "1")]


def test_batches_wait_for_a_store_that_is_away(own_rig: Rig, own_store: LocalStore) -> None:
    own_rig.start()
    own_rig.ask("away", invoice("1"))
    own_store.kill()
    own_rig.sender.send(own_rig.message("away", invoice("2")))
    wait_until(lambda: "store away" in own_rig.worker.tail(), 20, own_rig.worker.tail)
    own_store.start()
    assert counts(own_rig.answer()) == (1, 0, 0, 0)


def test_no_more_batches_go_out_than_may_be_unanswered(rig: Rig) -> None:
    sender = BatchSender(rig.settings, in_flight=2)
    messages = [rig.message("room", invoice(str(number))) for number in range(3)]
    assert sender.send(*messages) == 2
    assert sender.room == 0
    assert sender.send(messages[2]) == 0
    assert sender.send(messages[0]) == 1, "the same again takes no more room"
    assert [name[1] for name in sender.overdue(0.0)] == [str(message["batch"]) for message in messages[:2]]
    sender.stop()


def test_documents_wait_while_the_read_models_are_behind(rig: Rig) -> None:
    lag = [5.0]
    statedb.migrate(rig.settings.state_db(SERVICE), SERVICE)
    ingest = Ingest(SERVICE, KINDS, CODEC, rig.settings, lambda: lag[0])
    stop = threading.Event()
    thread = threading.Thread(target=ingest.run, args=(stop,))
    thread.start()
    rig.sender.send(rig.message("lag", invoice("1")))
    wait_until(lambda: ingest.status()["state"] == "waiting for the read models", 10)
    assert rig.sender.answers(0.5) == []
    lag[0] = 0.0
    assert counts(rig.answer()) == (1, 0, 0, 0)
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
