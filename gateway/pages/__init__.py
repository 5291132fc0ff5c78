"""The pages. Every module here has a `pages: Pages`; they see scopes and queries, never a database or the bus."""

from __future__ import annotations

import importlib
import pkgutil

from gateway.config import GatewaySettings
from gateway.routes import Pages


def all_pages(gateway: GatewaySettings) -> list[Pages]:
    """The page groups of all modules in this package; the style page only where it is asked for."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    found = (importlib.import_module(f"{__name__}.{name}") for name in names if name != "style" or gateway.style_page)
    return [module.pages for module in found]
