"""The catalogues: brought up to date with the texts there are, and judged. The gateway reads them as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from deploy.texts.extraction import ROOT

FOLDER = ROOT / "gateway/translations"
LOCALES = ("ar", "de", "es", "fr")
_PLACES = re.compile(r"%(?:\(\w+\)[sd]|%)")
_HEADER = """\
# Portico: %(language)s
# Made by a machine, NOT YET REVIEWED by a native speaker.
# Who reviews it puts their name in the place of that line.
#"""
# In the order of CLDR: zero, one, two, few, many, other. Babel has the last two the other way round.
_PLURALS = {
    "ar": "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);",
}
_LANGUAGES = {"ar": "Arabic", "de": "German", "es": "Spanish", "fr": "French"}


def path_of(locale: str) -> Path:
    """The catalogue of a locale."""
    return FOLDER / locale / "LC_MESSAGES" / "messages.po"


def read(locale: str) -> Catalog:
    """The catalogue; an empty one where there is none yet."""
    path = path_of(locale)
    if not path.exists():
        return Catalog(locale=locale, charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=locale)


def write(locale: str, catalogue: Catalog) -> None:
    """The catalogue as a file, the same each time for the same content; its texts' files without lines."""
    catalogue.fuzzy = False
    made = BytesIO()  # whole before the file is touched: what cannot be written leaves it as it was
    write_po(made, catalogue, width=110, ignore_obsolete=True, include_lineno=False)
    path = path_of(locale)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_bytes(made.getvalue())
    partial.replace(path)


def updated(locale: str, texts: Catalog) -> Catalog:
    """The catalogue with exactly these texts: translations that there are are kept, nothing is guessed."""
    old = read(locale)
    made = Catalog(
        locale=locale,
        project="Portico",
        charset="utf-8",
        fuzzy=False,
        header_comment=old.header_comment if len(old) else _HEADER % {"language": _LANGUAGES[locale]},
        creation_date=old.creation_date if len(old) else datetime(2026, 11, 22, tzinfo=UTC),
        revision_date=datetime(2026, 11, 22, tzinfo=UTC),
        last_translator="(machine)",
        language_team=_LANGUAGES[locale],
    )
    if locale in _PLURALS:
        made.mime_headers = [("Plural-Forms", _PLURALS[locale])]
    for text in _in_order(texts):
        known = same(old, text)
        files = sorted({(name, 0) for name, _line in text.locations})
        said = known.string if known is not None else ("" if isinstance(text.id, str) else ("",) * made.num_plurals)
        notes = known.user_comments if known is not None else ()
        made.add(text.id, said, files, auto_comments=text.auto_comments, user_comments=notes, context=text.context)
    return made


def same(catalogue: Catalog, text: Message) -> Message | None:
    """The catalogue's message of this text; none where it has the other kind of it, with a plural or without."""
    found = catalogue.get(text.id, text.context)
    return found if found is not None and found.pluralizable == text.pluralizable else None


def _in_order(texts: Catalog) -> list[Message]:
    """By file and place: what is read together is translated together."""
    return sorted((one for one in texts if one.id), key=lambda one: min(one.locations))


def untranslated(catalogue: Catalog) -> list[Message]:
    """The messages of which a form has no translation yet."""
    return [one for one in catalogue if one.id and not all(_forms(one))]


def _forms(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ("",))


def faults(locale: str, texts: Catalog) -> Iterator[str]:
    """What is wrong with a catalogue, but for what it has no translation of yet."""
    catalogue = read(locale)
    wanted = {(text.id, text.context) for text in texts if text.id}
    known = {(text.id, text.context) for text in catalogue if text.id}
    for text, _context in sorted(wanted - known, key=str):
        yield f"{locale}: lacks {text!r}; run `make texts`"
    for text, _context in sorted(known - wanted, key=str):
        yield f"{locale}: has {text!r}, which is nowhere any more; run `make texts`"
    for message in catalogue:
        if message.id:
            yield from (f"{locale}: {message.id!r}: {said}" for said in message_faults(message, catalogue.num_plurals))


def message_faults(message: Message, plurals: int) -> Iterator[str]:
    """What is wrong with a translation: marked as a guess, forms that lack, places that are not the original's."""
    if message.fuzzy:
        yield "is marked as fuzzy: look at it, then take the mark away"
    forms = _forms(message)
    if not any(forms):
        return
    originals = (message.id,) if isinstance(message.id, str) else tuple(message.id)
    if len(originals) > 1 and (len(forms) != plurals or not all(forms)):
        yield f"has {sum(map(bool, forms))} of {plurals} plural forms"
    # The form for one (or two, or none) may do without the number itself: "one order" says it.
    needed, allowed = _places(originals[-1]), {place for text in originals for place in _places(text)}
    for form in forms:
        found = _places(form)
        lacking = {one for one in needed - found if len(originals) == 1 or one not in ("%(num)s", "%(shown)s")}
        if form and (lacking or found - allowed):
            yield f"{form!r} has the places {sorted(found)}, not {sorted(needed)}"
        if form and originals[0][:1].isspace() != form[:1].isspace():
            yield f"{form!r} begins with a space where the original does not, or the other way round"


def _places(text: str) -> set[str]:
    rest = _PLACES.sub("", text)
    return set(_PLACES.findall(text)) | ({"a lone %"} if "%(" in rest else set())
