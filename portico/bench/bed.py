"""The installation that is measured: a whole one of its own, with its own data and ports."""

from __future__ import annotations

import http.client
import http.cookiejar
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import psutil

from chassis.config import Settings
from chassis.errors import RemoteRefusal
from chassis.messages import ALL_COMPANIES, Context
from chassis.rpc import Commands, RpcClient
from deploy.local import stack

_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
PASSWORD = "seven-geese-at-noon"


@dataclass
class Bed:
    """A running installation under `var`; `rpc` and `commands` reach its services.

    Read models are in files, whatever this shell is set up for (that is what the limits are for), unless `read_uri`
    names an empty database of PostgreSQL.
    """

    var: Path
    port: int
    read_uri: str = ""
    settings: Settings = field(init=False)
    rpc: RpcClient = field(init=False)
    commands: Commands = field(init=False)
    started: bool = field(init=False, default=False)
    has_trade: bool = field(init=False, default=False)

    def start(self) -> None:
        """Start everything with the demo company in it."""
        self.started = True  # also when it fails half-way: there is something to stop
        self.portico("up", "--detach")
        running = stack.load(self.var)
        if running is None:
            raise RuntimeError("the bench's installation did not start")
        self.settings = running.settings
        self.rpc = RpcClient(self.settings.amqp_uri, "bench")
        self.commands = Commands(self.rpc)

    def stop(self) -> None:
        """Stop it and remove its data."""
        if hasattr(self, "rpc"):
            self.rpc.stop()
        self.portico("down")
        shutil.rmtree(self.var, ignore_errors=True)

    def environment(self, **more: str) -> dict[str, str]:
        """The environment in which commands and processes find this installation."""
        found = {**self._own(), **more}
        running = stack.load(self.var)
        return found if running is None else {**found, **running.environment(), **more}

    def _own(self) -> dict[str, str]:
        reads = {"PORTICO_READ_URI": self.read_uri, "PORTICO_READ_ONLY_URI": ""}
        return {**os.environ, **reads, "PORTICO_VAR": str(self.var), "PORTICO_PORT": str(self.port)}

    def portico(self, *arguments: str) -> str:
        """Run a `portico` command on it; gives what it prints, raises with what it said when it fails."""
        done = subprocess.run(
            [sys.executable, "-m", "portico", *arguments], env=self._own(), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"portico {' '.join(arguments)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done.stdout

    @property
    def url(self) -> str:
        """Where its portal is."""
        return f"http://localhost:{self.settings.port}"

    def contact(self, company: str, email: str, permissions: list[str]) -> None:
        """Give a company a contact who can sign in with PASSWORD, if a run on a kept installation did not."""
        payload = {"for_company": company, "name": "Bench", "email": email, "permissions": permissions}
        try:
            made = self.commands.send("identity", "CreateContact", payload, self.context())
        except RemoteRefusal as refusal:
            if refusal.code == "EmailTaken":
                return
            raise
        invited = self.commands.send("identity", "InviteContact", {"contact_id": made["id"]}, self.context())
        accepted = {"token": invited["result"]["token"], "password": PASSWORD, "command_id": str(uuid4())}
        answer = self.rpc.call("identity", "accept_invitation", accepted)
        if answer["status"] != "done":
            raise RuntimeError(f"the bench's contact could not be made: {answer}")

    def context(self, company: str = ALL_COMPANIES, actor: str = "bench") -> Context:
        """A fresh command's context."""
        return Context(uuid4(), company, actor, "bench", uuid4().hex)

    def browser(self, email: str, password: str = PASSWORD) -> Browser:
        """Somebody signed in."""
        browser = Browser(self.url)
        browser.post("/login", {"email": email, "password": password})
        return browser


class Browser:
    """A session over HTTP: cookies kept, forms sent with their tokens."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._connection: http.client.HTTPConnection | None = None
        self._jar = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._jar))

    @property
    def cookie(self) -> str:
        """The Cookie header of its session."""
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._jar)

    def get(self, path: str) -> str:
        """A page's text."""
        with self._opener.open(self.url + path, timeout=30) as answer:
            return str(answer.read().decode())

    def post(self, path: str, values: dict[str, Any]) -> str:
        """Send the form of a page with its token; gives the page that follows."""
        page = self.get(path)
        return self.send(path, {**values, "csrf_token": token_of(page)})

    def place(self, values: dict[str, Any]) -> None:
        """Send the Order Pad's form, and do not follow where it leads: the POST alone is measured.

        On one connection that is kept, as a browser does.
        """
        if self._connection is None:
            parts = urllib.parse.urlsplit(self.url)
            self._connection = http.client.HTTPConnection(parts.hostname or "localhost", parts.port)
        connection = self._connection
        headers = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", "/order-pad", urllib.parse.urlencode(values), headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 302:
            raise RuntimeError(f"the order was not placed: {answer.status}")

    def send(self, path: str, values: dict[str, Any]) -> str:
        """Send values as they are."""
        body = urllib.parse.urlencode(values, doseq=True).encode()
        with self._opener.open(self.url + path, body, timeout=30) as answer:
            return str(answer.read().decode())


def token_of(page: str) -> str:
    """The page's anti-forgery token."""
    found = _TOKEN.search(page)
    if found is None:
        raise RuntimeError("the page has no form")
    return found[1]


class Watch(ABC):
    """Looks (`look`) four times a second while the block runs."""

    def __enter__(self) -> Self:
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(0.25):
            self.look()

    @abstractmethod
    def look(self) -> None:
        """One look."""


class Memory(Watch):
    """Peak resident memory of each of the installation's processes while it watches, in MB."""

    def __init__(self, bed: Bed) -> None:
        self.peaks: dict[str, float] = {}
        status = json.loads(bed.portico("status", "--json"))
        # Found once: to look for children costs a quarter of a core, which what is measured would miss.
        found = {one["name"]: psutil.Process(one["pid"]) for one in status["processes"] if one.get("pid")}
        self._families = {name: [process, *process.children(recursive=True)] for name, process in found.items()}

    def look(self) -> None:
        """Each process for itself: the limit is a process's. A name's figure is that of its largest."""
        for name, family in self._families.items():
            try:
                used = max(one.memory_info().rss for one in family) / 1e6
            except psutil.Error:
                continue
            self.peaks[name] = max(self.peaks.get(name, 0.0), used)


def wait_for(condition: Any, seconds: float, what: str) -> None:
    """Wait until the condition holds."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise RuntimeError(f"{what} did not come about in {seconds:.0f} s")
        time.sleep(0.02)
