"""The summary of an import run, and its error file."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from chassis.cells import harmless
from services.erp_sync.adapters.files.profile import KindMap, Profile
from services.erp_sync.adapters.files.stage import Staged
from services.erp_sync.adapters.files.staging import Problem, Staging
from services.erp_sync.adapters.shapes import KINDS
from services.erp_sync.imports.table import Imports, Request

ABSENT_SHOWN = 1000
_OUTCOMES = ("changed", "unchanged", "stale", "refused")


def staged_json(staged: Staged) -> dict[str, Any]:
    """What stage 1 found, as JSON values."""
    return {
        "rows": {
            "in": staged.rows,
            "used": staged.rows - sum(staged.left_out.values()) - staged.rows_refused,
            "left_out": sum(staged.left_out.values()),
            "refused": staged.rows_refused,
        },
        "left_out": {
            reason: {"rows": rows, "documents": staged.left_out_documents.get(reason, 0)}
            for reason, rows in staged.left_out.items()
        },
        "kinds": {
            name: {"in": count.documents + count.refused, "lines": count.lines, "refused": count.refused}
            for name, count in staged.kinds.items()
        },
        "totals": _totals(staged),
        "counted": sorted(staged.counted),
    }


def _totals(staged: Staged) -> dict[str, Any]:
    """By currency and kind: the exact sum, and the sum of the documents' totals, each rounded half up once."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for name, count in staged.kinds.items():
        for currency, exact in count.exact.items():
            found.setdefault(currency, {})[name] = {
                "exact": format(exact, "f"),
                "rounded": format(count.rounded[currency], "f"),
            }
    for kinds in found.values():
        # Invoices and credit memos together are what a company owes; other kinds do not add up with them.
        owed = [kinds[name] for name in ("invoice", "credit_memo") if name in kinds]
        if len(owed) > 1:
            kinds["all"] = {
                name: format(sum((Decimal(one[name]) for one in owed), Decimal()), "f") for name in ("exact", "rounded")
            }
    return found


def build(imports: Imports, request: Request, staging: Staging, complete: bool) -> dict[str, Any]:
    """The summary of a run whose batches are all answered; see docs/connecting-an-erp.md."""
    staged, started, sealed = imports.staged(request.run)
    sums = imports.sums(request.run)
    refused_by_owner: dict[str, int] = {}
    rows = dict(staged["rows"])
    for kind, company, key, _ in imports.refused(request.run):
        refused_by_owner[kind] = refused_by_owner.get(kind, 0) + 1
        lost = staging.rows_of(kind, company, key) if kind in staged.get("counted", ()) else 0
        rows["used"], rows["refused"] = rows["used"] - lost, rows["refused"] + lost
    kinds = {
        name: {**count, "refused": count["refused"] + refused_by_owner.get(name, 0)}
        for name, count in staged["kinds"].items()
    }
    counted = [count for name, count in kinds.items() if KINDS[name].counts_as_document]
    documents = {"in": sum(count["in"] for count in counted), **_sum([sums.get("documents", {})])}
    documents["refused"] = sum(count["refused"] for count in counted)
    records = {"in": sum(count["in"] for count in kinds.values()), **_sum(sums.values())}
    records["refused"] = sum(count["refused"] for count in kinds.values())
    finished = datetime.now(UTC)
    seconds = {
        "reading": round((sealed - started).total_seconds(), 3),
        "sending": round((finished - sealed).total_seconds(), 3),
        "total": round((finished - started).total_seconds(), 3),
    }
    lines = sum(count["lines"] for count in kinds.values())
    summary = {
        "run": request.run,
        "state": "completed",
        "file": request.file_name,
        "profile": request.profile,
        "connection": request.connection,
        "dry_run": request.dry_run,
        "rows": rows,
        "left_out": staged["left_out"],
        "records": records,
        "documents": documents,
        "lines": {"in": lines},
        "companies": kinds.get("company", {}).get("in", 0),
        "items": kinds.get("item", {}).get("in", 0),
        "kinds": kinds,
        "totals": staged["totals"],
        "seconds": seconds,
        "rates": {
            "documents_per_second": round(documents["in"] / max(seconds["total"], 0.001), 1),
            "lines_per_second": round(lines / max(seconds["total"], 0.001), 1),
        },
    }
    if complete:
        count, shown = imports.absent(request, str(staging.path), ABSENT_SHOWN)
        summary["absent"] = {"documents": count, "first": shown}
    return summary


def _sum(counts: Iterable[dict[str, int]]) -> dict[str, int]:
    found = dict.fromkeys(_OUTCOMES, 0)
    for one in counts:
        for name in _OUTCOMES:
            found[name] += one.get(name, 0)
    return found


def write_errors(path: Path, imports: Imports, request: Request, staging: Staging, profile: Profile) -> int:
    """The error file, line, column, value, reason: first what could not be read, then what owners refused; its rows."""
    half = path.with_suffix(".half")
    count = 0
    with half.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(Problem._fields)
        for problem in (*staging.errors(), *_owners_refusals(imports, request, staging, profile)):
            writer.writerow([harmless(cell) if isinstance(cell, str) else cell for cell in problem])
            count += 1
        file.flush()
        os.fsync(file.fileno())
    half.replace(path)
    return count


def _owners_refusals(imports: Imports, request: Request, staging: Staging, profile: Profile) -> Iterator[Problem]:
    columns = {one.kind.name: _columns(one) for one in profile.kinds}
    for kind, company, key, errors in imports.refused(request.run):
        line = staging.line_of(kind, company, key)
        hidden = kind in KINDS and KINDS[kind].is_personal
        for field, said in _flat(errors, ""):
            # lines.3.quantity: the column is that of every line's quantity
            name = ".".join(part for part in field.split(".") if not part.isdigit())
            yield Problem(
                line, columns.get(kind, {}).get(name) or field, "" if hidden else key, f"{kind} {key}: {said}"
            )


def _columns(one: KindMap) -> dict[str, str]:
    """The file's columns behind the fields of a body."""
    sources = {"key": one.key, "number": one.key, **one.fields}
    for name, entries in one.lists.items():
        sources |= {f"{name}.{field}": source for entry in entries for field, source in entry.items()}
    return {field: ", ".join(source.columns) for field, source in sources.items()}


def _flat(errors: Any, path: str) -> Iterator[tuple[str, str]]:
    """marshmallow's nested messages as (field, message)."""
    if isinstance(errors, dict):
        for name, inner in errors.items():
            yield from _flat(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(errors, list):
        for inner in errors:
            yield from _flat(inner, path)
    else:
        yield path, str(errors)
