"""What is found out once for hot pages must still be told apart where it differs."""

from __future__ import annotations

from collections.abc import Iterator
from gettext import NullTranslations

import pytest
from flask import Flask
from jinja2 import DictLoader
from markupsafe import Markup

from gateway import frame, texts
from gateway.templating import Templates
from tests.gateway.ground import Ground, token


class Dutch(NullTranslations):
    def gettext(self, message: str) -> str:
        return {"Orders": "Bestellingen", "100%% of %(what)s": "100%% van %(what)s"}.get(message, message)


@pytest.fixture
def in_dutch(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    known = texts.catalogue
    monkeypatch.setattr(texts, "catalogue", lambda locale: Dutch() if locale == "nl_NL" else known(locale))
    before = texts.LOCALE.get()
    yield
    texts.LOCALE.set(before)


def rendered(templates: Templates, locale: str) -> str:
    texts.LOCALE.set(locale)
    return templates.get_template("page").render(what="<b>", own=Markup("<i>"), number=3, none=None)


def test_a_template_is_compiled_for_each_language(in_dutch: None) -> None:
    app = Flask("hot")
    source = "{{ _('Orders') }}|{{ _('100%% of %(what)s', what=what) }}|{{ what }}{{ own }}{{ number }}{{ none }}"
    templates = Templates(app, autoescape=True, extensions=["jinja2.ext.i18n"], loader=DictLoader({"page": source}))
    app.jinja_env = templates  # type: ignore[misc]
    templates.install_gettext_callables(texts.gettext, texts._ngettext, newstyle=True)  # type: ignore[attr-defined]
    rest = "&lt;b&gt;<i>3None"
    assert rendered(templates, "en_GB") == f"Orders|100% of &lt;b&gt;|{rest}"
    assert rendered(templates, "nl_NL") == f"Bestellingen|100% van &lt;b&gt;|{rest}"
    assert rendered(templates, "en_GB") == f"Orders|100% of &lt;b&gt;|{rest}"


def test_a_known_host_lets_no_other_in(ground: Ground) -> None:
    browser = ground.browser()
    for host, status in (("localhost", 200), ("evil.example", 400), ("localhost", 200), ("evil.example", 400)):
        assert browser.get("/login", headers={"Host": host}).status_code == status


def test_a_look_at_the_head_alone_has_no_body(ground: Ground) -> None:
    browser = ground.signed_in()
    whole, head = browser.get("/"), browser.head("/")
    assert whole.status_code == head.status_code == 200
    assert head.data == b""
    assert whole.data
    assert "Content-Security-Policy" in head.headers


def test_no_mark_of_the_kept_frame_is_left_in_a_page(ground: Ground) -> None:
    browser = ground.signed_in()
    for _again in range(2):
        page = browser.get("/").text
        assert frame._SALT not in page
        own = token(browser.get("/settings"))
        # Two tokens of one session are the same but for the second they were made in, and so their signature.
        assert f'value="{own.rsplit(".", 2)[0]}.' in page
