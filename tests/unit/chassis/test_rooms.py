"""What a service's package offers."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chassis import rooms
from tests.support.settings import make_settings

CONTRACT = """
from chassis.codec import Codec
from chassis.messages import Event
class Done(Event): ...
CODEC = Codec((Done,))
STREAMS = ["thing-"]
PUBLISHED = {"Done"}
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    service = tmp_path / "house" / "things"
    service.mkdir(parents=True)
    for folder in (service, service.parent):
        (folder / "__init__.py").touch()
    (service / "contract.py").write_text(CONTRACT)
    (service / "ingest.py").write_text("def ingest_kinds(settings): return {'a': settings.port}")
    (service / "reactions.py").write_text("raise RuntimeError('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    yield "house"
    for name in [name for name in sys.modules if name.partition(".")[0] == "house"]:
        del sys.modules[name]


def test_a_service_without_a_package_has_empty_rooms(tmp_path: Path) -> None:
    nothing = rooms.load("nowhere")
    assert (nothing.streams, nothing.published, nothing.reactions, nothing.projections, nothing.jobs) == (
        (),
        frozenset(),
        (),
        (),
        (),
    )
    assert nothing.codec.types == {}
    assert nothing.ingest_kinds(make_settings(tmp_path)) == {}
    assert not nothing.takes_documents


def test_rooms_are_read_by_their_names(package: str, tmp_path: Path) -> None:
    things = rooms.load("things", package)
    assert (things.name, things.streams, things.published) == ("things", ("thing-",), frozenset({"Done"}))
    assert list(things.codec.types) == ["Done"]
    assert things.takes_documents
    assert things.ingest_kinds(make_settings(tmp_path)) == {"a": 0}
    assert things.jobs == ()


def test_a_room_is_imported_when_it_is_asked_for_and_its_faults_are_not_hidden(package: str) -> None:
    things = rooms.load("things", package)
    assert things.has("reactions")
    with pytest.raises(RuntimeError, match="imported"):
        _ = things.reactions
