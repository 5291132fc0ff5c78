"""GrantFeature: a portal admin licenses a feature for one company or for all."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from marshmallow import ValidationError

from chassis.messages import ALL_COMPANIES, Context
from services.licensing.commands import GrantFeature
from services.licensing.domain import MARKETPLACE, ORDER_PAD
from services.licensing.errors import NeedsOrderPad
from services.licensing.schemas import GrantFeatureShape
from tests.unit.licensing.examples import ADMIN, EVERYONE, FEATURES, granted, withdrawn


@pytest.mark.parametrize("company", [EVERYONE, "C10010"])
def test_licenses_the_feature(company: str) -> None:
    FEATURES.given().when(GrantFeature(ADMIN, ORDER_PAD, company)).then(granted(ORDER_PAD, company))


def test_what_is_licensed_already_stays_as_it_is() -> None:
    FEATURES.given(granted(ORDER_PAD)).when(GrantFeature(ADMIN, ORDER_PAD, EVERYONE)).then()


def test_what_was_withdrawn_can_be_licensed_again() -> None:
    history = (granted(ORDER_PAD), withdrawn(ORDER_PAD))
    FEATURES.given(*history).when(GrantFeature(ADMIN, ORDER_PAD, EVERYONE)).then(granted(ORDER_PAD))


def test_the_marketplace_comes_on_top_of_the_order_pad() -> None:
    FEATURES.given(granted(ORDER_PAD)).when(GrantFeature(ADMIN, MARKETPLACE, EVERYONE)).then(granted(MARKETPLACE))


def test_the_marketplace_alone_is_refused() -> None:
    FEATURES.given().when(GrantFeature(ADMIN, MARKETPLACE, EVERYONE)).refused(NeedsOrderPad, "Order Pad first")


@pytest.mark.parametrize("changes", [{"feature": "teleport"}, {"for_company": ""}, {"actor": "K-0001"}])
def test_a_form_that_is_wrong_is_refused(changes: dict[str, Any]) -> None:
    context = Context(UUID(int=1), ALL_COMPANIES, ADMIN, "portal", "page-1")
    form = {"feature": ORDER_PAD, "for_company": EVERYONE}
    assert GrantFeatureShape().load_command(form, context) == GrantFeature(ADMIN, ORDER_PAD, EVERYONE)
    with pytest.raises(ValidationError, match=next(iter(changes))):
        GrantFeatureShape().load_command({**form, **changes}, context)
