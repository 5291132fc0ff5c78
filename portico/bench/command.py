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
from portico.bench import (
    charts,
    each,
    lighthouse,
    live,
    loading,
    order,
    pages,
    rebuild,
    reports,
    search,
    sign_in,
    store,
    store_size,
)
from portico.bench.bed import Bed
from portico.bench.invoices import give_others
from portico.bench.table import Row, show

_FILE = Path(__file__).resolve().parents[3] / "shared/data/online_retail_ii_2009_2010.csv.gz"
ALONE = ("store", "loading", "store-size")
"""Parts that need no installation; measured before one is started."""
PARTS = (
    "store",
    "loading",
    "import",
    "rebuild",
    "home",
    "live",
    "report",
    "each",
    "charts",
    "search",
    "order",
    "sign-in",
)
BESIDE_OTHERS = ("live", "report", "each", "charts", "search")
"""Parts that say what a company's pages take in a portal with `--others`."""
LONG = ("store-size", "lighthouse")
"""Measured only where they are named."""


def bench(
    only: Annotated[str, typer.Option(help=f"Measure these alone, by commas: {', '.join(LONG + PARTS)}.")] = "",
    file: Annotated[Path, typer.Option(help="The real file, in the columns of the online-retail profile.")] = _FILE,
    port: Annotated[int, typer.Option(help="The measured installation's port; eleven above it are used too.")] = 18400,
    read_uri: Annotated[
        str, typer.Option(help="Keep read models in this empty PostgreSQL database, not in files.")
    ] = "",
    keep: Annotated[bool, typer.Option("--keep", help="Leave the installation running afterwards.")] = False,
    others: Annotated[
        int, typer.Option(help="Other companies' documents to import before reports, charts, search and live.")
    ] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON list.")] = False,
) -> None:
    """Measure a whole installation of its own, each figure beside its limit measured in the same run."""
    named = set(only.split(",")) if only else set(PARTS)
    if unknown := named - {*PARTS, *LONG}:
        raise Problem(f"There is no part {', '.join(sorted(unknown))}.", f"Name some of {', '.join(LONG + PARTS)}.")
    if named & {"rebuild", "home", "live"}:
        named.add("import")
    wanted = [part for part in LONG + PARTS if part in named]
    if not named <= {*ALONE} and not file.exists():
        raise Problem(f"{file} is missing: name the real file with --file.")
    console = Console(stderr=True)
    bed = Bed(Settings.from_env().var / "bench", port, read_uri)
    folder = Settings.from_env().var / "bench-store"
    steps: dict[str, Callable[[], list[Row]]] = {
        "import": lambda: rebuild.import_rows(bed, file),
        "rebuild": lambda: rebuild.rebuild_rows(bed),
        "home": lambda: pages.home_rows(bed),
        "live": lambda: live.live_rows(bed),
        "report": lambda: reports.report_rows(bed),
        "each": lambda: each.each_rows(bed),
        "charts": lambda: charts.charts_rows(bed),
        "search": lambda: search.search_rows(bed),
        "order": lambda: order.order_rows(bed),
        "sign-in": lambda: sign_in.sign_in_rows(bed),
        "lighthouse": lambda: lighthouse.lighthouse_rows(bed),
        "loading": lambda: loading.loading_rows(folder, port + 10),
        "store": lambda: store.store_rows(folder, port + 10),
        "store-size": lambda: store_size.size_rows(folder, port + 10),
    }
    rows: list[Row] = []
    try:
        for part in wanted:
            if part not in ALONE and not bed.started:
                console.print("Starting an installation to measure …")
                bed.start()
            if others and part in BESIDE_OTHERS:
                console.print(f"Importing {others:,} documents of other companies, where they are not there yet …")
                give_others(bed, others)
            console.print(f"Measuring: {part} …")
            rows += steps[part]()
    finally:
        if bed.started and not keep:
            bed.stop()
    show(rows, Console(file=sys.stdout, width=max(120, console.width)), as_json)
