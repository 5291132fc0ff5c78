"""RabbitMQ for one machine: the one configured, else a private node of the installed package under `var/rabbitmq`.

The node has its own ports, Erlang cookie, epmd, user and virtual host; nothing of the system's own RabbitMQ is touched.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import shutil
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from deploy.local import system_packages
from deploy.local.problem import Problem

OLDEST = (3, 10)
"""The first version with quorum as a virtual host's default and dead letters that are not lost."""
PORTS = ("broker", "broker.dist", "epmd")
VHOST = USER = "portico"
NAME_ONE = "Or name a running broker:  PORTICO_AMQP_URI=amqp://user:password@host:5672/vhost make up"
_BIN = Path("/usr/lib/rabbitmq/bin")


def check(uri: str, seconds: float = 6.0) -> str:
    """Log in to the broker, to any node of it, and return its version. Raises Problem that says what refused."""
    problems = []
    for node in uri.split(";"):
        try:
            return _check(node, seconds)
        except Problem as problem:
            problems.append(problem)
    raise problems[0]


def address(uri: str) -> str:
    """Host and port of each node, without user and password."""
    nodes = map(urlsplit, uri.split(";"))
    return ", ".join(f"{parts.hostname}:{parts.port or 5672}" for parts in nodes)


def _check(uri: str, seconds: float) -> str:
    import pika
    from pika import exceptions
    from pika.adapters.utils.connection_workflow import AMQPConnectorException

    parts, where = urlsplit(uri), address(uri)
    fix = "Put it right in PORTICO_AMQP_URI, or leave that unset to have a private broker."
    try:
        parameters = pika.URLParameters(uri)
        parameters.connection_attempts, parameters.socket_timeout, parameters.stack_timeout = 1, seconds, seconds
        connection = pika.BlockingConnection(parameters)
    except (exceptions.ProbableAuthenticationError, exceptions.AuthenticationError):
        raise Problem(f"RabbitMQ at {where} refuses the user {parts.username!r} or the password.", fix) from None
    except exceptions.ProbableAccessDeniedError:
        vhost = parts.path.lstrip("/") or "/"
        raise Problem(
            f"RabbitMQ at {where} lets {parts.username!r} in, but not into the virtual host {vhost!r}.",
            f"On that machine:  rabbitmqctl add_vhost {vhost} --default-queue-type quorum && "
            f"rabbitmqctl set_permissions -p {vhost} {parts.username} '.*' '.*' '.*'",
        ) from None
    except (exceptions.AMQPError, AMQPConnectorException, OSError) as error:
        raise Problem(f"RabbitMQ does not answer at {where}: {_reason(error)}.", fix) from None
    except ValueError as error:
        raise Problem(f"PORTICO_AMQP_URI cannot be read: {error}.", fix) from None
    version = str(connection._impl.server_properties.get("version", b"?"))  # pika offers it no other way
    connection.close()
    if _numbers(version) < OLDEST:
        raise Problem(f"RabbitMQ at {where} is {version}; Portico needs 3.10 or newer.", fix)
    return version


def find(var: Path, ports: dict[str, int]) -> PrivateNode:
    """The private node, its package installed when missing. Raises Problem when it cannot be."""
    if binaries() is None:
        try:
            system_packages.install(["rabbitmq-server"], "the message broker")
        except Problem as problem:
            raise Problem(problem.what, f"{problem.todo}\n{NAME_ONE}") from None
        if binaries() is None:
            raise Problem(f"rabbitmq-server is installed, but {_BIN}/rabbitmq-server is not there.", NAME_ONE)
    return PrivateNode(var, ports)


def binaries() -> Path | None:
    """The folder of the real rabbitmq-server and rabbitmqctl; Debian's wrappers in /usr/sbin insist on its own user."""
    if (_BIN / "rabbitmq-server").exists():
        return _BIN
    found = shutil.which("rabbitmq-server")
    folder = Path(found).resolve().parent if found else None
    return folder if folder and folder != Path("/usr/sbin") else None


@dataclass(frozen=True)
class PrivateNode:
    """A node of our own below `var`; `ports` has the names in PORTS."""

    var: Path
    ports: dict[str, int]
    name: str = "portico"

    @property
    def folder(self) -> Path:
        """Where the node keeps everything of its own."""
        return self.var / "rabbitmq"

    @property
    def uri(self) -> str:
        """Where services find it: loopback, own user, generated password."""
        return f"amqp://{USER}:{quote(self.password(), safe='')}@127.0.0.1:{self.ports['broker']}/{VHOST}"

    def password(self) -> str:
        """The generated password, kept in var/run/broker.json for its owner's eyes."""
        file = self.var / "run/broker.json"
        try:
            return str(json.loads(file.read_text())["password"])
        except (OSError, ValueError, KeyError):
            password = secrets.token_urlsafe(24)
            write_private(file, json.dumps({"user": USER, "password": password}))
            return password

    def commands(self) -> tuple[list[str], list[str]]:
        """The command lines of epmd and of the broker, both staying in the foreground."""
        folder = binaries() or _BIN
        epmd = shutil.which("epmd") or "epmd"
        return [epmd, "-address", "127.0.0.1", "-port", str(self.ports["epmd"])], [str(folder / "rabbitmq-server")]

    def environment(self) -> dict[str, str]:
        """What makes the node ours alone. Nothing in it is secret."""
        folder = self.folder
        return {
            "HOME": str(folder / "home"),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self.ports["epmd"]),
            "ERL_CRASH_DUMP": str(self.var / "log/erl_crash.dump"),
            "RABBITMQ_NODENAME": f"{self.name}@localhost",
            "RABBITMQ_NODE_PORT": str(self.ports["broker"]),
            "RABBITMQ_DIST_PORT": str(self.ports["broker.dist"]),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.var / "log"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_CONFIG_FILES": str(folder / "conf.d/*.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            # Loopback only, and no busy waiting: it would take cores from the services for nothing.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} "
            "+sbwt none +sbwtdcpu none +sbwtdio none",
        }

    def prepare(self) -> None:
        """Write the node's files: its configuration, and its one user as a hash."""
        folder = self.folder
        for name in ("home", "mnesia"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / "enabled_plugins").write_text("[].\n")
        (folder / "advanced.config").write_text("[].\n")
        salt = secrets.token_bytes(4)
        hashed = base64.b64encode(salt + hashlib.sha256(salt + self.password().encode()).digest()).decode()
        user = {"name": USER, "password_hash": hashed, "hashing_algorithm": "rabbit_password_hashing_sha256"}
        write_private(folder / "users.json", json.dumps({"users": [{**user, "tags": []}]}))
        (folder / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self.ports['broker']}\n"
            f"load_definitions = {folder / 'users.json'}\n"
            "log.console.level = warning\n"
            "disk_free_limit.absolute = 100MB\n"
            # The default keeps half a gigabyte of the quorum queues' log in memory.
            "raft.wal_max_size_bytes = 64000000\n"
        )

    @property
    def provisioned(self) -> bool:
        """Whether the virtual host was made; a new node has none."""
        return (self.folder / "provisioned").exists()

    def provision(self) -> None:
        """Make the virtual host of a node that runs, with quorum queues by default. The same again changes nothing."""
        self.ctl("add_vhost", VHOST, "--default-queue-type", "quorum")
        self.ctl("set_permissions", "-p", VHOST, USER, ".*", ".*", ".*")
        if f"{VHOST}\tquorum" not in self.ctl("list_vhosts", "name", "default_queue_type"):
            raise Problem("The private RabbitMQ made a virtual host without quorum queues.", "Is it older than 3.10?")
        (self.folder / "provisioned").touch()

    def ctl(self, *arguments: str) -> str:
        """What rabbitmqctl prints. Raises Problem with its complaint."""
        command = [str((binaries() or _BIN) / "rabbitmqctl"), "-q", *arguments]
        environment = {**os.environ, **self.environment()}
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
        )
        if done.returncode != 0:
            said = (done.stderr or done.stdout).strip()
            raise Problem(f"rabbitmqctl {arguments[0]} failed on the private broker:\n{said}")
        return done.stdout


def epmd_answers(port: int, seconds: float = 0.5) -> bool:
    """Whether Erlang's name server tells its names; it complains in its log of whoever connects and says nothing."""
    try:
        with socket.create_connection(("127.0.0.1", port), seconds) as connection:
            connection.sendall(b"\0\1n")
            return len(connection.recv(4)) > 0
    except OSError:
        return False


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    half = file.with_suffix(".half")
    half.unlink(missing_ok=True)
    with open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
    half.replace(file)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())


def _reason(error: BaseException) -> str:
    text = str(error) or repr(error)
    for known in ("Connection refused", "timed out", "Name or service not known", "Timeout during AMQP handshake"):
        if known.lower() in text.lower() or known.lower() in repr(error).lower():
            return known[0].lower() + known[1:] if known[1].islower() else known
    return text
