"""Exports of reports to Excel and CSV (R5): small ones at once, large ones by a process of their own."""

from __future__ import annotations

import io
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

from flask import flash, redirect, request, send_file
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from chassis.errors import Invalid, NotFound
from gateway.access import Scope, current_scope
from gateway.exports.jobs import Job, Jobs, Spec, TooMany
from gateway.exports.making import FORMATS
from gateway.exports.sources import Export, needs_of, read_export
from gateway.frame import render
from gateway.reports.layouts import PERMISSION
from gateway.routes import Pages

pages = Pages("exports", __name__)
_TYPES = {"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "text/csv; charset=utf-8"}


@pages.page("/exports/<kind>", needs=PERMISSION, methods=("POST",))
def export(kind: str) -> Any:
    """The rows that the report's address finds, all of them: a file, or (where they are many) that it is being made."""
    scope = current_scope()
    form = request.form.get("format", "")
    if form not in FORMATS:
        raise Invalid("There is no such format; choose Excel or CSV.")
    asked = read_export(scope, kind, MultiDict(parse_qsl(request.form.get("address", ""))))
    if asked.rows <= scope.visit.ground.gateway.export_rows_at_once:
        return _at_once(scope, asked, form)
    spec = Spec(
        key=uuid4().hex,
        contact=scope.contact_id,
        company=scope.company,
        branch=scope.branch,
        branches=scope.branches,
        report=kind,
        address=asked.address,
        form=form,
        title=asked.title,
        language=scope.language,
        rows=asked.rows,
        begun=time.time(),
    )
    try:
        _jobs(scope).start(spec)
    except TooMany as error:
        flash(error.message, "warning")
    return redirect("/exports")


def _at_once(scope: Scope, asked: Export, form: str) -> Any:
    with tempfile.TemporaryDirectory(prefix="export-") as folder:
        path = Path(folder) / "file"
        asked.write(form, path, lambda rows: None)
        content = io.BytesIO(path.read_bytes())
    return _sent(content, asked.kind, form, scope)


def _sent(content: Any, report: str, form: str, scope: Scope) -> Any:
    name = f"{report.replace('_', '-')}-{scope.today.isoformat()}.{form}"
    answer = send_file(content, _TYPES[form], as_attachment=True, download_name=name, etag=False)
    # As any page: nothing of it stays in a browser or a proxy, and nothing says when it was made.
    answer.headers["Cache-Control"] = "no-store"
    answer.headers.pop("Last-Modified", None)
    return answer


@pages.page("/exports", needs=PERMISSION)
def exports() -> Any:
    """What is being made for the person, and what is there to be fetched."""
    scope = current_scope()
    found = [job for job in _jobs(scope).of(scope.contact_id, scope.company) if _may(scope, job)]
    under_way = any(not job.ended for job in found)
    return render("exports/list.html", title=_("Exports"), jobs=found, under_way=under_way, refreshes=under_way)


@pages.page("/exports/<key>/file", needs=PERMISSION)
def file(key: str) -> Any:
    """The file of an export."""
    scope = current_scope()
    job = _own(scope, key)
    if job.state != "done":
        raise NotFound("This export is not there any more, or not yet.")
    return _sent(job.file, job.spec.report, job.spec.form, scope)


@pages.page("/exports/<key>/cancel", needs=PERMISSION, methods=("POST",))
def cancel(key: str) -> Any:
    """Have an export end, or forget the file of one that is done."""
    scope = current_scope()
    job = _own(scope, key)
    _jobs(scope).cancel(job)
    flash(_("Removed.") if job.ended else _("It ends in a moment."), "success")
    return redirect("/exports")


def _jobs(scope: Scope) -> Jobs:
    return Jobs(scope.visit.ground.settings)


def _own(scope: Scope, key: str) -> Job:
    """A job of the person's own in this company, whose rights they still have; NotFound for any other as for none."""
    found = _jobs(scope).find(key, scope.contact_id, scope.company)
    if found is None or not _may(scope, found):
        raise NotFound("There is no such export, or it is not yours to see.")
    return found


def _may(scope: Scope, job: Job) -> bool:
    """Whether they may still see what is in it: the report, and the branches it was made of."""
    needs, own = needs_of(job.spec.report), scope.own_branches
    if not needs or not scope.can(needs):
        return False
    return own is None or (job.spec.branches is not None and set(job.spec.branches) <= set(own))
