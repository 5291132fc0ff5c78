"""The catalogues: loaded once, a look-up a text, for templates and Flask-Babel's `gettext` and `lazy_gettext` alike.

Flask-Babel asks for context, domain, locale and catalogue anew for every text; a page has hundreds.
"""

from __future__ import annotations

from contextvars import ContextVar
from functools import lru_cache
from gettext import NullTranslations
from pathlib import Path
from typing import Any

from babel.support import Translations
from flask import Flask
from flask_babel import Babel, Domain

from gateway.config import LANGUAGES

LOCALE: ContextVar[str] = ContextVar("locale", default=LANGUAGES["en"])
"""The reader's locale, set at the start of every request."""
_CATALOGUES = Path(__file__).parent / "translations"


@lru_cache(maxsize=64)
def catalogue(locale: str) -> NullTranslations:
    """The texts of a locale; those it does not have stay as they are in the code."""
    return Translations.load(_CATALOGUES, [locale])


def gettext(message: str) -> str:
    """The text in the reader's language; for hot pages, others may use Flask-Babel's."""
    return catalogue(LOCALE.get()).gettext(message)


def _ngettext(singular: str, plural: str, n: int) -> str:
    return catalogue(LOCALE.get()).ngettext(singular, plural, n)


class _Catalogues(Domain):
    def get_translations(self) -> Any:
        """What Flask-Babel's own functions translate with."""
        return catalogue(LOCALE.get())


def install(app: Flask) -> None:
    """Set up Flask-Babel, and the templates' `_`, `gettext` and `ngettext`."""
    babel = Babel(app, locale_selector=LOCALE.get)
    babel.domain_instance = _Catalogues()
    environment: Any = app.jinja_env
    environment.install_gettext_callables(gettext, _ngettext, newstyle=True)
