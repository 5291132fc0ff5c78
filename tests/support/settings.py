"""Settings of a process under test."""

from __future__ import annotations

from pathlib import Path

from chassis.config import Settings


def make_settings(var: Path, amqp_uri: str = "", esdb_uri: str = "", read_uri: str = "") -> Settings:
    """Settings on a folder of the test's own; no fixed port is taken."""
    return Settings.from_env(
        {
            "PORTICO_VAR": str(var),
            "PORTICO_AMQP_URI": amqp_uri,
            "PORTICO_ESDB_URI": esdb_uri,
            "PORTICO_READ_URI": read_uri,
            "PORTICO_PORT": "0",
        }
    )


def environment(settings: Settings) -> dict[str, str]:
    """The environment by which a child process gets the same settings."""
    return {
        "PORTICO_VAR": str(settings.var),
        "PORTICO_AMQP_URI": settings.amqp_uri,
        "PORTICO_ESDB_URI": settings.esdb_uri,
        "PORTICO_READ_URI": settings.read_uri,
        "PORTICO_ADMIN_PORT": "0",
        "PORTICO_LOG_FORMAT": "json",
    }
