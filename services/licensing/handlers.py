"""What licensing can do, on one screen."""

from __future__ import annotations

from chassis.dispatch import CommandHandler, changes, staff_only
from chassis.repository import Aggregate
from services.licensing import domain, schemas
from services.licensing.contract import CODEC

# Staff alone decide on features: no company sees this aggregate.
FEATURES = Aggregate("features", domain.Features(), domain.evolve, lambda _state: None, CODEC)

COMMAND_HANDLERS = {
    "GrantFeature": CommandHandler(
        schemas.GrantFeatureShape, staff_only(changes(FEATURES, "for_company", domain.decide_grant, create=True))
    ),
    "WithdrawFeature": CommandHandler(
        schemas.WithdrawFeatureShape, staff_only(changes(FEATURES, "for_company", domain.decide_withdraw, create=True))
    ),
}
