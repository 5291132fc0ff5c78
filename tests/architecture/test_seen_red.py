"""Each rule of the architecture, seen red: the fault it is there for, planted in a tree of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture import import_rules, room_rules, style_rules
from tests.architecture.test_rules import RULES, Rule

_EVENT = "@dataclass(frozen=True, slots=True)\nclass Opened(Event):\n    case: str\n"
_COMMAND = "@dataclass(frozen=True)\nclass Open(Command):\n    case: str\n"
_TABLE = 'COMMAND_HANDLERS = {"Open": 1}\n'
_SHAPE = "class OpenShape(Shape):\n    makes = commands.Open\n"
# Rule → (file, text) that breaks it, and the part of the fault that must be named. Split where the text itself would.
PLANTED: list[tuple[Rule, str, str, str]] = [
    (import_rules.domains_are_pure, "services/cases/domain.py", "import flask\n", "flask"),
    (import_rules.domains_are_pure, "services/cases/domain.py", "from chassis.codec import dumps\n", "chassis.codec"),
    (import_rules.domains_are_pure, "services/cases/domain.py", "from . import schemas\n", "services.cases.schemas"),
    (import_rules.services_know_contracts_only, "services/cases/x.py", "from services.b import domain\n", "b.domain"),
    (import_rules.services_know_contracts_only, "services/cases/x.py", "import services.orders.events\n", "orders"),
    (import_rules.services_stand_alone, "services/cases/x.py", "def f():\n    from gateway import reads\n", "gateway"),
    (import_rules.services_stand_alone, "services/cases/x.py", "import localstore\n", "localstore"),
    (import_rules.chassis_knows_nobody, "chassis/x.py", "import services.cases.contract\n", "services"),
    (import_rules.localstore_knows_nobody, "localstore/x.py", "from services.cases import contract\n", "services"),
    (import_rules.gateway_knows_contracts_only, "gateway/x.py", "from services.cases.events import A\n", "events"),
    (import_rules.gateway_knows_contracts_only, "gateway/x.py", "from services import cases\n", "services.cases"),
    (import_rules.gateway_knows_contracts_only, "gateway/x.py", "import portico.up\n", "portico.up"),
    (import_rules.pages_bind_nothing_themselves, "gateway/pages/x.py", "import sqlite3\n", "sqlite3"),
    (import_rules.pages_bind_nothing_themselves, "gateway/pages/x.py", "from chassis import rpc\n", "chassis.rpc"),
    (import_rules.pages_bind_nothing_themselves, "gateway/pages/x.py", "from gateway.reads import R\n", "reads"),
    (import_rules.only_the_chassis_talks_to_store_and_broker, "services/cases/x.py", "import pika\n", "pika"),
    (import_rules.only_the_chassis_talks_to_store_and_broker, "gateway/x.py", "import esdbclient\n", "esdbclient"),
    (import_rules.only_the_chassis_talks_to_store_and_broker, "services/cases/jobs.py", "import pika\n", "pika"),
    (import_rules.only_the_chassis_talks_to_store_and_broker, "services/cases/jobs.py", "c.append_to_stream()", "jobs"),
    (room_rules.rooms_are_the_known_ones, "services/cases/helpers.py", "", "helpers.py"),
    (room_rules.rooms_are_the_known_ones, "services/new/__init__.py", "", "has no contract.py"),
    (room_rules.events_are_frozen, "services/cases/events.py", _EVENT.replace("frozen=True, ", ""), "Opened"),
    (room_rules.events_are_frozen, "services/cases/events.py", "class Opened(Event):\n    pass\n", "Opened"),
    (room_rules.commands_have_handler_and_schema, "services/cases/handlers.py", "TABLE = {}\n", "no handler"),
    (room_rules.commands_have_handler_and_schema, "services/cases/schemas.py", "\n", "no schema"),
    (style_rules.files_are_short, "gateway/x.py", '"""."""\n' + "x = 1\n" * 400, "401 lines"),
    (style_rules.files_are_short, "gateway/static/x.css", "a {}\n" * 401, "401 lines"),
    (style_rules.functions_are_short, "tests/x.py", "def f():\n" + "    x = 1\n" * 60, "tests/x.py:f has 61"),
    (style_rules.nobody_prints_or_sleeps, "services/cases/x.py", "pri" + "nt(1)\n", "prints"),
    (style_rules.nobody_prints_or_sleeps, "tests/x.py", "import time\ntime.sle" + "ep(1)\n", "sleeps"),
    (style_rules.no_file_names_a_machine, "docs/x.md", "see /ho" + "me/ada/portico/x\n", "docs/x.md:1"),
    (style_rules.no_file_names_a_machine, "deploy/x.py", 'DATA = "/wo' + 'rk/data"\n', "deploy/x.py:1"),
    (style_rules.public_things_say_what_they_are, "chassis/x.py", '"""X."""\ndef f():\n    pass\n', "f has"),
    (style_rules.public_things_say_what_they_are, "chassis/x.py", '"""X."""\nclass C:\n    def m(self): 1\n', "C.m"),
    (style_rules.documents_name_files_that_exist, "docs/x.md", "see `chassis/gone.py`\n", "chassis/gone.py"),
    (style_rules.documents_name_files_that_exist, "docs/x.md", "see [it](adr/0099-gone.md#why)\n", "0099-gone"),
    (style_rules.public_things_say_what_they_are, "chassis/x.py", "import os\n", "chassis/x.py has"),
]  # fmt: skip


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    """A small tree that keeps every rule."""
    for path, text in {
        "services/cases/__init__.py": '"""Cases."""\n',
        "services/cases/README.md": "# cases\n",
        "services/cases/service.py": '"""The process."""\nfrom chassis.service import CommandService\n',
        "services/cases/contract.py": '"""The public face."""\nfrom services.cases import events\n',
        "services/cases/domain.py": '"""A case."""\nimport enum\nfrom services.cases.events import Opened\n',
        "services/cases/events.py": f'"""Events."""\n{_EVENT}'.replace("    case", '    """Opened."""\n\n    case'),
        "services/cases/commands.py": f'"""Commands."""\n{_COMMAND}'.replace("    case", '    """Open."""\n\n    case'),
        "services/cases/handlers.py": f'"""The table."""\n{_TABLE}',
        "services/cases/schemas.py": f'"""Wire."""\n{_SHAPE}'.replace("    makes", '    """Open."""\n\n    makes'),
        "gateway/pages/cases.py": '"""Pages."""\nfrom services.cases import contract\nfrom chassis import errors\n',
        "docs/x.md": "Data is in ../shared/data/, logs in var/log/.\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_sound_tree_keeps(rule: Rule, sound: Path) -> None:
    assert list(rule(sound)) == []


@pytest.mark.parametrize(("rule", "path", "text", "named"), PLANTED, ids=lambda one: getattr(one, "__name__", ""))
def test_a_planted_fault_is_found(rule: Rule, path: str, text: str, named: str, sound: Path) -> None:
    (sound / path).parent.mkdir(parents=True, exist_ok=True)
    (sound / path).write_text(text)
    faults = list(rule(sound))
    assert len(faults) >= 1
    assert any(named in fault for fault in faults), faults


def test_every_rule_was_seen_red() -> None:
    assert {rule for rule, *_ in PLANTED} == set(RULES)
