"""What only PostgreSQL asks for: texts by their bytes and without U+0000, roles, an operator who is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg
import pytest
from sqlalchemy import BigInteger, Column, Index, MetaData, Table, Text

from chassis.postgres_models import PostgresDatabase, problem
from chassis.readmodel import NotThere, Projection, Rows, upsert
from tests.support.ports import free_port
from tests.support.postgres import PostgresServer

WORDS = Table(
    "words_v1",
    MetaData(),
    Column("word", Text, primary_key=True),
    Column("count", BigInteger, nullable=False),
    Index("words_v1_count", "count"),
)
MODEL = Projection("words", 1, ("word-",), (WORDS,), lambda event, rows: None)


@contextmanager
def writing(database: PostgresDatabase) -> Iterator[Rows]:
    """A transaction of a projector."""
    with closing(database.connect("a token")) as connection:
        database.create_tables(connection, [MODEL])
        connection.execute("BEGIN IMMEDIATE")
        yield Rows(connection)
        connection.execute("COMMIT")


def test_texts_sort_by_their_bytes_and_a_row_is_asked_by_name_and_place(postgres_uri: str) -> None:
    database = PostgresDatabase(postgres_uri, "cases")
    words = ["ä", "b", "A", "a", "", "Z", "10", "9", "\U0010ffff"]
    with writing(database) as rows:
        for word in words:
            rows.execute(upsert(WORDS), (word, len(word)))
    with database.reading() as execute:
        found = execute("SELECT word, count FROM words_v1 ORDER BY word").fetchall()
        collation = execute("SELECT collation_name FROM information_schema.columns WHERE column_name = 'word'")
        assert collation.fetchone()[0] == "C", "whatever the database's own is"
    assert [row["word"] for row in found] == sorted(words)
    assert dict(found[1]) == {"word": "10", "count": 2}
    assert tuple(found[1]) == ("10", 2)


def test_what_a_text_cannot_have_is_left_out_of_it_and_does_not_stop_the_read_model(postgres_uri: str) -> None:
    database = PostgresDatabase(postgres_uri, "cases")
    with writing(database) as rows:
        rows.execute(upsert(WORDS), ("a\0b", 1))
        assert rows.one("SELECT word FROM words_v1 WHERE word LIKE '%b' AND count = ?", 1)["word"] == "ab"


def test_what_is_not_there_yet_is_told_from_what_cannot_be_read(postgres_uri: str) -> None:
    with pytest.raises(NotThere), PostgresDatabase(postgres_uri, "cases").reading() as execute:
        execute("SELECT * FROM words_v1")


def test_an_operator_is_told_why_a_database_cannot_be_used(postgres: PostgresServer, postgres_uri: str) -> None:
    assert problem(postgres_uri, writes=True) == ""
    with closing(psycopg.connect(postgres_uri, autocommit=True)) as connection:
        connection.execute("CREATE ROLE onlooker LOGIN")
    onlooker = postgres_uri.replace("portico@", "onlooker@")
    assert problem(onlooker, writes=False) == ""
    assert problem(onlooker, writes=True) == "role onlooker may not make schemas there"
    assert "does not exist" in problem(postgres_uri + "x", writes=False)
    assert "refused" in problem(f"postgresql://portico@127.0.0.1:{free_port()}/x", writes=False)
