"""Nobody sees or does what is not theirs: every route as every kind of visitor."""

from __future__ import annotations

import importlib

import pytest

from chassis import rooms
from chassis.config import SERVICES
from gateway.commands import SENT_BY_PAGES
from gateway.config import GatewaySettings
from gateway.live import create_live
from tests.gateway.isolation.commands import at_the_services, methods, through_the_gateway
from tests.gateway.isolation.methods import METHODS
from tests.gateway.isolation.plants import PLANTS, Plant
from tests.gateway.isolation.requests import REQUESTS
from tests.gateway.isolation.table import AT_THE_SERVICES, COMMANDS, ROUTES, parsed
from tests.gateway.isolation.walk import Walk, text_of
from tests.gateway.isolation.world import World

# The walk asks for every route as every visitor, once for all tests: on a slow machine that takes minutes.
pytestmark = pytest.mark.timeout(600)

UNSHOWN = {"phone.viewer", "email.viewer"}
"""Marks that nobody is shown on the way: of who looks with another's eyes all the time."""


NOT_DONE = {
    *("identity.EnableSecondFactor", "identity.RenewRecoveryCodes", "identity.DisableSecondFactor"),
    *("identity.AddPasskey", "identity.RemovePasskey", "identity.ChangePassword"),
    *("identity.EndViewAs", "identity.ReactivateContact"),
}
"""Commands that no form of the walk gets done, for it knows no secrets, makes its views up and switches off alone."""


def test_the_table_has_every_route_and_no_other(world: World) -> None:
    there = {
        f"{method} {rule.rule}"
        for rule in world.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    application, live = create_live(world.services.settings, GatewaySettings())
    there |= {f"LIVE {route.path}" for route in application.routes}  # type: ignore[attr-defined]
    live.database.shutdown()
    table = parsed(ROUTES)
    assert {" ".join(row.split()[:2]) for row in table} == there
    assert REQUESTS.keys() <= table.keys()


def test_everybody_gets_what_is_theirs_and_nothing_else(walk: Walk) -> None:
    assert walk.walked() == []


def test_pages_wait_for_models_that_read_what_their_command_wrote(walk: Walk) -> None:
    """Another model would never come to it, and the page would say "being processed" for two minutes."""
    walk.walked()
    assert walk.in_vain == set()
    assert SENT_BY_PAGES.keys() - walk.done == NOT_DONE


def test_pages_with_other_peoples_addresses_note_who_looked(walk: Walk) -> None:
    walk.walked()
    rules = {rule.rule: walk.parts.access[rule.endpoint] for rule in walk.world.app.url_map.iter_rules()}
    silent = set()
    for row, answer in walk.answers:
        asked, _as, name = row.rpartition(" as ")
        own = {f"{field}.{one}" for field in ("email", "phone") for one in (name, walk.world.visitors[name].eyes)}
        people = [
            mark for mark in walk.world.marks if mark.field.startswith(("email.", "phone.")) and mark.field not in own
        ]
        rule = asked.split()[1]
        if rules[rule].personal:
            continue
        text = text_of(answer)
        if any(mark.stands_in(text) for mark in people):
            silent.add(rule)
    # Of these it depends on what was found (tests/gateway/test_search.py).
    assert silent == {"/search"}


def test_the_tables_have_every_command_and_no_other() -> None:
    there = {f"{name}.{command}" for name in SERVICES for command in rooms.load(name).command_handlers}
    assert parsed(AT_THE_SERVICES).keys() == there
    assert parsed(COMMANDS).keys() == SENT_BY_PAGES.keys() <= there
    assert {command for asked in REQUESTS.values() for command in asked.sends} <= {*SENT_BY_PAGES, *parsed(METHODS)}


def test_the_table_has_every_method_of_the_services() -> None:
    for name in SERVICES:
        service = importlib.import_module(f"services.{name}.service").SERVICE
        methods = {one for one in dir(service) if getattr(getattr(service, one), "nameko_entrypoints", None)}
        table = {method.partition(".")[2] for method in parsed(METHODS) if method.startswith(f"{name}.")}
        assert table == {one for one in methods if one != "execute" and not one.startswith("react_")}, name


def test_a_page_that_checks_nothing_sends_nobodys_command_but_theirs(walk: Walk) -> None:
    assert through_the_gateway(walk) == []


def test_services_do_nothing_for_another_company(world: World) -> None:
    assert at_the_services(world) == []


def test_what_is_asked_before_there_is_a_session_tells_nothing(walk: Walk) -> None:
    assert methods(walk) == []


def test_every_mark_is_read_by_somebody_whose_it_is(walk: Walk) -> None:
    """So that none of them is written otherwise than it is looked for."""
    walk.walked()
    never = {mark.field for mark in walk.world.marks} - {field for _holder, field in walk.seen}
    assert never == UNSHOWN


def test_open_pages_are_told_of_their_companys_changes_alone(walk: Walk) -> None:
    assert walk.live() == []


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.name)
def test_the_walk_finds_a_planted_leak(walk: Walk, plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        walk.parts.fragments.clear()
        plant.plant(patch, walk)
        found = plant.look(walk)
    walk.parts.fragments.clear()
    assert [one for one in found if one.startswith(plant.says)], found
