"""Three RabbitMQ nodes on one machine, one cluster."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from deploy.local.problem import Problem
from tests.support.rabbit import RabbitNode
from tests.support.waiting import wait_until

VHOST = "portico"


class RabbitCluster:
    """Each node in a folder of its own; they share Erlang's name server and its cookie."""

    def __init__(self, folder: Path) -> None:
        first = RabbitNode(folder / "rabbit1", "rabbit1")
        self.nodes = {"rabbit1": first}
        for name in ("rabbit2", "rabbit3"):
            # Each writes the one user anew when it starts: with the same password.
            shutil.copytree(first.folder / "run", folder / name / "run")
            self.nodes[name] = RabbitNode(folder / name, name, first.epmd_port)

    @property
    def uri(self) -> str:
        """All nodes, as PORTICO_AMQP_URI takes them. They have the first one's user."""
        first = self._first()
        return ";".join(first.uri(VHOST).replace(f":{first.port}/", f":{one.port}/") for one in self.nodes.values())

    def start(self) -> None:
        """Start the nodes, make them one, and make the virtual host."""
        first = self._first()
        first.start()
        cookie = Path("rabbitmq/home/.erlang.cookie")
        for node in self._others():
            shutil.copy2(first.folder / cookie, node.folder / cookie)
            node.begin()
        for node in self._others():
            node.start()
            node.ctl("stop_app")
            node.ctl("join_cluster", "rabbit1@localhost")
            node.ctl("start_app")
        first.vhost(VHOST)

    def ctl(self, *arguments: str) -> str:
        """Run rabbitmqctl on the first node and return what it prints."""
        return self._first().ctl(*arguments)

    def back(self, name: str) -> None:
        """Start a node that was killed or ended, and wait until all three run as one."""
        self.nodes[name].start()
        wait_until(self._whole, 90, f"all nodes in the cluster; {name} was away")

    def stop(self) -> None:
        """End all."""
        for node in reversed(self.nodes.values()):
            node.stop()

    def _first(self) -> RabbitNode:
        return next(iter(self.nodes.values()))

    def _others(self) -> list[RabbitNode]:
        return list(self.nodes.values())[1:]

    def _whole(self) -> bool:
        try:
            said = json.loads(self._first().ctl("cluster_status", "--formatter", "json"))
        except Problem:  # it has only just begun to start
            return False
        return len(said["running_nodes"]) == len(self.nodes)
