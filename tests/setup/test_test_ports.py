"""The ports that tests take: a test's server never finds another's on the port it was given."""

import os
import subprocess
import sys

TAKE = "from tests.support.ports import free_port; print(*(free_port() for _ in range(1000)))"


def test_no_port_is_handed_out_twice_to_a_worker_or_to_two() -> None:
    taken: list[str] = []
    for worker in ("gw0", "gw1"):
        environment = {**os.environ, "PYTEST_XDIST_WORKER": worker, "PYTEST_XDIST_WORKER_COUNT": "2"}
        taken += subprocess.check_output([sys.executable, "-c", TAKE], env=environment, text=True).split()
    assert len(set(taken)) == 2000
