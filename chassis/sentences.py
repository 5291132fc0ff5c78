"""Sentences that a service says to people: in English, and so that whoever shows them can say another language.

A `Sentence` is its English text. Beside it, it keeps the original with named places and what stands in them, which
goes over the wire with a refusal (errors.to_wire); catalogues have the original.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any


class Sentence(str):
    """The English text. `original` has places like `%(order)s`, `values` what is in them: texts, numbers, sentences."""

    original: str
    values: Mapping[str, Any]

    def said(self, translate: Callable[[str], str]) -> str:
        """The text as `translate`, which knows originals, has it; sentences within it too."""
        values = {
            name: value.said(translate) if isinstance(value, Sentence) else value for name, value in self.values.items()
        }
        return translate(self.original) % values if values else translate(self.original)


def sentence(original: str, **values: Any) -> Sentence:
    """`sentence("Case %(case)s is closed.", case=case)`: what is extracted for translation is the first text."""
    made = Sentence(original % values if values else original)
    made.original, made.values = original, values
    return made


def joined(between: str, parts: Iterable[str]) -> Sentence:
    """Several, with the same sign between them."""
    named = {f"n{number}": part for number, part in enumerate(parts)}
    return sentence(between.replace("%", "%%").join(f"%({name})s" for name in named), **named)


def packed(value: Any) -> dict[str, Any]:
    """`{English: [original, values]}` of all sentences in a JSON-able value, for the wire; values have English."""
    found: dict[str, Any] = {}
    _collect(value, found)
    return found


def _collect(value: Any, found: dict[str, Any]) -> None:
    if isinstance(value, Sentence):
        found[str(value)] = [value.original, dict(value.values)]
        value = value.values
    if isinstance(value, Mapping):
        for inner in value.values():
            _collect(inner, found)
    elif isinstance(value, list | tuple):
        for inner in value:
            _collect(inner, found)


def unpacked(value: Any, texts: Mapping[str, Any]) -> Any:
    """The value with its sentences again: what `packed` took out of it."""
    if isinstance(value, str) and value in texts:
        original, values = texts[value]
        return sentence(original, **{name: unpacked(inner, texts) for name, inner in values.items()})
    if isinstance(value, Mapping):
        return {name: unpacked(inner, texts) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [unpacked(inner, texts) for inner in value]
    return value


_SHAPES = (
    # What marshmallow says word for word, named here for the catalogues.
    sentence("Missing data for required field."),
    sentence("Field may not be null."),
    sentence("Unknown field."),
    sentence("Invalid value."),
    sentence("Not a valid string."),
    sentence("Not a valid number."),
    sentence("Not a valid integer."),
    sentence("Not a valid boolean."),
    sentence("Not a valid list."),
    sentence("Not a valid mapping type."),
    sentence("Not a valid date."),
    sentence("Not a valid datetime."),
    sentence("Not a valid UUID."),
    sentence("Invalid input type."),
)
_MEASURES = {
    "Shorter than minimum length {min}.": sentence("Shorter than minimum length %(min)s.", min=0),
    "Longer than maximum length {max}.": sentence("Longer than maximum length %(max)s.", max=0),
    "Length must be between {min} and {max}.": sentence("Length must be between %(min)s and %(max)s.", min=0, max=0),
    "Must be greater than or equal to {min}.": sentence("Must be greater than or equal to %(min)s.", min=0),
    "Must be one of: {choices}.": sentence("Must be one of: %(choices)s.", choices=""),
}
_PATTERNS = tuple(
    (re.compile(re.escape(theirs).replace(r"\{", "(?P<").replace(r"\}", ">.*)")), ours.original)
    for theirs, ours in _MEASURES.items()
)


def of_shapes(messages: Any) -> Any:
    """What marshmallow says of a payload, as sentences: its own numbers get names again. Others stay as they are."""
    if isinstance(messages, Mapping):
        return {name: of_shapes(inner) for name, inner in messages.items()}
    if isinstance(messages, list):
        return [of_shapes(inner) for inner in messages]
    for pattern, original in _PATTERNS:
        found = pattern.fullmatch(messages) if isinstance(messages, str) else None
        if found is not None:
            return sentence(original, **found.groupdict())
    return messages
