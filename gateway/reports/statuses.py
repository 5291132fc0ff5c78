"""The words for the statuses of documents, cases and projects, with their colours. Languages bend them to a gender."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask_babel import lazy_pgettext as _p

LINE, TASK = "line", "task"
"""Stand for the kind where a document's line or a project's task has the status."""
_WORDS: dict[str, dict[str, Any]] = {
    "quotation": {
        "open": _p("quote", "Open"),
        "closed": _p("quote", "Closed"),
        "cancelled": _p("quote", "Cancelled"),
    },
    "order": {
        "accepted": _p("order", "Accepted"),
        "queued": _p("order", "On its way"),
        "cancelling": _p("order", "Being cancelled"),
        "posted": _p("order", "Posted"),
        "rejected": _p("order", "Rejected"),
        "open": _p("order", "Open"),
        "closed": _p("order", "Closed"),
        "cancelled": _p("order", "Cancelled"),
    },
    "delivery": {
        "open": _p("delivery", "Open"),
        "closed": _p("delivery", "Closed"),
        "cancelled": _p("delivery", "Cancelled"),
    },
    "invoice": {
        "open": _p("invoice", "Open"),
        "partly_paid": _p("invoice", "Partly paid"),
        "paid": _p("invoice", "Paid"),
        "cancelled": _p("invoice", "Cancelled"),
    },
    "credit_memo": {
        "open": _p("credit memo", "Open"),
        "partly_paid": _p("credit memo", "Partly used"),
        "closed": _p("credit memo", "Used"),
        "cancelled": _p("credit memo", "Cancelled"),
    },
    "payment": {
        "open": _p("payment", "On account"),
        "partly_paid": _p("payment", "Partly used"),
        "closed": _p("payment", "Applied"),
        "cancelled": _p("payment", "Cancelled"),
    },
    LINE: {
        "open": _p("line", "Open"),
        "closed": _p("line", "Closed"),
        "cancelled": _p("line", "Cancelled"),
    },
    "case": {
        "new": _p("case", "New"),
        "open": _p("case", "Open"),
        "waiting": _p("case", "Waiting for customer"),
        "awaiting_vendor": _p("case", "Awaiting vendor approval"),
        "solved": _p("case", "Solved"),
        "closed": _p("case", "Closed"),
    },
    "project": {
        "planned": _p("project", "Planned"),
        "open": _p("project", "Open"),
        "in_progress": _p("project", "In progress"),
        "on_hold": _p("project", "On hold"),
        "completed": _p("project", "Completed"),
        "closed": _p("project", "Closed"),
        "cancelled": _p("project", "Cancelled"),
    },
    TASK: {
        "planned": _p("task", "Planned"),
        "open": _p("task", "Open"),
        "in_progress": _p("task", "In progress"),
        "on_hold": _p("task", "On hold"),
        "done": _p("task", "Done"),
        "completed": _p("task", "Completed"),
        "closed": _p("task", "Closed"),
        "cancelled": _p("task", "Cancelled"),
    },
}
_TONES = {
    "open": "info",
    "partly_paid": "warn",
    "paid": "good",
    "accepted": "info",
    "queued": "info",
    "cancelling": "warn",
    "posted": "good",
    "rejected": "bad",
    "new": "info",
    "waiting": "warn",
    "awaiting_vendor": "warn",
    "solved": "good",
    "in_progress": "info",
    "on_hold": "warn",
    "completed": "good",
    "done": "good",
}


def word(status: str, kind: str) -> str:
    """The status of something of that kind, in the reader's language; an ERP's own as the ERP writes it."""
    known = _WORDS.get(kind, {}).get(_plain(status))
    return str(known) if known else status[:1].upper() + status[1:].replace("_", " ")


def words(kind: str) -> dict[str, Any]:
    """All statuses of a kind with their words, which are lazy."""
    return _WORDS[kind]


def tone(status: str, kind: str) -> str:
    """The colour of its badge, as macro `badge` names them. What is partly used is no warning, as partly paid is."""
    if kind != "invoice" and status == "partly_paid":
        return "info"
    return _TONES.get(_plain(status), "plain")


def _plain(status: str) -> str:
    return status.strip().casefold().replace(" ", "_")


def install(app: Flask) -> None:
    """Give templates `status_word(status, kind)` and `status_tone(status, kind)`."""
    app.jinja_env.globals.update(status_word=word, status_tone=tone)
