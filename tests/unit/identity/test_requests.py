"""A company's requests for access: one an address, one answer each, forgotten after a refusal."""

from __future__ import annotations

from typing import Any

import pytest

from chassis.errors import NotFound
from services.identity.requests import domain
from services.identity.requests.domain import Request, Requests
from services.identity.requests.errors import AlreadyAsked, AlreadyDecided
from services.identity.requests.events import (
    AccessApproved,
    AccessRefused,
    AccessRequested,
    AccessRequestForgotten,
    RefusalExplained,
)

CARA = Request("cara", "hanna", "sealed", "hash", "sealed why", permissions=("order",), branches=("HH",))
ASKED = AccessRequested("cara", "N100", "hanna", "sealed", "hash", "sealed why", ("order",), ("HH",))
GIVEN: tuple[Any, ...] = (("order",), None, ("R-1",), {})
APPROVED = AccessApproved("cara", "N100", "hanna", "sam", *GIVEN)
REFUSED = (AccessRefused("cara", "N100", "hanna", "sam"), RefusalExplained("cara", "N100", "sealed no"))


def after(*events: object) -> Requests:
    """The company's requests after these events."""
    state = Requests()
    for event in events:
        state = domain.evolve(state, event)  # type: ignore[arg-type]
    return state


def test_a_request_is_asked_once_an_address_while_it_waits() -> None:
    assert domain.decide_ask(Requests(), "N100", CARA) == [ASKED]
    with pytest.raises(AlreadyAsked):
        domain.decide_ask(after(ASKED), "N100", Request("other", "ben", "sealed", "hash", "w"))
    assert domain.decide_ask(after(ASKED, *REFUSED), "N100", Request("other", "ben", "s", "hash", "w"))


def test_it_is_approved_with_other_rights_than_were_asked_for() -> None:
    assert domain.decide_approve(after(ASKED), "cara", "sam", *GIVEN) == [APPROVED]
    assert after(ASKED, APPROVED).one("cara").roles == ("R-1",)


def test_it_is_refused_with_a_reason() -> None:
    assert domain.decide_refuse(after(ASKED), "cara", "sam", "sealed no") == [*REFUSED]
    assert after(ASKED, *REFUSED).one("cara").reason == "sealed no"


@pytest.mark.parametrize(("answer", "said"), [((APPROVED,), "approved"), (REFUSED, "refused")])
def test_of_two_answers_the_first_holds(answer: tuple[object, ...], said: str) -> None:
    state = after(ASKED, *answer)
    with pytest.raises(AlreadyDecided, match=said):
        domain.decide_approve(state, "cara", "ada", *GIVEN)
    with pytest.raises(AlreadyDecided, match=said):
        domain.decide_refuse(state, "cara", "ada", "sealed")


def test_a_refused_one_is_forgotten_and_no_other() -> None:
    gone = AccessRequestForgotten("cara", "N100")
    assert domain.decide_forget(after(ASKED, *REFUSED), "cara") == [gone]
    assert domain.decide_forget(after(ASKED), "cara") == []
    assert domain.decide_forget(after(ASKED, APPROVED), "cara") == []
    with pytest.raises(NotFound):
        after(ASKED, *REFUSED, gone).one("cara")
