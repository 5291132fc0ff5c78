"""WithdrawFeature: a portal admin takes a feature's licence back."""

from __future__ import annotations

from services.licensing.commands import WithdrawFeature
from services.licensing.domain import MARKETPLACE, ORDER_PAD
from services.licensing.errors import OrderPadInUse
from tests.unit.licensing.examples import ADMIN, EVERYONE, FEATURES, granted, withdrawn


def test_takes_the_licence_back() -> None:
    FEATURES.given(granted(ORDER_PAD)).when(WithdrawFeature(ADMIN, ORDER_PAD, EVERYONE)).then(withdrawn(ORDER_PAD))


def test_what_is_not_licensed_stays_so() -> None:
    FEATURES.given().when(WithdrawFeature(ADMIN, ORDER_PAD, EVERYONE)).then()


def test_the_order_pad_carries_the_marketplace() -> None:
    both = FEATURES.given(granted(ORDER_PAD), granted(MARKETPLACE))
    both.when(WithdrawFeature(ADMIN, ORDER_PAD, EVERYONE)).refused(OrderPadInUse, "Withdraw the Marketplace first")


def test_without_the_marketplace_the_order_pad_goes() -> None:
    history = (granted(ORDER_PAD), granted(MARKETPLACE), withdrawn(MARKETPLACE))
    FEATURES.given(*history).when(WithdrawFeature(ADMIN, ORDER_PAD, EVERYONE)).then(withdrawn(ORDER_PAD))
