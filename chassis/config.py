"""Settings of one process, read once from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SECRETS = ("PORTICO_AMQP_URI", "PORTICO_ESDB_URI", "PORTICO_READ_URI", "PORTICO_READ_ONLY_URI")
"""Settings that every process reads and that hold passwords."""
SERVICES = ("identity", "cases", "licensing", "payments", "orders", "erp_sync")


class BadSetting(ValueError):
    """An environment variable cannot be used; the message names it and says what it may be."""


def whole_number(env: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    """The variable as a number from `least` to `most`, the default where it is absent or empty. Raises BadSetting."""
    text = env.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit()) or not least <= int(text) <= most:
        raise BadSetting(f"{name}={text} cannot be used: it is a whole number from {least} to {most}.")
    return int(text)


def secret(env: Mapping[str, str], name: str) -> str:
    """A setting that is a secret or holds one: NAME itself, or what stands in the file that NAME_FILE names.

    Empty where neither is given. Raises BadSetting when both are, or the file cannot be read or is empty; the message
    never has the secret.
    """
    given, path = env.get(name, "").strip(), env.get(f"{name}_FILE", "").strip()
    if not path:
        return given
    if given:
        raise BadSetting(f"{name} and {name}_FILE are both set: take one of them out.")
    try:
        found = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise BadSetting(f"{name}_FILE={path} cannot be read: {reason}.") from None
    if not found:
        raise BadSetting(f"{name}_FILE={path} is empty: write the setting into that file.")
    return found


def _one_of(env: Mapping[str, str], name: str, words: tuple[str, ...]) -> str:
    """The variable as one of the words, whatever its case; the first where it is absent or empty."""
    text = env.get(name, "").strip() or words[0]
    for word in words:
        if text.casefold() == word.casefold():
            return word
    raise BadSetting(f"{name}={text} cannot be used: it is one of {', '.join(words)}.")


def _postgres(env: Mapping[str, str], name: str) -> str:
    """The variable as the address of a PostgreSQL database; empty where it is absent."""
    text = secret(env, name)
    if text and not text.startswith(("postgresql://", "postgres://")):
        raise BadSetting(f"{name} cannot be used: it is postgresql://user:password@host:port/database.")
    return text


@dataclass(frozen=True, slots=True)
class Settings:
    """Where this process finds its data, its broker and its store. Ports are on the loopback interface.

    `read_uri` is the PostgreSQL database of the read models, which workers write; empty where they are files in `var`.
    `read_only_uri` is the same database for the gateway, with a role that may read alone.
    """

    var: Path
    port: int
    live_port: int
    amqp_uri: str
    esdb_uri: str
    read_uri: str
    read_only_uri: str
    admin_port: int
    log_level: str
    log_format: str

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Read `PORTICO_*` variables; what is absent gets the default of a single machine.

        Addresses hold passwords: each of SECRETS may be given as the name of a file instead (see `secret`).
        """
        env = os.environ if env is None else env
        port = whole_number(env, "PORTICO_PORT", 8000, 0, 65535)
        return cls(
            var=Path(env.get("PORTICO_VAR", "var")).absolute(),
            port=port,
            live_port=whole_number(env, "PORTICO_LIVE_PORT", port + 1 if port < 65535 else 65534, 0, 65535),
            amqp_uri=secret(env, "PORTICO_AMQP_URI"),
            esdb_uri=secret(env, "PORTICO_ESDB_URI"),
            read_uri=_postgres(env, "PORTICO_READ_URI"),
            read_only_uri=_postgres(env, "PORTICO_READ_ONLY_URI") or _postgres(env, "PORTICO_READ_URI"),
            admin_port=whole_number(env, "PORTICO_ADMIN_PORT", 0, 0, 65535),
            log_level=_one_of(env, "PORTICO_LOG_LEVEL", ("INFO", "DEBUG", "WARNING", "ERROR", "CRITICAL")),
            log_format=_one_of(env, "PORTICO_LOG_FORMAT", ("json", "console")),
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
