"""Structured logs: one JSON line an event on stderr, with the correlation id of what is being done."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog


def configure(process: str, level: str = "INFO", form: str = "json") -> None:
    """Set up logging for this process; standard library loggers come out in the same form."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    renderer: Any = structlog.processors.JSONRenderer() if form == "json" else structlog.dev.ConsoleRenderer()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _stamp_process(process),
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.getLogger("pika").setLevel("CRITICAL")  # links say it once, in a sentence; pika in eight tracebacks
    for noisy in ("alembic", "amqp", "kombu", "esdbclient", "nameko", "grpc"):
        logging.getLogger(noisy).setLevel("WARNING")


def _stamp_process(process: str) -> Any:
    def stamp(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
        return {"process": process, **event}

    return stamp


def get(name: str) -> Any:
    """A logger; bind what belongs to the whole task with `bind(correlation=…)`."""
    return structlog.stdlib.get_logger(name)


def bind(**values: Any) -> None:
    """Add values (correlation id, actor id) to every log line of the task at hand."""
    structlog.contextvars.bind_contextvars(**values)


def clear() -> None:
    """Forget the bound values: the next task begins."""
    structlog.contextvars.clear_contextvars()
