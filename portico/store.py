"""`portico store`: the embedded event store of one machine."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

import typer

from chassis.config import Settings
from deploy.local.problem import Problem


def store(
    port: Annotated[int, typer.Option(help="Port; default: that of PORTICO_ESDB_URI, else 2113.")] = 0,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Run the embedded event store over PORTICO_VAR/localstore until SIGTERM."""
    from localstore.__main__ import DEFAULT_PORT, configure_logs, run
    from localstore.errors import CannotStart

    settings = Settings.from_env()
    configured = urlsplit(settings.esdb_uri).port if settings.esdb_uri else None
    configure_logs()
    try:
        run(settings.folder("localstore"), host, port or configured or DEFAULT_PORT, settings.admin_port)
    except CannotStart as error:
        raise Problem(f"The event store cannot start: {error}") from error
