"""The installation's features, as the portal admin decides on them."""

from __future__ import annotations

from services.licensing import domain
from services.licensing.commands import GrantFeature, WithdrawFeature
from services.licensing.events import FeatureGranted, FeatureWithdrawn
from tests.support.given import Decider

ADMIN = "K-9002"
EVERYONE = "*"

FEATURES = Decider(
    domain.Features(),
    domain.evolve,
    {GrantFeature: domain.decide_grant, WithdrawFeature: domain.decide_withdraw},
)


def granted(feature: str, company: str = EVERYONE) -> FeatureGranted:
    """The feature was licensed."""
    return FeatureGranted(feature, company, ADMIN)


def withdrawn(feature: str, company: str = EVERYONE) -> FeatureWithdrawn:
    """Its licence was taken back."""
    return FeatureWithdrawn(feature, company, ADMIN)
