"""How a route of the table is asked, and what must stand in the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.gateway.isolation.people import Visitor
    from tests.gateway.isolation.world import World

Form = Callable[["World", "Visitor"], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Asked:
    """How a route of the table is asked.

    `path` with the names of the world's things in braces; `absent` the same of what is not there. `shows` are the
    fields of marks that must stand in the answer: to each group of visitors, all those that are theirs (of `holders`
    alone where they are named). `sends` are the commands it leads to. `shares` may stand in it for whoever asks.
    `throwaway`: in a session of its own, which it ends or begins. `previews`: sent once to see what it changes, and
    then to save that.
    """

    path: str = ""
    absent: str = ""
    shows: Mapping[str, str] = field(default_factory=dict)
    holders: tuple[str, ...] = ()
    form: Form | None = None
    sends: tuple[str, ...] = ()
    shares: tuple[str, ...] = ()
    throwaway: bool = False
    previews: bool = False


CUSTOMERS = "owner twin whole south east plain lapsed both"
AGENT, ADMIN, ERP, OPER = "agent", "admin", "erp", "oper"


def shown(fields: str, to: str = CUSTOMERS) -> dict[str, str]:
    """Those fields, to each of those visitors."""
    return dict.fromkeys(to.split(), fields)
