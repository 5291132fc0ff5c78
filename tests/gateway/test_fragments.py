"""A fragment is shown again while nothing it depends on has changed, and never to somebody who would see another."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from markupsafe import Markup

from gateway.access import Scope
from gateway.fragments import FragmentCache, fragment
from services.orders.contract import ORDERS
from services.orders.projections import PROJECTIONS as orders
from tests.gateway.ground import CUSTOMER, Ground
from tests.gateway.test_scope import NUMBERS, asking

Shown = Callable[[Scope], Markup]


@pytest.fixture
def filled(ground: Ground) -> Ground:
    model = ground.model("orders", orders)
    model.put(ORDERS.documents, company="C-A", kind="order", key="A1", number="A1")
    model.move("orders", "C-A", 5)
    model.move("orders", "C-B", 5)
    ground.company("C-A", "Aldergrove Ltd")
    return ground


@pytest.fixture
def rendered() -> list[str]:
    return []


@pytest.fixture
def numbers(rendered: list[str]) -> Shown:
    @fragment("test.numbers", models=("orders.orders_v2",))
    def show(scope: Scope) -> str:
        rendered.append(scope.contact_id)
        return ",".join(row.number for row in scope.rows(NUMBERS))

    return show


def shown(ground: Ground, show: Shown, email: str = "ann@a.example") -> str:
    with asking(ground, email) as scope:
        return str(show(scope))


def test_it_is_rendered_once_while_nothing_changes(filled: Ground, numbers: Shown, rendered: list[str]) -> None:
    assert [shown(filled, numbers) for _ in range(3)] == ["A1"] * 3
    assert len(rendered) == 1


def test_a_new_version_of_what_it_shows_renders_it_again(filled: Ground, numbers: Shown, rendered: list[str]) -> None:
    shown(filled, numbers)
    filled.models["orders"].put(ORDERS.documents, company="C-A", kind="order", key="A2", number="A2")
    filled.models["orders"].move("orders", "C-A", 6)
    assert shown(filled, numbers) == "A1,A2"
    assert len(rendered) == 2


def test_another_companys_change_does_not(filled: Ground, numbers: Shown, rendered: list[str]) -> None:
    shown(filled, numbers)
    filled.models["orders"].move("orders", "C-B", 7)
    shown(filled, numbers)
    assert len(rendered) == 1


def test_another_company_never_gets_it(filled: Ground, numbers: Shown) -> None:
    assert shown(filled, numbers) == "A1"
    assert shown(filled, numbers, "bo@b.example") == ""


def test_a_colleague_with_the_same_rights_gets_it_and_one_with_others_does_not(
    filled: Ground, numbers: Shown, rendered: list[str]
) -> None:
    filled.person("K-101", "C-A", "al@a.example", "Al Ash")
    shown(filled, numbers)
    shown(filled, numbers, "al@a.example")
    assert rendered == [CUSTOMER]
    filled.person("K-101", "C-A", "al@a.example", "Al Ash", permissions=("order",))
    shown(filled, numbers, "al@a.example")
    filled.person("K-101", "C-A", "al@a.example", "Al Ash", branches=("N",))
    shown(filled, numbers, "al@a.example")
    assert rendered == [CUSTOMER, "K-101", "K-101"]


def test_a_personal_one_is_for_one_person(filled: Ground, rendered: list[str]) -> None:
    @fragment("test.mine", models=("orders.orders_v2",), personal=True)
    def mine(scope: Scope) -> str:
        rendered.append(scope.contact_id)
        return scope.contact_id

    filled.person("K-101", "C-A", "al@a.example", "Al Ash")
    assert [shown(filled, mine, email) for email in ("ann@a.example", "al@a.example")] == [CUSTOMER, "K-101"]


def test_a_changed_company_renders_everything_again(filled: Ground, numbers: Shown, rendered: list[str]) -> None:
    shown(filled, numbers)
    filled.models["identity"].move("companies", "C-A", 11)
    shown(filled, numbers)
    assert len(rendered) == 2


def test_what_is_not_ready_is_said_and_not_kept(ground: Ground, numbers: Shown) -> None:
    assert "Not ready yet" in shown(ground, numbers)
    ground.model("orders", orders).put(ORDERS.documents, company="C-A", kind="order", key="A1", number="A1")
    assert shown(ground, numbers) == "A1"


def test_the_cache_forgets_what_was_used_longest_ago() -> None:
    cache = FragmentCache(max_chars=30)
    for name in ("a", "b", "c"):
        cache.put(name, Markup(name * 10))
    assert cache.get("a") is not None
    cache.put("d", Markup("d" * 10))
    assert cache.get("b") is None
    assert [cache.get(name) is not None for name in ("a", "c", "d")] == [True, True, True]


def test_a_page_names_the_versions_it_shows(filled: Ground) -> None:
    page = filled.signed_in().get("/").text
    assert 'data-live-url="http://localhost:8001/events"' in page
    assert "orders.orders_v2&#34;:5" in page
