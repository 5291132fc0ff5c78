"""Add-ons: the products that the company owns (L1)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from gateway.access import current_scope
from gateway.frame import render
from gateway.queries import Query
from gateway.routes import Feature, Pages

pages = Pages("addons", __name__)
_SOON = timedelta(days=60)

_PRODUCTS = Query(
    "addons.products",
    """SELECT o.key, o.product, o.name, o.version, o.licence_type, o.users, o.maintenance_until, o.serial
       FROM licensing.owned_products_v1 o WHERE o.company = :company ORDER BY o.name, o.key""",
)


@pages.page(
    "/add-ons",
    customers=True,
    part="add_ons",
    tab="addons",
    feature=Feature(_l("Products owned"), "box-seam", group=_l("Add-ons"), leads=True, order=10),
)
def products() -> Any:
    """Licence type, user count and end of maintenance of each product."""
    scope = current_scope()
    return render(
        "addons/products.html",
        title=_("Products owned"),
        products=scope.rows(_PRODUCTS),
        today=scope.today.isoformat(),
        soon=(scope.today + _SOON).isoformat(),
    )
