"""What the gateway says of itself on its admin port."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chassis.errors import PorticoError
from gateway.parts import Parts
from gateway.people import load_person
from gateway.reads import NotReady

_NOBODY = "-"


def readiness(parts: Parts) -> tuple[bool, str]:
    """Ready once all read models it shows have caught up, as long as it can be asked who somebody is.

    One that is built again later is "being prepared" on its own pages; all others are shown.
    """
    try:
        if not parts.caught_up:
            unbuilt = parts.reads.unbuilt()
            if unbuilt:
                return False, _still_built(unbuilt)
            parts.caught_up = True
        load_person(parts.reads, _NOBODY, parts.gateway.today())
    except NotReady:
        return False, "identity's read model is not built yet"
    except PorticoError as error:
        return False, error.message
    finally:
        parts.reads.end()
        parts.reads.close()
    return True, "serving"


def _still_built(unbuilt: Mapping[str, int | None]) -> str:
    told = (f"{model} ({'not begun' if at is None else f'at position {at}'})" for model, at in unbuilt.items())
    return f"being built: {', '.join(told)}; the workers' status says how far they are, and what keeps them"


def status(parts: Parts) -> dict[str, Any]:
    """Which read models are there, which are being built, and how well the cache of fragments does in this worker."""
    try:
        models = {"services": parts.reads.there(), "building": sorted(parts.reads.unbuilt())}
    finally:
        parts.reads.end()
        parts.reads.close()
    return {
        "read models": models,
        "fragments": {"hits": parts.fragments.hits, "misses": parts.fragments.misses},
    }
