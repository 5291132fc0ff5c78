"""The services' published tables in PostgreSQL, read by a role with SELECT alone.

A transaction is one snapshot. What is kept between requests is kept under the checkpoints it was read at, which are
read in the same snapshot: every commit of a projector moves its checkpoint, and every rebuild has a token of its own.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Hashable, Iterator, Mapping
from functools import lru_cache
from typing import Any, TypeVar

import psycopg
from psycopg.pq import TransactionStatus

from chassis.config import SERVICES
from chassis.errors import Unavailable
from chassis.messages import ALL_COMPANIES
from chassis.postgres_models import CONNECT, NOT_THERE, without_nul
from chassis.readmodel import BUILDING
from gateway.reads import NOT_READY, Building, NotReady, RowClasses, positions_of, union, versions_of

T = TypeVar("T")
Stamps = dict[str, tuple[Any, ...]]
_MEMO_ENTRIES = 4096
_MARK = -1
_FETCHED = 2000
_TOKENS = re.compile(r"'(?:[^']|'')*'|:([a-z_]\w*)|%", re.I)
# What is neither letter nor digit, by code points: a class of PostgreSQL's would go by the database's locale.
_APART = (
    "\u0001-/:-@[-`{-\u00a9\u00ab-\u00b1\u00b4\u00b6-\u00b8\u00bb\u00bf\u00d7\u00f7\u0300-\u036f\u060c\u061b\u061f"
    "\u064b-\u065f\u066a-\u066d\u2000-\u206f\u20a0-\u20cf\u2190-\u245f\u2500-\u2775\u3000-\u3004\u3008-\u3020"
)
_DIALECT = (
    (re.compile(r"\bINDEXED BY \w+"), ""),
    (
        re.compile(r"\bSELECT value FROM json_each\((:\w+)\)"),
        r"SELECT value FROM json_array_elements_text(CAST(\1 AS json))",
    ),
    (re.compile(r"\bjson_each\((:\w+)\)"), r"json_array_elements(CAST(\1 AS json))"),
    (re.compile(r"\bJULIANDAY\(((?:[^()]|\([^()]*\))*)\)"), r"CAST(\1 AS date)"),
    # The rows of hits are at hand here: each row is not asked whether it is among them.
    (
        re.compile(r"\bFROM \w+\.\w+ w\b(.*?)\bWHERE w\.id IN \(SELECT h\.id FROM hits h\)", re.S),
        r"FROM hits w\1WHERE TRUE",
    ),
    # The index of words (chassis/finding.py) is a table of its own in SQLite. To be gone by always, not past it
    # through all rows until enough have them: few have what is asked for most. A limit outside is not seen in here.
    (
        re.compile(r"\bhits AS \(SELECT f\.rowid AS id FROM (\w+\.\w+)_fts_(v\d+) f\b"),
        r"hits AS MATERIALIZED (SELECT w.id, w.company, w.kind, w.key, w.date FROM \1_words_\2 w",
    ),
    (re.compile(r"\bFROM hits h JOIN \w+\.\w+ w ON w\.id = h\.id\b"), "FROM hits w"),
    (
        re.compile(r"\bf\.\w+ MATCH (:\w+)"),
        r"array_to_tsvector(string_to_array(w.words, ' ')) @@"
        r" CAST(REPLACE(REPLACE(REPLACE(\1, '*', ':*'), ' AND ', ' & '), ' OR ', ' | ') AS tsquery)",
    ),
    (re.compile(r"\bINSTR\("), "STRPOS("),
    # chassis.documents.search_key, a function in SQLite. Tables' texts are COLLATE "C", whose letters are ASCII's.
    (
        re.compile(r"\bSEARCH_KEY\((\w+\.\w+)\)"),
        rf"""(REGEXP_REPLACE(REPLACE(LOWER(\1 COLLATE "default"), 'ß', 'ss'), '[{_APART}]+', '', 'g') COLLATE "C")""",
    ),
    # SQLite's LIKE knows no case, and no escape unless it is named.
    (re.compile(r"\bLIKE (:\w+)\b(?!\s+ESCAPE)"), r"ILIKE \1 ESCAPE ''"),
    (re.compile(r"\bLIKE\b"), "ILIKE"),
)


class PostgresReads:
    """Reads from one database, each service's tables in its schema; the methods are those of gateway.reads.Reads."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._local = threading.local()
        self._rows = RowClasses()
        self._memo: dict[Hashable, tuple[list[tuple[Any, ...]], Any]] = {}

    def rows(self, sql: str, values: Mapping[str, Any]) -> list[Any]:
        """As gateway.reads.Reads says."""
        self._building().refuse(sql)
        try:
            cursor = self._execute(sql, values)
        except NOT_THERE as error:
            self._give_up()
            raise NotReady(NOT_READY) from error
        names = tuple(column.name for column in cursor.description or ())
        return list(map(self._rows.of(names)._make, cursor))

    def each(self, sql: str, values: Mapping[str, Any]) -> Iterator[Any]:
        """As gateway.reads.Reads says. One such list at a time."""
        self._building().refuse(sql)
        self._execute(f"DECLARE portico_each NO SCROLL CURSOR FOR {sql}", values)
        while True:
            cursor = self._execute(f"FETCH {_FETCHED} FROM portico_each", {})
            rows = cursor.fetchall()
            names = tuple(column.name for column in cursor.description or ())
            yield from map(self._rows.of(names)._make, rows)
            if len(rows) < _FETCHED:
                self._execute("CLOSE portico_each", {})
                return

    def end(self) -> None:
        """Finish this thread's read transaction; the next read sees what was committed since."""
        if self._in_transaction():
            self._give_up()

    def close(self) -> None:
        """Close this thread's connection."""
        connection, self._local.connection = getattr(self._local, "connection", None), None
        if connection is not None:
            connection.close()

    def versions(self, company: str) -> dict[str, int]:
        """As gateway.reads.Reads says."""
        return self.memo(("versions", company), SERVICES, lambda: self._versions(company))

    def _versions(self, company: str) -> dict[str, int]:
        building = self._building()
        sql = union(positions_of if company == ALL_COMPANIES else versions_of, self._local.begun)
        return building.versions(self._execute(sql, {"company": company}).fetchall() if sql else ())

    def unbuilt(self) -> dict[str, int | None]:
        """As gateway.reads.Reads says."""
        stamps = self._stamps().items()
        positions = ((f"{service}.{name}", at) for service, rows in stamps for name, at, _token in rows if at != _MARK)
        return self._building().unbuilt(positions)

    def _building(self) -> Building:
        self._stamps()
        building: Building = self._local.building
        return building

    def memo(self, key: Hashable, services: tuple[str, ...], make: Callable[[], T]) -> T:
        """As gateway.reads.Reads says."""
        stamps = self._stamps()
        stamp = [stamps[service] for service in services]
        kept = self._memo.get(key)
        if kept is not None and kept[0] == stamp:
            value: T = kept[1]
            return value
        made = make()
        if getattr(self._local, "stamps", None) is stamps:  # still the same transaction
            if len(self._memo) >= _MEMO_ENTRIES:
                self._memo.clear()
            self._memo[key] = (stamp, made)
        return made

    def has_reached(self, model: str, position: int) -> bool:
        """As gateway.reads.Reads says."""
        service, _, checkpoint = model.partition(".")
        return any(name == checkpoint and at >= position for name, at, _token in self._stamps().get(service, ()))

    def there(self) -> list[str]:
        """The services that have read models."""
        return [service for service, stamp in self._stamps().items() if stamp]

    def _stamps(self) -> Stamps:
        """Service → its checkpoints (model, position, token) in this thread's transaction; none where it has none.

        And (model, _MARK, table) of what is being built: when that ends, what was kept meanwhile is read again.
        """
        self._begin()
        stamps: Stamps | None = self._local.stamps
        if stamps is None:
            tables = [f"{service}.{table}" for service in SERVICES for table in ("checkpoints", BUILDING.name)]
            here = self._execute(
                "SELECT name FROM unnest(CAST(:names AS text[])) name WHERE to_regclass(name) IS NOT NULL",
                {"names": tables},
            )
            there = {name for (name,) in here.fetchall()}
            services = [one for one in SERVICES if f"{one}.checkpoints" in there]
            marked = [one for one in services if f"{one}.{BUILDING.name}" in there]
            self._local.begun = services
            sql = union(_checkpoints_of, services, _marks_of, marked)
            found: dict[str, list[Any]] = {service: [] for service in SERVICES}
            for service, *row in self._execute(f"{sql} ORDER BY 1, 2, 3, 4", {}).fetchall() if sql else ():
                found[service].append(tuple(row))
            self._local.building = Building.of(
                (f"{service}.{model}", f"{service}.{table}")
                for service, rows in found.items()
                for model, at, table in rows
                if at == _MARK
            )
            stamps = self._local.stamps = {service: tuple(rows) for service, rows in found.items()}
        return stamps

    def _execute(self, sql: str, values: Mapping[str, Any]) -> psycopg.Cursor[Any]:
        connection = self._begin()
        try:
            return connection.execute(_translated(sql), {name: without_nul(one) for name, one in values.items()})
        except psycopg.OperationalError as error:
            self.close()
            raise _away(error) from error

    def _in_transaction(self) -> bool:
        connection = getattr(self._local, "connection", None)
        return connection is not None and connection.info.transaction_status != TransactionStatus.IDLE

    def _give_up(self) -> None:
        self._local.stamps = None
        try:
            self._local.connection.execute("ROLLBACK")
        except psycopg.OperationalError:  # the next read opens another
            self.close()

    def _begin(self) -> psycopg.Connection[Any]:
        connection: psycopg.Connection[Any] | None = getattr(self._local, "connection", None)
        if connection is not None and connection.info.transaction_status != TransactionStatus.IDLE:
            return connection
        self._local.stamps = None
        if connection is not None:
            try:
                connection.execute("BEGIN")
                return connection
            except psycopg.OperationalError:  # it broke while nobody used it
                self.close()
        try:
            connection = self._local.connection = self._opened()
            connection.execute("BEGIN")
        except psycopg.OperationalError as error:
            raise _away(error) from error
        return connection

    def _opened(self) -> psycopg.Connection[Any]:
        # Values are written into the statement by the client: the server need not guess the type of a lone value.
        return psycopg.connect(
            self._uri,
            autocommit=True,
            cursor_factory=psycopg.ClientCursor,
            application_name="portico gateway",
            options="-c default_transaction_read_only=on -c default_transaction_isolation=repeatable\\ read",
            **CONNECT,
        )


def _checkpoints_of(service: str) -> str:
    return f"SELECT '{service}', model, position, token FROM {service}.checkpoints"


def _marks_of(service: str) -> str:
    return f"SELECT '{service}', model, {_MARK}, table_name FROM {service}.{BUILDING.name}"


def _away(error: Exception) -> Unavailable:
    return Unavailable("The portal cannot read its data at the moment. Please try again in a moment.")


@lru_cache(4096)
def _translated(sql: str) -> bytes:
    for pattern, text in _DIALECT:
        sql = pattern.sub(text, sql)
    return _TOKENS.sub(_token, sql).encode()


def _token(found: re.Match[str]) -> str:
    if found[1]:
        return f"%({found[1]})s"
    return found[0].replace("%", "%%")
