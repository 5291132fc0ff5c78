"""Events and commands to JSON and back. Decoding is plain: what is stored was validated when it came in.

Supported field types: str, int, bool, float, Decimal (text in JSON), date, datetime (UTC), UUID, None-able ones,
`tuple[X, ...]`, `frozenset[X]`, `dict[str, X]`, `Mapping[str, X]` and frozen dataclasses of these.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson

from chassis.messages import Event, Recorded

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]


class UnknownEvent(Exception):
    """A stored event whose type or version this release does not know: its reader must stop, not skip."""


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def dumps(value: Any) -> bytes:
    """JSON bytes with sorted keys; Decimal as text, dates as ISO 8601, dataclasses as objects."""
    return orjson.dumps(value, default=_plain, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z)


def loads(data: bytes | str) -> Any:
    """The JSON value of bytes written by `dumps`."""
    return orjson.loads(data)


def plain(value: Any) -> Any:
    """A message as JSON values: what `dumps` and `loads` make of it, for a caller that wants the object."""
    return loads(dumps(value))


def _identity(value: Any) -> Any:
    return value


@functools.cache
def _converter(kind: Any) -> Callable[[Any], Any]:
    origin = typing.get_origin(kind)
    arguments = typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        inner = _converter(next(a for a in arguments if a is not type(None)))
        return lambda value: None if value is None else inner(value)
    if origin in (tuple, frozenset):
        item = _converter(arguments[0])
        return lambda value: origin(map(item, value))
    if origin in (dict, Mapping):
        item = _converter(arguments[1])
        return lambda value: {key: item(one) for key, one in value.items()}
    if dataclasses.is_dataclass(kind):
        return _dataclass_decoder(typing.cast(typing.Hashable, kind))
    simple: dict[Any, Callable[[Any], Any]] = {
        Decimal: Decimal,
        date: date.fromisoformat,
        datetime: datetime.fromisoformat,
        UUID: UUID,
    }
    return simple.get(kind, _identity)


@functools.cache
def _dataclass_decoder(cls: Any) -> Callable[[Mapping[str, Any]], Any]:
    hints = typing.get_type_hints(cls)
    fields = [(field.name, _converter(hints[field.name])) for field in dataclasses.fields(cls)]

    def decode(value: Mapping[str, Any]) -> Any:
        return cls(**{name: convert(value[name]) for name, convert in fields if name in value})

    return decode


T = typing.TypeVar("T")


def decode_as(cls: type[T], value: Mapping[str, Any]) -> T:
    """The dataclass `cls` from its JSON object; absent fields take their defaults."""
    return typing.cast(T, _dataclass_decoder(typing.cast(typing.Hashable, cls))(value))


@functools.cache
def shape(cls: Any) -> str:
    """What tells apart two dataclasses that do not read the same JSON: names and types of their fields, all the way
    down, as a short hash. Names of classes and defaults are no part of it."""
    return hashlib.sha256(_described(cls).encode()).hexdigest()[:16]


def _described(kind: Any) -> str:
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return (
            "{"
            + ", ".join(f"{field.name}: {_described(hints[field.name])}" for field in dataclasses.fields(kind))
            + "}"
        )
    arguments = ", ".join(map(_described, typing.get_args(kind)))
    return f"{typing.get_origin(kind)}[{arguments}]" if arguments else repr(kind)


class Codec:
    """The event types of one service, their current schema versions and the upcasters of older ones.

    `upcasters[(type name, version)]` turns the data of that version into the next one's.
    """

    def __init__(
        self, events: Iterable[type[Event]], upcasters: Mapping[tuple[str, int], Upcaster] | None = None
    ) -> None:
        self.types = {event.__name__: event for event in events}
        self._upcasters = dict(upcasters or {})
        self.versions = dict.fromkeys(self.types, 1)
        for name, version in self._upcasters:
            self.versions[name] = max(self.versions[name], version + 1)

    def encode(self, event: Event) -> tuple[str, bytes, int]:
        """Type name, JSON bytes and schema version to store."""
        name = type(event).__name__
        if name not in self.types:
            raise UnknownEvent(f"{name} is not an event of this service")
        return name, dumps(event), self.versions[name]

    def upcast(self, name: str, version: int, data: dict[str, Any]) -> dict[str, Any]:
        """The data as the current version has it; raises UnknownEvent for a type or version from the future."""
        current = self.versions.get(name)
        if current is None or version > current:
            raise UnknownEvent(f"{name} version {version} is unknown to this release")
        while version < current:
            data = self._upcasters[name, version](data)
            version += 1
        return data

    def recorded(self, event: Any) -> Recorded:
        """An esdbclient RecordedEvent as `Recorded`, upcast; `meta["schema"]` is the version that `data` has then."""
        meta = orjson.loads(event.metadata) if event.metadata else {}
        data = self.upcast(event.type, meta.get("schema", 1), orjson.loads(event.data))
        meta["schema"] = self.versions[event.type]
        return Recorded(
            event.id,
            event.type,
            event.stream_name,
            event.stream_position,
            event.commit_position,
            data,
            meta,
            event.recorded_at,
        )

    def decode(self, recorded: Recorded) -> Event:
        """The event's dataclass, for a domain's evolve."""
        return decode_as(self.types[recorded.type], recorded.data)
