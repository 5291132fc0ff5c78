"""The worker's own parts: erased contacts' keys go, forgotten passwords get a link, mails are sent."""

from __future__ import annotations

import threading
import time
from datetime import datetime
from functools import partial
from typing import Any

from esdbclient import Checkpoint

from chassis import log
from chassis.config import Settings
from chassis.job_streams import Stopped, Streams
from chassis.readmodel import NotThere, database
from chassis.repository import now
from chassis.statedb import StateDb
from chassis.store import StoreClient
from services.identity import domain
from services.identity.adapters.mail import Outbox
from services.identity.contract import CODEC, SERVICE
from services.identity.erased import decide_again, erased_list, to_erase_again
from services.identity.links import RESET, Link, keep_link, token_hash
from services.identity.mails.sending import Mailer
from services.identity.mails.settings import outbox_folder
from services.identity.projections.requests import ACCESS_REQUESTS
from services.identity.requests import domain as requests
from services.identity.streams import ADDRESS, CONTACT, REQUESTS
from services.identity.vault import Vault, open_vault

_log = log.get("identity.jobs")
LOOK_SECONDS = 0.25
NOBODY = "nobody"
LOOK_HOURS = 6
"""How often it is looked for refused requests that were kept for long enough, and for what erasures left."""
_ERASURES = ("ContactErased", "AccessRequestForgotten")
SAVE_SECONDS = 60
"""How often the position is saved while nothing is erased: it spares the next start a long way."""


def forget_erased(stop: threading.Event, settings: Settings) -> None:
    """Wrap contacts' keys by the newest key there is; then delete those of erased contacts until `stop`, again after a
    restore.

    How far it came is kept beside the keys and so is restored with them. Who was erased is noted in a list as well,
    which a restore of an older backup is given.
    """
    vault, erased = open_vault(settings), erased_list(settings)
    rewrapped = vault.rewrap()
    if rewrapped:
        _log.info("contacts' keys wrapped by the newest key", keys=rewrapped)
    if not erased.is_there:  # lost, or of a release that had none: all events there are tell it anew
        vault.save_erased_up_to(0)
        erased.add(())
    try:
        erase_again(stop, settings)
    except Stopped:
        return
    outbox = Outbox(outbox_folder(settings))
    client = StoreClient(settings.esdb_uri)
    ended = threading.Event()
    try:
        subscription = client.subscribe_to_all(
            commit_position=vault.erased_up_to() or None, filter_include=_ERASURES, include_checkpoints=True
        )
        threading.Thread(target=_stop_with, args=(subscription, stop, ended), daemon=True).start()
        saved = time.monotonic()
        for event in subscription:
            if not isinstance(event, Checkpoint):
                data = CODEC.recorded(event).data
                contact = data["contact"] if "contact" in data else data["request"]
                if "contact" in data:
                    erased.add((contact,))
                outbox.forget(contact)
                vault.forget(contact, event.commit_position)
            elif time.monotonic() - saved > SAVE_SECONDS:
                vault.save_erased_up_to(event.commit_position or 0)
                saved = time.monotonic()
    finally:
        ended.set()
        client.close()


def erase_again(stop: threading.Event, settings: Settings) -> None:
    """Append the erasures that a restored store lacks, of those whom the restore left to us; then the address is free.

    Raises Stopped when it is to end before; the rest is done at the next start.
    """
    left = to_erase_again(settings)
    if not left.is_there:
        return
    erased_list(settings).add(left.all())
    with Streams(settings, SERVICE, "portal", stop) as streams:
        for contact in left.all():
            login = streams.load(CONTACT, contact).login
            if login:
                free = partial(domain.decide_release, contact=contact)
                streams.record(ADDRESS, login, f"erase-again/{contact}", free)
            streams.record(CONTACT, contact, "erase-again", decide_again)
    left.path.unlink()
    _log.info("contacts erased again after a restore")


def forget_requests(stop: threading.Event, settings: Settings) -> None:
    """Have what was said in refused requests forgotten once it was kept for long enough.

    And what erasures had to leave in the state database's write-ahead log, because somebody read it just then.
    """
    vault = open_vault(settings)
    with Streams(settings, SERVICE, "portal", stop) as streams:
        while not stop.is_set():
            vault.empty_log()
            for row in refused_before(settings, now() - requests.KEPT):
                try:
                    forget_request(str(row["request"]), str(row["company"]), streams)
                except Stopped:
                    return
            stop.wait(LOOK_HOURS * 3600)


def forget_request(request: str, company: str, streams: Streams) -> None:
    """Append that it is to be forgotten; what deletes keys finds it."""
    streams.record(REQUESTS, company, f"forget/{request}", lambda state: requests.decide_forget(state, request))


def refused_before(settings: Settings, moment: datetime) -> list[Any]:
    """The requests refused before the moment (UTC): `request`, `company`."""
    sql = f"SELECT request, company FROM {ACCESS_REQUESTS.name} WHERE state = 'refused' AND decided_at < ?"
    try:
        with database(settings, SERVICE).reading() as execute:
            return list(execute(sql, (moment.isoformat(),)).fetchall())
    except NotThere:
        return []


def _stop_with(subscription: Any, stop: threading.Event, ended: threading.Event) -> None:
    while not stop.wait(0.2) and not ended.is_set():
        continue
    subscription.stop()


def link_resets(stop: threading.Event, settings: Settings) -> None:
    """Look up whose the addresses are with which a new password was asked for, and make those contacts a link.

    The link is kept before its event says so; a request that was carried out twice makes the same link.
    """
    state = StateDb(settings.state_db(SERVICE))
    vault = open_vault(settings, state)
    with Streams(settings, SERVICE, "portal", stop) as streams:
        while not stop.wait(LOOK_SECONDS):
            for row in state.rows("SELECT command, login, asked_at FROM reset_requests ORDER BY asked_at LIMIT 100"):
                try:
                    _link_reset(row, state, vault, streams)
                except Stopped:
                    return
                with state.transaction() as connection:
                    connection.execute("DELETE FROM reset_requests WHERE command = ?", (row["command"],))


def _link_reset(row: Any, state: StateDb, vault: Vault, streams: Streams) -> None:
    asked_at = datetime.fromisoformat(row["asked_at"])
    owner = streams.load(ADDRESS, row["login"]).contact or NOBODY
    asked = domain.decide_ask_reset(streams.load(CONTACT, owner), row["login"], asked_at)
    if asked:
        what = f"reset/{row['command']}"
        token = vault.token(RESET, streams.command_id(CONTACT, owner, what), owner)
        keep_link(state, Link(token_hash(token), owner, asked_at + domain.RESET_HOLDS, RESET))
        streams.record(CONTACT, owner, what, lambda state: domain.decide_ask_reset(state, row["login"], asked_at))


send_mails = Mailer()
JOBS = (forget_erased, forget_requests, link_resets, send_mails)
