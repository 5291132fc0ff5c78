"""What the search finds."""

from __future__ import annotations

import pytest

from services.cases.projections import PROJECTIONS as cases
from services.cases.projections.cases import CASE_LIST
from tests.gateway.ground import Ground


@pytest.mark.parametrize("number", ["C-7K3Q-M2XA", "C-ABCD-EFGH"])
def test_a_case_is_found_by_its_number_with_digits_or_without(ground: Ground, number: str) -> None:
    ground.all_models()
    ground.model("cases", cases).put(CASE_LIST, company="C-A", number=number, summary="Labels print twice")
    browser = ground.signed_in()
    for typed in (number, number.lower(), number.replace("-", ""), number[:6]):
        assert "Labels print twice" in browser.get(f"/search?q={typed}").text, typed
    assert "Labels print twice" not in browser.get("/search?q=C-ZZZZ").text
