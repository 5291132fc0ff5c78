"""What the start page is made of: subjects register a section each, cached as a fragment.

@section("money.balance", models=("payments.balance_v2",), needs="see_balance", place="top", order=10)
def balance(scope: Scope) -> str: …
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from markupsafe import Markup

from gateway.access import Scope
from gateway.fragments import fragment
from gateway.people import MEMBERSHIPS_MODEL, PEOPLE_MODEL, ROLES_MODEL
from gateway.portal import FEATURES_MODEL, PORTAL_MODEL, switched_off


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the start page; `needs` empty is for every customer, `roles` for staff who have one of them."""

    show: Callable[[Scope], Markup]
    place: str
    order: int
    needs: str
    roles: frozenset[str]
    models: tuple[str, ...]
    part: str = ""

    def is_for(self, permissions: frozenset[str], roles: frozenset[str]) -> bool:
        """Whether somebody with these rights gets it."""
        if roles:
            return bool(self.roles & roles)
        return not self.roles and (not self.needs or self.needs in permissions)


_SECTIONS: dict[str, Section] = {}


def section(
    name: str,
    *,
    models: tuple[str, ...],
    needs: str = "",
    role: str | tuple[str, ...] = (),
    place: str = "tables",
    order: int = 50,
    personal: bool = False,
    part: str = "",
) -> Callable[[Callable[[Scope], str]], Callable[[Scope], Markup]]:
    """Register a section: `place` "top" (balance, things to do) or "tables" (the at-a-glance five).

    `role` (one of them when a tuple) makes it a part of staff's start page; `part` is the feature it goes with.
    """
    if place not in ("top", "tables"):
        raise ValueError(place)

    def decorate(render: Callable[[Scope], str]) -> Callable[[Scope], Markup]:
        show = fragment(f"home.{name}", models=models, personal=personal)(render)
        roles = frozenset((role,) if isinstance(role, str) else role)
        _SECTIONS[name] = Section(show, place, order, needs, roles, models, part)
        _mine.cache_clear()
        models_of.cache_clear()
        return show

    return decorate


@lru_cache(maxsize=256)
def _mine(permissions: frozenset[str], roles: frozenset[str]) -> tuple[Section, ...]:
    mine = (one for one in _SECTIONS.values() if one.is_for(permissions, roles))
    return tuple(sorted(mine, key=lambda one: one.order))


def sections_for(scope: Scope) -> tuple[list[Markup], list[Markup]]:
    """The sections of this person, rendered: those on top, then the tables."""
    off = switched_off(scope.visit.reads)
    mine = [one for one in _mine(scope.permissions, scope.staff_roles) if one.part not in off]
    return [one.show(scope) for one in mine if one.place == "top"], [
        one.show(scope) for one in mine if one.place == "tables"
    ]


@lru_cache(maxsize=256)
def models_of(permissions: frozenset[str], roles: frozenset[str]) -> tuple[str, ...]:
    """All read models that the start page of somebody with these rights shows; and those that menus go by."""
    shown = (model for one in _mine(permissions, roles) for model in one.models)
    menus = (PEOPLE_MODEL, ROLES_MODEL, MEMBERSHIPS_MODEL, PORTAL_MODEL, FEATURES_MODEL)
    return tuple(dict.fromkeys((*menus, *shown)))
