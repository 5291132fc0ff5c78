"""The home page, against the same bytes out of memory."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import median

from gateway.config import GatewaySettings
from portico.bench.bed import Bed, wait_for
from portico.bench.load import Load, measure
from portico.bench.table import Row, milliseconds
from services.identity.contract import PERMISSIONS

ROUNDS = 5


def home_rows(bed: Bed) -> list[Row]:
    """Requests a second of the home page of company 14911, with the fragments kept and with none.

    Rounds that follow one another, and their median: a machine is not the same a minute later.
    """
    bed.contact("14911", "home@bench.example", list(PERMISSIONS))
    browser = bed.browser("home@bench.example")
    page = browser.get("/")
    with _flat(bed, page) as flat, another_gateway(bed, PORTICO_FRAGMENT_CHARS="0") as plain:
        rounds = [
            (measure(flat), measure(bed.url + "/", browser.cookie), measure(plain + "/", browser.cookie))
            for _ in range(ROUNDS)
        ]
    limit, kept, fresh = map(_middle, zip(*rounds, strict=True))
    return [
        _home("home page, fragments from cache", kept, limit, 0.6),
        _home("home page, nothing cached", fresh, limit, 0.25),
        Row("home page, 99 of 100 within", milliseconds(kept.p99), goal="≤ 60 ms", met=kept.p99 <= 0.06),
    ]


def _middle(loads: Sequence[Load]) -> Load:
    """The median of each figure."""
    return Load(*(median(getattr(load, name) for load in loads) for name in ("per_second", "p50", "p99")))


def _home(what: str, load: Load, limit: Load, goal: float) -> Row:
    ratio = load.per_second / limit.per_second
    figure = f"{load.per_second:,.0f}/s, p50 {milliseconds(load.p50)}, p99 {milliseconds(load.p99)}"
    said = f"same bytes from memory: {limit.per_second:,.0f}/s"
    return Row(what, figure, said, f"{ratio:.2f}", f"≥ {goal}", ratio >= goal)


@contextmanager
def _flat(bed: Bed, page: str) -> Iterator[str]:
    body = bed.var / "bench-body.html"
    body.write_text(page, encoding="utf-8")
    port = bed.port + 7
    gateway = GatewaySettings.from_env()
    command = ["gunicorn", "-k", "gthread", "-w", str(gateway.workers), "--threads", str(gateway.threads)]
    command += ["-b", f"127.0.0.1:{port}", "--no-control-socket"]
    command += ["--worker-tmp-dir", str(bed.var), "--log-level", "error", "portico.bench.flat:app"]
    with _process(
        [sys.executable, "-m", *command], {"PORTICO_BENCH_BODY": str(body)}, f"http://127.0.0.1:{port}/"
    ) as url:
        yield url


@contextmanager
def another_gateway(bed: Bed, **environment: str) -> Iterator[str]:
    """Another gateway on the same data."""
    port = bed.port + 8
    own = bed.environment(PORTICO_PORT=str(port), PORTICO_ADMIN_PORT="0", **environment)
    with _process([sys.executable, "-m", "portico", "gateway"], own, f"http://localhost:{port}/login") as url:
        yield url.removesuffix("/login")


@contextmanager
def _process(command: list[str], environment: dict[str, str], url: str) -> Iterator[str]:
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(lambda: _answers(url), 20, f"{command[2]} at {url}")
        yield url
    finally:
        process.terminate()
        process.wait(15)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1):
            return True
    except (urllib.error.URLError, OSError):
        return False
