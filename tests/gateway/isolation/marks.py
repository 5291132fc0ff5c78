"""Marks: texts and amounts that stand in one company's, branch's or person's data and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from uuid import uuid4

ALL_BRANCHES = "(all branches)"
"""The branch of what only they may see who see every branch of the company: sums over all of them."""
COMPANIES = {"alder": "ZQALDER", "birch": "ZQBIRCH"}
BRANCHES = {"north": ("alder", "ZQ-NORD"), "south": ("alder", "ZQ-SUED"), "east": ("birch", "ZQ-OST")}


@dataclass(frozen=True, slots=True)
class Mark:
    """A text by which a piece of data is known, and who may see it.

    `needs`: a contact of the company has one of these permissions, none named: every one. `only`: that address alone.
    `own_admin`: who manages the contacts of these companies sees it. `roles`: staff with one of these roles.
    `forms`: how it may be written.
    """

    holder: str
    field: str
    forms: tuple[str, ...]
    company: str
    branch: str | None
    needs: frozenset[str]
    roles: frozenset[str]
    only: str
    own_admin: frozenset[str] = frozenset()

    def stands_in(self, text: str) -> bool:
        """Whether it can be read there."""
        return any(form in text for form in self.forms)


class Marks:
    """All marks of a world, by who holds them (a company or a branch) and what they mark."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str], Mark] = {}
        self._amounts = 0

    def __iter__(self) -> Iterator[Mark]:
        return iter(self._made.values())

    def of(self, holder: str, field: str) -> Mark:
        """The mark made of this name."""
        return self._made[holder, field]

    def put(
        self,
        holder: str,
        field: str,
        text: str,
        *more: str,
        needs: Iterable[str] = (),
        roles: Iterable[str] = (),
        only: str = "",
        branch: str | None = None,
        own_admin: Iterable[str] = (),
    ) -> str:
        """Make a mark of a text that is there already; gives the text."""
        owner, of_branch = (holder, branch) if holder in COMPANIES else BRANCHES[holder]
        forms = (text, *more)
        for other in self._made.values():
            for form in forms:
                assert not any(form in one or one in form for one in other.forms), (form, other)
        self._made[holder, field] = Mark(
            holder,
            field,
            forms,
            COMPANIES[owner],
            of_branch,
            frozenset(needs),
            frozenset(roles),
            only,
            frozenset(own_admin),
        )
        return text

    def text(self, holder: str, field: str, **seen: object) -> str:
        """A new text, like `ZqNorth-invoice-note`."""
        made = f"Zq{holder.title()}-{field.replace('.', '-')}"
        return self.put(holder, field, f"{made}~", **seen)  # type: ignore[arg-type]

    def number(self, holder: str, field: str, **seen: object) -> str:
        """A new number of a document, like `ZQ-NORTH-INVOICE-0`: as the ERP writes them."""
        return self.put(holder, field, number_of(holder, field), **seen)  # type: ignore[arg-type]

    def amount(self, holder: str, field: str, **seen: object) -> Decimal:
        """A new amount; none is a part of another."""
        self._amounts += 1
        found = Decimal(1_000_000 + 7919 * self._amounts**2) + Decimal(self._amounts * 37 % 100) / 100
        return self.sum(holder, field, found, **seen)

    def sum(self, holder: str, field: str, found: Decimal, **seen: object) -> Decimal:
        """A mark of an amount that follows from others."""
        self.put(holder, field, f"{found:,.2f}", f"{found:.2f}", str(int(found * 100)), **seen)  # type: ignore[arg-type]
        return found


def number_of(holder: str, field: str) -> str:
    """The number that is made of this name."""
    return f"ZQ-{holder}-{field.replace('.', '-')}-0".upper()


def own_details(marks: Marks, name: str, company: str) -> dict[str, str]:
    """What a visitor of this name may call themselves, still by their marks; somebody of no company: nobody."""
    if name == "nobody":
        return {"own_name": "Nobody", "own_phone": ""}
    holder = "birch" if company == COMPANIES["birch"] else "alder"
    called, phone = (marks.of(holder, f"{one}.{name}").forms[0] for one in ("name", "phone"))
    return {"own_name": called, "own_phone": f"{phone} {uuid4().hex[:8]}"}
