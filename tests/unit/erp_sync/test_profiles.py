"""What a profile may say, and how a wrong one is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.erp_sync.adapters.files.profile import SHIPPED, ProfileError, find, load
from tests.unit.erp_sync.files import INVOICES


@pytest.mark.parametrize("file", sorted(SHIPPED.glob("*.yaml")), ids=lambda file: file.stem)
def test_shipped_profiles_are_whole_and_called_like_their_file(file: Path) -> None:
    assert load(file.read_text(encoding="utf-8"), file.name).name == file.stem


def test_every_file_of_the_demo_export_has_its_profile() -> None:
    from deploy.local.demo_data import FILES

    assert {f"demo-{name.replace('_', '-')}" for name in FILES} <= {file.stem for file in SHIPPED.glob("*.yaml")}


def faults(text: str) -> list[str]:
    """The messages of a profile that is wrong."""
    with pytest.raises(ProfileError) as caught:
        load(text, "my.yaml")
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("replaced", "by", "told"),
    [
        ("{date: Date}", "{dat: Date}", "line 12: kinds.0.fields.dat: is no field. Did you mean “date”?"),
        ("kind: invoice", "kind: invoise", "line 8: kinds.0.kind: “invoise” is no kind of document. Did you mean “in"),
        ("    company: Customer\n", "", "line 8: kinds.0.company: is missing: name the column with the customer's"),
        ("    key: No\n", "", "line 8: kinds.0.key: is missing: name the column that is the same on all rows of one"),
        (
            "kind: invoice",
            "kind: company",
            "line 10: kinds.0.company: does not go with company: it is named by its key.",
        ),
        ("kind: invoice", "kind: item", "does not go with item: it belongs to no company. Leave the line out."),
        ("currency: GBP\n", "", "needs currency too: map a column or a constant (or give the profile a `currency`)."),
        ("currency: GBP", "currency: pounds", "line 3: currency: is a currency code like EUR."),
        ("reason: no_customer", "reason: No customer!", "line 5: leave_out.0.reason: is a short word like no_customer"),
        ("{empty: true}", "{emty: true}", "line 6: leave_out.0.where.Customer: “emty” is no condition."),
        ("{empty: true}", "{empty: maybe}", "“maybe” does not go with `empty`"),
        (", price: Price", "", "line 13: kinds.0.lines: needs price too"),
        ("{item: Item", "{itm: Item", "line 13: kinds.0.lines.itm: is no field. Did you mean “item”?"),
        ("currency: GBP", "currency: GBP\nwheel: 4", "line 4: wheel: is not known here."),
        ("currency: GBP", "dates: ['%d.%m']", "line 3: dates.0: “%d.%m” is not a date's format like"),
        ("currency: GBP", "time_zone: London", "line 3: time_zone: is not a time zone like Europe/Berlin."),
        ("currency: GBP", "file: {encoding: latin9000}", "line 3: file.encoding: is not an encoding"),
        ("currency: GBP", "file: {delimiter: semicolon}", "line 3: file.delimiter: is one character, or `tab`."),
        ("currency: GBP", "currency: GBP\ncurrency: EUR", "line 4: currency: is written twice; keep one."),
        ("fields: {date: Date}", "fields: {date: {column: Date, pick: newest}}", "date.pick: is one of first, last,"),
        (
            "fields: {date: Date}",
            "fields: {date: {column: D, constant: x}}",
            "give exactly one of `column`, `template`",
        ),
        ("    key: No", "    key: No\n    tasks: {name: Item}", "kinds.0.tasks: does not go with invoice."),
    ],
)
def test_a_fault_is_told_with_its_line_and_what_to_do(replaced: str, by: str, told: str) -> None:
    assert replaced in INVOICES
    said = faults(INVOICES.replace(replaced, by, 1))
    assert any(told in one and one.startswith("my.yaml, line ") for one in said), said


def test_what_is_no_yaml_is_told_with_its_line() -> None:
    assert faults("profile: x\nkinds: [")[0].startswith("my.yaml, line 2: this is not YAML")
    assert "has `kinds:`" in faults("just words")[0]


def test_a_kind_is_mapped_once() -> None:
    twice = INVOICES + INVOICES[INVOICES.index("  - kind: invoice") :]
    assert any("invoice is mapped twice" in one for one in faults(twice))


def test_words_stay_what_they_are_written_as() -> None:
    profile = load(INVOICES.replace("{date: Date}", "{date: Date, note: {constant: 1.10}, branch: {constant: NO}}"))
    fields = profile.kinds[0].fields
    assert (fields["note"].constant, fields["branch"].constant) == ("1.10", "NO")


def test_profiles_are_found_by_name_and_by_path(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(INVOICES)
    assert find("online-retail").name == "online-retail.yaml"
    assert find(str(own)) == own
    with pytest.raises(ProfileError, match="Shipped ones: demo-branches"):
        find("onlineretail")
    with pytest.raises(ProfileError, match="no profile file"):
        find(str(tmp_path / "other.yaml"))
