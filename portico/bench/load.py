"""A client that asks for one address over and over on kept connections, from a process of its own.

Run as `python -m portico.bench.load URL CLIENTS SECONDS`, with the cookie in PORTICO_BENCH_COOKIE; prints JSON
`{"seconds", "latencies"}` of the requests that were answered with 200.
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from portico.bench.table import percentile

_WARM_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Load:
    """What a load came to; latencies in seconds."""

    per_second: float
    p50: float
    p99: float


def measure(url: str, cookie: str = "", clients: int = 8, seconds: float = 3.0) -> Load:
    """Load an address from another process; raises when any answer was not 200."""
    done = subprocess.run(
        [sys.executable, "-m", "portico.bench.load", url, str(clients), str(seconds)],
        env={**os.environ, "PORTICO_BENCH_COOKIE": cookie},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"loading {url} failed: {done.stderr[-500:]}")
    found = json.loads(done.stdout)
    latencies = found["latencies"]
    return Load(len(latencies) / found["seconds"], percentile(latencies, 0.5), percentile(latencies, 0.99))


def _client(url: str, cookie: str, until: float, latencies: list[float], faults: list[str]) -> None:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "localhost", parts.port)
    path = parts.path + ("?" + parts.query if parts.query else "")
    headers = {"Cookie": cookie} if cookie else {}
    try:
        while (started := time.perf_counter()) < until:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                faults.append(f"{url} answered {answer.status}")
                return
            latencies.append(time.perf_counter() - started)
    except OSError as error:
        faults.append(f"{url}: {error}")


def _all_clients(url: str, clients: int, cookie: str, seconds: float, faults: list[str]) -> list[float]:
    latencies: list[list[float]] = [[] for _ in range(clients)]
    until = time.perf_counter() + seconds
    threads = [threading.Thread(target=_client, args=(url, cookie, until, own, faults)) for own in latencies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [one for each in latencies for one in each]


def main() -> None:
    """Load the address named on the command line."""
    url, clients, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    cookie = os.environ.get("PORTICO_BENCH_COOKIE", "")
    faults: list[str] = []
    # Every worker has to have answered before anything is measured.
    _all_clients(url, clients, cookie, _WARM_SECONDS, faults)
    started = time.perf_counter()
    latencies = _all_clients(url, clients, cookie, seconds, faults)
    if faults:
        sys.exit(faults[0])
    print(json.dumps({"seconds": time.perf_counter() - started, "latencies": latencies}))


if __name__ == "__main__":
    main()
