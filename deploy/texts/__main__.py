"""`make texts`, and what translators use.

python -m deploy.texts                    bring all catalogues up to date with the code
python -m deploy.texts missing de         what has no translation yet, as a .po that can be filled in
python -m deploy.texts take de FILE       put the translations of such a file into the catalogue
python -m deploy.texts check [de]         what is wrong; exit code 1 when something is
"""

from __future__ import annotations

import sys
from io import BytesIO

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from deploy.texts.catalogues import LOCALES, faults, message_faults, read, same, untranslated, updated, write
from deploy.texts.extraction import texts


def main(arguments: list[str]) -> int:
    """The exit code."""
    match arguments:
        case []:
            return _update()
        case ["missing", locale] if locale in LOCALES:
            return _missing(locale)
        case ["take", locale, file] if locale in LOCALES:
            return _take(locale, file)
        case ["check", *chosen] if set(chosen) <= set(LOCALES):
            return _check(chosen or LOCALES)
    print(__doc__)
    return 2


def _update() -> int:
    found = texts()
    for locale in LOCALES:
        made = updated(locale, found)
        write(locale, made)
        print(f"{locale}: {len(made)} texts, {len(untranslated(made))} of them without a translation")
    return 0


def _missing(locale: str) -> int:
    catalogue = read(locale)
    lacking = Catalog(locale=locale, charset="utf-8", fuzzy=False, header_comment=f"# To be filled in: {locale}")
    lacking.mime_headers = [("Plural-Forms", catalogue.plural_forms)]
    for one in untranslated(catalogue):
        lacking.add(one.id, one.string, one.locations, auto_comments=one.auto_comments, context=one.context)
    out = BytesIO()
    write_po(out, lacking, width=0, include_lineno=False)
    sys.stdout.write(out.getvalue().decode())
    return 0


def _take(locale: str, file: str) -> int:
    with open(file, "rb") as source:
        given = read_po(source, locale=locale, abort_invalid=True)
    catalogue = read(locale)
    taken = wrong = 0
    for one in given:
        into = same(catalogue, one) if one.id else None
        if not one.id or not one.string or (isinstance(one.string, tuple | list) and not any(one.string)):
            continue
        said = ["is no text of this catalogue"] if into is None else list(message_faults(one, catalogue.num_plurals))
        if into is None or said:
            wrong += 1
            print(f"left out {one.id!r}: {'; '.join(said)}")
            continue
        into.string = one.string
        taken += 1
    write(locale, catalogue)
    print(f"{locale}: {taken} taken, {wrong} left out, {len(untranslated(catalogue))} without a translation")
    return 1 if wrong else 0


def _check(locales: tuple[str, ...] | list[str]) -> int:
    found = texts()
    said = [fault for locale in locales for fault in faults(locale, found)]
    for locale in locales:
        said += [f"{locale}: {one.id!r} has no translation" for one in untranslated(read(locale))]
    print("\n".join(said) or "Nothing is wrong.")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
