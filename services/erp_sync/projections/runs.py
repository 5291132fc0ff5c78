"""Import runs, as pages of staff show them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, Table, Text

from chassis.codec import dumps
from chassis.messages import Recorded
from chassis.readmodel import Projection, Rows, upsert

VERSION = 1
RUNS = Table(
    f"run_list_v{VERSION}",
    MetaData(),
    Column("run", Text, primary_key=True),
    Column("connection", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("profile", Text, nullable=False),
    Column("profile_file", Text, nullable=False),
    Column("dry_run", Boolean, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("requested_at", Text, nullable=False),
    # requested, started, completed, failed
    Column("state", Text, nullable=False),
    Column("started_at", Text, nullable=False),
    Column("finished_at", Text, nullable=False),
    Column("documents", Integer, nullable=False),
    Column("lines", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("left_out", Integer, nullable=False),
    Column("message", Text, nullable=False),
    # The summary as `portico import --json` prints it; empty until it is completed.
    Column("summary", Text, nullable=False),
    Index(f"run_list_v{VERSION}_requested", "requested_at", "run"),
    Index(f"run_list_v{VERSION}_state", "state", "requested_at"),
)
_RUN = upsert(RUNS)
_STARTED = f"UPDATE {RUNS.name} SET state = 'started', started_at = ? WHERE run = ?"
_FAILED = f"UPDATE {RUNS.name} SET state = 'failed', finished_at = ?, message = ? WHERE run = ?"
_COMPLETED = (
    f"UPDATE {RUNS.name} SET state = 'completed', finished_at = ?, documents = ?, lines = ?, changed = ?, refused = ?,"
    " left_out = ?, summary = ? WHERE run = ?"
)


def project(event: Recorded, rows: Rows) -> None:
    """One event of a run into its row."""
    data, at = event.data, event.recorded_at.isoformat()
    run = data["run"]
    rows.touch("", event.position)
    match event.type:
        case "ImportRequested":
            asked = (data["file"], data["file_name"], data["size"], data["profile"], data["profile_file"])
            who = (data["dry_run"], data["requested_by"], data["requested_at"])
            rows.execute(_RUN, (run, data["connection"], *asked, *who, "requested", "", "", 0, 0, 0, 0, 0, "", ""))
        case "ImportStarted":
            rows.execute(_STARTED, (at, run))
        case "ImportCompleted":
            summary = data["summary"]
            records, left_out = summary["records"], summary["rows"]["left_out"]
            figures = (records["in"], summary["lines"]["in"], records["changed"], records["refused"], left_out)
            rows.execute(_COMPLETED, (at, *figures, dumps(summary).decode(), run))
        case "ImportFailed":
            rows.execute(_FAILED, (at, data["reason"], run))


PROJECTION = Projection("runs", VERSION, ("run-",), (RUNS,), project)
