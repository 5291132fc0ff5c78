"""The providers of single sign-on as an admin reads them: what the operator's file says, how the last log-ins went."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _

from chassis.codec import dumps
from gateway.access import Scope
from gateway.people import COMPANIES
from gateway.queries import StaffQuery
from gateway.rights.given import ROLES_BY_NAME
from gateway.rights.names import named
from gateway.single_sign_on.outcomes import Outcome
from services.identity import contract as identity

_NAMES = StaffQuery(
    "providers.companies",
    f"SELECT m.company, m.name FROM {COMPANIES} m WHERE m.company IN (SELECT value FROM json_each(:items))",
    role="portal_admin",
)


@dataclass(frozen=True, slots=True)
class ShownRule:
    """A rule in words; `missing` are roles that it names and nobody defined."""

    group: str
    company: str
    gives: list[str]
    branches: tuple[str, ...]
    missing: list[str]


@dataclass(frozen=True, slots=True)
class Shown:
    """A provider: what the file says, whom it brings, what its rules give, and how it last went."""

    told: identity.SingleSignOn
    back: str
    companies: list[str]
    rules: list[ShownRule]
    each: bool
    outcome: Outcome


def shown(scope: Scope, origin: str) -> list[Shown]:
    """The providers in the order of the file; `origin` is where the portal is reached."""
    providers = list(identity.providers().values())
    if not providers:
        return []
    codes = {one for provider in providers for one in provider.companies}
    names = {row.company: row.name for row in scope.rows(_NAMES, items=dumps(sorted(codes)).decode())}
    names["*"] = _("all customers")
    roles = {row.name for row in scope.rows(ROLES_BY_NAME)}
    outcomes = scope.visit.ground.outcomes.known()

    def rule(of: identity.SingleSignOnRule) -> ShownRule:
        given = [*named(of.permissions), *(one for one in of.roles if one in roles)]
        missing = [one for one in of.roles if one not in roles]
        return ShownRule(of.group, names.get(of.company, of.company), given, of.branches, missing)

    return [
        Shown(
            provider,
            f"{origin}/login/back/{provider.key}",
            [names.get(one, one) for one in provider.companies],
            [rule(one) for one in provider.rules],
            provider.rules_at == identity.RULES_AT_EACH,
            outcomes.get(provider.key, Outcome()),
        )
        for provider in providers
    ]
