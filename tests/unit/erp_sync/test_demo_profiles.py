"""The demo company's export through its profiles: every document is one that its owner takes."""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest
from marshmallow import Schema

from chassis.bodies import DocumentBody
from chassis.config import Settings
from chassis.rooms import load as load_rooms
from deploy.local.demo_data import FILES, write_export
from services.erp_sync.adapters.files.profile import find, load
from services.erp_sync.adapters.files.stage import Staged, stage
from services.erp_sync.adapters.files.staging import Staging
from services.erp_sync.adapters.shapes import KINDS


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo company's export files."""
    folder = tmp_path_factory.mktemp("demo")
    write_export(folder, dt.date(2026, 11, 21))
    return folder


@pytest.mark.parametrize("name", FILES)
def test_each_file_is_taken_whole(name: str, export: Path, tmp_path: Path, schemas: dict[str, Schema]) -> None:
    profile = load(find(f"demo-{name.replace('_', '-')}").read_text(encoding="utf-8"))
    with closing(Staging.fresh(tmp_path / "staging.db")) as staging:
        staged: Staged = stage(
            export / f"{name}.csv", profile, staging, lambda rows, done: None, "2026-11-21T09:30:00Z"
        )
        staging.seal()
        assert list(staging.errors()) == []
        assert staged.rows > 0
        for number, service, *_ in staging.plan():
            for document in orjson.loads(staging.batch(number).body):
                assert KINDS[document["kind"]].service == service
                faults: Any = schemas[document["kind"]].validate(document["body"])
                assert not faults, (document, faults)


@pytest.fixture(scope="module")
def schemas(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Schema]:
    """Kind → the schema by which its owner checks it."""
    settings = Settings.from_env({"PORTICO_VAR": str(tmp_path_factory.mktemp("var"))})
    found: dict[str, Schema] = {}
    for service in {kind.service for kind in KINDS.values()}:
        for name, kind in load_rooms(service).ingest_kinds(settings).items():
            found[name] = kind.schema
    assert found.keys() == KINDS.keys()
    assert isinstance(found["invoice"], DocumentBody)
    return found
