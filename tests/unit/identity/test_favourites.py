"""PinPage and UnpinPage: the pages on top of a person's menu."""

from __future__ import annotations

from dataclasses import replace

import pytest
from marshmallow import ValidationError

from services.identity.errors import TooManyFavourites
from services.identity.favourites.commands import PinPage, UnpinPage
from services.identity.favourites.domain import MOST_FAVOURITES, Favourites, decide_pin, decide_unpin, evolve
from services.identity.favourites.events import PagePinned, PageUnpinned
from services.identity.schemas import PinPageShape
from tests.support.given import NOW
from tests.unit.identity.examples import HANNA, STAFF_CONTEXT

OWN = replace(STAFF_CONTEXT, actor=HANNA)


def test_a_page_is_pinned_as_the_last_and_once() -> None:
    state = Favourites(("/orders",))
    assert decide_pin(state, PinPage(HANNA, "/invoices"), NOW) == [PagePinned(HANNA, "/invoices")]
    state = evolve(state, PagePinned(HANNA, "/invoices"))
    assert state.pages == ("/orders", "/invoices")
    assert decide_pin(state, PinPage(HANNA, "/orders"), NOW) == []


def test_a_layout_of_a_report_is_pinned_by_its_address() -> None:
    page = "/invoices?layout=L-7K3Q-M2XA"
    command = PinPageShape().load_command({"page": page}, OWN)
    assert decide_pin(Favourites(), command, NOW) == [PagePinned(OWN.actor, page)]


def test_a_page_is_unpinned_once() -> None:
    state = Favourites(("/orders", "/invoices"))
    assert decide_unpin(state, UnpinPage(HANNA, "/orders"), NOW) == [PageUnpinned(HANNA, "/orders")]
    assert evolve(state, PageUnpinned(HANNA, "/orders")).pages == ("/invoices",)
    assert decide_unpin(state, UnpinPage(HANNA, "/payments"), NOW) == []


def test_favourites_are_few() -> None:
    full = Favourites(tuple(f"/info/{number}" for number in range(MOST_FAVOURITES)))
    with pytest.raises(TooManyFavourites, match="Take one away"):
        decide_pin(full, PinPage(HANNA, "/orders"), NOW)


@pytest.mark.parametrize("page", ["", "https://elsewhere.example/", "//elsewhere.example", "/a b", "/" + "a" * 300])
def test_only_pages_of_the_portal_can_be_pinned(page: str) -> None:
    with pytest.raises(ValidationError):
        PinPageShape().load_command({"page": page}, OWN)
