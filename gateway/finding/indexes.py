"""How an index of words (chassis/finding.py) is asked for the newest of what it knows.

By the index, where few have the words: all of them are put in order. Where many have them, the newest rows are looked
through, of which enough do mostly: to put a hundred thousand in order takes a hundred times as long. Where not enough
of the newest do, as of a branch that has nothing new, the rows are asked in their order whether they are among those.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chassis.finding import MOST_WORDS
from gateway.access import Scope
from gateway.finding.hits import Hit
from gateway.finding.subjects import Found, Wanted
from gateway.queries import Query, StaffQuery

FEW, AHEAD, NEWEST = 1000, 50, 1000
"""What so many have is put in order. Of what more have the newest are looked for, no more of them than these; by their
words so many rows, from there on by the index."""
_HAVE = "\n".join(f"AND (:w{n} = '' OR INSTR(' ' || w.words || ' ', :w{n}) > 0)" for n in range(MOST_WORDS))
_NEWEST = "ORDER BY w.date DESC, w.id DESC LIMIT :limit"


class Index:
    """The statements that look for things of one kind: how many there are, and the newest of few, of many that the
    newest rows have, and of many that they have not.

    `words` is the table (`payments.document_words_v3`), `declare` makes a statement of a name and SQL, `select` and
    `joined` say what is read: of `w`, the row of words, and of what it joins. `mine` limits `w` to whose it is; who
    sees all companies' (`everybodys`) says no more than the kind there.
    """

    def __init__(
        self,
        name: str,
        words: str,
        declare: Callable[[str, str], Query | StaffQuery],
        select: str,
        joined: str,
        mine: str,
        everybodys: bool = False,
    ) -> None:
        service, _, table = words.partition(".")
        fts = table.replace("_words_", "_fts_")
        hits = f"WITH hits AS (SELECT f.rowid AS id FROM {service}.{fts} f WHERE f.{fts} MATCH :match)"
        read = f"SELECT w.date AS day, w.id AS place, {select}"
        below = f"{mine} AND (w.date, w.id) < (:day, :below)"
        by_date = f"{words} w INDEXED BY {table}_{'all' if everybodys else 'date'}"
        self.count = declare(
            f"{name}.count",
            f"""{hits} SELECT COUNT(*) AS count FROM (SELECT h.id FROM hits h LIMIT :most) few
            WHERE EXISTS (SELECT 1 FROM {words} w WHERE {mine})""",
        )
        # Not in the order of an index, which would be to look through all that is there.
        self.few = declare(
            f"{name}.few",
            f"""{hits} {read} FROM hits h JOIN {words} w ON w.id = h.id {joined} WHERE {below}
            {_NEWEST.replace("w.date", "w.date || ''", 1)}""",
        )
        newest = f"SELECT w.id, w.company, w.kind, w.key, w.date, w.words FROM {by_date} WHERE {below}"
        newest += f" {_NEWEST.replace(':limit', ':newest')}"
        self.many = declare(f"{name}.many", f"{read} FROM ({newest}) w {joined} WHERE {mine} {_HAVE} {_NEWEST}")
        self.among = declare(
            f"{name}.among",
            f"{hits} {read} FROM {by_date} {joined} WHERE w.id IN (SELECT h.id FROM hits h) AND {below} {_NEWEST}",
        )

    @property
    def statements(self) -> tuple[Query | StaffQuery, ...]:
        """All four."""
        return (self.count, self.few, self.many, self.among)

    def find(
        self, scope: Scope, wanted: Wanted, match: str, parts: list[str], hit: Callable[[Any], Hit], **values: Any
    ) -> Found:
        """The newest below where the list goes on. `hit` makes one of a row."""
        count = scope.rows(self.count, match=match, most=FEW + 1, **values)[0].count
        if not count:
            return Found([])
        day, below = wanted.below
        limit = wanted.limit if count <= FEW else min(wanted.limit, AHEAD)
        values |= {"day": day, "below": below, "limit": limit + 1}
        if count <= FEW:
            rows = scope.rows(self.few, match=match, **values)
        else:
            asked = dict(zip((f"w{n}" for n in range(MOST_WORDS)), [*parts, *[""] * MOST_WORDS], strict=False))
            rows = scope.rows(self.many, newest=NEWEST, **asked, **values)
            if len(rows) <= limit:
                rows = scope.rows(self.among, match=match, **values)
        return Found.of(list(map(hit, rows)), limit)
