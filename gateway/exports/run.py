"""Making an export within its process: as the person who asked for it may see things by now."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qsl

import orjson
from werkzeug.datastructures import MultiDict

from chassis import log
from chassis.config import Settings
from chassis.errors import NotAllowed
from gateway import people, texts
from gateway.access import Scope, Visit, scope_beside
from gateway.app import create_app
from gateway.config import GatewaySettings
from gateway.exports.jobs import write_state
from gateway.exports.sources import read_export
from gateway.parts import EXTENSION, Parts
from gateway.reports.layouts import PERMISSION
from gateway.websession import WebSession

_log = log.get("exports")


def run(folder: Path, wanted: Callable[[], None]) -> None:
    """Make the file of a job. `wanted` raises when it is not wanted any more."""
    settings, gateway = Settings.from_env(), GatewaySettings.from_env()
    log.configure("export", settings.log_level, settings.log_format)
    job = orjson.loads((folder / "job.json").read_bytes())
    app = create_app(settings, gateway)
    ground: Parts = app.extensions[EXTENSION]

    def progress(rows: int) -> None:
        wanted()
        write_state(folder, "running", rows)

    progress(0)
    with app.app_context():
        texts.LOCALE.set(job["language"])
        scope = _scope(ground, gateway, job)
        export = read_export(scope, job["report"], MultiDict(parse_qsl(job["address"])))
        part = folder / "file.part"
        rows = export.write(job["form"], part, progress)
        ground.reads.end()
        ground.reads.close()
    wanted()
    part.rename(folder / "file")
    write_state(folder, "done", rows)
    _log.info("export made", report=job["report"], rows=rows)


def _scope(ground: Parts, gateway: GatewaySettings, job: dict[str, str]) -> Scope:
    """The scope of the person who asked, by what they may see now; raises NotAllowed without layouts and export."""
    today = gateway.today()
    person = people.load_person(ground.reads, job["contact"], today, job["company"])
    if person is None or not person.active or person.company != job["company"] or PERMISSION not in person.permissions:
        raise NotAllowed("Your account does not include exports. Your administrator can add them.")
    return scope_beside(
        person, Visit(ground, WebSession(ground.store, {}, None)), job["branch"], job["language"], job["key"], today
    )
