"""Settings of one process, read once from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SERVICES = ("identity", "cases", "licensing", "payments", "orders", "erp_sync")


@dataclass(frozen=True, slots=True)
class Settings:
    """Where this process finds its data, its broker and its store. Ports are on the loopback interface."""

    var: Path
    port: int
    live_port: int
    amqp_uri: str
    esdb_uri: str
    admin_port: int
    log_level: str
    log_format: str

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Read `PORTICO_*` variables; what is absent gets the default of a single machine."""
        env = os.environ if env is None else env
        port = int(env.get("PORTICO_PORT", "8000"))
        return cls(
            var=Path(env.get("PORTICO_VAR", "var")).absolute(),
            port=port,
            live_port=int(env.get("PORTICO_LIVE_PORT", str(port + 1))),
            amqp_uri=env.get("PORTICO_AMQP_URI", ""),
            esdb_uri=env.get("PORTICO_ESDB_URI", ""),
            admin_port=int(env.get("PORTICO_ADMIN_PORT", "0")),
            log_level=env.get("PORTICO_LOG_LEVEL", "INFO"),
            log_format=env.get("PORTICO_LOG_FORMAT", "json"),
        )

    def folder(self, name: str) -> Path:
        """The folder of one service below the data folder, made when missing."""
        path = self.var / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def read_db(self, service: str) -> Path:
        """The file of a service's read models: it can be deleted and rebuilt."""
        return self.folder(service) / "read.db"

    def state_db(self, service: str) -> Path:
        """The file of what a service cannot rebuild: secrets, checkpoints, indexes."""
        return self.folder(service) / "state.db"
