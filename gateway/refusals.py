"""What services and the ground below the pages refuse, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from chassis.errors import PorticoError
from chassis.sentences import Sentence
from gateway.texts import gettext


def said(text: str) -> str:
    """A service's sentence in the reader's language; what the catalogues do not have stays as it is."""
    if isinstance(text, Sentence):
        return text.said(gettext)
    return gettext(text) if text else text


@contextmanager
def translated() -> Iterator[None]:
    """Whatever is refused within says so in the reader's language: its message, and its details where they are told."""
    try:
        yield
    except PorticoError as error:
        error.message = said(error.message)
        error.details = {name: _told(value) for name, value in error.details.items()}
        raise


def _told(value: Any) -> Any:
    if isinstance(value, Sentence):
        return said(value)
    if isinstance(value, Mapping):
        return {name: _told(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_told(inner) for inner in value]
    return value
