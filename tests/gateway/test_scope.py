"""Every read and every command is bound to the session's company and person, whatever a page passes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from chassis.errors import NotAllowed, NotFound
from chassis.messages import ALL_COMPANIES
from gateway.access import Scope, current_scope
from gateway.people import PEOPLE_MODEL
from gateway.queries import Query, StaffQuery
from gateway.reads import NotReady
from services.orders.contract import ORDERS
from services.orders.projections import PROJECTIONS as orders
from tests.gateway.ground import CUSTOMER, STAFF, Ground, post

NUMBERS = Query(
    "numbers",
    "SELECT number FROM orders.orders_v2 WHERE company = :company"
    " AND (:branches IS NULL OR branch IN (SELECT value FROM json_each(:branches))) ORDER BY number",
)
ONE = Query("one", "SELECT number FROM orders.orders_v2 WHERE company = :company AND number = :number", needs="order")
ALL = StaffQuery("all", "SELECT number FROM orders.orders_v2 WHERE company LIKE :like ORDER BY number", role="agent")
SHOWS = ("orders.orders_v2",)


@pytest.fixture
def filled(ground: Ground) -> Ground:
    model = ground.model("orders", orders)
    for company, number, branch in (("C-A", "A1", "N"), ("C-A", "A2", "S"), ("C-B", "B1", "N")):
        model.put(ORDERS.documents, company=company, kind="order", key=number, number=number, branch=branch)
    model.move("orders", "C-A", 5)
    model.move("orders", "C-B", 6)
    return ground


@contextmanager
def scope_of(ground: Ground, browser: FlaskClient) -> Iterator[Scope]:
    """The scope a page gets in this browser."""
    cookie = browser.get_cookie("portico_session")
    assert cookie is not None
    headers = {"Cookie": f"portico_session={cookie.value}"}
    with ground.app.test_request_context("/", headers=headers):
        ground.app.preprocess_request()
        yield current_scope()


@contextmanager
def asking(ground: Ground, email: str = "ann@a.example") -> Iterator[Scope]:
    with scope_of(ground, ground.signed_in(email)) as scope:
        yield scope


def test_rows_are_those_of_the_sessions_company(filled: Ground) -> None:
    with asking(filled) as scope:
        assert [row.number for row in scope.rows(NUMBERS)] == ["A1", "A2"]
    with asking(filled, "bo@b.example") as scope:
        assert [row.number for row in scope.rows(NUMBERS)] == ["B1"]


@pytest.mark.parametrize("name", ["company", "branches", "contact", "today"])
def test_a_page_cannot_choose_what_the_scope_binds(filled: Ground, name: str) -> None:
    values: dict[str, Any] = {name: "C-B"}
    with asking(filled) as scope, pytest.raises(TypeError, match="bound by the scope"):
        scope.rows(NUMBERS, **values)


def test_another_companys_row_is_not_found(filled: Ground) -> None:
    with asking(filled) as scope:
        assert scope.one(ONE, number="A1").number == "A1"
        with pytest.raises(NotFound):
            scope.one(ONE, number="B1")


def test_rows_are_limited_to_the_contacts_branches(filled: Ground) -> None:
    filled.person(CUSTOMER, "C-A", "ann@a.example", "Ann Archer", branches=("N",))
    with asking(filled) as scope:
        assert [row.number for row in scope.rows(NUMBERS)] == ["A1"]


def test_a_chosen_branch_limits_and_a_foreign_one_cannot_be_chosen(filled: Ground) -> None:
    filled.branch("C-A", "N", "North")
    filled.branch("C-A", "S", "South")
    filled.branch("C-B", "X", "Elsewhere")
    browser = filled.signed_in()
    assert post(browser, "/", "/branch", branch="S").status_code == 302
    with scope_of(filled, browser) as scope:
        assert [row.number for row in scope.rows(NUMBERS)] == ["A2"]
    assert post(browser, "/", "/branch", branch="X").status_code == 404


def test_a_query_asks_for_its_permission(filled: Ground) -> None:
    filled.person(CUSTOMER, "C-A", "ann@a.example", "Ann Archer", permissions=())
    with asking(filled) as scope, pytest.raises(NotAllowed):
        scope.rows(ONE, number="A1")


def test_staff_queries_are_for_staff_with_the_role(filled: Ground) -> None:
    with asking(filled, "sam@s.example") as scope:
        assert [row.number for row in scope.rows(ALL, like="%")] == ["A1", "A2", "B1"]
    with asking(filled) as scope, pytest.raises(NotAllowed):
        scope.rows(ALL, like="%")
    filled.person(STAFF, "", "sam@s.example", "Sam Steel", roles=("operator",))
    with asking(filled, "sam@s.example") as scope, pytest.raises(NotAllowed):
        scope.rows(ALL, like="%")


def test_staff_see_nothing_by_a_customers_query(filled: Ground) -> None:
    with asking(filled, "sam@s.example") as scope:
        assert scope.rows(NUMBERS) == []


def test_a_read_model_that_is_not_built_is_not_ready(ground: Ground) -> None:
    with asking(ground) as scope, pytest.raises(NotReady):
        scope.rows(NUMBERS)


def test_a_read_model_that_appears_is_read_without_a_restart(ground: Ground) -> None:
    browser = ground.signed_in()
    with scope_of(ground, browser) as scope, pytest.raises(NotReady):
        scope.rows(NUMBERS)
    ground.model("orders", orders).put(ORDERS.documents, company="C-A", kind="order", key="A9", number="A9")
    with scope_of(ground, browser) as scope:
        assert [row.number for row in scope.rows(NUMBERS)] == ["A9"]


def test_a_command_carries_the_sessions_company_and_actor(filled: Ground) -> None:
    command = uuid4()
    with asking(filled) as scope:
        scope.command("orders", "PlaceOrder", {"lines": []}, command, shows=SHOWS)
    service, name, payload, context = filled.commands.sent[-1]
    assert (service, name, payload) == ("orders", "PlaceOrder", {"lines": []})
    assert (context.company, context.actor, context.channel) == ("C-A", CUSTOMER, "portal")
    assert context.command_id == command
    assert context.deadline is not None


@pytest.mark.parametrize("name", ["company", "actor", "channel", "correlation_id", "command_id", "context"])
def test_a_payload_cannot_carry_who_asks(filled: Ground, name: str) -> None:
    with asking(filled) as scope, pytest.raises(TypeError, match="the session decides"):
        scope.command("orders", "PlaceOrder", {name: "C-B"}, uuid4(), shows=SHOWS)
    assert filled.commands.sent == []


def test_only_staff_act_for_a_company_they_name(filled: Ground) -> None:
    with asking(filled) as scope, pytest.raises(NotAllowed):
        scope.command("orders", "PlaceOrder", {}, uuid4(), shows=SHOWS, for_company="C-B")
    with asking(filled, "sam@s.example") as scope:
        scope.command("cases", "AnswerCase", {}, uuid4(), shows=SHOWS, for_company="C-B")
        scope.command("cases", "AnswerCase", {}, uuid4(), shows=SHOWS)
    assert [context.company for *_, context in filled.commands.sent] == ["C-B", ALL_COMPANIES]


def test_a_command_asks_for_its_permission_whatever_page_sends_it(filled: Ground) -> None:
    filled.person(CUSTOMER, "C-A", "ann@a.example", "Ann Archer", permissions=("open_cases",))
    with asking(filled) as scope, pytest.raises(NotAllowed):
        scope.command("orders", "PlaceOrder", {"lines": []}, uuid4(), shows=SHOWS)
    assert filled.commands.sent == []


def test_a_command_that_is_no_pages_to_send_is_not_sent(filled: Ground) -> None:
    with asking(filled) as scope, pytest.raises(TypeError, match=r"gateway/commands\.py"):
        scope.command("orders", "MarkOrderPosted", {}, uuid4(), shows=SHOWS)


def test_ones_own_write_is_waited_for_and_seen(filled: Ground) -> None:
    browser = filled.signed_in()
    filled.commands.position = 7
    with filled.app.test_request_context():
        pass
    answer = browser.get("/")
    assert "data-pending" not in answer.text
    with browser.session_transaction() as web:
        web["waits"] = {"orders.orders_v2": [7, 2**33]}
    with scope_of(filled, browser) as scope:
        scope.rows(NUMBERS)
        assert scope.visit.pending
    filled.models["orders"].move("orders", "C-A", 7)
    with scope_of(filled, browser) as scope:
        scope.rows(NUMBERS)
        assert not scope.visit.pending
        assert scope.visit.web["waits"] == {}


def test_what_is_still_on_its_way_is_said_and_the_page_looks_again(filled: Ground) -> None:
    browser = filled.signed_in()
    with browser.session_transaction() as web:
        web["waits"] = {PEOPLE_MODEL: [999, 2**33]}
    page = browser.get("/settings").text
    assert "data-pending" in page
    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in page
