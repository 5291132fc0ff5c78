"""How `portico import` looks: the progress bar while it runs, the sentences at its end."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

_STATES = {
    "unknown": "Waiting for erp_sync",
    "waiting": "Waiting for an earlier import",
    "staging": "Reading the file",
    "sending": "Recording documents",
    "done": "Done",
    "failed": "Refused",
    "away": "erp_sync is away; the import goes on when it is back",
}


class View:
    """A progress bar on stderr; on what is no terminal it is silent."""

    def __init__(self, run: str) -> None:
        self._console = Console(stderr=True)
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[count]}"),
            TimeElapsedColumn(),
        )
        self._progress = Progress(
            *columns, console=self._console, transient=True, disable=not self._console.is_terminal
        )
        self._task = self._progress.add_task(f"{run}  {_STATES['unknown']}", total=None, count="")
        self._run = run

    def __enter__(self) -> View:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._progress.stop()

    def show(self, status: dict[str, Any]) -> None:
        """Show how far the run is."""
        state = status["state"]
        text = f"{self._run}  {_STATES.get(state, state)}"
        match state:
            case "staging":
                done, total, count = status["bytes"], status["bytes_total"], f"{status['rows']:,} rows"
            case "sending":
                done, total = status["documents_answered"], status["documents"]
                count = f"{done:,} of {total:,} records"
            case _:
                self._progress.update(self._task, description=text)
                return
        self._progress.update(self._task, description=text, completed=done, total=max(total, 1), count=count)


def sentences(summary: dict[str, Any]) -> Iterator[str]:
    """The summary for people."""
    seconds, rates, rows = summary["seconds"]["total"], summary["rates"], summary["rows"]
    done = "Would import" if summary["dry_run"] else "Imported"
    yield f"{done} {summary['file']} (profile {summary['profile']}, run {summary['run']}) in {seconds:,.1f} s"
    used = ", ".join(f"{rows[name]:,} {name.replace('_', ' ')}" for name in ("used", "left_out", "refused"))
    yield f"  rows       {rows['in']:,}: {used}"
    for reason, left_out in summary["left_out"].items():
        told = _counted(left_out["rows"], "row")
        if left_out["documents"]:
            told += f" of {_counted(left_out['documents'], 'document')}"
        yield f"             left out, {reason}: {told}"
    for name in ("records", "documents"):
        found = summary[name]
        if name == "records" or found["in"]:
            outcome = ", ".join(f"{found[one]:,} {one}" for one in ("changed", "unchanged", "stale", "refused"))
            yield f"  {name:<10} {found['in']:,}: {outcome}"
    kinds = ", ".join(f"{count['in']:,} {name.replace('_', ' ')}" for name, count in summary["kinds"].items())
    yield f"  of kind    {kinds}"
    if summary["lines"]["in"]:
        per_second = f"{rates['documents_per_second']:,.0f} documents/s, {rates['lines_per_second']:,.0f} lines/s"
        yield f"  lines      {summary['lines']['in']:,} ({per_second})"
    for currency, totals in summary["totals"].items():
        for kind, total in totals.items():
            amounts = f"{_grouped(total['rounded'])} {currency} (exact {_grouped(total['exact'])})"
            yield f"  total      {kind.replace('_', ' ')}: {amounts}"
    absent = summary.get("absent", {}).get("documents", 0)
    if absent:
        was = "document that was" if absent == 1 else "documents that were"
        yield f"  absent     {absent:,} {was} delivered before and not in this file"
    if summary["errors"]["rows"]:
        yield f"  errors     {summary['errors']['rows']:,}, listed in {summary['errors']['file']}"


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _grouped(amount: str) -> str:
    whole, point, fraction = amount.partition(".")
    return f"{int(whole):,}{point}{fraction}" if whole not in ("-0",) else amount
