"""The rules that keep the rooms, on the tree as it is. `test_seen_red.py` shows that each can fail."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tests.architecture.import_rules import IMPORT_RULES
from tests.architecture.room_rules import OWN_ROOMS, ROOM_RULES
from tests.architecture.style_rules import LONG_FILES, LONG_FUNCTIONS, PRINTS, STYLE_RULES, WAITS

ROOT = Path(__file__).resolve().parents[2]
Rule = Callable[[Path], Iterable[str]]
RULES: tuple[Rule, ...] = (*IMPORT_RULES, *ROOM_RULES, *STYLE_RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_tree_keeps(rule: Rule) -> None:
    faults = list(rule(ROOT))
    assert not faults, f"{rule.__doc__}\n" + "\n".join(faults)


def test_every_exception_is_still_needed() -> None:
    rooms = {f"services/{where}": reason for where, reason in OWN_ROOMS.items()}
    for where, reason in {**LONG_FILES, **LONG_FUNCTIONS, **WAITS, **PRINTS, **rooms}.items():
        assert (ROOT / where.partition(":")[0]).exists(), f"{where} is gone: so is its exception"
        assert reason
