"""An SVG picture made harmless: only what draws is kept. What could do more is refused, with a sentence for people.

It is shown as a picture, in which browsers run nothing and load nothing; this holds for whoever opens it by itself.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

from chassis.sentences import sentence
from services.identity.errors import PictureRefused

LONGEST, DEEPEST = 200_000, 60
_SVG, _XLINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}"
_DRAWS = frozenset(
    ("svg", "g", "defs", "symbol", "use", "title", "desc", "path", "rect", "circle", "ellipse", "line", "polyline")
    + ("polygon", "text", "tspan", "style", "linearGradient", "radialGradient", "stop", "clipPath", "mask", "pattern")
    + ("marker", "switch", "view")
)
_DOES = frozenset(
    ("script", "foreignobject", "iframe", "a", "image", "feimage", "animate", "animatemotion", "animatetransform")
    + ("set", "handler", "audio", "video", "object", "embed")
)
_NAME = re.compile(r"[A-Za-z][\w-]*\Z")
_URL = re.compile(r"url\(\s*['\"]?\s*(?!['\"]?#)", re.I)
_STYLE_DOES = re.compile(r"[@\\<]|expression|javascript|behavior|-moz-binding", re.I)
_SIZE = re.compile(r"\s*([0-9]*\.?[0-9]+)\s*(?:px)?\s*\Z")


def cleaned(content: bytes) -> tuple[str, int, int]:
    """The picture's text with width and height in pixels; raises PictureRefused."""
    root = _parsed(content)
    _refuse_deep(root)
    for parent in root.iter():
        for child in list(parent):
            _drop_unknown(parent, child)
    for element in root.iter():
        _clean(element)
    width, height = _size(root)
    ElementTree.register_namespace("", _SVG[1:-1])
    ElementTree.register_namespace("xlink", _XLINK[1:-1])
    return ElementTree.tostring(root, encoding="unicode"), width, height


def _parsed(content: bytes) -> ElementTree.Element:
    if len(content) > LONGEST:
        raise PictureRefused(
            sentence("An SVG has at most %(most)s KB. Simplify it, or upload a PNG.", most=LONGEST // 1000)
        )
    try:
        text = content.decode("utf-8-sig")
        # Without entities of its own, a text says no more than is written in it.
        if re.search(r"<!ENTITY|<!DOCTYPE[^>]*\[", text, re.I):
            raise PictureRefused("This SVG declares entities. Save it as plain SVG, or upload a PNG.")
        root = ElementTree.fromstring(text)
    except (UnicodeDecodeError, ElementTree.ParseError, ValueError) as error:
        raise PictureRefused("This SVG cannot be read: it is damaged, or not one.") from error
    if root.tag != f"{_SVG}svg":
        raise PictureRefused("This SVG cannot be read: it is damaged, or not one.")
    return root


def _refuse_deep(root: ElementTree.Element) -> None:
    level = [root]
    for _depth in range(DEEPEST):
        level = [child for one in level for child in one]
        if not level:
            return
    raise PictureRefused("This SVG is nested too deep. Save it as plain SVG, or upload a PNG.")


def _drop_unknown(parent: ElementTree.Element, child: ElementTree.Element) -> None:
    name = child.tag.rpartition("}")[2] if isinstance(child.tag, str) else ""
    if name.lower() in _DOES:
        raise PictureRefused(
            sentence(
                "This SVG has a <%(name)s> in it, which a logo must not have. Save it as plain SVG, or upload a PNG.",
                name=name,
            )
        )
    if child.tag != f"{_SVG}{name}" or name not in _DRAWS:
        parent.remove(child)


def _clean(element: ElementTree.Element) -> None:
    for name, value in list(element.attrib.items()):
        plain = name.removeprefix(_XLINK)
        if plain.lower().startswith("on") or (plain == "href" and not value.strip().startswith("#")):
            raise PictureRefused(
                sentence(
                    "This SVG has “%(what)s” in it, which could lead somewhere else. Save it as plain SVG, or"
                    " upload a PNG.",
                    what=plain,
                )
            )
        if not (_NAME.match(plain) and (plain == name or plain == "href")):
            del element.attrib[name]
        elif _URL.search(value) or _STYLE_DOES.search(value):
            raise PictureRefused("This SVG loads something from elsewhere. Save it as plain SVG, or upload a PNG.")
    if element.tag == f"{_SVG}style" and (_URL.search(element.text or "") or _STYLE_DOES.search(element.text or "")):
        raise PictureRefused("This SVG's style loads something from elsewhere. Save it as plain SVG, or upload a PNG.")


def _size(root: ElementTree.Element) -> tuple[int, int]:
    box = re.split(r"[\s,]+", root.get("viewBox", "").strip())
    sizes = [_SIZE.match(one) for one in (root.get("width", ""), root.get("height", ""))]
    if len(box) != 4 and None not in sizes:
        box = ["0", "0", *(found[1] for found in sizes if found)]
        root.set("viewBox", " ".join(box))
    try:
        width, height = float(box[2]), float(box[3])
    except (IndexError, ValueError):
        width = height = 0.0
    if not (0 < width < 1e6 and 0 < height < 1e6):
        raise PictureRefused("This SVG does not say how large it is: it needs a viewBox, or width and height.")
    # Browsers take a picture's proportions from here; one pixel at least.
    return max(1, round(width)), max(1, round(height))
