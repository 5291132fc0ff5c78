"""A backup taken at any moment, what it refuses, and the portal that a restore gives back."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from chassis import bus
from chassis.messages import ALL_COMPANIES, Context
from portico.backup import MANIFEST, STORE
from services.identity.contract import CONTACTS_TABLE
from tests.chaos import seen
from tests.chaos.client import CUSTOMERS, Client
from tests.setup.dressed import (
    ELSEWHERE,
    EMAIL,
    HOME,
    PASSWORD,
    Dressed,
    dress,
    fetched,
    logo_address,
    rights_of,
)
from tests.support.portal import Portal, running
from tests.support.waiting import wait_until

VERA = "vera.gone@customer.example"


@pytest.fixture(scope="module")
def client(own_portal: Portal) -> Client:
    return Client(own_portal.commands, own_portal.var / "demo", own_portal.var.parent / "orders.log")


@pytest.fixture(scope="module")
def dressed(own_portal: Portal) -> Dressed:
    return dress(own_portal)


@pytest.fixture(scope="module")
def vera(own_portal: Portal) -> str:
    """A contact with a password."""
    made = send(own_portal, "CreateContact", {"for_company": HOME, "name": "Vera Vergessen", "email": VERA})
    token = send(own_portal, "InviteContact", {"contact_id": made["id"]})["result"]["token"]
    accepting = {"token": token, "password": PASSWORD, "correlation_id": "erasing"}
    assert own_portal.rpc.call("identity", "accept_invitation", accepting)["status"] == "done"
    return str(made["id"])


@pytest.fixture(scope="module")
def backup(own_portal: Portal, client: Client, dressed: Dressed, vera: str) -> tuple[Path, set[str]]:
    """A backup made while orders are placed, and those that were acknowledged before it began.

    Some of these wait in the broker's queue, which is in no backup: what takes them to the ERP is away.
    """
    stop = threading.Event()
    own_portal.halt("erp_sync-service")

    def order() -> None:
        while not stop.is_set():
            client.order(CUSTOMERS[0])

    placing = threading.Thread(target=order)
    placing.start()
    try:
        wait_until(lambda: waiting(own_portal) >= 5, 30, "orders wait for erp_sync")
        before = {one.reference for one in client.acknowledged()}
        folder = own_portal.var.parent / "backup"
        own_portal.run("backup", str(folder))
    finally:
        stop.set()
        placing.join()
        own_portal.go_on("erp_sync-service")
    return folder, before


@pytest.fixture(scope="module")
def erased(own_portal: Portal, backup: tuple[Path, set[str]], vera: str) -> Path:
    """The list of erased contacts after one was erased whom the backup still has."""
    send(own_portal, "EraseContact", {"contact_id": vera})
    listed = own_portal.var / "identity/erased.txt"
    wait_until(lambda: vera in listed.read_text(), 30, "the erasure is on the list")
    return listed


def send(portal: Portal, command: str, payload: dict[str, Any]) -> dict[str, Any]:
    """What set-up asks of identity."""
    return portal.commands.send("identity", command, payload, Context(uuid4(), ALL_COMPANIES, "set-up", "test", "test"))


def waiting(portal: Portal) -> int:
    """How many orders the broker holds for erp_sync."""
    with closing(bus.connect(portal.settings.amqp_uri, "test")) as connection:
        queue = bus.reaction_queue("erp_sync", "post_order")
        count: int = connection.channel().queue_declare(queue, passive=True).method.message_count
        return count


def portico(*arguments: str, var: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "portico", *arguments]
    return subprocess.run(command, env={**os.environ, "PORTICO_VAR": str(var)}, capture_output=True, text=True)


def refused(*arguments: str, var: Path) -> str:
    """What a command says that ends with a sentence and exit code 1."""
    done = portico(*arguments, var=var)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_portal_restored_from_it_shows_what_was_ordered_and_goes_on(
    backup: tuple[Path, set[str]], dressed: Dressed, erased: Path, vera: str, tmp_path: Path
) -> None:
    folder, before = backup
    with running(tmp_path / "r", restore=(str(folder), "--erased", str(erased))) as restored:
        wait_until(lambda: restored.ready() and not restored.unready(), 90, lambda: str(restored.unready()))

        def all_posted() -> bool:
            rows = seen.order_rows(restored)
            return before <= {row["key"] for row in rows} and all(row["erp_number"] for row in rows)

        wait_until(all_posted, 60, lambda: f"{len(before)} orders; {seen.order_rows(restored)}")
        client = Client(restored.commands, backup_demo(folder), tmp_path / "log")
        again = client.order(CUSTOMERS[1])
        wait_until(lambda: again.reference in {row["key"] for row in seen.order_rows(restored)}, 30, "a new order")
        numbers = [row["erp_number"] for row in seen.order_rows(restored) if row["erp_number"]]
        assert len(numbers) == len(set(numbers))
        has_logo_and_rights(restored, dressed)
        has_erased_again(restored, vera)


def has_logo_and_rights(restored: Portal, dressed: Dressed) -> None:
    """The logo is the file that was uploaded; rights in every company, their history and the way in are whole."""
    wait_until(lambda: logo_address(restored) == dressed.address, 60, lambda: logo_address(restored))
    assert fetched(restored, dressed.address) == dressed.logo
    wait_until(
        lambda: rights_of(restored, dressed.contact) == dressed.rights,
        60,
        lambda: f"{rights_of(restored, dressed.contact)}, not {dressed.rights}",
    )
    answer = restored.rpc.call(
        "identity", "sign_in", {"email": EMAIL, "password": PASSWORD, "correlation_id": "restored"}
    )
    assert (answer["contact_id"], answer["companies"]) == (dressed.contact, [HOME, ELSEWHERE])


def has_erased_again(restored: Portal, contact: str) -> None:
    """Nobody comes in, nothing personal is shown, the address is another's to have; and the next restore knows it."""
    sql = f"SELECT status, name, email, phone FROM {CONTACTS_TABLE} WHERE contact_id = ?"
    wait_until(lambda: status_of(restored, contact) == "erased", 60, lambda: status_of(restored, contact))
    assert [tuple(row.values()) for row in seen.rows(restored, "identity", sql, contact)] == [
        ("erased", "(erased)", "", "")
    ]
    signing_in = {"email": VERA, "password": PASSWORD, "correlation_id": "restored"}
    assert restored.rpc.call("identity", "sign_in", signing_in)["status"] != "done"
    new = send(restored, "CreateContact", {"for_company": HOME, "name": "Vera Neu", "email": VERA})
    assert new["id"] != contact
    assert contact in (restored.var / "identity/erased.txt").read_text()
    left = restored.var / "identity/erase-again.txt"
    wait_until(lambda: not left.exists(), 30, "nothing is left to be erased again")


def status_of(portal: Portal, contact: str) -> str:
    """What the list of contacts says of one, "" while it does not know them."""
    found = seen.rows(portal, "identity", f"SELECT status FROM {CONTACTS_TABLE} WHERE contact_id = ?", contact)
    return str(found[0]["status"]) if found else ""


def backup_demo(folder: Path) -> Path:
    """The export files of the portal that was backed up: a restored one does not need them."""
    return folder.parent / "var/demo"


def test_what_is_restored_is_for_its_owner_alone_and_stays_a_demo(
    backup: tuple[Path, set[str]], erased: Path, vera: str, tmp_path: Path
) -> None:
    var = tmp_path / "var"
    said = portico("restore", str(backup[0]), "--erased", str(erased), var=var).stdout
    assert "Start it:" in said
    assert "Contacts that were erased, and stay so: 1." in said
    assert "is back" not in said
    with closing(sqlite3.connect(var / "identity/state.db")) as state:
        key = "SELECT key FROM contact_keys WHERE contact = ?"
        assert state.execute(key, (vera,)).fetchone() == (None,), "before anything starts"
        assert state.execute("SELECT 1 FROM passwords WHERE contact = ?", (vera,)).fetchone() is None
    assert var.stat().st_mode & 0o077 == 0
    assert (var / "run/demo.loaded").read_text() == "loaded\n"


def test_books_without_the_demo_company_do_not_get_it_by_being_restored(
    backup: tuple[Path, set[str]], tmp_path: Path
) -> None:
    folder = shutil.copytree(backup[0], tmp_path / "backup")
    told = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps({**told, "demo": False}))
    said = portico("restore", str(folder), var=tmp_path / "var").stdout
    assert (tmp_path / "var/run/demo.loaded").read_text() == "not wanted\n"
    assert f"Whoever was erased after {told['made_at']} is back." in said
    assert "--erased THAT-FOLDER/identity/erased.txt" in said


def test_a_backup_replaces_no_other_and_says_what_it_cannot_write(own_portal: Portal, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "is there already" in refused("backup", str(tmp_path), var=own_portal.var)
    assert "The backup was not made" in refused("backup", str(tmp_path / "file/backup"), var=own_portal.var)
    assert "nothing to back up" in refused("backup", str(tmp_path / "new"), var=tmp_path / "none")
    assert not (tmp_path / "new").exists()


def test_a_restore_replaces_nothing_and_names_what_is_no_backup(
    backup: tuple[Path, set[str]], own_portal: Portal, tmp_path: Path
) -> None:
    assert "is not empty" in refused("restore", str(backup[0]), var=own_portal.var)
    assert "there is no such folder" in refused("restore", str(tmp_path / "gone"), var=tmp_path / "var")
    (tmp_path / "half").mkdir()
    assert "it has no backup.json" in refused("restore", str(tmp_path / "half"), var=tmp_path / "var")
    said = refused("restore", str(backup[0]), "--erased", str(tmp_path / "half"), var=tmp_path / "var")
    assert "There is no list of erased contacts at" in said
    assert not (tmp_path / "var").exists()
    (tmp_path / "half" / MANIFEST).write_text("{}")
    assert "cannot be read" in refused("restore", str(tmp_path / "half"), var=tmp_path / "var")


def test_a_damaged_backup_is_refused_and_leaves_nothing(backup: tuple[Path, set[str]], tmp_path: Path) -> None:
    folder = shutil.copytree(backup[0], tmp_path / "backup")
    with (folder / STORE).open("r+b") as file:
        file.truncate(20_000)
    said = refused("restore", str(folder), var=tmp_path / "var")
    assert "cannot be restored" in said
    assert not (tmp_path / "var").exists()


def test_a_running_store_is_verified_and_a_missing_one_named(own_portal: Portal, tmp_path: Path) -> None:
    assert own_portal.run("verify").stdout.endswith("whole.\n")
    assert "There is no event store" in refused("verify", var=tmp_path)
