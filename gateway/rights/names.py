"""What permissions are called."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

PERMISSION_NAMES = {
    "see_balance": _l("See the balance"),
    "order": _l("Place orders"),
    "open_cases": _l("Support cases"),
    "report_orders": _l("Orders report"),
    "report_invoices": _l("Invoices report"),
    "report_payments": _l("Payments report"),
    "report_deliveries": _l("Deliveries report"),
    "report_credit_memos": _l("Credit memos report"),
    "company_admin": _l("Manage the company's contacts"),
}
"""What can be given: the permissions that open something. A contact's others stay as they are."""
UNUSED_NAMES = {
    "pay": _l("Pay"),
    "quote": _l("Ask for quotations"),
    "catalogue": _l("Catalogue and cart"),
    "service_calls": _l("Service calls"),
    "layouts_export": _l("Layouts and export"),
}
"""What opens nothing yet: not offered, and said so."""


def named(permissions: Iterable[str]) -> list[str]:
    """The permissions' names, always in the same order; those that open nothing yet say so."""
    given = set(permissions)
    used = [str(name) for permission, name in PERMISSION_NAMES.items() if permission in given]
    unused = (name for permission, name in UNUSED_NAMES.items() if permission in given)
    return [*used, *(_("%(name)s (not used yet)", name=name) for name in unused)]
