"""The one table of processes: what `up` starts, in which order `down` stops it, what `status` shows."""

from __future__ import annotations

from dataclasses import dataclass

from chassis.config import SERVICES


@dataclass(frozen=True, slots=True)
class Process:
    """One supervised process. Groups stop one after the other, the highest `order` first; in a group all at once."""

    name: str
    group: str
    order: int
    command: tuple[str, ...]
    """Arguments of `portico`; empty for the parts of the broker, which are not ours."""

    @property
    def admin_key(self) -> str | None:
        """The name under which ports.json keeps the port of its /readyz, /metrics and /status."""
        return f"{self.name}.admin" if self.command else None


EPMD = Process("epmd", "epmd", 1, ())
"""Erlang's name server. Ours is a process of its own, because one that the broker starts outlives it."""
BROKER = Process("broker", "broker", 2, ())
STORE = Process("store", "store", 3, ("store",))
GATEWAY = Process("gateway", "web", 5, ("gateway",))
LIVE = Process("live", "web", 5, ("live",))
DEMO_ERP = Process("demo-erp", "services", 4, ("demo-erp",))
"""Answers the demo company's orders as an ERP would; runs only where the demo company is."""

PROCESSES: tuple[Process, ...] = (
    EPMD,
    BROKER,
    STORE,
    *(Process(f"{name}-service", "services", 4, ("service", name)) for name in SERVICES),
    *(Process(f"{name}-worker", "services", 4, ("worker", name)) for name in SERVICES),
    DEMO_ERP,
    GATEWAY,
    LIVE,
)


def chosen(own_broker: bool, own_store: bool, demo: bool) -> tuple[Process, ...]:
    """The processes of an installation; a configured broker or store is not ours to start."""
    left_out = ({EPMD, BROKER} if not own_broker else set()) | ({STORE} if not own_store else set())
    left_out |= set() if demo else {DEMO_ERP}
    return tuple(process for process in PROCESSES if process not in left_out)
