"""The word for a document's status, with the colour that goes with it. Languages bend the word to the kind's gender."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask_babel import lazy_pgettext as _p

LINE = "line"
"""Stands for the kind where a line of a document has the status."""
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
}


def word(status: str, kind: str) -> str:
    """The status of a document of that kind, in the reader's language; an ERP's own status as it is."""
    return str(_WORDS.get(kind, {}).get(status, status))


def tone(status: str, kind: str) -> str:
    """The colour of its badge, as macro `badge` names them. What is partly used is no warning, as partly paid is."""
    if kind != "invoice" and status == "partly_paid":
        return "info"
    return _TONES.get(status, "plain")


def install(app: Flask) -> None:
    """Give templates `status_word(status, kind)` and `status_tone(status, kind)`."""
    app.jinja_env.globals.update(status_word=word, status_tone=tone)
