"""How the ERP's projects become events."""

from __future__ import annotations

from typing import Any

from chassis.config import Settings
from chassis.ingest import IngestKind, StreamRule
from services.cases.contract import ProjectDocument
from services.cases.events import ProjectRecorded, ProjectTask


def _project(company: str, doc: dict[str, Any], known: bool) -> ProjectRecorded:
    tasks = tuple(ProjectTask(**task) for task in doc["tasks"])
    return ProjectRecorded(
        company,
        doc["key"],
        doc["name"],
        doc["status"],
        doc["percent_done"],
        doc["due_date"],
        doc["reference"],
        tasks,
    )


def ingest_kinds(settings: Settings) -> dict[str, IngestKind]:
    """The kinds of ERP documents that cases records."""
    rule = StreamRule(stream=lambda company, doc: f"projects-{company}", event=_project, fingerprint=lambda doc: doc)
    return {"project": IngestKind("project", ProjectDocument(), (rule,))}
