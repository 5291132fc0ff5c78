"""A project's page: what happened to it (R10), for its own company."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from services.cases.projections import PROJECTIONS as cases
from services.cases.projections.projects import PROJECTS, TIMELINE
from tests.gateway.ground import Ground


@pytest.fixture
def filled(ground: Ground) -> Ground:
    """Project PR/1 of Ann's company, and one of the same number of another's."""
    model = ground.model("cases", cases)
    for company in ("C-A", "C-B"):
        model.put(PROJECTS, company=company, number="PR/1", name="New hall", status="in_progress", tasks="[]")
    return ground


def tell(ground: Ground, position: int, *changes: dict[str, Any], company: str = "C-A") -> None:
    """An entry of the project's timeline; the first is its recording."""
    where = {"company": company, "kind": "project", "number": "PR/1", "position": position}
    told = {"event": "changed" if changes else "recorded", "at": f"2026-05-{position:02}T10:00:00+00:00"}
    packed = json.dumps(changes).encode() if changes else None
    ground.models["cases"].put(TIMELINE, **where, **told, channel="erp", changes=packed)


def history(page: str) -> list[str]:
    """The entries of the page's timeline, as text, one line each."""
    part = page.partition('<ol class="timeline">')[2].partition("</section>")[0]
    entries = part.split('<p class="timeline-head">')[1:]
    return [" ".join(re.sub(r"<[^>]+>", " ", entry).split()) for entry in entries]


def test_it_says_who_when_by_which_channel_and_what_was_before(filled: Ground) -> None:
    tell(filled, 1)
    tell(
        filled,
        2,
        {"field": "status", "old": "open", "new": "in_progress"},
        {"field": "percent_done", "old": 10, "new": 60},
        {"field": "due_date", "old": None, "new": "2026-12-24"},
        {"field": "note", "old": "", "new": "Hall 2 <first>", "task": "Roll-out"},
        {"field": "task", "old": None, "new": {"percent_done": 0, "status": "not_begun"}, "task": "Go-live"},
        {"field": "task", "old": {"percent_done": 100, "status": ""}, "new": None, "task": "Survey"},
    )
    tell(filled, 3, {"field": "reference", "old": "", "new": "SECRET"}, company="C-B")
    page = filled.signed_in().get("/projects/PR%2F1").text
    changed, recorded = history(page)
    assert recorded.startswith("Recorded")
    assert "Portico · ERP" in changed
    for told in (
        "Status before: Open → after: In progress",
        "Done before: 10 % → after: 60 %",
        "Due before: – → after: 24 Dec 2026",
        "Task Roll-out, Note before: – → after: Hall 2 &lt;first&gt;",
        "Task Go-live added 0 %, Not begun",
        "Task Survey taken out 100 %",
    ):
        assert told in changed, changed
    assert "SECRET" not in page


def test_a_long_history_is_shown_in_part_and_whole_on_request(filled: Ground) -> None:
    for position in range(1, 16):
        tell(filled, position, {"field": "percent_done", "old": position, "new": position + 1})
    browser = filled.signed_in()
    page = browser.get("/projects/PR%2F1").text
    assert len(history(page)) == 6
    assert 'href="/projects/PR/1?timeline=all#timeline"' in page
    whole = browser.get("/projects/PR/1?timeline=all").text
    assert len(history(whole)) == 15
    assert "?timeline=all" not in whole.partition('id="timeline"')[2]


def test_a_project_without_a_history_says_so(filled: Ground) -> None:
    assert "Nothing is known of its history." in filled.signed_in().get("/projects/PR/1").text
