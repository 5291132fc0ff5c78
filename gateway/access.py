"""The one place where what is read and what is sent is bound to the session's company and person.

A page gets its `Scope` by `current_scope()`. It reads declared queries and sends commands through it; neither can name
a company, branch or actor of its own choosing.
"""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

import orjson
from flask import g

from chassis.errors import Invalid, NotAllowed, NotFound, PorticoError
from chassis.messages import Context
from gateway import portal
from gateway.commands import SENT_BY_PAGES
from gateway.models import MODELS, checked
from gateway.people import VIEWING, Person
from gateway.queries import BOUND_BY_SCOPE, Query, StaffQuery, Statement
from gateway.refusals import translated
from gateway.websession import WebSession

if TYPE_CHECKING:
    from gateway.parts import Parts

CHANNEL = "portal"
DEADLINE = timedelta(seconds=10)
_NOT_IN_PAYLOAD = frozenset({"actor", "actor_id", "channel", "context", "correlation_id", "command_id"})
_STAFF_BOUND = frozenset({"contact", "today"})
_WAIT_SECONDS, _POLL_SECONDS, _FORGET_SECONDS = 1.0, 0.005, 120


class ProofWanted(PorticoError):
    """The last proof of who somebody is is too old for this; answered by a question for it (proof.py)."""

    http = 403


class CommandBus(Protocol):
    """The port of `chassis.rpc.Commands`."""

    def send(self, service: str, name: str, payload: dict[str, Any], context: Context) -> dict[str, Any]:
        """The reply of a done command; raises what the service refused with."""


def remember(web: WebSession, models: tuple[str, ...], position: int) -> None:
    """Keep in the session that these models are to show the store up to `position`; ValueError for an unknown one."""
    checked(models)
    until = int(time.time()) + _FORGET_SECONDS
    waits = web.get("waits", {})
    # What is sent once more is answered with the position it had the first time.
    web["waits"] = waits | {model: max([position, until], waits.get(model, [])) for model in models}


class Visit:
    """What one request has read and is waiting for."""

    def __init__(self, ground: Parts, web: WebSession) -> None:
        self.ground = ground
        self.fragments = ground.fragments
        self.reads = ground.reads
        self.commands = ground.commands
        self.web = web
        self.pending = False
        self.gaps = 0  # parts that said "not ready yet"
        self.watched: set[str] = set()
        self._patience = _WAIT_SECONDS
        self._versions: dict[str, int] | None = None

    def rows(self, statement: Statement, values: Mapping[str, Any]) -> list[Any]:
        """Rows of a statement, after what this session wrote to its services has arrived (at most 1 s)."""
        self.settle(statement.services)
        self.watched.update(statement.services)
        return self.reads.rows(statement.sql, values)

    def versions(self, company: str) -> dict[str, int]:
        """The versions this request's reads are of: same transaction."""
        if self._versions is None:
            self._versions = self.reads.versions(company)
        return self._versions

    def settle(self, services: Iterable[str]) -> None:
        """Wait until the models of these services show this session's own writes; else the visit is `pending`."""
        waits: dict[str, list[int]] | None = self.web.get("waits")
        if not waits:
            return
        left = dict(waits)
        for model, (position, until) in waits.items():
            if until < time.time() or model not in MODELS:  # another release of the gateway waited for it
                del left[model]
            elif model.partition(".")[0] in services:
                if self._reaches(model, position):
                    del left[model]
                else:
                    self.pending = True
        if len(left) != len(waits):
            self.web["waits"] = left

    def _reaches(self, model: str, position: int) -> bool:
        while not self.reads.has_reached(model, position):
            if self._patience <= 0:
                return False
            self.reads.end()
            self._versions = None
            time.sleep(_POLL_SECONDS)
            self._patience -= _POLL_SECONDS
        return True


@dataclass(frozen=True, slots=True)
class Scope:
    """Who asks, and what they may see. `branches` is what rows are limited to, None for all of them;
    `own_branches` are those the person may choose from.

    `company` is `ALL_COMPANIES` for staff. `today` is the business date in the portal's time zone.
    """

    contact_id: str
    name: str
    email: str
    company: str
    company_name: str
    currency: str
    branch: str | None
    branches: tuple[str, ...] | None
    own_branches: tuple[str, ...] | None
    permissions: frozenset[str]
    staff_roles: frozenset[str]
    session_id: str
    language: str
    correlation_id: str
    today: date
    visit: Visit = field(repr=False, compare=False)
    audience: tuple[Hashable, ...] = field(repr=False, default=())
    """What decides how shared things look to this person: with equal audiences, two people see the same."""
    companies: tuple[tuple[str, str], ...] = ()
    """Code and name of the companies this person can choose from; none where there is no choice."""
    viewer: Scope | None = field(repr=False, compare=False, default=None)
    """The own scope of the member of staff who looks with this person's eyes, and changes nothing by it."""

    @property
    def is_staff(self) -> bool:
        """Whether this is one of the supplier's people."""
        return bool(self.staff_roles)

    def can(self, permission: str) -> bool:
        """Whether the contact has the permission; for menus and buttons, queries and routes check by themselves."""
        return permission in self.permissions

    def rows(self, query: Query | StaffQuery, **params: Any) -> list[Any]:
        """The rows of a declared query as named tuples.

        Raises NotAllowed without the query's permission or role, NotReady while its tables are not built.
        """
        return self.visit.rows(query, self._bound(query, params))

    def each(self, query: Query, **params: Any) -> Iterator[Any]:
        """As `rows`, a few in memory at a time: for lists of any length."""
        values = self._bound(query, params)
        self.visit.settle(query.services)
        return self.visit.reads.each(query.sql, values)

    def row(self, query: Query | StaffQuery, **params: Any) -> Any | None:
        """The first row, or None."""
        found = self.rows(query, **params)
        return found[0] if found else None

    def one(self, query: Query | StaffQuery, **params: Any) -> Any:
        """The first row; raises NotFound, which is the same page for what is not there and what is another's."""
        found = self.rows(query, **params)
        if not found:
            raise NotFound("There is no such page, or it is not yours to see.")
        return found[0]

    def command(
        self,
        service: str,
        name: str,
        payload: Mapping[str, Any],
        command_id: UUID | str,
        *,
        shows: tuple[str, ...],
        for_company: str | None = None,
    ) -> dict[str, Any]:
        """Send a command and give its reply (`id`, `stream`, `revision`, `position`, `repeated`).

        `shows` names the read models ("orders.orders_v2") that will show what it did: this session's next reads of
        their services wait for it. `for_company` is the company that staff act for; a contact's is always their own.
        Raises NotAllowed unless this person may send it (gateway/commands.py), ProofWanted.
        """
        refuse_viewers(self)
        self._check_payload(payload)
        checked(shows)
        access = SENT_BY_PAGES.get(f"{service}.{name}")
        if access is None:
            raise TypeError(f"{service}.{name}: gateway/commands.py does not say who may send it")
        if not access.allows(self.permissions, self.staff_roles):
            raise NotAllowed("Your account does not include this. Your administrator can add it.")
        if access.part and access.part in portal.switched_off(self.visit.reads):
            raise NotAllowed(portal.SWITCHED_OFF)
        if access.proof and not self.visit.web.proven:
            raise ProofWanted("Please prove once more that it is you.")
        if for_company is not None and not self.is_staff:
            raise NotAllowed("You can act for your own company only.")
        context = Context(
            command_id=_uuid(command_id),
            company=for_company or self.company,
            actor=self.contact_id,
            channel=CHANNEL,
            correlation_id=self.correlation_id,
            deadline=datetime.now(UTC) + DEADLINE,
        )
        # No read transaction is held while the service works.
        self.visit.reads.end()
        with translated():
            reply = self.visit.commands.send(service, name, dict(payload), context)
        remember(self.visit.web, shows, int(reply["position"]))
        return reply

    def settle(self, *services: str) -> None:
        """Wait (at most 1 s a request) until these services' models show what this session wrote."""
        self.visit.settle(services)

    def versions(self) -> dict[str, int]:
        """`service.model` → position of the last change this scope can see."""
        return self.visit.versions(self.company)

    def _bound(self, query: Query | StaffQuery, params: dict[str, Any]) -> dict[str, Any]:
        own = _STAFF_BOUND if isinstance(query, StaffQuery) else BOUND_BY_SCOPE
        chosen = own & params.keys()
        if chosen:
            raise TypeError(f"{query.name}: {', '.join(sorted(chosen))} is bound by the scope")
        values = {**params, "contact": self.contact_id, "today": self.today.isoformat()}
        if isinstance(query, StaffQuery):
            if not self.staff_roles & set(query.role):
                raise NotAllowed("This is for staff with another role.")
            return values
        if query.needs and query.needs not in self.permissions:
            raise NotAllowed("Your account does not include this. Your administrator can add it.")
        values["company"] = self.company
        values["branches"] = None if self.branches is None else orjson.dumps(self.branches).decode()
        return values

    def _check_payload(self, payload: Mapping[str, Any]) -> None:
        forbidden = _NOT_IN_PAYLOAD if self.is_staff else _NOT_IN_PAYLOAD | {"company"}
        found = forbidden & payload.keys()
        if found:
            raise TypeError(f"a payload cannot carry {', '.join(sorted(found))}: the session decides")


def refuse_viewers(scope: Scope | None) -> None:
    """Raise NotAllowed where staff look with another's eyes: whatever is asked, nothing is changed by it."""
    if scope is not None and scope.viewer is not None:
        raise NotAllowed("You are looking at the portal as somebody else sees it: nothing can be changed.")


def scope_of(
    person: Person, visit: Visit, language: str, correlation_id: str, today: date, viewer: Scope | None = None
) -> Scope:
    """The scope of a signed-in person in this request, or of whom `viewer` looks as.

    The session's branch, or the one that the viewer chose, counts only while it is one of theirs, in the company that
    it was chosen in: who is taken out of that stands in another.
    """
    record = visit.web.record
    assert record is not None
    chosen = record.branch if record.company == person.company else None
    if viewer is not None:
        chosen = visit.web[VIEWING].get("branch")
    scope = scope_beside(person, visit, chosen, language, correlation_id, today, record.id)
    return scope if viewer is None else replace(scope, viewer=viewer)


def scope_beside(
    person: Person,
    visit: Visit,
    chosen: str | None,
    language: str,
    correlation_id: str,
    today: date,
    session_id: str = "",
) -> Scope:
    """What a person may see as things stand, in the branch they chose (None: in all of theirs); also without a page."""
    branch = chosen if person.branches is None or chosen in person.branches else None
    branches = person.branches if branch is None else (branch,)
    rights = person.permissions, person.staff_roles
    return Scope(
        contact_id=person.contact_id,
        name=person.name,
        email=person.email,
        company=person.company,
        company_name=person.company_name,
        currency=person.currency,
        branch=branch,
        branches=branches,
        own_branches=person.branches,
        permissions=person.permissions,
        staff_roles=person.staff_roles,
        session_id=session_id,
        language=language,
        correlation_id=correlation_id,
        today=today,
        visit=visit,
        audience=(person.company, branches, person.branches, *rights, language, person.currency, today),
        companies=person.companies,
    )


def current_scope() -> Scope:
    """The scope of the request at hand; there is one on every page but public ones."""
    scope: Scope = g.scope
    return scope


def _uuid(given: UUID | str) -> UUID:
    try:
        return given if isinstance(given, UUID) else UUID(given)
    except ValueError:
        raise Invalid("This form has lost its number. Please open it again.", fields={}) from None
