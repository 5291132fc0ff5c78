"""A read model has one name, with its version; what does not exist is refused where it is named, not passed over."""

from __future__ import annotations

from uuid import uuid4

import pytest

from chassis import rooms
from chassis.config import SERVICES
from gateway.access import Scope, remember
from gateway.fragments import fragment
from gateway.home import section
from gateway.models import MODELS
from services.orders.projections import PROJECTIONS as orders
from tests.gateway.ground import Ground
from tests.gateway.test_scope import asking
from tests.support.processes import ROOT

NAMELESS = ("orders.orders", "orders.orders_v3", "identity.companies", "orders_v2")


def test_the_contracts_name_the_read_models_as_their_checkpoints_are_named() -> None:
    kept = {f"{name}.{one.checkpoint}" for name in SERVICES for one in rooms.load(name).projections}
    assert kept == MODELS


def test_operators_are_told_how_many_there_are() -> None:
    assert f"two connections a read model ({len(MODELS)} of them)" in (ROOT / "docs/operating.md").read_text()


@pytest.mark.parametrize("name", NAMELESS)
def test_a_part_of_a_page_cannot_be_declared_on_a_model_that_there_is_not(name: str) -> None:
    with pytest.raises(ValueError, match=f"no read model is called {name};.*payments.balance_v2"):
        fragment("test.nameless", models=("orders.orders_v2", name))(str)
    with pytest.raises(ValueError, match=f"no read model is called {name};"):
        section("test.nameless", models=(name,))(str)


def test_nor_shown_by_a_part_that_finds_out_its_models_by_itself(ground: Ground) -> None:
    def models(scope: Scope) -> tuple[str, ...]:
        return ("orders.orders",)

    show = fragment("test.nameless", models=models)(str)
    with asking(ground) as scope, pytest.raises(ValueError, match="no read model is called orders.orders;"):
        show(scope)


def test_a_command_that_waits_for_a_model_that_there_is_not_is_not_sent(ground: Ground) -> None:
    refused = "no read model is called orders.orders;"
    with asking(ground) as scope:
        with pytest.raises(ValueError, match=refused):
            scope.command("orders", "PlaceOrder", {}, uuid4(), shows=("orders.orders",))
        with pytest.raises(ValueError, match=refused):
            remember(scope.visit.web, ("orders.orders",), 5)
    assert not ground.commands.sent


def test_what_another_release_waited_for_is_not_waited_for(ground: Ground) -> None:
    with asking(ground) as scope:
        scope.visit.web["waits"] = {"orders.orders_v0": [5, 9_999_999_999]}
        scope.settle("orders")
        assert not scope.visit.pending
        assert scope.visit.web["waits"] == {}


@pytest.mark.parametrize("email", ["ann@a.example", "sam@s.example"])
def test_versions_are_those_of_the_models_it_reads(ground: Ground, email: str) -> None:
    model = ground.model("orders", orders)
    model.move("orders", "C-A", 5)
    model.db.execute("INSERT INTO checkpoints VALUES ('orders_v3', 3, 3, 'another release')", ())
    model.db.execute("INSERT INTO readmodel_versions VALUES ('orders_v3', 'C-A', 3)", ())
    model.move("catalogue", "*", 4)
    with asking(ground, email) as scope:
        found = {name: at for name, at in scope.versions().items() if name.startswith("orders.")}
    assert found == {"orders.orders_v2": 5, "orders.catalogue_v1": 4, "orders.search_v3": 0}
