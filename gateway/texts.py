"""The catalogues: loaded once, a look-up a text, for templates and Flask-Babel's `gettext` and `lazy_gettext` alike.

Flask-Babel asks for context, domain, locale and catalogue anew for every text; a page has hundreds. Catalogues are read
as translators write them, at the first text of a language: nothing has to be compiled, so nothing can be out of date.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextvars import ContextVar
from functools import lru_cache, partial
from io import BytesIO
from pathlib import Path
from typing import Any

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask
from flask_babel import Babel, Domain

from gateway.config import LANGUAGES, PSEUDO, PSEUDO_LOCALE, UNREVIEWED

LOCALE: ContextVar[str] = ContextVar("locale", default=LANGUAGES["en"])
"""The reader's locale, set at the start of every request."""
_CATALOGUES = Path(__file__).parent / "translations"
_RIGHT_TO_LEFT = frozenset({"ar"})
# Unicode's isolates: invisible, and as good in a mail's subject or a title as on a page.
LEFT_TO_RIGHT, FIRST_STRONG, END = "\u2066", "\u2068", "\u2069"
_VALUE = re.compile(r"%\(\w+\)[sd](?![\"'])")


@lru_cache(maxsize=64)
def catalogue(locale: str) -> NullTranslations:
    """The texts of a locale; those it does not have stay as they are in the code."""
    if locale == PSEUDO_LOCALE:
        return Pseudo()
    path = _CATALOGUES / language_of(locale) / "LC_MESSAGES" / "messages.po"
    if not path.exists():
        return NullTranslations()
    with path.open("rb") as file:
        texts = read_po(file, locale=language_of(locale), abort_invalid=True)
    if language_of(locale) in _RIGHT_TO_LEFT:
        _isolate(texts)
    packed = BytesIO()
    write_mo(packed, texts)
    packed.seek(0)
    return Translations(packed)


def _isolate(texts: Catalog) -> None:
    """Keep what is put into Arabic texts in its own direction: references, amounts, names in Latin letters."""
    for one in texts:
        if one.id:
            forms = one.string if isinstance(one.string, tuple | list) else (one.string,)
            kept = tuple(_VALUE.sub(f"{FIRST_STRONG}\\g<0>{END}", form or "") for form in forms)
            one.string = kept if isinstance(one.string, tuple | list) else kept[0]


def isolated(text: str) -> str:
    """A number or amount as it is to stand in the reader's text: from left to right, whatever is about it."""
    return f"{LEFT_TO_RIGHT}{text}{END}" if direction() == "rtl" else text


def language_of(locale: str) -> str:
    """`de` of `de_DE`."""
    return locale.partition("_")[0]


def tag() -> str:
    """The reader's language as HTML and HTTP name it: `de-DE`."""
    return PSEUDO if LOCALE.get() == PSEUDO_LOCALE else LOCALE.get().replace("_", "-")


def direction() -> str:
    """`rtl` or `ltr`, as the reader's language is written."""
    return "rtl" if language_of(LOCALE.get()) in _RIGHT_TO_LEFT else "ltr"


@lru_cache(maxsize=64)
def own_name(language: str, locale: str) -> str:
    """A language's name in itself: `Deutsch`."""
    if language == PSEUDO:
        return "Pseudo"
    name = Locale.parse(locale).get_language_name(language) or language
    return name[:1].upper() + name[1:]


def gettext(message: str) -> str:
    """The text in the reader's language; for hot pages, others may use Flask-Babel's."""
    return catalogue(LOCALE.get()).gettext(message)


def _ngettext(singular: str, plural: str, n: int) -> str:
    return catalogue(LOCALE.get()).ngettext(singular, plural, n)


def _pgettext(context: str, message: str) -> str:
    return str(catalogue(LOCALE.get()).pgettext(context, message))


def _npgettext(context: str, singular: str, plural: str, n: int) -> str:
    return str(catalogue(LOCALE.get()).npgettext(context, singular, plural, n))


class _Catalogues(Domain):
    def get_translations(self) -> Any:
        """What Flask-Babel's own functions translate with."""
        return catalogue(LOCALE.get())


def choices(offered: Mapping[str, str]) -> list[tuple[str, str, bool]]:
    """The languages to choose from: tag, name in itself, whether it is the reader's; none where there is one alone."""
    here = LOCALE.get()
    found = [(tag, own_name(tag, locale), locale == here) for tag, locale in offered.items()]
    return found if len(found) > 1 else []


def install(app: Flask, offered: Mapping[str, str]) -> None:
    """Set up Flask-Babel, and the templates' `_`, `gettext`, `ngettext`, `pgettext`; `language_tag`, `direction`,
    `languages()` of those that are `offered`, and which are `unreviewed`.
    """
    babel = Babel(app, locale_selector=LOCALE.get)
    babel.domain_instance = _Catalogues()
    environment: Any = app.jinja_env
    environment.install_gettext_callables(gettext, _ngettext, newstyle=True, pgettext=_pgettext, npgettext=_npgettext)
    environment.globals.update(language_tag=tag, direction=direction)
    environment.globals.update(languages=partial(choices, offered), unreviewed=UNREVIEWED)


class Pseudo(NullTranslations):
    """Every text there is in the catalogues, with accents, in brackets and two fifths longer; any other as it is."""

    def __init__(self) -> None:
        super().__init__()
        with (_CATALOGUES / "de" / "LC_MESSAGES" / "messages.po").open("rb") as file:
            self._known = {
                text for one in read_po(file) for text in ((one.id,) if isinstance(one.id, str) else tuple(one.id))
            }

    def gettext(self, message: str) -> str:
        """The text, disguised."""
        return pseudo(message) if message and message in self._known else message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """The form for so many, disguised."""
        return self.gettext(msgid1 if n == 1 else msgid2)

    def pgettext(self, context: str, message: str) -> str:
        """As gettext."""
        return self.gettext(message)

    def npgettext(self, context: str, msgid1: str, msgid2: str, n: int) -> str:
        """As ngettext."""
        return self.ngettext(msgid1, msgid2, n)

    # By these names Flask-Babel asks.
    ugettext, ungettext, upgettext, unpgettext = gettext, ngettext, pgettext, npgettext  # type: ignore[assignment]


_PLACE = re.compile(r"(%\(\w+\)[sd]|%%|<[^>]+>)")
_ACCENTS = str.maketrans("AaBCcDEeGgHhIiJjKkLlNnOoRrSsTtUuWwYyZz", "ÅåßÇçÐÉéĜĝĤĥÎîĴĵĶķĻļÑñÖöŔŕŠšŢţÛûŴŵÝýŽž")


def pseudo(text: str) -> str:
    """`Open orders` as `[Öþéñ öŕðéŕš~~~~]`: places for values stay as they are."""
    parts = _PLACE.split(text)
    disguised = "".join(part if number % 2 else part.translate(_ACCENTS) for number, part in enumerate(parts))
    more = max(1, round(len(_PLACE.sub("", text)) * 0.4) - 2)
    return f"[{disguised}{('~~~~ ' * more)[:more]}]"
