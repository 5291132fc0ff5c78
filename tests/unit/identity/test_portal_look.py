"""What admins give the portal to show: a colour, a text, a picture. Each is made harmless, or refused with a reason."""

from __future__ import annotations

import base64
import io

import pytest
from PIL import Image

from services.identity.errors import PictureRefused
from services.identity.portal import colours, markup, svg
from services.identity.portal.pictures import KEPT_HEIGHT, KEPT_WIDTH, LARGEST_FILE, picture_of

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 50">{}</svg>'


def drawn(size: tuple[int, int], kind: str, colour: str = "#8a1538") -> bytes:
    """A file with a picture of one colour."""
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, kind)
    return file.getvalue()


@pytest.mark.parametrize(
    "chosen", ["#155e67", "#ffcc00", "#000000", "#ffffff", "#808080", "#ff0000", "#00ff00", "#0000ff"]
)
def test_any_colour_can_be_read_wherever_it_is_used(chosen: str) -> None:
    made = colours.palette(chosen)
    for shades, grounds in ((made.light, colours.LIGHT_GROUNDS), (made.dark, colours.DARK_GROUNDS)):
        for ground in (*grounds, shades.soft):
            assert colours.contrast(shades.accent, ground) >= 4.5, (shades, ground)
        assert colours.contrast(shades.on, shades.accent) >= 4.5
        assert colours.contrast(shades.on, shades.strong) >= 4.5


def test_a_colour_that_can_be_read_stays_as_it_was_chosen() -> None:
    made = colours.palette("#155e67")
    assert made.light.accent == "#155e67"
    assert made.dark.accent != "#155e67"
    assert colours.palette("#ffcc00").light.accent != "#ffcc00"
    assert colours.palette("#ffcc00").dark.accent == "#ffcc00"
    assert round(colours.contrast("#000000", "#ffffff"), 2) == 21.0


def test_the_markup_makes_what_it_says_and_nothing_else() -> None:
    text = (
        "## Hello\n\nNew: **bold**, *italic* & [prices](https://www.example.com/a?b=1&c=2).\nSecond line\n- one\n- two"
        "\n\n"
        '<script>alert(1)</script> [x](javascript:alert(1)) [y](https://a.example"onclick=1) [z](/support)'
    )
    assert markup.html(text) == (
        "<h2>Hello</h2>\n"
        '<p>New: <strong>bold</strong>, <em>italic</em> &amp; <a href="https://www.example.com/a?b=1&amp;c=2"'
        ' rel="noopener noreferrer">prices</a>.<br>Second line</p>\n<ul><li>one</li><li>two</li></ul>\n'
        "<p>&lt;script&gt;alert(1)&lt;/script&gt; [x](javascript:alert(1)) [y](https://a.example&quot;onclick=1)"
        ' <a href="/support">z</a></p>'
    )
    assert len(markup.faults(text)) == 2
    assert markup.html("") == ""


@pytest.mark.parametrize(
    "address",
    ["//elsewhere.example", "javascript:x", "data:text/html,x", "https://", "https:/a", "ftp://a.example", ""],
)
def test_no_link_leads_where_it_must_not(address: str) -> None:
    assert not markup.is_address(address)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_is_kept_as_a_png_made_anew(kind: str) -> None:
    made = picture_of(drawn((2000, 500), kind) + b"<script>alert(1)</script>")
    kept = base64.b64decode(made.content)
    assert (made.media_type, made.width, made.height) == ("image/png", KEPT_WIDTH, KEPT_HEIGHT)
    assert b"script" not in kept
    assert Image.open(io.BytesIO(kept)).size == (KEPT_WIDTH, KEPT_HEIGHT)
    assert made.picture == picture_of(drawn((2000, 500), kind)).picture


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "choose a file"),
        (b"%PDF-1.7", "a PNG, JPEG, WebP or SVG file"),
        (b"GIF89a" + b"\0" * 40, "a PNG, JPEG, WebP or SVG file"),
        (drawn((20, 20), "PNG")[:-30], "damaged"),
        (b"\x89PNG\r\n\x1a\n<svg>", "damaged"),
        (b"RIFF\0\0\0\0WAVEfmt ", "damaged"),
        (drawn((4001, 400), "PNG"), "4001 × 400 pixels"),
        (drawn((400, 20), "PNG"), "12 times as wide"),
        (b"\xff\xd8\xff" + b"\0" * LARGEST_FILE, "at most 512 KB"),
    ],
)
def test_what_is_no_picture_is_refused_with_the_reason(content: bytes, said: str) -> None:
    with pytest.raises(PictureRefused, match=said):
        picture_of(content)


def test_an_svg_keeps_what_draws_and_nothing_of_the_program_that_made_it() -> None:
    text = (
        '<?xml version="1.0" encoding="utf-8"?><!-- made with a program -->'
        '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN"'
        ' "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd"><svg xmlns="http://www.w3.org/2000/svg"'
        ' xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:own="urn:own" width="200px" height="50" own:secret="x">'
        '<metadata>who</metadata><own:grid/><style>.a{fill:#8a1538}</style><defs><linearGradient id="g"/></defs>'
        '<path class="a" d="M0 0h200v50z" fill="url(#g)"/><use xlink:href="#g"/></svg>'
    )
    made = picture_of(text.encode())
    kept = base64.b64decode(made.content).decode()
    assert (made.media_type, made.width, made.height) == ("image/svg+xml", 200, 50)
    for gone in ("secret", "own", "metadata", "program", "DOCTYPE"):
        assert gone not in kept
    for there in ('viewBox="0 0 200 50"', ".a{fill:#8a1538}", 'fill="url(#g)"', 'd="M0 0h200v50z"', "#g"):
        assert there in kept


@pytest.mark.parametrize(
    ("inside", "said"),
    [
        ("<script>alert(1)</script>", "<script>"),
        ('<SCRIPT xmlns="http://www.w3.org/1999/xhtml">alert(1)</SCRIPT>', "<SCRIPT>"),
        ("<foreignObject/>", "<foreignObject>"),
        ('<image href="https://a.example/x.png"/>', "<image>"),
        ('<a href="https://a.example"/>', "<a>"),
        ('<g><set attributeName="href" to="javascript:x"/></g>', "<set>"),
        ('<path onclick="alert(1)"/>', "onclick"),
        ('<use href="https://a.example/x.svg#g"/>', "href"),
        ('<use xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="data:image/svg+xml,x"/>', "href"),
        ('<path fill="url(https://a.example/x)"/>', "from elsewhere"),
        ("<path style=\"fill:url( 'https://a.example/x')\"/>", "from elsewhere"),
        ("<style>@import 'https://a.example/x.css';</style>", "style loads"),
        ("<style>.a{background:url(//a.example)}</style>", "style loads"),
        ("<style>.a{background:\\75rl(//a.example)}</style>", "style loads"),
        ("<g>" * 70 + "</g>" * 70, "nested too deep"),
        ("<path", "cannot be read"),
    ],
)
def test_an_svg_that_could_do_more_than_draw_is_refused_whole(inside: str, said: str) -> None:
    with pytest.raises(PictureRefused, match=said):
        svg.cleaned(SVG.format(inside).encode())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('<!DOCTYPE svg [<!ENTITY a "aaaa">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>', "entities"),
        ('<svg xmlns="http://www.w3.org/2000/svg"/>', "how large it is"),
        ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 nan 5"/>', "how large it is"),
        ('<svg viewBox="0 0 5 5"/>', "cannot be read"),
    ],
)
def test_an_svg_that_is_not_plain_is_refused(text: str, said: str) -> None:
    with pytest.raises(PictureRefused, match=said):
        svg.cleaned(text.encode())
    with pytest.raises(PictureRefused):
        svg.cleaned(text.encode("utf-16"))
