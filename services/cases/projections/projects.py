"""Projects as the ERP tells them, with their tasks."""

from __future__ import annotations

from sqlalchemy import Column, Integer, MetaData, Table, Text

from chassis.codec import dumps
from chassis.messages import Recorded
from chassis.readmodel import Projection, Rows, upsert

VERSION = 1
PROJECTS = Table(
    f"project_list_v{VERSION}",
    MetaData(),
    Column("company", Text, primary_key=True),
    Column("number", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("percent_done", Integer, nullable=False),
    Column("due_date", Text),
    Column("reference", Text, nullable=False),
    Column("tasks", Text, nullable=False),
    Column("updated_at", Text, nullable=False),
)
_PROJECT = upsert(PROJECTS)


def project(event: Recorded, rows: Rows) -> None:
    """A project's row, whole; `tasks` is a JSON list."""
    data = event.data
    rows.touch(data["company"], event.position)
    tasks = dumps(data["tasks"]).decode()
    facts = (data["name"], data["status"], data["percent_done"], data["due_date"], data["reference"])
    rows.execute(_PROJECT, (data["company"], data["number"], *facts, tasks, event.recorded_at.isoformat()))


PROJECTION = Projection("projects", VERSION, ("projects-",), (PROJECTS,), project)
