"""A layout is its owner's, shared or not; names are told apart by those who see them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chassis.errors import Invalid, NotFound
from chassis.messages import Event
from services.identity.layouts.commands import ChooseLayout, RemoveLayout, SaveLayout
from services.identity.layouts.domain import MOST_OWN, Layouts, decide_choose, decide_remove, decide_save, evolve
from services.identity.layouts.events import LayoutChosen, LayoutRemoved, LayoutSaved

HANNA, OTHER = "hanna", "other"
SAVE = SaveLayout(HANNA, "N100", "invoice", "Open ones", ("number", "total"), "-total", "status")
SAVED = LayoutSaved("N100", "L-1", "invoice", "Open ones", ("number", "total"), "-total", "status", False, HANNA)
SHARED = replace(SAVED, shared=True)


def after(*events: Event) -> Layouts:
    """The layouts after these events."""
    state = Layouts()
    for event in events:
        state = evolve(state, event)
    return state


def test_it_is_saved_whole_and_a_second_time_is_nothing_new() -> None:
    assert decide_save(after(), "L-1", SAVE, administers=False) == [SAVED]
    again = replace(SAVE, layout="L-1")
    assert decide_save(after(SAVED), "L-1", again, administers=False) == []


def test_its_owner_renames_and_shares_it() -> None:
    command = replace(SAVE, layout="L-1", name="Open", shared=True)
    expected = replace(SAVED, name="Open", shared=True)
    assert decide_save(after(SAVED), "L-1", command, administers=False) == [expected]


@pytest.mark.parametrize("kept", [SAVED, SHARED])
def test_a_colleague_can_neither_change_nor_remove_it(kept: LayoutSaved) -> None:
    with pytest.raises(NotFound):
        decide_save(after(kept), "L-1", replace(SAVE, actor=OTHER, layout="L-1"), administers=False)
    with pytest.raises(NotFound):
        decide_remove(after(kept), RemoveLayout(OTHER, "L-1"), administers=False)


def test_who_administers_the_company_changes_what_is_shared_and_nothing_private() -> None:
    changed = decide_save(after(SHARED), "L-1", replace(SAVE, actor=OTHER, layout="L-1"), administers=True)
    assert changed == [SAVED], "the layout stays its owner's"
    assert decide_remove(after(SHARED), RemoveLayout(OTHER, "L-1"), administers=True) == [LayoutRemoved("N100", "L-1")]
    with pytest.raises(NotFound):
        decide_remove(after(SAVED), RemoveLayout(OTHER, "L-1"), administers=True)


def test_a_name_is_free_where_nobody_sees_the_other() -> None:
    with pytest.raises(Invalid):
        decide_save(after(SAVED), "L-2", replace(SAVE, name="OPEN ONES"), administers=False)
    theirs = replace(SAVE, actor=OTHER)
    assert decide_save(after(SAVED), "L-2", theirs, administers=False)
    assert decide_save(after(SAVED), "L-2", replace(SAVE, report="order"), administers=False)
    with pytest.raises(Invalid):
        decide_save(after(SHARED), "L-2", replace(theirs, shared=True), administers=False)


def test_a_layout_stays_one_of_its_report() -> None:
    with pytest.raises(NotFound):
        decide_save(after(SAVED), "L-1", replace(SAVE, layout="L-1", report="order"), administers=False)


def test_nobody_has_more_than_they_can_look_through() -> None:
    full = after(*(replace(SAVED, layout=f"L-{n}", name=str(n)) for n in range(MOST_OWN)))
    with pytest.raises(Invalid):
        decide_save(full, "L-X", SAVE, administers=False)
    assert decide_save(full, "L-X", replace(SAVE, actor=OTHER), administers=False)


def test_a_person_looks_by_what_they_see_and_no_longer_once_it_is_removed() -> None:
    chosen = LayoutChosen("N100", OTHER, "invoice", "L-1")
    choose = ChooseLayout(OTHER, "N100", "invoice", "L-1")
    assert decide_choose(after(SHARED), choose) == [chosen]
    assert decide_choose(after(SHARED, chosen), choose) == []
    for state in (after(), after(SAVED), after(replace(SHARED, report="order"))):
        with pytest.raises(NotFound):
            decide_choose(state, choose)
    none = replace(choose, layout="")
    assert decide_choose(after(SHARED, chosen), none) == [replace(chosen, layout="")]
    assert decide_choose(after(SHARED, chosen, LayoutRemoved("N100", "L-1")), none) == []
