"""Companies and their branches, as the ERP tells them."""

from __future__ import annotations

from sqlalchemy import Column, Index, MetaData, Table, Text

from chassis.messages import Recorded
from chassis.readmodel import Projection, Rows, upsert
from chassis.sorting import sort_key

VERSION = 2
_FIELDS = ("name", "currency", "price_list", "country", "phone", "email", "address", "language")
_meta = MetaData()
COMPANIES = Table(
    f"companies_v{VERSION}",
    _meta,
    Column("company", Text, primary_key=True),
    *(Column(name, Text, nullable=False) for name in _FIELDS),
    Column("name_key", Text, nullable=False),  # the name as it sorts and is searched: chassis.sorting
    Index(f"companies_v{VERSION}_name", "name_key", "company"),
)
BRANCHES = Table(
    f"branches_v{VERSION}",
    _meta,
    Column("company", Text, primary_key=True),
    Column("branch", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),  # as of companies
)
_COMPANY = upsert(COMPANIES)
_BRANCH = upsert(BRANCHES)


def project(event: Recorded, rows: Rows) -> None:
    """The company's or the branch's row, whole."""
    data = event.data
    rows.touch(data["company"], event.position)
    if event.type == "CompanyRecorded":
        facts = (data[name] for name in _FIELDS)
        rows.execute(_COMPANY, (data["company"], *facts, sort_key(data["name"])))
    else:
        rows.execute(_BRANCH, (data["company"], data["branch"], data["name"], sort_key(data["name"])))


PROJECTION = Projection("companies", VERSION, ("company-",), (COMPANIES, BRANCHES), project)
