"""What licensing can do, on one screen."""

from __future__ import annotations

from chassis.dispatch import CommandHandler, Tools, changes, staff_only
from chassis.errors import Invalid
from chassis.messages import ALL_COMPANIES, Context, Reply
from chassis.repository import Aggregate
from services.identity.contract import COMPANY_KNOWN, company_stream
from services.licensing import commands, domain, schemas
from services.licensing.contract import CODEC

# Staff alone decide on features: no company sees this aggregate.
FEATURES = Aggregate("features", domain.Features(), domain.evolve, lambda _state: None, CODEC)

_GRANT = changes(FEATURES, "for_company", domain.decide_grant, create=True)


async def grant(command: commands.GrantFeature, context: Context, tools: Tools) -> Reply:
    """The licence, for all companies or one that there is: one that comes later would have it unasked."""
    company = command.for_company
    if company != ALL_COMPANIES and not await tools.repository.has(company_stream(company), COMPANY_KNOWN):
        said = "There is no such company. A new one is here as soon as the ERP has told of it."
        raise Invalid("Nothing was licensed.", fields={"for_company": [said]})
    return await _GRANT(command, context, tools)


COMMAND_HANDLERS = {
    "GrantFeature": CommandHandler(schemas.GrantFeatureShape, staff_only(grant)),
    "WithdrawFeature": CommandHandler(
        schemas.WithdrawFeatureShape, staff_only(changes(FEATURES, "for_company", domain.decide_withdraw, create=True))
    ),
}
