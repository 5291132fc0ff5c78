"""Settings of one process, read once from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

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


def timezone(env: Mapping[str, str]) -> ZoneInfo:
    """The zone of business dates and of times that people read, `PORTICO_TIMEZONE`; UTC where it is absent."""
    name = env.get("PORTICO_TIMEZONE", "").strip() or "UTC"
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # not there; no name of a zone; a folder of zones
        raise BadSetting(f"PORTICO_TIMEZONE={name} cannot be used: it is a zone's name like Europe/Berlin.") from None


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


def _broker(env: Mapping[str, str]) -> str:
    """PORTICO_AMQP_URI, each of whose nodes can be understood; empty where it is absent."""
    text = secret(env, "PORTICO_AMQP_URI")
    for node in text.split(";") if text else ():
        problem = _wrong_with_node(node)
        if problem:
            # Not the value itself: there is a password in it.
            raise BadSetting(
                f"PORTICO_AMQP_URI cannot be used: {problem}. It is amqp://user:password@host:port/vhost; of a cluster"
                " each node's, with ; between. What is special in a password stands there as %XX."
            )
    return text


def _wrong_with_node(node: str) -> str:
    """What keeps this from being the address of a broker, in words; empty when nothing does."""
    try:
        parts = urlsplit(node)
        port = parts.port
    except ValueError:
        return "it has a port that is no number from 1 to 65535, or a [ without a ]"
    if parts.scheme not in ("amqp", "amqps"):
        return "it does not begin with amqp:// or amqps://" if node.strip() else "there is nothing beside a ;"
    if not parts.hostname or port == 0:
        return "it names no host" if not parts.hostname else "port 0 is none"
    if (parts.username is None) != (parts.password is None):
        return "it has a user and no password"
    if parts.query:
        import pika  # here, for what has no need of a broker is to start without it

        try:
            pika.URLParameters(node)
        except Exception as error:  # whatever is wrong with an option
            return f"what stands behind its ? is not understood ({error})"
    return ""


def _store(env: Mapping[str, str]) -> str:
    """PORTICO_ESDB_URI where it begins as one; empty where it is absent."""
    text = secret(env, "PORTICO_ESDB_URI")
    scheme, _, rest = text.partition("://")
    if text and (scheme not in ("esdb", "esdb+discover") or not rest.strip("/?")):
        raise BadSetting("PORTICO_ESDB_URI cannot be used: it is esdb://host:port?Tls=false or esdb+discover://….")
    return text


LONGEST_RETRY_MS = 86_400_000
"""A day: the broker keeps what waits."""


def retry_ms(env: Mapping[str, str]) -> tuple[int, ...]:
    """PORTICO_RETRY_MS: milliseconds that a failed reaction waits before each further attempt. Raises BadSetting."""
    text = env.get("PORTICO_RETRY_MS", "").strip() or "1000,5000,30000,120000,600000"
    found = [one.strip() for one in text.split(",")]
    if not all(one.isascii() and one.isdigit() and 1 <= int(one) <= LONGEST_RETRY_MS for one in found):
        raise BadSetting(
            f"PORTICO_RETRY_MS={text} cannot be used: it is whole numbers of milliseconds from 1 to"
            f" {LONGEST_RETRY_MS} with commas between, one for each further attempt."
        )
    return tuple(map(int, found))


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
        retry_ms(env)  # read when queues are declared; what is wrong with it is said now
        return cls(
            var=Path(env.get("PORTICO_VAR", "var")).absolute(),
            port=port,
            live_port=whole_number(env, "PORTICO_LIVE_PORT", port + 1 if port < 65535 else 65534, 0, 65535),
            amqp_uri=_broker(env),
            esdb_uri=_store(env),
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
