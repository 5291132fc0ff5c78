"""The nameko process of payments: it takes no commands yet, its worker takes in the ERP's documents."""

from __future__ import annotations

from typing import ClassVar

from chassis.dispatch import Handlers
from chassis.service import CommandService


class PaymentsService(CommandService):
    """Answers `rpc-payments`."""

    name = "payments"
    handlers: ClassVar[Handlers] = {}


SERVICE = PaymentsService
