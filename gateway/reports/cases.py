"""Support cases as a report: what the company asked, by whom, how it stands, and when it moved last."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from chassis.sorting import by_name
from gateway.access import Scope
from gateway.people import CONTACTS, OURS
from gateway.queries import Query
from gateway.reports.report import Column, Report, begins, found_query, has, list_query
from services.cases import contract as cases

_PEOPLE = Query(
    "case.people",
    f"""SELECT p.contact_id, p.name
        FROM (SELECT DISTINCT c.opened_by FROM cases.case_list_v2 c WHERE c.company = :company) o
        JOIN {CONTACTS} p ON p.contact_id = o.opened_by AND {OURS}""",
    needs="open_cases",
)


class Cases(Report):
    """The company's support cases."""

    def people(self, scope: Scope) -> dict[str, str]:
        """Those of the company who opened them; who is of it no longer has no name here."""
        return dict(sorted(((row.contact_id, row.name) for row in scope.rows(_PEOPLE)), key=by_name))


CASES = Cases(
    kind="case",
    path="/support",
    title=_l("Support cases"),
    icon="life-preserver",
    needs="open_cases",
    tab="support",
    order=10,
    columns=(
        Column("number", _l("Number"), "number", "number", sort="number"),
        Column("summary", _l("Summary"), "text", "summary", sort="summary"),
        Column("product", _l("Product"), "text", "product", sort="product", groups=True, wide=True),
        Column("reference", _l("Your reference"), "text", "customer_reference", sort="reference", wide=True),
        Column("opened_by", _l("Opened by"), "person", "opened_by", wide=True),
        Column("date", _l("Opened"), "moment", "opened_at", sort="date", usual=False, wide=True),
        Column("updated", _l("Last change"), "moment", "updated_at", sort="updated", wide=True),
        Column("messages", _l("Messages"), "count", "messages", usual=False, wide=True),
        Column("status", _l("Status"), "status", "status", sort="status", groups=True),
    ),
    source="cases.case_list_v2",
    select="""d.number AS key, d.number, d.summary, d.product, d.customer_reference, d.opened_by, d.opened_at,
              d.updated_at, d.messages, d.status""",
    sorts=cases.CASE_SORTS,
    sort="-updated",
    statuses=cases.CASE_STATUSES,
    searched=f"AND ({begins('number')} OR {has('summary', 'typed')} OR {has('customer_reference', 'typed')})",
    searched_in=_l("Number, summary or your reference"),
    branched=False,
)
LIST, FOUND, FOUND_BY_PRODUCT = list_query(CASES), found_query(CASES), found_query(CASES, "product")
