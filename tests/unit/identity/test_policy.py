"""The sign-in policy: which ways are open for whom, and what a policy must be."""

from __future__ import annotations

import json

import pytest

from chassis.errors import Invalid
from services.identity.commands import ChangeSettings
from services.identity.portal import policy, settings
from services.identity.portal.policy import AS_INSTALLED, Policy, policy_of
from tests.unit.identity.examples import ADA

WAYS = ("password", "app", "recovery", "key", "passkey", "sso")
BY_PROVIDER = Policy(("sso",), False, 0, 0)
TWO_FACTORS = Policy(factor=True)


@pytest.mark.parametrize("way", WAYS)
def test_as_installed_every_way_is_open(way: str) -> None:
    assert AS_INSTALLED.admits(way, staff=False)


def test_where_a_second_factor_is_required_a_password_alone_is_enough_for_nobody() -> None:
    assert [way for way in WAYS if not TWO_FACTORS.admits(way, staff=False)] == ["password"]
    assert [way for way in WAYS if not TWO_FACTORS.admits(way, staff=True)] == ["password"]
    assert TWO_FACTORS.takes("password", staff=False)


def test_closed_ways_are_closed_for_contacts_and_not_for_staff() -> None:
    assert [way for way in WAYS if BY_PROVIDER.takes(way, staff=False)] == ["sso"]
    assert BY_PROVIDER.takes("password", staff=True)


def test_a_companys_own_policy_holds_instead_of_everybodys() -> None:
    known = {"sign_in/*": policy.written(TWO_FACTORS), "sign_in/N100": policy.written(BY_PROVIDER)}
    assert policy_of(known, "N100") == BY_PROVIDER
    assert policy_of(known, "F200") == TWO_FACTORS
    assert policy_of(known, "") == TWO_FACTORS
    assert policy_of({}, "N100") == AS_INSTALLED
    assert policy_of({"sign_in/N100": ""}, "N100") == AS_INSTALLED


def _text(**changed: object) -> str:
    return json.dumps({"ways": ["password"], "factor": False, "idle_minutes": 0, "longest_hours": 0} | changed)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no JSON", "no sign-in policy"),
        ("[]", "no sign-in policy"),
        (_text(ways=["password", "guess"]), "no sign-in policy"),
        (_text(ways=7), "no sign-in policy"),
        (_text(factor="yes"), "no sign-in policy"),
        (_text(idle_minutes=True), "no sign-in policy"),
        (_text(ways=[]), "Leave password or single sign-on open"),
        (_text(ways=["passkey"]), "Leave password or single sign-on open"),
        (_text(idle_minutes=4), "5 minutes"),
        (_text(idle_minutes=7 * 24 * 60 + 1), "5 minutes"),
        (_text(longest_hours=90 * 24 + 1), "90 days"),
        (_text(longest_hours=-1), "90 days"),
    ],
)
def test_what_is_no_policy_is_refused_whole(text: str, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        settings.decide_change(settings.Portal(), ChangeSettings(ADA, {"sign_in/*": text, "name": "Ours"}))
    assert said in str(refused.value.details)


def test_the_same_policy_written_otherwise_changes_nothing() -> None:
    (event,) = settings.decide_change(settings.Portal(), ChangeSettings(ADA, {"sign_in/*": _text()}))
    state = settings.evolve(settings.Portal(), event)
    again = ChangeSettings(ADA, {"sign_in/*": f"  {_text(ways=['password', 'password'])}"})
    assert settings.decide_change(state, again) == []


def test_an_unknown_setting_is_refused() -> None:
    with pytest.raises(Invalid):
        settings.decide_change(settings.Portal(), ChangeSettings(ADA, {"sign_in": _text()}))
