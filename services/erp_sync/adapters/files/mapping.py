"""A profile's mappings, compiled to functions of a row: positions instead of names, readers chosen once."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from operator import itemgetter
from typing import Any

import orjson

from services.erp_sync.adapters.files import values
from services.erp_sync.adapters.files.conditions import Matches, Row
from services.erp_sync.adapters.files.profile import PLACE, KindMap, Profile, Source
from services.erp_sync.adapters.files.values import BadValue, Numbers, Read, plain
from services.erp_sync.adapters.shapes import KINDS, Field, Kind, ListField


class BadCell(Exception):
    """A cell cannot be used: column, its text, the reason."""

    def __init__(self, column: str, value: str, reason: str) -> None:
        super().__init__(reason)
        self.column, self.value, self.reason = column, value, reason


class Readers:
    """How the profile's texts are read, by type of field."""

    def __init__(self, profile: Profile) -> None:
        self.numbers = Numbers(profile.decimal, profile.thousands)
        self.stamp = values.stamp(profile.dates, profile.time_zone)
        self._by_type: dict[str, Read] = {
            "text": values.text,
            "decimal": self.numbers.text,
            "date": values.day(profile.dates),
            "integer": values.integer(self.numbers),
            "boolean": values.boolean,
            "currency": values.currency,
            "status": values.status,
            "kind": _kind,
        }

    def of(self, field: Field) -> Read:
        """The reader of a field."""
        return self._by_type[field.type]


def _kind(cell: str) -> str | None:
    name = values.name(cell)
    if name is not None and name not in KINDS:
        raise BadValue("is no kind of document like order or invoice (other words need a `map` in the profile)")
    return name


Text = Callable[[Row], str]


def compile_text(source: Source, positions: Mapping[str, int]) -> Text:
    """The source's text of a row: the cell, the filled template or the constant; mapped; "" when empty."""
    get = _cells(source, positions)
    words, default = dict(source.map), _default(source, positions)
    if not words and default is None:
        return get

    def text(row: Row) -> str:
        cell = get(row).strip()
        cell = words.get(cell, cell)
        return cell if cell or default is None else default(row)

    return text


def _default(source: Source, positions: Mapping[str, int]) -> Text | None:
    return _cells(Source(template=source.default), positions) if source.default else None


def _cells(source: Source, positions: Mapping[str, int]) -> Text:
    if source.column:
        return itemgetter(positions[source.column])
    if source.template:
        parts = PLACE.split(source.template)  # text, column, text, column, …
        places = [positions[column] for column in parts[1::2]]
        form = "%s".join(part.replace("%", "%%") for part in parts[::2])
        return lambda row: form % tuple(row[at].strip() for at in places)
    constant = source.constant
    return lambda row: constant


@dataclass(frozen=True, slots=True)
class Value:
    """A field's value of a row: read from text, with the column to name when it cannot be."""

    name: str
    column: str
    required: bool
    text: Text
    read: Read

    def of(self, row: Row) -> Any:
        """The value, None when empty; raises BadCell."""
        return self.parse(self.text(row))

    def parse(self, cell: str) -> Any:
        """The value of a text; raises BadCell."""
        try:
            value = self.read(cell)
        except BadValue as error:
            raise BadCell(self.column, cell, str(error)) from error
        if value is None and self.required:
            raise BadCell(self.column, cell, f"is empty, but {self.name} is needed")
        return value


def _value(name: str, source: Source, field: Field, readers: Readers, positions: Mapping[str, int]) -> Value:
    column = source.column or ", ".join(source.columns)
    return Value(name, column, field.required, compile_text(source, positions), readers.of(field))


Entry = Callable[[Row, int], tuple[bytes, Decimal] | None]
"""(row, number in its document) → JSON of the entry and its exact amount; None when the row has no entry."""

_FIGURES = ("quantity", "price", "amount")


def _line_entry(sources: Mapping[str, Source], readers: Readers, positions: Mapping[str, int], negate: bool) -> Entry:
    """Lines are the bulk of all files; the same items and figures come again and again: their JSON is remembered."""
    shape = KINDS["invoice"].lists["lines"].fields
    figured = [name for name in _FIGURES if name in sources]
    worded = sorted(sources.keys() - set(figured))
    words = _words([_value(name, sources[name], shape[name], readers, positions) for name in worded])
    needed = Field("decimal", required=True)
    figures = _figures([_value(name, sources[name], needed, readers, positions) for name in figured], readers, negate)
    word_cells = _all_cells([sources[name] for name in worded], positions)
    figure_cells = _all_cells([sources[name] for name in figured], positions)
    if "line" in sources:
        return lambda row, at: _joined(words(*word_cells(row)), figures(*figure_cells(row)))

    def entry(row: Row, at: int) -> tuple[bytes, Decimal]:
        fragment, exact = figures(*figure_cells(row))
        return b"".join((b'{"line":', b"%d" % at, words(*word_cells(row)), b",", fragment, b"}")), exact

    return entry


def _joined(words: bytes, figures: tuple[bytes, Decimal]) -> tuple[bytes, Decimal]:
    return b"{%b,%b}" % (words[1:], figures[0]), figures[1]


def _all_cells(sources: Sequence[Source], positions: Mapping[str, int]) -> Callable[[Row], tuple[str, ...]]:
    """The texts of several sources at once."""
    texts = [compile_text(source, positions) for source in sources]
    if len(texts) > 1 and all(isinstance(text, itemgetter) for text in texts):
        return itemgetter(*(positions[source.column] for source in sources))
    return lambda row: tuple(text(row) for text in texts)


def _words(columns: Sequence[Value]) -> Callable[..., bytes]:
    """JSON members of a line behind a comma, nothing when all are empty."""

    @functools.lru_cache(maxsize=30_000)
    def words(*cells: str) -> bytes:
        found = {value.name: value.parse(cell) for value, cell in zip(columns, cells, strict=True)}
        json = orjson.dumps({name: one for name, one in found.items() if one is not None})[1:-1]
        return b"," + json if json else b""

    return words


def _figures(columns: Sequence[Value], readers: Readers, negate: bool) -> Callable[..., tuple[bytes, Decimal]]:
    """JSON members of a line's quantity, price and amount, and the amount: given, or quantity × price."""

    @functools.lru_cache(maxsize=50_000)
    def figures(*cells: str) -> tuple[bytes, Decimal]:
        texts = [value.parse(cell) for value, cell in zip(columns, cells, strict=True)]
        quantity, price, *amount = map(Decimal, texts)
        exact = amount[0] if amount else quantity * price
        if negate:
            quantity, exact = -quantity, -exact
        line = {"amount": format(exact, "f"), "price": texts[1], "quantity": plain(quantity)}
        return orjson.dumps(line)[1:-1], exact

    return figures


def _plain_entry(
    shape: ListField,
    sources: Mapping[str, Source],
    readers: Readers,
    positions: Mapping[str, int],
) -> Entry:
    columns = [_value(name, source, shape.fields[name], readers, positions) for name, source in sources.items()]
    present = next(value for value in columns if value.name == shape.present)

    def entry(row: Row, at: int) -> tuple[bytes, Decimal] | None:
        if not present.text(row).strip():
            return None
        found = {value.name: value.of(row) for value in columns}
        return orjson.dumps({name: one for name, one in found.items() if one is not None}), Decimal()

    return entry


@dataclass(frozen=True, slots=True)
class Choice:
    """A field whose cell is chosen among a document's rows. `cell` is what each row says, before words are mapped."""

    pick: str
    cell: Text
    words: Mapping[str, str]
    default: Text | None
    value: Value
    numeric: bool

    def choose(self, counts: Mapping[str, int], first: Row) -> Any:
        """The value chosen from the texts seen (the last seen last) with how often; `first` is the first row."""
        texts = [text for text in counts if text.strip()]
        if not texts:
            return self.value.parse(self.default(first) if self.default else "")
        if self.pick == "most_frequent":  # of equally many the first in the alphabet: the same in whatever order
            return self._parse(min(texts, key=lambda text: (-counts[text], text)))
        if self.pick == "last":
            return self._parse(texts[-1])
        order = (lambda one: Decimal(one)) if self.numeric else (lambda one: one)
        return (min if self.pick == "min" else max)(map(self._parse, texts), key=order)

    def _parse(self, text: str) -> Any:
        return self.value.parse(self.words.get(text.strip(), text))


@dataclass(frozen=True, slots=True)
class CompiledKind:
    """A kind of the profile, ready for rows. `place` tells a row's document (as the cells have it);
    `entries` are (index of the list in the kind, reader, distinct). `same` gives the cells that all rows of a document
    without entries must agree on: two rows that say different things of one item are somebody's mistake.
    """

    kind: Kind
    matches: Matches | None
    place: Callable[[Row], str | tuple[str, ...]]
    company_column: str
    key_column: str
    entries: tuple[tuple[int, Entry, bool], ...]
    choices: tuple[Choice, ...]
    header: tuple[Value, ...]
    negate: bool
    numbers_lines: bool
    same: Callable[[Row], Any] | None

    def named(self, place: str | tuple[str, ...]) -> tuple[str, str]:
        """(company, key) of what `place` says of a row."""
        if isinstance(place, str):
            key = place.strip()
            return (key if self.kind.company == "key" else ""), key
        return place[0].strip(), place[1].strip()

    def columns(self) -> dict[str, str]:
        """The column behind each field of the body, for messages about it."""
        return {value.name: value.column for value in (*self.header, *(choice.value for choice in self.choices))}


def _sources(one: KindMap, readers: Readers) -> list[tuple[str, Source, Field, Read]]:
    fields = one.kind.fields | (KINDS["customer_terms"].fields if one.kind.name == "company" else {})
    own = dict(one.fields)
    if "number" in fields:
        own.setdefault("number", one.key)
    found = [(name, source, fields[name], readers.of(fields[name])) for name, source in own.items()]
    if one.stamp is not None:
        # Rows of one document changed at different times: the latest is the document's.
        stamp = replace(one.stamp, pick="max") if one.stamp.column and one.stamp.pick == "first" else one.stamp
        found.append(("stamp", stamp, Field(), readers.stamp))
    return found


def _entries(one: KindMap, readers: Readers, positions: Mapping[str, int]) -> tuple[tuple[int, Entry, bool], ...]:
    found: list[tuple[int, Entry, bool]] = []
    for index, (name, shape) in enumerate(one.kind.lists.items()):
        for mapping in one.lists.get(name, ()):
            if name == "lines":
                entry: Entry = _line_entry(mapping, readers, positions, one.negate)
            else:
                entry = _plain_entry(shape, mapping, readers, positions)
            found.append((index, entry, shape.distinct))
    return tuple(found)


def _same(one: KindMap, positions: Mapping[str, int]) -> Callable[[Row], Any] | None:
    sources = [source for source in one.fields.values() if source.pick == "first"]
    columns = sorted({column for source in sources for column in source.columns} - set(one.key.columns))
    return itemgetter(*(positions[column] for column in columns)) if columns else None


def _compile(one: KindMap, readers: Readers, positions: Mapping[str, int]) -> CompiledKind:
    header, choices = [], []
    for name, source, field, read in _sources(one, readers):
        value = Value(name, ", ".join(source.columns[:1]), field.required, compile_text(source, positions), read)
        if source.pick == "first":
            header.append(value)
        else:
            cell, default = _cells(source, positions), _default(source, positions)
            choices.append(Choice(source.pick, cell, source.map, default, value, field.type == "decimal"))
    return CompiledKind(
        one.kind,
        one.where.compile(positions) if one.where else None,
        _all_cells([one.company, one.key], positions) if one.company else compile_text(one.key, positions),
        ", ".join(one.company.columns) if one.company else "",
        ", ".join(one.key.columns),
        _entries(one, readers, positions),
        tuple(choices),
        tuple(header),
        one.negate,
        all("line" not in mapping for mapping in one.lists.get("lines", ())),
        _same(one, positions) if not one.lists else None,
    )


def compile_profile(profile: Profile, header: Sequence[str]) -> tuple[list[CompiledKind], list[tuple[str, Matches]]]:
    """The profile's kinds and the rules by which rows are left out, for a file with this header."""
    positions = {name: at for at, name in reversed(list(enumerate(header)))}
    readers = Readers(profile)
    kinds = [_compile(one, readers, positions) for one in profile.kinds]
    return kinds, [(rule.reason, rule.where.compile(positions)) for rule in profile.leave_out]


def derived(kind: CompiledKind) -> list[CompiledKind]:
    """Kinds made of the same rows: a company's row also says on what terms it buys."""
    if kind.kind.name == "company" and "price_list" in kind.columns():
        return [replace(kind, kind=KINDS["customer_terms"])]
    return []
