"""The public face of cases: what others may import, and nothing else of this service."""

from __future__ import annotations

from marshmallow import RAISE, Schema, fields
from marshmallow.validate import Length, Range

from chassis.codec import Codec
from services.cases import events
from services.cases.domain import STATUSES as CASE_STATUSES
from services.cases.projections.cases import SORTS as CASE_SORTS
from services.cases.schemas import UPCASTERS

SERVICE = "cases"
STREAMS = ("case-", "projects-")
CODEC = Codec(events.ALL, UPCASTERS)
PUBLISHED = frozenset({"CaseOpened", "CustomerReplied", "AgentAnswered", "CaseStatusChanged"})

CASES_MODEL = "cases_v2"
"""Published tables `case_list_v2`, `case_messages_v2` (see projections/cases.py)."""
PROJECTS_MODEL = "projects_v2"
"""Published tables `project_list_v2`, `project_timeline_v2` (see projections/projects.py)."""
SEARCH_MODEL = "search_v3"
"""Published tables `case_words_v3` and, on SQLite, its index `case_fts_v3` (see projections/search.py)."""


class TaskDocument(Schema):
    """A task of a project."""

    class Meta:
        """Unknown fields are refused."""

        unknown = RAISE

    name = fields.String(required=True)
    status = fields.String(load_default="")
    percent_done = fields.Integer(load_default=0, validate=Range(0, 100))
    note = fields.String(load_default="")


class ProjectDocument(Schema):
    """A project as an ERP connector sends it; see docs/connecting-an-erp.md."""

    class Meta:
        """Unknown fields are refused."""

        unknown = RAISE

    name = fields.String(required=True, validate=Length(min=1))
    status = fields.String(load_default="open")
    percent_done = fields.Integer(load_default=0, validate=Range(0, 100))
    due_date = fields.Date(load_default=None, allow_none=True)
    reference = fields.String(load_default="")
    tasks = fields.List(fields.Nested(TaskDocument), load_default=list)


__all__ = [
    "CASES_MODEL",
    "CASE_SORTS",
    "CASE_STATUSES",
    "CODEC",
    "PROJECTS_MODEL",
    "PUBLISHED",
    "SEARCH_MODEL",
    "SERVICE",
    "STREAMS",
    "ProjectDocument",
]
