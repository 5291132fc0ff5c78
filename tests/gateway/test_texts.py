"""Every text for people is in the catalogues, and what the catalogues say fits what it stands for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from gettext import c2py
from html import unescape
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import write_po

from chassis.sentences import sentence
from deploy.texts import catalogues, extraction
from deploy.texts.__main__ import main
from gateway import refusals, texts
from gateway.config import DRAFTS, LANGUAGES, PSEUDO_LOCALE
from gateway.texts import LOCALE, catalogue, pseudo

TEMPLATES = extraction.templates()
_CODE = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.S)
_SEEN = re.compile(r'\b(?:aria-label|title|placeholder|alt|data-busy|data-confirm|data-yes|data-no)="([^"]*)"')
_NAMES = {"Portico"}


@pytest.fixture(scope="module")
def found() -> Catalog:
    return extraction.texts()


@pytest.mark.parametrize("locale", catalogues.LOCALES)
def test_a_catalogue_has_the_texts_there_are_and_no_other_and_fits_them(locale: str, found: Catalog) -> None:
    assert list(catalogues.faults(locale, found)) == []


@pytest.mark.parametrize("locale", catalogues.LOCALES)
def test_a_language_is_offered_when_its_catalogue_is_whole(locale: str) -> None:
    lacking = catalogues.untranslated(catalogues.read(locale))
    assert bool(lacking) == (locale in DRAFTS), f"{len(lacking)} texts have no translation; see DRAFTS in config.py"


def test_each_language_has_a_catalogue() -> None:
    assert {*catalogues.LOCALES, "en"} == set(LANGUAGES)


def test_a_service_has_no_sentence_that_can_be_said_in_english_only() -> None:
    files = [*extraction.spoken(), *sorted((extraction.ROOT / "gateway").rglob("*.py"))]
    assert [one for path in files for one in extraction.loose(path)] == []


def bare_words(source: str) -> list[str]:
    """What a template says without the catalogues: words between tags and in attributes that people read."""
    plain = _CODE.sub(lambda code: "\n" * code[0].count("\n"), source)
    said = [*_SEEN.findall(plain), *re.sub(r"<[^>]*>", "\n", plain).split("\n")]
    told = [unescape(one).strip() for one in said]
    return [one for one in told if re.search(r"[A-Za-z]{2}", one) and one not in _NAMES]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(extraction.ROOT).as_posix())
def test_a_template_says_nothing_without_the_catalogues(path: Path) -> None:
    assert bare_words(path.read_text()) == []


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("<p>Hello</p>", ["Hello"]),
        ('<a href="/x" title="Go there">{{ _("x") }}</a>', ["Go there"]),
        ('<p class="muted" lang="en">{{ _("Hello") }} · {# a note #}{% if x %}1{% endif %}</p>', []),
    ],
)
def test_bare_words_are_found(source: str, words: list[str]) -> None:
    assert bare_words(source) == words


@pytest.mark.parametrize(
    ("original", "translation", "said"),
    [
        ("%(a)s of %(b)s", "%(a)s von %(b)s", ""),
        ("%(a)s of %(b)s", "%(a)s von", "has the places"),
        ("%(a)s of 5 %%", "%(a)s von 5 %", "has the places"),
        ("%(a)s", "%(c)s", "has the places"),
        (("%(num)s order", "%(num)s orders"), ("ein Auftrag", "%(num)s Aufträge"), ""),
        (
            ("%(num)s order of %(a)s", "%(num)s orders of %(a)s"),
            ("ein Auftrag", "%(num)s Aufträge von %(a)s"),
            "places",
        ),
        (("%(num)s order", "%(num)s orders"), ("%(num)s Auftrag", ""), "1 of 2 plural forms"),
        (" more", "mehr", "space"),
        ("Open", "", ""),
    ],
)
def test_a_translation_that_does_not_fit_is_found(
    original: str | tuple[str, str], translation: str | tuple[str, str], said: str
) -> None:
    faults = "; ".join(catalogues.message_faults(Message(original, translation), 2))
    assert (said in faults) if said else not faults


def test_a_guess_is_found() -> None:
    assert "fuzzy" in next(catalogues.message_faults(Message("Open", "Offen", flags=("fuzzy",)), 2))


def test_missing_and_left_over_texts_are_found(found: Catalog) -> None:
    other = Catalog()
    other.add("Nobody has said this before.")
    said = "\n".join(catalogues.faults("de", other))
    assert "lacks 'Nobody has said this before.'" in said
    assert "'Log in', which is nowhere any more" in said


def test_a_text_that_becomes_plural_or_stops_being_so_is_translated_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogues, "FOLDER", tmp_path)
    one, many = "%(num)s row", ("%(num)s row", "%(num)s rows")
    for text, said, later, empty in ((one, "eine", many, ("", "")), (many, ("eine", "%(num)s Zeilen"), one, "")):
        before, after = Catalog(locale="de"), Catalog()
        for kept in (before, after):
            kept.add("Open", "Offen", [("a.py", 1)])
        before.add(text, said, [("a.py", 2)])
        after.add(later, locations=[("a.py", 2)])
        catalogues.write("de", before)
        catalogues.write("de", catalogues.updated("de", after))
        found = catalogues.read("de")
        assert (found["Open"].string, found[later].string) == ("Offen", empty)
        filled_in = tmp_path / "filled.po"
        with filled_in.open("wb") as file:
            write_po(file, before)
        main(["take", "de", str(filled_in)])
        assert catalogues.read("de")[later].string == empty, "what was translated is not this text any more"


def test_a_catalogue_that_cannot_be_written_stays_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogues, "FOLDER", tmp_path)
    good, bad = Catalog(locale="de"), Catalog(locale="de")
    good.add("Open", "Offen")
    catalogues.write("de", good)
    bad.add("rows", ("eine", "Zeilen"))
    with pytest.raises(AttributeError):
        catalogues.write("de", bad)
    assert catalogues.read("de")["Open"].string == "Offen"
    assert [path.name for path in catalogues.path_of("de").parent.iterdir()] == ["messages.po"]


def test_arabic_counts_in_six_ways() -> None:
    form = c2py(catalogues.read("ar").plural_expr)
    assert [form(n) for n in (0, 1, 2, 3, 10, 11, 99, 100, 101, 103, 111)] == [0, 1, 2, 3, 3, 4, 4, 5, 5, 3, 4]


@pytest.fixture
def reader() -> Iterator[None]:
    before = LOCALE.get()
    yield
    LOCALE.set(before)


def test_the_pseudo_locale_disguises_what_is_in_the_catalogues_and_nothing_else(reader: None) -> None:
    LOCALE.set(PSEUDO_LOCALE)
    assert texts.gettext("Log in") == pseudo("Log in") == "[Ļöĝ îñ~]"
    assert texts.gettext("Nobody has said this before.") == "Nobody has said this before."
    assert pseudo("%(num)s orders").startswith("[%(num)s öŕdéŕš~")
    assert len(pseudo("a" * 100)) == 140


def test_a_refusal_is_said_in_the_readers_language(reader: None) -> None:
    LOCALE.set(PSEUDO_LOCALE)
    item = sentence("there is no item “%(item)s”.", item="X")
    refused = sentence("line %(line)s: %(said)s", line=1, said=item)
    assert refusals.said(refused) == pseudo("line %(line)s: %(said)s") % {
        "line": 1,
        "said": pseudo("there is no item “%(item)s”.") % {"item": "X"},
    }
    assert refusals.said("This is not in any catalogue.") == "This is not in any catalogue."
    assert refusals.said("") == ""


def test_what_no_catalogue_has_is_said_in_english() -> None:
    assert catalogue("de_DE").gettext("Nobody has said this before.") == "Nobody has said this before."
