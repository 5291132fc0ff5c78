"""Companies, branches and contacts from the ERP."""

from __future__ import annotations

from typing import Any

import pytest

from chassis.errors import RemoteRefusal
from services.identity.contract import CONTACTS_TABLE
from tests.service.identity.office import COMPANIES, FJORD, NORDLICHT, PASSWORD, Office

WHOLE = {
    "name": "Nordlicht GmbH",
    "currency": "EUR",
    "price_list": "wholesale",
    "country": "DE",
    "language": "de",
    "phone": "+49 40 1",
    "email": "info@nordlicht.example",
    "address": "Speicherstadt 1, Hamburg",
}


def contact(key: str, stamp: str = "1", **body: Any) -> dict[str, Any]:
    """A contact document."""
    return {"kind": "contact", "key": key, "stamp": stamp, "body": {"name": "Hanna Weiss", **body}}


def people(office: Office, company: str, name: str) -> list[dict[str, Any]]:
    """Rows of contacts of that name."""
    return office.service.rows(f"SELECT * FROM {CONTACTS_TABLE} WHERE company = ? AND name = ?", company, name)


def test_a_company_and_its_branches_are_shown_as_the_erp_tells_them(office: Office) -> None:
    document = {"kind": "company", "key": NORDLICHT, "stamp": "2", "body": WHOLE}
    assert office.record(NORDLICHT, [document])["changed"] == 1
    (row,) = office.service.rows("SELECT * FROM companies_v2 WHERE company = ?", NORDLICHT)
    assert row == {"company": NORDLICHT, "name_key": "nordlicht gmbh", **WHOLE}
    branches = office.service.rows("SELECT branch, name FROM branches_v2 WHERE company = ? ORDER BY branch", NORDLICHT)
    assert branches == [{"branch": "HB", "name": "Bremen"}, {"branch": "HH", "name": "Hamburg"}]
    assert office.service.rows("SELECT 1 FROM branches_v2 WHERE company = ?", FJORD) == []


def test_an_imported_contact_is_listed_but_cannot_sign_in(office: Office) -> None:
    office.record(NORDLICHT, [contact("c1", name="Ingo Import", email="ingo@nordlicht.example", language="de")])
    (row,) = people(office, NORDLICHT, "Ingo Import")
    assert (row["status"], row["email"], row["permissions"], row["language"]) == (
        "recorded",
        "ingo@nordlicht.example",
        '["open_cases"]',
        "de",
    )
    assert not office.signs_in("ingo@nordlicht.example")


def test_the_same_documents_again_change_nothing(office: Office) -> None:
    documents = [*COMPANIES[1:], contact("c2", name="Zweimal", email="zwei@nordlicht.example")]
    office.record(NORDLICHT, documents)
    again = office.record(NORDLICHT, documents)
    assert (again["changed"], again["unchanged"]) == (0, 3)
    newer = office.record(NORDLICHT, [{**one, "stamp": "9"} for one in documents])
    assert (newer["changed"], newer["unchanged"]) == (0, 3)


def test_a_changed_contact_stays_the_same_contact(office: Office) -> None:
    office.record(NORDLICHT, [contact("c3", name="Uwe Umzug", phone="1")])
    (before,) = people(office, NORDLICHT, "Uwe Umzug")
    assert office.record(NORDLICHT, [contact("c3", "2", name="Uwe Umzug", phone="2")])["changed"] == 1
    (after,) = people(office, NORDLICHT, "Uwe Umzug")
    assert (before["contact_id"], before["phone"], after["phone"]) == (after["contact_id"], "1", "2")


def test_an_older_document_does_not_overwrite_a_newer(office: Office) -> None:
    office.record(NORDLICHT, [contact("c4", "5", name="Neu")])
    assert office.record(NORDLICHT, [contact("c4", "4", name="Alt")])["stale"] == 1
    assert people(office, NORDLICHT, "Neu")


def test_the_same_key_in_two_companies_is_two_contacts(office: Office) -> None:
    for company in (NORDLICHT, FJORD):
        office.record(company, [contact("c5", name="Doppel")])
    (one,), (other,) = people(office, NORDLICHT, "Doppel"), people(office, FJORD, "Doppel")
    assert one["contact_id"] != other["contact_id"]


def test_an_imported_contact_is_invited_and_signs_in(office: Office) -> None:
    office.record(NORDLICHT, [contact("c6", name="Eva Eingeladen", email="eva@nordlicht.example")])
    (row,) = people(office, NORDLICHT, "Eva Eingeladen")
    answer = office.ask("accept_invitation", token=office.invite(row["contact_id"]), password=PASSWORD)
    assert (answer["contact_id"], answer["company"]) == (row["contact_id"], NORDLICHT)
    assert office.signs_in("eva@nordlicht.example")


def test_whose_address_moved_in_the_erp_signs_in_with_the_new_one_once_invited_anew(office: Office) -> None:
    office.record(NORDLICHT, [contact("c7", name="Mo Mail", email="old@nordlicht.example")])
    (row,) = people(office, NORDLICHT, "Mo Mail")
    office.ask("accept_invitation", token=office.invite(row["contact_id"]), password=PASSWORD)
    office.record(NORDLICHT, [contact("c7", "2", name="Mo Mail", email="new@nordlicht.example")])
    assert office.signs_in("old@nordlicht.example")
    office.invite(row["contact_id"])
    assert (office.signs_in("old@nordlicht.example"), office.signs_in("new@nordlicht.example")) == (False, True)
    assert office.create("old@nordlicht.example")


def test_one_without_an_address_cannot_be_invited(office: Office) -> None:
    office.record(NORDLICHT, [contact("c8", name="Ohne")])
    (row,) = people(office, NORDLICHT, "Ohne")
    with pytest.raises(RemoteRefusal, match="has no e-mail address"):
        office.invite(row["contact_id"])


def test_an_erased_contact_is_not_taken_in_again(office: Office) -> None:
    office.record(NORDLICHT, [contact("c9", name="Vera Vergessen", email="vera@nordlicht.example")])
    (row,) = people(office, NORDLICHT, "Vera Vergessen")
    erased = office.do("EraseContact", {"contact_id": row["contact_id"]})
    answer = office.record(NORDLICHT, [contact("c9", "2", name="Vera Vergessen", email="vera2@nordlicht.example")])
    assert (answer["changed"], answer["unchanged"]) == (0, 1)
    assert office.row(row["contact_id"], erased["position"])["name"] == "(erased)"


def test_what_is_wrong_is_refused_with_the_field(office: Office) -> None:
    bad = {"kind": "company", "key": "B1", "stamp": "1", "body": {"name": "", "currency": "EURO", "vat": "1"}}
    (refused,) = office.record("B1", [bad])["refused"]
    assert (refused["kind"], refused["key"], set(refused["errors"])) == ("company", "B1", {"name", "currency", "vat"})
