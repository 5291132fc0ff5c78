"""What happened to licences. Stored for ever."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from chassis.messages import Event


@dataclass(frozen=True, slots=True)
class OwnedProductRecorded(Event):
    """A product that the company owns, as the ERP last told it, whole. `users` 0: not counted by users."""

    company: str
    key: str
    product: str
    name: str
    version: str
    licence_type: str
    users: int
    maintenance_until: date | None
    serial: str


@dataclass(frozen=True, slots=True)
class FeatureGranted(Event):
    """A feature of the portal is licensed; `company` "*" means every company of the installation."""

    feature: str
    company: str
    granted_by: str


@dataclass(frozen=True, slots=True)
class FeatureWithdrawn(Event):
    """The feature is licensed no longer for that company, or for the installation ("*")."""

    feature: str
    company: str
    withdrawn_by: str


ALL = (OwnedProductRecorded, FeatureGranted, FeatureWithdrawn)
