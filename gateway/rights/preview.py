"""What a change of rights alters, in plain words, with counts by the very queries of the reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from chassis.errors import NotAllowed
from gateway.access import Scope
from gateway.formats import as_date, as_number
from gateway.people import CONTACTS, MEMBERSHIPS, definitions, licensed
from gateway.queries import Query, StaffQuery
from gateway.reads import NotReady
from gateway.reports.account import AGEING
from gateway.reports.filter import Filter
from gateway.reports.kinds import KINDS, QUOTATIONS, SUMS, Kind
from gateway.reports.reading import sums_parameters
from gateway.rights.given import Definitions, Rights
from gateway.rights.names import PERMISSION_NAMES, named

ADMIN, OWN_ADMIN = "portal_admin", "company_admin"
_FEW = 5
_CASES = Query(
    "rights.cases", "SELECT COUNT(*) AS count FROM cases.case_list_v2 c WHERE c.company = :company", needs="open_cases"
)
_HOLDERS = StaffQuery(
    "rights.holders",
    f"""SELECT p.contact_id, p.company, p.name, p.permissions, p.branches, p.roles, p.ends, p.name_key
        FROM {CONTACTS} p WHERE p.roles LIKE :like AND p.status <> 'erased'
        UNION ALL SELECT s.contact_id, s.company, p.name, s.permissions, s.branches, s.roles, s.ends, p.name_key
        FROM {MEMBERSHIPS} s JOIN {CONTACTS} p ON p.contact_id = s.contact_id
        WHERE s.roles LIKE :like AND p.status <> 'erased' ORDER BY name_key, contact_id, company""",
    role=ADMIN,
)


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that changes. `tone`: more, less or other."""

    tone: str
    text: str


class _Eyes:
    """Reads as a contact with these rights would, and does nothing else."""

    def __init__(
        self, scope: Scope, company: str, permissions: frozenset[str], branches: tuple[str, ...] | None
    ) -> None:
        of_own = scope.can(OWN_ADMIN) and company == scope.company
        if ADMIN not in scope.staff_roles and not of_own:
            raise NotAllowed("Only an admin sees what others would see.")
        self._counts = frozenset(PERMISSION_NAMES) if scope.is_staff else scope.permissions
        if not _all_theirs(scope, branches):
            self._counts = frozenset()
        self.permissions, self.branches = permissions, branches
        self._scope = replace(
            scope, company=company, permissions=permissions, branches=branches, staff_roles=frozenset()
        )

    def may_count(self, permission: str) -> bool:
        """Whether the one who asks may know how much the permission shows: what they see themselves."""
        return permission in self._counts

    def rows(self, query: Query, **values: Any) -> list[Any]:
        """What the query shows them; nothing where it is not allowed."""
        try:
            return self._scope.rows(query, **values)
        except NotAllowed:
            return []


def _all_theirs(scope: Scope, branches: tuple[str, ...] | None) -> bool:
    """Whether somebody who sees these branches sees no more of them than the admin who asks."""
    own = scope.own_branches
    return scope.is_staff or own is None or (branches is not None and set(branches) <= set(own))


def _documents(kind: Kind) -> Callable[[_Eyes], int]:
    return lambda eyes: sum(row.count for row in eyes.rows(SUMS[kind.kind, ""], **sums_parameters(kind, Filter())))


_COUNTS: dict[str, Callable[[_Eyes], int]] = {
    "see_balance": lambda eyes: sum(row.items for row in eyes.rows(AGEING)),
    # Of several kinds that go by one permission, the one that it is called after.
    **{kind.needs: _documents(kind) for kind in KINDS.values() if kind is not QUOTATIONS},
    "open_cases": lambda eyes: sum(row.count for row in eyes.rows(_CASES)),
}
"""Permission → how many things it shows."""
_BY_BRANCH = frozenset(_COUNTS) - {"open_cases"}


def _things(permission: str, count: int) -> str:
    shown = as_number(count)
    match permission:
        case "see_balance":
            return ngettext("%(shown)s open item", "%(shown)s open items", count, shown=shown)
        case "report_orders":
            return ngettext("%(shown)s order", "%(shown)s orders", count, shown=shown)
        case "report_invoices":
            return ngettext("%(shown)s invoice", "%(shown)s invoices", count, shown=shown)
        case "report_payments":
            return ngettext("%(shown)s payment", "%(shown)s payments", count, shown=shown)
        case "report_deliveries":
            return ngettext("%(shown)s delivery", "%(shown)s deliveries", count, shown=shown)
        case "report_credit_memos":
            return ngettext("%(shown)s credit memo", "%(shown)s credit memos", count, shown=shown)
        case _:
            return ngettext("%(shown)s support case", "%(shown)s support cases", count, shown=shown)


def contact_changes(
    scope: Scope, company: str, before: Rights, after: Rights, branches: Mapping[str, str], roles: Mapping[str, str]
) -> list[Line]:
    """What the contact could do and see today, and will. `branches` and `roles` are the names of those there are."""
    known = definitions(scope.visit.reads)
    now, then = (_eyes(scope, company, rights, known) for rights in (before, after))
    seen = [line for permission in PERMISSION_NAMES for line in _seen(permission, now, then, branches)]
    given = [*_roles(before, after, roles, scope), *_ends(before, after, roles)]
    told = _BY_BRANCH & (now.permissions | then.permissions)
    if before.branches != after.branches and then.permissions and not told:
        # Nothing that is counted by branch says so; the limit holds for orders and for what is given later, too.
        was, will = (_place(one.branches, branches) or _("of all branches") for one in (before, after))
        given.append(Line("other", _("What they may do was %(before)s; will be %(after)s.", before=was, after=will)))
    return [*seen, *given, *_unlicensed(then, after, known, scope)]


def _eyes(scope: Scope, company: str, rights: Rights, known: Definitions) -> _Eyes:
    permissions = rights.effective(known, scope.today)
    return _Eyes(scope, company, licensed(scope.visit.reads, company, permissions), rights.branches)


def _seen(permission: str, now: _Eyes, then: _Eyes, branches: Mapping[str, str]) -> Iterator[Line]:
    had, has = permission in now.permissions, permission in then.permissions
    name = str(PERMISSION_NAMES[permission])
    if permission not in _COUNTS:
        if has and not had:
            yield Line("more", _("Will be able to: %(what)s.", what=name))
        if had and not has:
            yield Line("less", _("Will no longer be able to: %(what)s.", what=name))
    elif has and not had:
        what = _what(permission, then, branches)
        yield Line("more", _("%(name)s: will see %(what)s; sees none now.", name=name, what=what))
    elif had and not has:
        what = _what(permission, now, branches)
        yield Line("less", _("%(name)s: could see %(what)s; will see none.", name=name, what=what))
    elif had and permission in _BY_BRANCH and now.branches != then.branches:
        what, after = (_what(permission, eyes, branches) for eyes in (now, then))
        said = _("%(name)s: could see %(what)s; will see %(after)s.", name=name, what=what, after=after)
        yield Line("less" if then.branches is not None else "more", said)


def _what(permission: str, eyes: _Eyes, branches: Mapping[str, str]) -> str:
    place = _place(eyes.branches, branches) if permission in _BY_BRANCH else ""
    try:
        if not eyes.may_count(permission):
            return _("what there is")
        things = _things(permission, _COUNTS[permission](eyes))
    except NotReady:  # nobody has to wait with taking a permission away
        things = _("what there is (it cannot be counted at the moment)")
    return f"{things} {place}".strip()


def _place(chosen: Iterable[str] | None, names: Mapping[str, str]) -> str:
    if chosen is None:
        return _("of all branches") if names else ""
    known = [names.get(one, one) for one in chosen]
    listed = ", ".join(known[:_FEW])
    if len(known) > _FEW:
        listed = _("%(some)s and %(count)s more", some=listed, count=len(known) - _FEW)
    return ngettext("of branch %(listed)s", "of the branches %(listed)s", len(known), listed=listed)


def _roles(before: Rights, after: Rights, names: Mapping[str, str], scope: Scope) -> Iterator[Line]:
    had, has = before.in_force(scope.today), after.in_force(scope.today)
    for role, name in names.items():
        if role in has and role not in had:
            yield Line("other", _("Gets the role “%(name)s”.", name=name))
        if role in had and role not in has:
            yield Line("other", _("Loses the role “%(name)s”.", name=name))


def _ends(before: Rights, after: Rights, roles: Mapping[str, str]) -> Iterator[Line]:
    for grant, label in {**PERMISSION_NAMES, **roles}.items():
        if grant not in after.permissions | after.roles or before.ends.get(grant) == after.ends.get(grant):
            continue
        if grant in after.ends:
            last = as_date(after.ends[grant])
            yield Line("other", _("“%(name)s” ends by itself after %(day)s.", name=label, day=last))
        else:
            yield Line("other", _("“%(name)s” has no end any more.", name=label))


def _unlicensed(then: _Eyes, after: Rights, known: Definitions, scope: Scope) -> Iterator[Line]:
    for name in named((after.effective(known, scope.today) - then.permissions) & PERMISSION_NAMES.keys()):
        yield Line(
            "other",
            _("“%(name)s” opens nothing while its feature is switched off or not licensed for the company.", name=name),
        )


@dataclass(frozen=True, slots=True)
class Holder:
    """A contact who has a role, and what a change of it gives and takes."""

    contact_id: str
    name: str
    company: str
    gains: tuple[str, ...] = ()
    loses: tuple[str, ...] = ()


def holders(scope: Scope, role: str, permissions: Iterable[str] | None) -> list[Holder]:
    """Who has the role today, with what it alters for each that it gives `permissions`; None: that it is no more."""
    known = definitions(scope.visit.reads)
    changed = {one: given for one, given in known.items() if one != role}
    if permissions is not None:
        changed[role] = frozenset(permissions)
    return list(_held(scope, role, known, changed))


def _held(scope: Scope, role: str, known: Definitions, changed: Definitions) -> Iterator[Holder]:
    reads = scope.visit.reads
    for row in scope.rows(_HOLDERS, like=f'%"{role}"%'):
        rights = Rights.of(row)
        if role not in rights.in_force(scope.today):
            continue
        had, has = (licensed(reads, row.company, rights.effective(one, scope.today)) for one in (known, changed))
        yield Holder(row.contact_id, row.name, row.company, tuple(named(has - had)), tuple(named(had - has)))


def role_changes(held: list[Holder]) -> list[Line]:
    """How many contacts gain and lose what."""
    gains, losses = Counter[str](), Counter[str]()
    for one in held:
        gains.update(one.gains)
        losses.update(one.loses)
    lost = (
        ngettext("%(num)s contact loses: %(what)s.", "%(num)s contacts lose: %(what)s.", count, what=name)
        for name, count in losses.items()
    )
    gained = (
        ngettext("%(num)s contact gains: %(what)s.", "%(num)s contacts gain: %(what)s.", count, what=name)
        for name, count in gains.items()
    )
    return [*(Line("less", text) for text in lost), *(Line("more", text) for text in gained)]
