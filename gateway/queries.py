"""Declared reads. A customer's query that does not bind every table to the session's company cannot be declared.

`Query("orders.recent", "SELECT … FROM orders.order_list_v1 WHERE company = :company …", needs="report_orders")`.
Tables are written `service.table`. The scope binds `:company`, `:branches` (JSON list or null = all), `:contact`
and `:today` (ISO date); a page supplies the rest by name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from chassis.config import SERVICES

VARIANTS = 512
"""How many variants of all queries are kept: an address may ask for any combination, people ask for few."""
BOUND_BY_SCOPE = frozenset({"company", "branches", "contact", "today"})
_STRINGS_AND_COMMENTS = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/", re.S)
_PARAMETER = re.compile(r"(?<![:\w]):([a-z_]\w*)", re.I)
_SERVICE = "|".join(SERVICES)
_TABLE = re.compile(rf"\b({_SERVICE})\.(\w+)\b(?!\s*\.)", re.I)
_NO_ALIAS = "where|on|join|left|inner|cross|natural|group|order|limit|using|union|except|intersect|having|window"
_SOURCE = re.compile(rf"\b(?:from|join)\s+([\w.]+|\()(?:\s+(?:as\s+)?(?!(?:{_NO_ALIAS})\b)(\w+))?(\s*,)?", re.I)
_COMMON_TABLE = re.compile(
    r"(?:\bwith(?:\s+recursive)?|,)\s+(\w+)\s*(?:\([^)]*\)\s*)?as\s+(?:materialized\s+)?\(", re.I
)
_TABLE_FUNCTIONS = {"json_each", "generate_series"}


def in_branches(alias: str) -> str:
    """The condition that limits a table with branches to those of the scope."""
    return f"(:branches IS NULL OR {alias}.branch IN (SELECT value FROM json_each(:branches)))"


@lru_cache(4096)
def tables_in(sql: str) -> frozenset[str]:
    """The published tables that a statement names, as `service.table`."""
    return frozenset(found.group(0).lower() for found in _TABLE.finditer(sql))


class BadQuery(ValueError):
    """The statement cannot be declared; the message names the query and the rule it breaks."""


class Statement:
    """A SELECT over published tables. `services` and `tables` are read from its text."""

    def __init__(self, name: str, sql: str) -> None:
        self.name = name
        self.sql = sql
        self.plain = _STRINGS_AND_COMMENTS.sub(" '' ", sql)
        self.parameters = frozenset(_PARAMETER.findall(self.plain))
        self.tables = tuple(dict.fromkeys(match.group(0).lower() for match in _TABLE.finditer(self._sources())))
        self.services = tuple(dict.fromkeys(table.partition(".")[0] for table in self.tables))
        if not self.plain.lstrip().lower().startswith(("select", "with")):
            raise BadQuery(f"{name}: only SELECT can be declared")

    def _sources(self) -> str:
        return "\n".join(match.group(1) for match in _SOURCE.finditer(self.plain))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"


class Query(Statement):
    """A customer's read: every table in it is bound to the session's company.

    `needs` is the permission without which it answers "not allowed". `shared` names tables that belong to all
    companies (`"orders.items_v1"`) and so have no company column. `clauses` are the only texts that `variant`
    may put in the place of `{clauses}`, `orders` those for `{order}`.
    """

    def __init__(
        self,
        name: str,
        sql: str,
        *,
        needs: str | None = None,
        shared: tuple[str, ...] = (),
        clauses: Mapping[str, str] | None = None,
        orders: Mapping[str, str] | None = None,
    ) -> None:
        self.needs = needs
        self.shared = shared
        self.clauses = dict(clauses or {})
        self.orders = dict(orders or {})
        self._template = sql
        if "{clauses}" in sql or "{order}" in sql:
            for order in self.orders or {"": ""}:
                # All clauses at once: what is legal with all of them is legal with any of them.
                _check(Statement(name, self._filled(tuple(self.clauses), order)), shared)
            sql = self._filled((), next(iter(self.orders), ""))
        super().__init__(name, sql)
        _check(self, shared)

    def _filled(self, clauses: tuple[str, ...], order: str) -> str:
        text = "\n".join(self.clauses[clause] for clause in clauses)
        return self._template.replace("{clauses}", text).replace("{order}", self.orders.get(order, ""))

    def variant(self, *clauses: str, order: str = "") -> Query:
        """This query with some of its declared clauses and one of its declared orders; KeyError for any other."""
        return _variant(self, clauses, order)

    def _made(self, clauses: tuple[str, ...], order: str) -> Query:
        if order and order not in self.orders:
            raise KeyError(order)
        sql = self._filled(clauses, order or next(iter(self.orders), ""))
        return Query(self.name, sql, needs=self.needs, shared=self.shared)


@lru_cache(VARIANTS)
def _variant(query: Query, clauses: tuple[str, ...], order: str) -> Query:
    return query._made(clauses, order)


class StaffQuery(Statement):
    """A read across companies, for staff who have `role` (one of several when a tuple)."""

    def __init__(self, name: str, sql: str, *, role: str | tuple[str, ...]) -> None:
        super().__init__(name, sql)
        self.role = (role,) if isinstance(role, str) else role


def _check(query: Statement, shared: tuple[str, ...]) -> None:
    sources = list(_SOURCE.finditer(query.plain))
    common = {match.group(1).lower() for match in _COMMON_TABLE.finditer(query.plain)}
    if "company" not in query.parameters:
        raise BadQuery(f"{query.name}: does not bind :company")
    if len(_TABLE.findall(query.plain)) != sum(1 for source in sources if _TABLE.fullmatch(source.group(1))):
        raise BadQuery(f"{query.name}: name each table after FROM or JOIN, and no alias like a service")
    aliases: list[str] = []
    unnamed = 0
    for source in sources:
        table, alias, comma = source.group(1).lower(), (source.group(2) or "").lower(), source.group(3)
        if comma:
            raise BadQuery(f"{query.name}: write JOIN, not a comma, so that each table is seen")
        if table == "(" or table in common or table in _TABLE_FUNCTIONS:
            continue
        if not _TABLE.fullmatch(table):
            raise BadQuery(f"{query.name}: {table} is not written as service.table")
        if table in shared:
            continue
        if alias:
            aliases.append(alias)
        else:
            unnamed += 1
    bound = len(re.findall(r"(?<![.\w])company\s*=\s*:company\b", query.plain, re.I))
    joined = len(re.findall(r"\busing\s*\([^)]*\bcompany\b[^)]*\)", query.plain, re.I))
    loose = [alias for alias in aliases if not _names_company(query.plain, alias)]
    if len(loose) + unnamed > bound + joined:
        raise BadQuery(f"{query.name}: a table is not bound to :company ({', '.join(loose) or 'no alias'})")


def _names_company(text: str, alias: str) -> bool:
    return bool(
        re.search(rf"\b{alias}\.company\s*=\s*(:company\b|\w+\.company\b)", text, re.I)
        or re.search(rf"\b\w+\.company\s*=\s*{alias}\.company\b", text, re.I)
    )
