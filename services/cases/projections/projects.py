"""Projects as the ERP tells them, with their tasks, and what happened to each (chassis/timeline.py)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Column, Integer, MetaData, Table, Text

from chassis.codec import dumps, loads
from chassis.messages import Recorded
from chassis.readmodel import Projection, Rows, upsert
from chassis.timeline import CHANGED, RECORDED, Change, facts_changed, packed, timeline_table, told_by

VERSION = 2
_meta = MetaData()
PROJECTS = Table(
    f"project_list_v{VERSION}",
    _meta,
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
TIMELINE = timeline_table("project", VERSION, _meta, "number")
_KIND = "project"
_FACTS = ("name", "status", "percent_done", "due_date", "reference")
_OF_TASK = ("status", "percent_done", "note")
_PROJECT, _ENTRY = upsert(PROJECTS), upsert(TIMELINE)
_BEFORE = f"SELECT {', '.join(_FACTS)}, tasks FROM {PROJECTS.name} WHERE company = ? AND number = ?"


def project(event: Recorded, rows: Rows) -> None:
    """A project's row, whole (`tasks` is a JSON list), and an entry with what is not as it was."""
    data = event.data
    company, number, tasks = data["company"], data["number"], data["tasks"]
    rows.touch(company, event.position)
    facts = tuple(data[name] for name in _FACTS)
    before = rows.one(_BEFORE, company, number)
    changes: list[Change] = []
    if before is not None:
        *old, old_tasks = before
        changes = facts_changed(_FACTS, old, facts)
        changes += _tasks_changed(_named(loads(old_tasks)), _named(tasks))
    if before is None or changes:
        told = told_by(event, RECORDED if before is None else CHANGED)
        entry = (told.position, told.at, told.event, told.actor, told.channel, packed(changes))
        rows.execute(_ENTRY, (company, _KIND, number, *entry))
    rows.execute(_PROJECT, (company, number, *facts, dumps(tasks).decode(), event.recorded_at.isoformat()))


def _named(tasks: Sequence[dict[str, Any]]) -> dict[tuple[str, int], dict[str, Any]]:
    """The tasks by their name; of several with one name, by which of them."""
    seen: Counter[str] = Counter()
    found = {}
    for task in tasks:
        found[task["name"], seen[task["name"]]] = task
        seen[task["name"]] += 1
    return found


def _tasks_changed(
    old: dict[tuple[str, int], dict[str, Any]], new: dict[tuple[str, int], dict[str, Any]]
) -> Iterator[Change]:
    """What of the tasks is not as it was; one that came or went is the field "task", whose other side is null."""
    for key, task in new.items():
        before = old.get(key)
        if before is None:
            yield {"field": "task", "old": None, "new": task, "task": task["name"]}
            continue
        for name in _OF_TASK:
            if before[name] != task[name]:
                yield {"field": name, "old": before[name], "new": task[name], "task": task["name"]}
    for key, task in old.items():
        if key not in new:
            yield {"field": "task", "old": task, "new": None, "task": task["name"]}


PROJECTION = Projection("projects", VERSION, ("projects-",), (PROJECTS, TIMELINE), project)
