"""How events of older shapes are read: what each became, a version at a time."""

from __future__ import annotations

from typing import Any


def _permissions_had_no_roles(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "roles": [], "ends": {}}


def _delegations_were_of_the_first_company(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "admin_of": data["company"]}


def _nobody_said_who_switched_off(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "by_company": ""}


UPCASTERS = {
    ("PermissionsChanged", 1): _permissions_had_no_roles,
    ("DelegationSet", 1): _delegations_were_of_the_first_company,
    ("ContactDeactivated", 1): _nobody_said_who_switched_off,
}
