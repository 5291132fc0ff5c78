"""The worker's own part: wherever a ContactErased stands in the streams, the contact's key goes."""

from __future__ import annotations

import threading
import time
from typing import Any

from esdbclient import Checkpoint

from chassis.config import Settings
from chassis.store import StoreClient
from services.identity.contract import CODEC
from services.identity.vault import open_vault

SAVE_SECONDS = 60
"""How often the position is saved while nothing is erased: it spares the next start a long way."""


def forget_erased(stop: threading.Event, settings: Settings) -> None:
    """Delete keys of erased contacts until `stop`; after a restore of the keys it deletes them again.

    How far it came is kept beside the keys and so is restored with them.
    """
    vault = open_vault(settings)
    client = StoreClient(settings.esdb_uri)
    ended = threading.Event()
    try:
        subscription = client.subscribe_to_all(
            commit_position=vault.erased_up_to() or None, filter_include=("ContactErased",), include_checkpoints=True
        )
        threading.Thread(target=_stop_with, args=(subscription, stop, ended), daemon=True).start()
        saved = time.monotonic()
        for event in subscription:
            if not isinstance(event, Checkpoint):
                vault.forget(CODEC.recorded(event).data["contact"], event.commit_position)
            elif time.monotonic() - saved > SAVE_SECONDS:
                vault.save_erased_up_to(event.commit_position or 0)
                saved = time.monotonic()
    finally:
        ended.set()
        client.close()


def _stop_with(subscription: Any, stop: threading.Event, ended: threading.Event) -> None:
    while not stop.wait(0.2) and not ended.is_set():
        continue
    subscription.stop()


JOBS = (forget_erased,)
