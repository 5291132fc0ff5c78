"""What the gateway says of itself on its admin port."""

from __future__ import annotations

from typing import Any

from chassis.errors import PorticoError
from gateway.parts import Parts
from gateway.people import load_person
from gateway.reads import NotReady

_NOBODY = "-"


def readiness(parts: Parts) -> tuple[bool, str]:
    """Ready when identity's read model can be asked who somebody is: without it nobody gets in."""
    try:
        load_person(parts.reads, _NOBODY, parts.gateway.today())
    except NotReady:
        return False, "identity's read model is not built yet"
    except PorticoError as error:
        return False, error.message
    finally:
        parts.reads.end()
        parts.reads.close()
    return True, "serving"


def status(parts: Parts) -> dict[str, Any]:
    """Which read models are there, and how well the cache of fragments does in this worker."""
    return {
        "read models": {"services": parts.reads.there()},
        "fragments": {"hits": parts.fragments.hits, "misses": parts.fragments.misses},
    }
