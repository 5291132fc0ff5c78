"""The read models this release of the gateway reads, each by the one name it has everywhere: "orders.orders_v2".

That is the service and the name of its checkpoint, version included: while another version is built beside it for
another release, nothing of that one is taken for news of this one. Fragments, what a command is waited for by, the
tables of versions, hints and open pages all go by it; a name that is not in MODELS is refused where it is declared.
"""

from __future__ import annotations

from chassis.config import SERVICES
from services.cases import contract as cases
from services.erp_sync import contract as erp_sync
from services.identity import contract as identity
from services.licensing import contract as licensing
from services.orders import contract as orders
from services.payments import contract as payments

_CONTRACTS = (identity, cases, licensing, payments, orders, erp_sync)
MODELS = frozenset(
    f"{contract.SERVICE}.{checkpoint}"
    for contract in _CONTRACTS
    for name, checkpoint in vars(contract).items()
    if name.endswith("_MODEL")
)
CHECKPOINTS = {
    service: sorted(model.partition(".")[2] for model in MODELS if model.startswith(f"{service}."))
    for service in SERVICES
}
"""Service → the names its table of checkpoints has for its models."""


def checked(models: tuple[str, ...]) -> tuple[str, ...]:
    """The names as they are. Raises ValueError when no model has one of them: nobody would ever hear of a change."""
    unknown = [model for model in models if model not in MODELS]
    if unknown:
        raise ValueError(f"no read model is called {', '.join(unknown)}; there are {', '.join(sorted(MODELS))}")
    return models
