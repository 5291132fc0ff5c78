"""What happened to a company's layouts. Ids only."""

from __future__ import annotations

from dataclasses import dataclass

from chassis.messages import Event


@dataclass(frozen=True, slots=True)
class LayoutSaved(Event):
    """A layout as it is from now on, whole. `sort` is a column's name, with `-` before it where it is descending.

    `owner` is the contact who made it; `shared`: everybody of the company who has layouts sees it.
    """

    company: str
    layout: str
    report: str
    name: str
    columns: tuple[str, ...]
    sort: str
    group: str
    shared: bool
    owner: str


@dataclass(frozen=True, slots=True)
class LayoutRemoved(Event):
    """The layout is nobody's any more."""

    company: str
    layout: str


@dataclass(frozen=True, slots=True)
class LayoutChosen(Event):
    """The contact looks at the report by this layout from now on, by none where it is ""."""

    company: str
    contact: str
    report: str
    layout: str


ALL = (LayoutSaved, LayoutRemoved, LayoutChosen)
