"""Profiles: how an ERP's export file maps to normalised documents. YAML that a person writes.

A profile is checked whole before a file is read; each fault is told with its line and what to do. The form is described
in docs/connecting-an-erp.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from marshmallow import ValidationError

from services.erp_sync.adapters.files.conditions import Where
from services.erp_sync.adapters.shapes import Kind

SHIPPED = Path(__file__).resolve().parents[2] / "profiles"
PLACE = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value comes from: a column, a template of columns, or a constant.

    `default` stands in for an empty cell, and may name columns as a template does. `pick` says which row's cell counts
    when a document has several; `map` turns the export's words into others.
    """

    column: str = ""
    template: str = ""
    constant: str = ""
    default: str = ""
    pick: str = "first"
    map: Mapping[str, str] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it reads."""
        own = (self.column,) if self.column else tuple(PLACE.findall(self.template))
        return (*own, *PLACE.findall(self.default))


@dataclass(frozen=True, slots=True)
class FileFormat:
    """How the file is written. `format` "" is told by its content; `header` is the row of the column names, from 1."""

    format: str = ""
    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8"
    sheet: str = ""
    header: int = 1


@dataclass(frozen=True, slots=True)
class LeaveOut:
    """Rows that are no document of the portal, with the reason the summary counts them under."""

    reason: str
    where: Where


@dataclass(frozen=True, slots=True)
class KindMap:
    """How rows become documents of one kind."""

    kind: Kind
    key: Source
    company: Source | None
    fields: Mapping[str, Source]
    lists: Mapping[str, tuple[Mapping[str, Source], ...]]
    where: Where | None
    stamp: Source | None
    negate: bool


@dataclass(frozen=True, slots=True)
class Profile:
    """A whole profile. `dates` are strptime formats; `complete` says that a file holds all documents there are."""

    name: str
    title: str
    file: FileFormat
    kinds: tuple[KindMap, ...]
    leave_out: tuple[LeaveOut, ...]
    dates: tuple[str, ...]
    time_zone: ZoneInfo
    decimal: str
    thousands: str
    currency: str
    complete: bool

    @property
    def columns(self) -> set[str]:
        """Every column that the file must have."""
        found: set[str] = set()
        for rule in self.leave_out:
            found |= rule.where.columns
        for one in self.kinds:
            sources = [one.key, one.company, one.stamp, *one.fields.values()]
            sources += [source for maps in one.lists.values() for entry in maps for source in entry.values()]
            found.update(column for source in sources if source is not None for column in source.columns)
            found |= one.where.columns if one.where else set()
        return found


class ProfileError(Exception):
    """The profile cannot be used; the message lists its faults, a line each."""


def find(name_or_path: str) -> Path:
    """The file of a shipped profile's name, or of a path; raises ProfileError."""
    path = Path(name_or_path)
    if path.suffix in (".yaml", ".yml"):
        if path.is_file():
            return path
        raise ProfileError(f"There is no profile file {path}.")
    shipped = SHIPPED / f"{name_or_path}.yaml"
    if re.fullmatch(r"[\w-]+", name_or_path) and shipped.is_file():
        return shipped
    names = ", ".join(sorted(one.stem for one in SHIPPED.glob("*.yaml")))
    raise ProfileError(
        f"There is no profile “{name_or_path}”. Shipped ones: {names}. Your own: give the path of its .yaml file."
    )


def load(text: str, called: str = "profile") -> Profile:
    """The profile of a YAML text; `called` names it in messages. Raises ProfileError."""
    from services.erp_sync.adapters.files.profile_schema import ProfileSchema

    try:
        # Every value as the text it is written as: Y, 1.10 and 2026-05-31 mean themselves in a profile.
        root = yaml.compose(text, yaml.BaseLoader)
        given = yaml.load(text, yaml.BaseLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise ProfileError(f"{called}{where}: this is not YAML: {getattr(error, 'problem', error)}.") from error
    if not isinstance(given, dict):
        raise ProfileError(f"{called}: a profile has `kinds:` and the like at its top; see docs/connecting-an-erp.md.")
    faults = list(_duplicates(root))
    try:
        if faults:
            raise ValidationError({})
        profile: Profile = ProfileSchema().load(given)
    except ValidationError as error:
        faults = sorted(faults or _faults(error.messages_dict, root, ()))
        raise ProfileError("\n".join(f"{called}, line {line}: {said}" for line, said in faults)) from error
    return profile


def _duplicates(node: Any) -> Iterator[tuple[int, str]]:
    """Names written twice in one mapping: YAML would silently keep the last."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for name, value in node.value:
            if name.value in seen:
                yield _line(name), f"{name.value}: is written twice; keep one."
            seen.add(name.value)
            yield from _duplicates(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _duplicates(value)


def _faults(messages: Any, node: Any, path: tuple[str, ...]) -> list[tuple[int, str]]:
    """marshmallow's nested messages as (line, "path: message")."""
    if isinstance(messages, list):
        place = ".".join(one for one in path if one not in ("_schema", "value")) or "the profile"
        return [(_line(node), f"{place}: {said}") for said in messages]
    found: list[tuple[int, str]] = []
    for key, inner in messages.items():
        found += _faults(inner, _child(node, key), (*path, str(key)))
    return found


def _line(node: Any) -> int:
    return node.start_mark.line + 1 if node is not None else 1


def _child(node: Any, key: Any) -> Any:
    """The YAML node below `node`; the node itself where there is none (what is missing is told at its parent)."""
    if isinstance(node, yaml.MappingNode):
        return next((value for name, value in node.value if name.value == str(key)), node)
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        return node.value[key]
    return node
