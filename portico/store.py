"""`portico store`: the embedded event store of one machine."""

from __future__ import annotations

from urllib.parse import urlsplit

from chassis.config import Settings
from deploy.local.problem import Problem


def store() -> None:
    """Run the event store of PORTICO_VAR/localstore at the port of PORTICO_ESDB_URI, else 2113, until SIGTERM."""
    from chassis import log
    from localstore.__main__ import DEFAULT_PORT, run
    from localstore.errors import CannotStart

    settings = Settings.from_env()
    port = urlsplit(settings.esdb_uri).port if settings.esdb_uri else None
    log.configure("store", settings.log_level, settings.log_format)
    try:
        run(settings.folder("localstore"), "127.0.0.1", port or DEFAULT_PORT, settings.admin_port)
    except CannotStart as error:
        raise Problem(f"The event store cannot start: {error}") from error
