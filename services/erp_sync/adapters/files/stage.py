"""Stage 1 of an import: read the file once, group its rows by document, normalise, pack batches. Nothing is sent yet.

Rows of a document need not be adjacent: what was gathered stays in memory as long as there is room, then goes to the
staging database, and pieces are put together at the end; so memory stays flat whatever the file's size and order.
"""

from __future__ import annotations

import decimal
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import orjson

from chassis.money import rounded
from services.erp_sync.adapters.files.bodies import Body, Gathered, build, merge
from services.erp_sync.adapters.files.conditions import Matches
from services.erp_sync.adapters.files.mapping import BadCell, CompiledKind, compile_profile, derived
from services.erp_sync.adapters.files.profile import KindMap, Profile
from services.erp_sync.adapters.files.reading import Rows, Unreadable, open_rows
from services.erp_sync.adapters.files.staging import Batch, Problem, Staging, json_list
from services.erp_sync.adapters.shapes import partition

ROOM = 60_000
"""How many entries of one kind are gathered in memory before the older half goes to disk."""
MESSAGE_BYTES = 100_000
REPORT_ROWS = 10_000

Progress = Callable[[int, int], None]
"""Told (rows, bytes of the file) as reading goes on; raises to give up."""


@dataclass
class KindCount:
    """What a file had of one kind."""

    documents: int = 0
    lines: int = 0
    refused: int = 0
    exact: dict[str, Decimal] = field(default_factory=dict)
    rounded: dict[str, Decimal] = field(default_factory=dict)


def counted(kinds: Sequence[KindMap]) -> set[str]:
    """The kinds by whose documents rows are counted."""
    names = [one.kind.name for one in kinds]
    return {one.kind.name for one in kinds if one.kind.counts_as_document} or set(names[:1])


@dataclass
class Staged:
    """What stage 1 found: rows by what became of them, documents by kind.

    A row is refused with its document. Where rows have several kinds, what counts are orders, invoices, payments and
    the like, else the first kind: see `counted`.
    """

    rows: int = 0
    rows_refused: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    left_out_documents: dict[str, int] = field(default_factory=dict)
    counted: set[str] = field(default_factory=set)
    kinds: dict[str, KindCount] = field(default_factory=dict)


class _Gatherer:
    """Groups the rows of one kind by document: by company and key, so that no company gets another's lines."""

    def __init__(self, kind: CompiledKind, rows: Rows, staging: Staging) -> None:
        self.kind = kind
        self.problems: list[Problem] = []
        self._rows = rows
        self._staging = staging
        self._open: dict[str | tuple[str, ...], Gathered] = {}
        self._held = 0
        self.homeless = 0
        """Rows that do not tell of which document they are."""

    def taker(self) -> Callable[[list[str]], None]:
        """Adds a row to its document. One closure: it runs for every row."""
        matches, place_of, get = self.kind.matches, self.kind.place, self._open.get
        cells = [choice.cell for choice in self.kind.choices]
        entries, same = self.kind.entries, self.kind.same

        def take(row: list[str]) -> None:
            if matches is not None and not matches(row):
                return
            place = place_of(row)
            found = get(place) or self._begin(place, row)
            if found is None:
                return
            found.rows += 1
            for cell, seen in zip(cells, found.counts, strict=False):
                text = cell(row)
                seen[text] = seen.pop(text, 0) + 1  # the last seen stands last
            if not entries:
                if same is not None and same(row) != same(found.first):
                    self._refuse_other(found, place)
                return
            try:
                for index, read, distinct in entries:
                    entry = read(row, found.sizes[index] + 1)
                    if entry is not None and not (distinct and entry[0] in found.lists[index]):
                        found.add(index, entry[0])
                        found.exact += entry[1]
                        self._held += 1
            except BadCell as error:
                found.bad = True
                self._problem(error.column, error.value, error.reason)
            if self._held > ROOM:
                self.put_aside(len(self._open) // 2)

        return take

    def _begin(self, place: str | tuple[str, ...], row: list[str]) -> Gathered | None:
        company, key = self.kind.named(place)
        if not key or (self.kind.company_column and not company):
            self.homeless += 1
            column = self.kind.company_column if key else self.kind.key_column
            name = self.kind.kind.name
            self._problem(column, "", f"is empty, but a row of {'an' if name[0] in 'aeio' else 'a'} {name} needs it")
            return None
        if self._held > ROOM:
            self.put_aside(len(self._open) // 2)
        lists = tuple(bytearray() for _ in self.kind.kind.lists)
        found = Gathered(self._rows.line, row, [{} for _ in self.kind.choices], lists, [0] * len(lists))
        self._open[place] = found
        self._held += 1
        return found

    def _refuse_other(self, found: Gathered, place: str | tuple[str, ...]) -> None:
        found.bad = True
        key = self.kind.named(place)[1]
        name = self.kind.kind.name
        reason = f"says other things of the same {name} than line {found.line}; `pick` in the profile chooses"
        self._problem(self.kind.key_column, key, reason)

    def refuse(self, row: list[str]) -> None:
        """Refuse the whole document that a damaged row is of, where the row still tells which."""
        try:
            place = self.kind.place(row)
            found = self._open.get(place) or self._begin(place, row)
        except IndexError:
            return
        if found is not None:
            found.bad = True

    def put_aside(self, count: int | None = None) -> None:
        """Move the documents gathered first (all without a count) to the staging database."""
        moved = [(self.kind.named(place), self._open.pop(place)) for place in list(self._open)[:count]]
        for kind in (self.kind, *derived(self.kind)):
            self._staging.put_aside(kind.kind.rank, kind.kind.name, moved)
        self._staging.add_errors(self.problems)
        self.problems.clear()
        self._held = sum(1 + sum(one.sizes) for one in self._open.values())

    def _problem(self, column: str, value: str, reason: str) -> None:
        self.problems.append(_told(self.kind, self._rows.line, column, value, reason))


class _Packer:
    """Packs documents into messages: one partition and one set of kinds a message."""

    def __init__(self, staging: Staging, stamp: str) -> None:
        self._staging = staging
        self._stamp = stamp
        self._number = 0
        self._what = ""
        self._open: dict[tuple[str, int], list[bytes]] = {}
        self._sizes: Counter[tuple[str, int]] = Counter()
        self._lines: Counter[tuple[str, int]] = Counter()

    def add(self, kind: CompiledKind, company: str, body: Body) -> None:
        """A document into its partition's message; what is of other kinds is complete."""
        shape = kind.kind
        what = "documents" if shape.counts_as_document else shape.name
        if what != self._what:
            self.flush()
            self._what = what
        place = (shape.service, partition(shape, company, body.key, body.values))
        document = orjson.dumps(
            {
                "company": company,
                "kind": shape.name,
                "key": body.key,
                "stamp": body.stamp or self._stamp,
                "body": orjson.Fragment(body.json),
            }
        )
        if self._sizes[place] + len(document) > MESSAGE_BYTES and place in self._open:
            self._finish(place)
        self._open.setdefault(place, []).append(document)
        self._sizes[place] += len(document)
        self._lines[place] += body.lines

    def flush(self) -> None:
        """Complete every open message."""
        for place in list(self._open):
            self._finish(place)

    def _finish(self, place: tuple[str, int]) -> None:
        documents = self._open.pop(place)
        self._number += 1
        lines = self._lines.pop(place)
        del self._sizes[place]
        self._staging.add_batch(Batch(self._number, *place, self._what, len(documents), lines, json_list(documents)))


def stage(path: Path, profile: Profile, staging: Staging, progress: Progress, stamp: str) -> Staged:
    """Read the file into the staging database; raises Unreadable when it is refused whole.

    `stamp` is that of documents for which the file has none: when the import was asked for.
    """
    staged = Staged(counted=counted(profile.kinds))
    with decimal.localcontext() as context, open_rows(path, profile) as rows:
        context.prec = 60  # sums of exact products must stay exact
        kinds, rules = compile_profile(profile, rows.header)
        gatherers = [_Gatherer(kind, rows, staging) for kind in kinds]
        _read(rows, gatherers, rules, staging, staged, progress)
        for gatherer in gatherers:
            gatherer.put_aside()
        _normalise(kinds, _Packer(staging, stamp), staging, staged, lambda: progress(staged.rows, rows.bytes_read))
    staging.forget_parts()
    return staged


def _read(
    rows: Rows,
    gatherers: list[_Gatherer],
    rules: list[tuple[str, Matches]],
    staging: Staging,
    staged: Staged,
    progress: Progress,
) -> None:
    width, count, damaged = len(rows.header), 0, 0
    left_out = _LeftOut(rules, gatherers, staging)
    is_left_out = left_out.taker()
    takers = [gatherer.taker() for gatherer in gatherers]
    for row in rows:
        if len(row) != width and not _fits(row, width):
            if not row:
                continue  # an empty line
            count += 1
            damaged += 1
            _refuse_row(row, rows, width, gatherers)
            continue
        count += 1
        if not is_left_out(row):
            for take in takers:
                take(row)
        if not count % REPORT_ROWS:
            progress(count, rows.bytes_read)
    if not count:
        raise Unreadable("The file has column names but no rows below them.")
    homeless = sum(gatherer.homeless for gatherer in gatherers if gatherer.kind.kind.name in staged.counted)
    staged.rows, staged.rows_refused = count, damaged + homeless
    staged.left_out, staged.left_out_documents = dict(left_out.rows), left_out.documents()


def _fits(row: list[str], width: int) -> bool:
    """Whether all that is too much are empty cells; they are cut off."""
    if len(row) > width and not any(row[width:]):
        del row[width:]
    return len(row) == width


def _told(kind: CompiledKind, line: int, column: str, value: str, reason: str) -> Problem:
    """A row of the error file; what a cell says of a person is not in it."""
    return Problem(line, column, "" if kind.kind.is_personal else value[:200], reason)


def _refuse_row(row: list[str], rows: Rows, width: int, gatherers: list[_Gatherer]) -> None:
    reason = f"the row has {len(row)} cells instead of {width}: a delimiter in a text without quotes, or a line cut off"
    for gatherer in gatherers:
        gatherer.refuse(row)
    gatherers[0].problems.append(Problem(rows.line, "", "", reason))


class _LeftOut:
    """Counts the rows that the profile leaves out, by the first rule that says so, and the documents they are of."""

    def __init__(self, rules: list[tuple[str, Matches]], gatherers: list[_Gatherer], staging: Staging) -> None:
        self._rules = rules
        kinds = [gatherer.kind for gatherer in gatherers]
        self._kinds = [kind for kind in kinds if kind.kind.counts_as_document] or kinds[:1]
        self._staging = staging
        self._seen: set[tuple[str, str, str]] = set()
        self.rows: Counter[str] = Counter({reason: 0 for reason, _ in rules})

    def taker(self) -> Callable[[list[str]], bool]:
        """Tells whether a row is left out, and counts it. One closure: it runs for every row."""
        rules, counts = self._rules, self.rows

        def take(row: list[str]) -> bool:
            for reason, matches in rules:
                if matches(row):
                    counts[reason] += 1
                    self._note(reason, row)
                    return True
            return False

        return take

    def _note(self, reason: str, row: list[str]) -> None:
        matching = [kind for kind in self._kinds if kind.matches is None or kind.matches(row)]
        for kind in matching or self._kinds[:1]:  # what is left out may be of no kind: it has a number all the same
            self._seen.add((reason, kind.kind.name, kind.named(kind.place(row))[1]))
        if len(self._seen) > ROOM:
            self._keep()

    def documents(self) -> dict[str, int]:
        """Documents by reason."""
        self._keep()
        found = self._staging.db.execute("SELECT reason, COUNT(*) FROM left_out WHERE key <> '' GROUP BY reason")
        return {reason: 0 for reason, _ in self._rules} | dict(found.fetchall())

    def _keep(self) -> None:
        self._staging.db.executemany("INSERT OR IGNORE INTO left_out VALUES (?, ?, ?)", self._seen)
        self._seen.clear()


def _normalise(
    kinds: list[CompiledKind], packer: _Packer, staging: Staging, staged: Staged, tick: Callable[[], None]
) -> None:
    by_name: dict[str, CompiledKind] = {}
    for kind in [found for one in kinds for found in (one, *derived(one))]:
        by_name[kind.kind.name] = kind
        staged.kinds.setdefault(kind.kind.name, KindCount())
    done: list[tuple[str, str, str, int, int, bool]] = []
    problems: list[Problem] = []
    for number, (name, company, key, pieces) in enumerate(staging.gathered()):
        kind = by_name[name]
        whole = merge(kind, pieces)
        body = _build(kind, key, whole, problems)
        if name == "customer_terms" and body is not None and not body.values.get("price_list"):
            continue  # a customer without a price list does not order: there are no terms to tell
        count = staged.kinds[name]
        if body is None:
            count.refused += 1
            staged.rows_refused += whole.rows if name in staged.counted else 0
        else:
            packer.add(kind, company, body)
            _count(count, body)
        done.append((name, company, body.key if body else key, whole.line, whole.rows, body is None))
        if not number % 2000:
            _keep_done(staging, done, problems)
            tick()
    _keep_done(staging, done, problems)
    packer.flush()


def _build(kind: CompiledKind, key: str, gathered: Gathered, problems: list[Problem]) -> Body | None:
    if gathered.bad:
        return None
    try:
        return build(kind, key, gathered)
    except BadCell as error:
        problems.append(_told(kind, gathered.line, error.column, error.value, error.reason))
        return None


def _count(count: KindCount, body: Body) -> None:
    count.documents += 1
    count.lines += body.lines
    exact = body.values.get("exact_total", body.values.get("amount"))
    if exact is not None:
        currency = body.values["currency"]
        total = body.values.get("total")
        amount = Decimal(exact)
        count.exact[currency] = count.exact.get(currency, Decimal()) + amount
        count.rounded[currency] = count.rounded.get(currency, Decimal()) + (
            Decimal(total) if total is not None else rounded(amount, currency)
        )


def _keep_done(staging: Staging, done: list[tuple[str, str, str, int, int, bool]], problems: list[Problem]) -> None:
    staging.db.executemany("INSERT OR REPLACE INTO staged VALUES (?, ?, ?, ?, ?, ?)", done)
    staging.add_errors(problems)
    done.clear()
    problems.clear()
