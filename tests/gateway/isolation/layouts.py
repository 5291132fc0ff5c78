"""Layouts in the walk's world, the owner's alone and shared ones; and an export of theirs."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING
from uuid import uuid4

import orjson

from gateway.exports.jobs import Jobs, Spec, write_state

if TYPE_CHECKING:
    from tests.gateway.isolation.people import Visitor
    from tests.gateway.isolation.world import World

_COLUMNS = ["status", "number", "date", "reference", "total", "open", "branch"]


def fill(world: World) -> None:
    """The owner's layouts of invoices, and one of deliveries to be chosen or removed."""
    owner = world.visitors["owner"]
    own = world.marks.text("alder", "layout.own", only=owner.email)
    shared = world.marks.text("alder", "layout.shared", needs=("layouts_export",))
    world.things["own_layout"] = _saved(world, own, shared=False)
    world.things["layout"] = _saved(world, shared, shared=True)
    world.things["spare_layout"] = new_layout(world)
    _export(world)


def _export(world: World) -> None:
    """A file made for the owner: as a job of theirs leaves it."""
    owner, put, key = world.visitors["owner"], world.marks.text, "e" * 32
    title = put("alder", "export.title", only=owner.email)
    spec = Spec(
        key, owner.contact, owner.company, None, owner.branches, "invoice", "", "csv", title, "en_GB", 1, time.time()
    )
    folder = Jobs(world.services.settings).root / key
    folder.mkdir(parents=True)
    (folder / "job.json").write_bytes(orjson.dumps(asdict(spec)))
    (folder / "file").write_text(put("north", "export.content", only=owner.email))
    write_state(folder, "done", 1)
    world.things["export"] = key


def new_layout(world: World) -> str:
    """The id of a new layout of deliveries that the owner shares."""
    return _saved(world, uuid4().hex, shared=True, report="delivery")


def new_view(world: World, visitor: Visitor) -> dict[str, object]:
    """What the form of a report's layouts sends that saves a new one."""
    columns = {"order": ["number", "total"], "show": ["number", "total"]}
    view = {"sort_by": "date", "way": "down", "grouped": "", "title": uuid4().hex, "action": "new"}
    return {**columns, **view}


def _saved(world: World, name: str, shared: bool, report: str = "invoice") -> str:
    payload = {"report": report, "name": name, "columns": _COLUMNS, "sort": "-date", "shared": shared}
    owner = world.visitors["owner"]
    return str(world.do("identity", "SaveLayout", payload, company=owner.company, actor=owner.contact)["id"])
