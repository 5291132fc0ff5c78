"""Texts as pages show them."""

from __future__ import annotations

from markupsafe import Markup

from gateway.formats import soft


def test_an_address_breaks_before_its_at_and_stays_escaped() -> None:
    assert soft("Ann <ann@a.example>") == Markup("Ann &lt;ann<wbr>@a.example&gt;")
    assert soft("http://a.example/b/c") == Markup("http://a.example<wbr>/b<wbr>/c")
    assert soft("Unit 7, Leeds") == "Unit 7, Leeds"
    assert soft(Markup("<b>x@y</b>")) == Markup("<b>x@y</b>")
    assert soft(None) is None
