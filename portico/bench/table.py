"""What a measurement says, and how it is printed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Row:
    """One figure beside its limit. `goal` is what it should be; `met` None where there is no goal."""

    what: str
    figure: str
    limit: str = ""
    ratio: str = ""
    goal: str = ""
    met: bool | None = None
    note: str = ""


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0 to 1) of them do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def milliseconds(seconds: float) -> str:
    """`12.3 ms`."""
    return f"{seconds * 1000:.1f} ms"


def show(rows: Iterable[Row], console: Console, as_json: bool) -> None:
    """Print the table, or one JSON list."""
    rows = list(rows)
    if as_json:
        print(json.dumps([asdict(row) for row in rows], indent=1))
        return
    table = Table(title="portico bench", title_justify="left")
    for heading in ("what", "figure", "limit in the same run", "ratio", "goal", ""):
        table.add_column(heading, overflow="fold")
    for row in rows:
        mark = {True: "[green]met[/]", False: "[red]not met[/]", None: ""}[row.met]
        table.add_row(row.what, row.figure, row.limit, row.ratio, row.goal, mark)
    console.print(table)
    for row in rows:
        if row.note:
            console.print(f"{row.what}: {row.note}", style="dim")
