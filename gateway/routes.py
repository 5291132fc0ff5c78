"""How a page comes into being: `Pages.page`, `.staff_page` or `.public_page` say who may see it, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from flask import Blueprint, Flask

from gateway.people import PERMISSIONS, STAFF_ROLES
from services.identity.contract import PORTAL_FEATURES

View = TypeVar("View", bound=Callable[..., Any])
_ACCESS = "portico_access"
_KIB = 1024
FORM_BYTES = 1024 * _KIB


@dataclass(frozen=True, slots=True)
class Feature:
    """What a page is to the frame. `title` and `group` are lazy texts; a page without a feature is in no menu.

    `group` puts it into the report menu under that category; `task_on` beside the pages of those tabs; `leads` makes it
    where the tab's own link goes; `quick` adds it to home's quick access. Lower `order` comes first.
    """

    title: Any
    icon: str = ""
    group: Any = None
    task_on: tuple[str, ...] = ()
    leads: bool = False
    quick: bool = False
    order: int = 50


@dataclass(frozen=True, slots=True)
class Access:
    """Who may see a page: anybody, a signed-in person with one of `needs`, or staff with one of `roles` (where both
    are named: these of staff, those of customers).

    `customers`: not for staff, who belong to no company. `secret`: its form is not kept when the session has ended,
    and who looks with this person's eyes does not see it. `of_session`: it changes nothing but the browser's own
    session, so they may send it.
    `part` is the feature whose switch the page goes with, where no permission does. `proof`: of a command, it is
    sent only by who proved lately who they are (proof.py). `personal`: of a page, what it shows of other people, so
    that who opens it is noted (looks.py).
    """

    public: bool = False
    customers: bool = False
    secret: bool = False
    of_session: bool = False
    needs: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    tab: str = ""
    feature: Feature | None = None
    path: str = ""
    max_body: int = FORM_BYTES
    part: str = ""
    proof: bool = False
    personal: str = ""

    def allows(self, permissions: frozenset[str], staff_roles: frozenset[str]) -> bool:
        """Whether somebody with these rights may see it."""
        if self.roles and (staff_roles or not self.needs):
            return bool(self.roles & staff_roles)
        if self.customers and staff_roles:
            return False
        return not self.needs or bool(self.needs & permissions)


def _names(given: str | tuple[str, ...] | None, known: tuple[str, ...]) -> frozenset[str]:
    names = frozenset() if given is None else frozenset((given,) if isinstance(given, str) else given)
    if not names <= set(known):
        raise ValueError(f"unknown: {sorted(names - set(known))}")
    return names


def _place(
    who: Access, tab: str, feature: Feature | None, rule: str, max_body: int, part: str, personal: str
) -> Access:
    if part not in ("", *PORTAL_FEATURES):
        raise ValueError(f"unknown: {part}")
    return replace(who, tab=tab, feature=feature, path=rule, max_body=max_body, part=part, personal=personal)


class Pages(Blueprint):
    """A group of pages. The endpoint of a page is `<group>.<function>`; its templates are in `templates/<group>/`."""

    def page(
        self,
        rule: str,
        *,
        needs: str | tuple[str, ...] | None = None,
        customers: bool = False,
        secret: bool = False,
        of_session: bool = False,
        tab: str = "",
        feature: Feature | None = None,
        methods: tuple[str, ...] = ("GET",),
        max_body: int = FORM_BYTES,
        part: str = "",
        personal: str = "",
    ) -> Callable[[View], View]:
        """A page for signed-in people who have `needs` (one of them when a tuple); see Access."""
        needed = _names(needs, PERMISSIONS)
        who = Access(customers=customers, secret=secret, of_session=of_session, needs=needed)
        return self._register(rule, methods, _place(who, tab, feature, rule, max_body, part, personal))

    def staff_page(
        self,
        rule: str,
        *,
        role: str | tuple[str, ...],
        tab: str = "",
        feature: Feature | None = None,
        methods: tuple[str, ...] = ("GET",),
        max_body: int = FORM_BYTES,
        part: str = "",
        personal: str = "",
    ) -> Callable[[View], View]:
        """A page for staff who have `role` (one of them when a tuple)."""
        who = Access(roles=_names(role, STAFF_ROLES))
        return self._register(rule, methods, _place(who, tab, feature, rule, max_body, part, personal))

    def public_page(self, rule: str, *, methods: tuple[str, ...] = ("GET",)) -> Callable[[View], View]:
        """A page for anybody, signed in or not."""
        return self._register(rule, methods, Access(public=True, path=rule))

    def _register(self, rule: str, methods: tuple[str, ...], access: Access) -> Callable[[View], View]:
        def decorate(view: View) -> View:
            setattr(view, _ACCESS, access)
            super(Pages, self).add_url_rule(rule, view.__name__, view, methods=list(methods))
            return view

        return decorate

    def add_url_rule(self, rule: str, *args: Any, **options: Any) -> None:
        """Not for pages: it would say nothing about who may see them."""
        raise TypeError(f"register {rule} by page, staff_page or public_page")


def access_table(app: Flask) -> dict[str, Access]:
    """Endpoint → access of every route; raises when a route came in any other way."""
    table = {}
    for rule in app.url_map.iter_rules():
        access = getattr(app.view_functions[rule.endpoint], _ACCESS, None)
        if access is None:
            raise TypeError(f"{rule.rule} does not say who may see it")
        table[rule.endpoint] = access
    return table
