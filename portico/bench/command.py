"""The command itself: builds the installation to be measured, measures, prints, cleans up."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from chassis.config import Settings
from deploy.local.problem import Problem
from portico.bench import order, pages, rebuild
from portico.bench.bed import Bed
from portico.bench.table import Row, show

_FILE = Path(__file__).resolve().parents[3] / "shared/data/online_retail_ii_2009_2010.csv.gz"
PARTS = ("import", "rebuild", "home", "report", "order")


def bench(
    only: Annotated[str, typer.Option(help=f"Measure these alone, by commas: {', '.join(PARTS)}.")] = "",
    file: Annotated[Path, typer.Option(help="The real file, in the columns of the online-retail profile.")] = _FILE,
    port: Annotated[int, typer.Option(help="The measured installation's port; eight above it are used too.")] = 18400,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the installation running afterwards.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON list.")] = False,
) -> None:
    """Measure a whole installation of its own, each figure beside its limit measured in the same run."""
    wanted = [part for part in PARTS if not only or part in only.split(",")]
    if not file.exists():
        raise Problem(f"{file} is missing: name the real file with --file.")
    console = Console(stderr=True)
    bed = Bed(Settings.from_env().var / "bench", port)
    steps: dict[str, Callable[[], list[Row]]] = {
        "import": lambda: rebuild.import_rows(bed, file),
        "rebuild": lambda: rebuild.rebuild_rows(bed),
        "home": lambda: pages.home_rows(bed),
        "report": lambda: pages.report_rows(bed),
        "order": lambda: order.order_rows(bed),
    }
    if not {"import"} & set(wanted) and {"rebuild", "home"} & set(wanted):
        wanted.insert(0, "import")
    rows: list[Row] = []
    try:
        console.print("Starting an installation to measure …")
        bed.start()
        for part in wanted:
            console.print(f"Measuring: {part} …")
            rows += steps[part]()
    finally:
        if not keep:
            bed.stop()
    show(rows, Console(file=sys.stdout, width=max(120, console.width)), as_json)
