"""The operator's file of providers: what cannot be used is refused with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from chassis.config import BadSetting
from services.identity.single_sign_on.settings import SETTING, Rule, providers


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("providers: 3", "no list"),
        ("a: [", "not YAML"),
        ("providers: [{key: a, name: A, issuer: 'http://sso.example', client_id: c, secret_file: s}]", "https://"),
        ("providers: [{key: a, name: A, issuer: 'https://sso.example', client_id: c}]", "secret_file"),
        (
            "providers: [{key: a/b, name: A, issuer: 'https://s.example', client_id: c, secret_file: s}]",
            "small letters",
        ),
        (
            "providers: [{key: a, name: A, issuer: 'https://s.example', client_id: c, secret_file: s, colour: red}]",
            "colour",
        ),
        (
            "providers: [{key: a, name: A, issuer: 'https://s.example', client_id: c, secret_file: s,"
            " rules: [{company: C1}]}]",
            "may not speak",
        ),
        (
            "providers: [{key: a, name: A, issuer: 'https://s.example', client_id: c, secret_file: s,"
            " rules_at: never}]",
            "each sign-in",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_the_reason(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "providers.yaml"
    file.write_text(text)
    with pytest.raises(BadSetting, match=said):
        providers({SETTING: str(file)})


def test_of_rules_the_first_that_fits_counts_for_all_companies_or_for_one(tmp_path: Path) -> None:
    file = tmp_path / "providers.yaml"
    file.write_text(
        "providers: [{key: a, name: A, issuer: 'https://s.example', client_id: c, secret_file: s, companies: ['*'],"
        " rules: [{company: C1, group: x}, {company: C2, group: y}, {company: C1, permissions: []}]}]"
    )
    found = providers({SETTING: str(file)})["a"]
    assert found.rule_for({"y"}) == Rule("C2", "y")
    assert found.rule_for({"y"}, "C1") == Rule("C1", permissions=())
    assert found.rule_for({"y", "x"}) == Rule("C1", "x")
    assert found.rule_for(set(), "C3") is None
