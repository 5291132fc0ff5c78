"""Finding by words: how texts become words that compare, and the tables that are searched for them.

One place says what is alike: case, accents, dashes, leading zeros and Arabic letter forms make no difference. Letters
and digits are words apart, so `INV-000123`, `inv123` and `Inv 0123` are the same two words. What can be found is a row
of a table of words; SQLite keeps an FTS5 index of it by triggers, PostgreSQL a GIN index (docs/adr/0025).
"""

from __future__ import annotations

import re
import unicodedata
from base64 import b32encode
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Table, Text

from chassis.readmodel import Rows

LONGEST_TEXT = 4000
"""Of a text as long as a letter, this many characters are searched."""
MOST_WORDS = 8
"""So many words are asked for at once."""
_LONGEST_WORD, _SHORT = 40, 120
_JOINING = "\u0300-\u036f\u064b-\u065f\u0670\u0640"
_PIECE = re.compile(rf"\d+|[^\W\d_](?:[^\W\d_]|[{_JOINING}])*")
_APART = re.compile(r"[\W_]+")
# What no accent tells apart from the letters people type for it.
_ALIKE = str.maketrans(
    {
        "ø": "o",
        "đ": "d",
        "ł": "l",
        "ı": "i",
        "æ": "ae",
        "œ": "oe",
        "\u0649": "\u064a",
        "\u0629": "\u0647",
        "\u0640": None,
    }
)
_MARK = "¤"  # begins what no text has: never a letter or a digit
_NUMBER = 2 * _MARK


@lru_cache(1 << 16)
def folded(piece: str) -> str:
    """Letters as they compare; a run of digits without leading zeros."""
    if piece[0].isdecimal():
        return "".join(str(unicodedata.decimal(digit)) for digit in piece).lstrip("0") or "0"
    if piece.isascii():
        return piece.lower()
    apart = unicodedata.normalize("NFKD", piece.casefold())
    return "".join(letter for letter in apart if unicodedata.category(letter) != "Mn").translate(_ALIKE)


def pieces(text: str) -> list[str]:
    """The words of a text in their order, as they compare."""
    return [folded(piece)[:_LONGEST_WORD] for piece in _PIECE.findall(text)]


def words_of(*texts: str) -> set[str]:
    """What something with these texts is found by: their words, and those of what is written without its dashes."""
    found: set[str] = set()
    for text in texts:
        # Lines repeat what other documents' lines say.
        found |= _kept_words(text) if len(text) < _SHORT else _words(text)
    return found


def _words(text: str) -> frozenset[str]:
    found: set[str] = set()
    for chunk in text[:LONGEST_TEXT].split():
        own = pieces(chunk)
        found.update(own)
        if len(own) > 1:
            found.update(pieces(_APART.sub("", chunk)))
    return frozenset(found - {""})


_kept_words = lru_cache(1 << 15)(_words)


def asked_words(text: str) -> tuple[str, ...]:
    """The words somebody asks for, at most eight."""
    return tuple(dict.fromkeys(word for word in pieces(text[:100]) if word))[:MOST_WORDS]


def is_number(asked: Sequence[str], number: str) -> bool:
    """Whether the words asked for are this number, or all of it after its leading letters."""
    own = pieces(number)
    return bool(asked) and (list(asked) == own or (list(asked) == own[1:] and own[0].isalpha()))


def begins_number(asked: Sequence[str], number: str) -> bool:
    """Whether the number, with or without its leading letters, begins with what is asked for."""
    own, begun = pieces(number), "".join(asked)
    return bool(begun) and ("".join(own).startswith(begun) or "".join(own[1:]).startswith(begun))


def number_words(*numbers: str) -> set[str]:
    """By what something is found as the one that has this number, however many speak of it; see is_number."""
    found: set[str] = set()
    for own in map(pieces, numbers):
        found.add(_number_word(own))
        if own[1:] and own[0].isalpha():
            found.add(_number_word(own[1:]))
    return found - {_NUMBER}


def _number_word(own: Sequence[str]) -> str:
    return _NUMBER + "".join(own)


def spans(text: str, asked: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where in the text what is asked for stands: from and to, in order. Of a word that begins so, its beginning."""
    for found in _PIECE.finditer(text):
        word = folded(found[0])
        begun = max((len(one) for one in asked if word.startswith(one)), default=0)
        if begun:
            # Folding may change a word's length: then, and where zeros were left out, the whole of it is meant.
            whole = len(word) != len(found[0])
            yield found.start(), found.end() if whole else found.start() + begun


@lru_cache(1 << 14)
def tag(company: str, kind: str) -> str:
    """What begins each word of a company's things of a kind, so that an index holds their words together.

    Of one length: no word of one is a word's beginning of another.
    """
    return "c" + b32encode(blake2b(f"{company}\n{kind}".encode(), digest_size=5).digest())[:6].decode().lower()


def match_of(
    company: str,
    asked: Sequence[str],
    kind: str,
    branches: Sequence[str] | None = None,
    *,
    whole: bool = False,
    loose: bool = False,
    number: bool = False,
) -> str:
    """What an index is asked: all these words, the last as a word's beginning; of one kind and branches.

    `whole`: the last is a word, too; `loose`: all are beginnings; `number`: they are a number, and what has it is asked
    for. In FTS5's language; gateway/postgres_reads.py says the same to PostgreSQL. It narrows and no more: the
    statement that uses it names company and branches itself.
    """
    own = tag(company, kind)
    if number:
        text = own + _number_word(asked)
    else:
        text = " AND ".join(
            f"{own}{word}{'*' if begun else ''}" for word, begun in zip(asked, begins(asked, whole, loose), strict=True)
        )
    if branches is not None:
        text += f" AND ({' OR '.join(own + _branch_word(branch) for branch in branches) or own + _MARK})"
    return text


def parts_of(company: str, asked: Sequence[str], kind: str, *, whole: bool = False, loose: bool = False) -> list[str]:
    """The same for who looks at rows one by one: what stands in a blank, the row's `words` and a blank."""
    own = tag(company, kind)
    return [
        f" {own}{word}{'' if begun else ' '}" for word, begun in zip(asked, begins(asked, whole, loose), strict=True)
    ]


def begins(asked: Sequence[str], whole: bool, loose: bool) -> list[bool]:
    """Of each word whether it is taken for a word's beginning; a single letter only where it was typed last."""
    last = len(asked) - 1
    return [not whole and (place == last or (loose and len(word) > 1)) for place, word in enumerate(asked)]


def _branch_word(branch: str) -> str:
    return f"{_MARK}{blake2b(branch.encode(), digest_size=6).hexdigest()}"


def word_table(name: str, version: int, everybodys: bool = False) -> Table:
    """The table `<name>_words_v<version>` and its index, `<name>_fts_v<version>` on SQLite.

    `id` is the position of the event that said it last: the latest has the highest. `key` names the row of `kind` in
    its own table. `date` is by what the newest come first: a date or time as ISO text, "" for what has none.
    `everybodys`: lists of it are not of one company alone.
    """
    table, index = f"{name}_words_v{version}", f"{name}_fts_v{version}"
    return Table(
        table,
        MetaData(),
        Column("id", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=False),
        Column("company", Text, nullable=False),
        Column("kind", Text, nullable=False),
        Column("key", Text, nullable=False),
        Column("date", Text, nullable=False),
        Column("words", Text, nullable=False),
        Index(f"{table}_key", "company", "kind", "key", unique=True),
        Index(f"{table}_date", "company", "kind", "date", "id"),
        *((Index(f"{table}_all", "kind", "date", "id"),) if everybodys else ()),
        info={"sqlite": _sqlite_index(table, index), "postgresql": _postgres_index(table, index)},
    )


def _sqlite_index(table: str, index: str) -> tuple[str, ...]:
    # The words are in the table: the index keeps which rows have a word, and nothing else. They are folded already.
    return (
        f"CREATE VIRTUAL TABLE IF NOT EXISTS {index} USING fts5(words, content='{table}', content_rowid='id',"
        " detail=none, columnsize=0, tokenize='ascii')",
        f"CREATE TRIGGER IF NOT EXISTS {index}_new AFTER INSERT ON {table} BEGIN"
        f" INSERT INTO {index} (rowid, words) VALUES (new.id, new.words); END",
        f"CREATE TRIGGER IF NOT EXISTS {index}_old AFTER DELETE ON {table} BEGIN"
        f" INSERT INTO {index} ({index}, rowid, words) VALUES ('delete', old.id, old.words); END",
    )


def _postgres_index(table: str, index: str) -> tuple[str, ...]:
    return (
        # What was written last waits in a list that each search reads from end to end: 10 ms when it is of 4 MB.
        f"CREATE INDEX {index} ON {table} USING gin (array_to_tsvector(string_to_array(words, ' ')))"
        " WITH (gin_pending_list_limit = 512)",
        # What it gathers of words that all rows have tells nothing of numbers, which people ask for: it would be
        # read past the index for the one as for the other.
        f"ALTER INDEX {index} ALTER COLUMN 1 SET STATISTICS 0",
    )


class WordWriter:
    """Writes what can be found into a table of words; what is found by the same words as before is not touched."""

    def __init__(self, table: Table) -> None:
        own = "company = ? AND kind = ? AND key = ?"
        self._kept = f"SELECT words, date FROM {table.name} WHERE {own}"
        self._delete = f"DELETE FROM {table.name} WHERE {own}"
        self._insert = f"INSERT INTO {table.name} (id, company, kind, key, date, words) VALUES (?, ?, ?, ?, ?, ?)"
        self._date = f"UPDATE {table.name} SET date = ? WHERE {own}"

    def put(
        self,
        rows: Rows,
        where: tuple[str, str, str],
        words: Iterable[str],
        position: int,
        branch: str | None = None,
        searched_by: Sequence[str] = (),
        date: str = "",
    ) -> None:
        """What `where` (company, kind, key) is found by from the event at `position` on, of which it is the only one.

        `searched_by`: by whom, if not by its company alone. With a branch it is found among that branch's, too.
        """
        own = [*words, *(() if branch is None else (_branch_word(branch),))]
        self._write(rows, where, rows.one(self._kept, *where), _tagged(where, own, searched_by), position, date)

    def add(
        self,
        rows: Rows,
        where: tuple[str, str, str],
        words: Iterable[str],
        position: int,
        searched_by: Sequence[str] = (),
        date: str = "",
    ) -> None:
        """What `where` is found by besides what it was found by before, and its date where it has another now.

        Nothing when it is not there.
        """
        kept = rows.one(self._kept, *where)
        if kept is not None:
            found_by = _tagged(where, words, searched_by).union(kept["words"].split())
            self._write(rows, where, kept, found_by, position, date or kept["date"])

    def _write(
        self, rows: Rows, where: tuple[str, str, str], kept: Any, words: set[str], position: int, date: str
    ) -> None:
        text = " ".join(sorted(words))
        if kept is not None and kept["words"] == text:
            if kept["date"] != date:
                rows.execute(self._date, (date, *where))
            return
        if kept is not None:
            rows.execute(self._delete, where)
        rows.execute(self._insert, (position, *where, date, text))

    def remove(self, rows: Rows, where: tuple[str, str, str]) -> None:
        """It is not found any more."""
        rows.execute(self._delete, where)


def _tagged(where: tuple[str, str, str], words: Iterable[str], searched_by: Sequence[str]) -> set[str]:
    company, kind, _key = where
    tags = [tag(one, kind) for one in searched_by or (company,)]
    return {own + word for word in words for own in tags}


def document_words(body: dict[str, Any]) -> set[str]:
    """What a document is found by: its numbers, note, and the items and descriptions of its lines."""
    texts = [body["number"], body["reference"], body.get("portal_reference", ""), body.get("note") or ""]
    for line in body.get("lines") or ():
        texts += (line.get("item") or "", line.get("description") or line.get("name") or "")
    return words_of(*filter(None, texts)) | number_words(body["number"], body.get("portal_reference", ""))
