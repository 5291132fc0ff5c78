"""What has not caught up since its tables were made is being prepared: nobody takes it for all there is."""

from __future__ import annotations

from typing import Any

import pytest

from chassis import rooms
from chassis.config import SERVICES
from chassis.readmodel import Projection, database
from gateway.parts import Parts, parts
from gateway.readiness import readiness, status
from gateway.reads import NotReady
from services.licensing.projections import features
from services.orders.contract import ORDERS
from services.orders.projections import catalogue
from services.orders.projections import orders as orders_model
from services.orders.projections import search as orders_search
from tests.gateway.ground import Ground
from tests.gateway.test_scope import NUMBERS, asking

AGAIN = '<meta http-equiv="refresh" content="5">'
PREPARED = "This part is being prepared"


@pytest.fixture
def filled(ground: Ground) -> Ground:
    """All models are there; C-A has an order."""
    ground.all_models()
    model = ground.models["orders"]
    model.put(
        ORDERS.documents,
        company="C-A",
        kind="order",
        key="SO-10001",
        number="SO-10001",
        date="2026-11-20",
        currency="EUR",
    )
    model.put(ORDERS.months, company="C-A", kind="order", month="2026-11", status="", currency="EUR", count=1)
    model.move("orders", "C-A", 5)
    return ground


def of(ground: Ground) -> Parts:
    with ground.app.app_context():
        return parts()


def test_its_page_says_so_and_looks_again_by_itself(filled: Ground) -> None:
    browser = filled.signed_in()
    assert "SO-10001" in browser.get("/orders").text
    filled.models["orders"].building(orders_model.PROJECTION)
    answer = browser.get("/orders")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert PREPARED in answer.text
    assert AGAIN in answer.text
    assert 'class="framed' in answer.text, "in the portal's frame, with its menu"
    filled.models["orders"].built(orders_model.PROJECTION)
    answer = browser.get("/orders")
    assert "SO-10001" in answer.text
    assert AGAIN not in answer.text


def test_a_part_of_a_page_says_so_in_its_place_and_is_there_when_it_is_all_there(filled: Ground) -> None:
    model = filled.models["orders"]
    model.building(orders_model.PROJECTION)
    browser = filled.signed_in()
    page = browser.get("/").text
    assert "Not ready yet" in page
    assert "SO-10001" not in page
    assert AGAIN in page
    model.built(orders_model.PROJECTION)  # that alone, and no event more
    page = browser.get("/").text
    assert "Not ready yet" not in page
    assert "SO-10001" in page
    assert AGAIN not in page


def test_a_search_does_not_say_that_there_is_nothing_more(filled: Ground) -> None:
    filled.models["orders"].building(orders_search.PROJECTION)
    page = filled.signed_in().get("/search?q=SO-10001").text
    assert "A part of this page is being prepared" in page
    assert AGAIN in page


def test_who_somebody_is_has_to_be_known_first(filled: Ground) -> None:
    browser = filled.signed_in()
    for one in rooms.load("identity").projections:
        filled.models["identity"].building(one)
    answer = browser.get("/")
    assert answer.status_code == 503
    assert PREPARED in answer.text
    assert AGAIN in answer.text


def test_another_version_that_is_being_built_beside_it_is_no_matter(filled: Ground) -> None:
    filled.models["orders"].execute("INSERT INTO readmodel_building VALUES ('orders_v3', 'orders_v3')", ())
    assert "SO-10001" in filled.signed_in().get("/orders").text
    with asking(filled) as scope:
        assert scope.versions()["orders.orders_v2"] == 5
    assert readiness(of(filled)) == (True, "serving")


def test_what_was_kept_meanwhile_of_a_person_is_read_again(filled: Ground) -> None:
    """Without licences a person has no Order Pad."""
    filled.models["licensing"].building(features.PROJECTION)
    with asking(filled) as scope:
        assert not scope.can("order")
    filled.models["licensing"].built(features.PROJECTION)
    with asking(filled) as scope:
        assert scope.can("order")


def test_it_has_no_version_that_a_part_could_be_kept_under(filled: Ground) -> None:
    filled.models["orders"].building(orders_model.PROJECTION)
    for email in ("ann@a.example", "sam@s.example"):
        with asking(filled, email) as scope:
            assert scope.versions()["orders.orders_v2"] == -1
    with asking(filled) as scope, pytest.raises(NotReady):
        scope.rows(NUMBERS)


def test_a_gateway_is_ready_when_all_that_it_reads_has_caught_up_once(filled: Ground) -> None:
    ground, model = of(filled), filled.models["orders"]
    model.building(orders_model.PROJECTION)
    model.building(catalogue.PROJECTION)
    assert readiness(ground) == (
        False,
        "being built: orders.catalogue_v1 (at position 0), orders.orders_v2 (at position 5);"
        " the workers' status says how far they are, and what keeps them",
    )
    assert status(ground)["read models"]["building"] == ["orders.catalogue_v1", "orders.orders_v2"]
    model.built(catalogue.PROJECTION)
    assert not readiness(ground)[0]
    model.built(orders_model.PROJECTION)
    assert readiness(ground) == (True, "serving")
    model.building(orders_model.PROJECTION)
    assert readiness(ground) == (True, "serving"), "one that is built again later is missed on its own pages only"


def test_a_gateway_is_not_ready_before_somebody_has_begun_what_it_reads(ground: Ground) -> None:
    ready, said = readiness(of(ground))
    assert not ready
    assert "payments.balance_v2 (not begun)" in said
    assert "identity" not in said


class TestOfARelease:
    """…that knew no such mark: what it made is served as it is, until a worker of this one goes on with it."""

    @pytest.fixture
    def older(self, filled: Ground) -> Ground:
        for service in SERVICES:
            filled.models[service].db.execute("DROP TABLE readmodel_building")
        versions = "UPDATE readmodel_versions SET model = 'orders' WHERE model = 'orders_v2'"
        filled.models["orders"].execute(versions, ())
        return filled

    def test_all_is_there_and_ready(self, older: Ground) -> None:
        assert readiness(of(older)) == (True, "serving")
        assert "SO-10001" in older.signed_in().get("/orders").text

    @pytest.mark.parametrize("beside", [(), (catalogue.PROJECTION,)], ids=["alone", "beside one of this release"])
    def test_its_worker_still_changes_what_is_kept(self, older: Ground, beside: tuple[Projection, ...]) -> None:
        if beside:  # that one keeps another model of the service, so the marks are there again
            database(older.settings, "orders").create_tables(older.models["orders"].db, beside)
        browser, model = older.signed_in(), older.models["orders"]
        assert "SO-10002" not in browser.get("/").text
        put: dict[str, Any] = {"company": "C-A", "kind": "order", "date": "2026-11-21", "currency": "EUR"}
        model.put(ORDERS.documents, key="SO-10002", number="SO-10002", **put)
        model.execute("UPDATE checkpoints SET position = 6 WHERE model = 'orders_v2'", ())
        model.execute("UPDATE readmodel_versions SET position = 6 WHERE model = 'orders'", ())
        assert "SO-10002" in browser.get("/").text
