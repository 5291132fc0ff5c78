"""A backup takes what people log in with after the event store: none of it may be older than the events."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from chassis import statedb
from portico.backup import PEOPLE, _renew_people

OLDER = ("reset_requests", "erasures", "half_sign_ins", "owed_events")
"""Those that must not be newer than the store: what they owe or have done is looked for again in it."""


def test_each_table_of_identity_is_taken_before_the_store_or_after_it(tmp_path: Path) -> None:
    statedb.migrate(tmp_path / "other.db", "orders")
    statedb.migrate(tmp_path / "state.db", "identity")
    of_all = _tables(tmp_path / "other.db")
    assert set(PEOPLE).isdisjoint(OLDER)
    assert _tables(tmp_path / "state.db") - of_all - {"identity_version"} == {*PEOPLE, *OLDER}


def test_a_second_factor_set_up_while_the_copy_was_made_is_in_it(tmp_path: Path) -> None:
    for name in ("live", "copy"):
        statedb.migrate(tmp_path / f"{name}.db", "identity")
    with closing(sqlite3.connect(tmp_path / "live.db", isolation_level=None)) as live:
        columns = live.execute("SELECT COUNT(*) FROM pragma_table_info('second_factors')").fetchone()[0]
        live.execute(f"INSERT INTO second_factors VALUES ({', '.join(['1'] * columns)})")
    _renew_people(tmp_path / "live.db", tmp_path / "copy.db")
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        assert copy.execute("SELECT COUNT(*) FROM second_factors").fetchone() == (1,)


def _tables(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
