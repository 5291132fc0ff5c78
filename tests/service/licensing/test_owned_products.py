"""Products a company owns come from the ERP, over the bus, into the company's list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.services import RunningService

BODY = {
    "product": "SW-SCAN",
    "name": "Warehouse Scanner",
    "version": "2026.1",
    "licence_type": "Named user",
    "users": 12,
    "maintenance_until": "2027-01-31",
    "serial": "4F0A-11BC-93D2-0E77",
}


@pytest.fixture(scope="module")
def licensing(start_service: Callable[[str], RunningService]) -> RunningService:
    """The running service."""
    return start_service("licensing")


def product(key: str, **changes: Any) -> dict[str, Any]:
    """A product as erp_sync sends it."""
    return {"kind": "owned_product", "key": key, "stamp": "2026-11-20T09:30:00Z", "body": {**BODY, **changes}}


def test_an_owned_product_is_in_its_companys_list(licensing: RunningService) -> None:
    answer = licensing.record("C10010", [product("L10010-1"), product("L10010-2", maintenance_until=None, users=0)])
    licensing.wait_position("products_v1", answer["position"])
    first, second = licensing.rows("SELECT * FROM owned_products_v1 WHERE company = 'C10010' ORDER BY key")
    del first["updated_at"]
    assert first == {"company": "C10010", "key": "L10010-1", **BODY}
    assert (second["maintenance_until"], second["users"]) == (None, 0)


def test_the_same_again_changes_nothing_and_a_renewal_shows(licensing: RunningService) -> None:
    licensing.record("C10020", [product("L10020-1")])
    renewed = {**product("L10020-1", maintenance_until="2028-01-31"), "stamp": "2026-11-21T08:00:00Z"}
    again, later = licensing.record("C10020", [product("L10020-1")]), licensing.record("C10020", [renewed])
    assert (again["changed"], again["unchanged"], later["changed"]) == (0, 1, 1)
    licensing.wait_position("products_v1", later["position"])
    (row,) = licensing.rows("SELECT * FROM owned_products_v1 WHERE company = 'C10020'")
    assert row["maintenance_until"] == "2028-01-31"


def test_a_negative_number_of_users_is_refused(licensing: RunningService) -> None:
    answer = licensing.record("C10030", [product("L10030-1", users=-1)])
    assert (answer["changed"], [one["key"] for one in answer["refused"]]) == (0, ["L10030-1"])
    assert "users" in answer["refused"][0]["errors"]
