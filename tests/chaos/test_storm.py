"""Ten blows at random, to any process, while people work and an export is imported: everything arrives once.

`make soak` is the same for as long as wanted.
"""

from __future__ import annotations

import os
import random

import pytest

from tests.chaos.ground import PARTS, PATIENCE, Ground
from tests.chaos.storm import Storm

IMPORTED = range(PARTS - 3, PARTS)
"""Parts of the export that no other test imports."""
BLOWS = 10


@pytest.mark.timeout(300)
def test_ten_blows_at_random(shop: Ground, capsys: pytest.CaptureFixture[str]) -> None:
    seed = os.environ.get("PORTICO_SEED") or str(random.randrange(1_000_000))
    chance = random.Random(seed)
    storm = Storm(shop, chance)
    with capsys.disabled():
        print(f"\nPORTICO_SEED={seed}")
    with storm.business(iter(IMPORTED)) as importing:
        for name in storm.chosen(BLOWS):
            shop.wait_for_orders(chance.randint(1, 5))
            storm.strike(name)
        importing.result(PATIENCE)
    assert storm.faults() == [], storm.done
    assert shop.portal.ready()
