"""How the ERP's companies, branches and contacts become events."""

from __future__ import annotations

from typing import Any

from chassis.codec import dumps
from chassis.config import Settings
from chassis.ingest import IngestKind, StreamRule
from services.identity.contract import BranchDocument, CompanyDocument, ContactDocument
from services.identity.events import BranchRecorded, CompanyRecorded, ContactRecorded
from services.identity.vault import Forgotten, Person, erp_contact_id, open_vault


def _company(company: str, doc: dict[str, Any], known: bool) -> CompanyRecorded:
    return CompanyRecorded(company=doc["key"], **{name: value for name, value in doc.items() if name != "key"})


def _branch(company: str, doc: dict[str, Any], known: bool) -> BranchRecorded:
    return BranchRecorded(company, doc["key"], doc["name"])


def ingest_kinds(settings: Settings) -> dict[str, IngestKind]:
    """The kinds of ERP documents that identity records."""
    vault = open_vault(settings)

    def contact(company: str, doc: dict[str, Any], known: bool) -> ContactRecorded | None:
        contact_id = erp_contact_id(company, doc["key"])
        person = Person(doc["name"], doc["email"], doc["phone"])
        try:
            personal = vault.seal(contact_id, person)
        except Forgotten:
            return None  # erased here: what the ERP still says of the person is not taken in again
        return ContactRecorded(contact_id, company, doc["key"], personal, doc["language"])

    def keyed(doc: dict[str, Any]) -> str:
        return vault.guarded(dumps(doc).decode())  # events carry its hash: nobody is to guess the person by it

    rules = {
        "company": (
            CompanyDocument,
            StreamRule(lambda company, doc: f"company-{doc['key']}", _company, lambda doc: doc),
        ),
        "branch": (BranchDocument, StreamRule(lambda company, doc: f"company-{company}", _branch, lambda doc: doc)),
        "contact": (
            ContactDocument,
            StreamRule(lambda company, doc: f"contact-{erp_contact_id(company, doc['key'])}", contact, keyed),
        ),
    }
    return {kind: IngestKind(kind, schema(), (rule,)) for kind, (schema, rule) in rules.items()}
