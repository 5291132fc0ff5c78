"""One accent colour, made readable wherever it is used: WCAG 2.2 AA asks for a contrast of 4.5 to 1. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

ENOUGH = 4.5
LIGHT_GROUNDS = ("#ffffff", "#f5f6f7", "#eaedef")
DARK_GROUNDS = ("#1a1e21", "#121517", "#282e33")
"""What the accent stands on, as gateway/static/portico.css has it: panels, the page, what is pointed at."""
_COLOUR = re.compile(r"#[0-9a-f]{6}\Z")
_STEP = 0.04


@dataclass(frozen=True, slots=True)
class Shades:
    """The accent as it is shown: links and buttons, under the pointer, as a background, and what is written on it."""

    accent: str
    strong: str
    soft: str
    on: str


@dataclass(frozen=True, slots=True)
class Palette:
    """What is made of a chosen colour, for light and dark."""

    chosen: str
    light: Shades
    dark: Shades

    @property
    def contrast(self) -> float:
        """That of the chosen colour on white."""
        return contrast(self.chosen, LIGHT_GROUNDS[0])

    @property
    def dark_contrast(self) -> float:
        """That of the chosen colour on the dark panels."""
        return contrast(self.chosen, DARK_GROUNDS[0])


def is_colour(text: str) -> bool:
    """Whether this is a colour as it is kept: `#155e67`."""
    return _COLOUR.match(text) is not None


def contrast(one: str, other: str) -> float:
    """The contrast of two colours as WCAG has it, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def palette(chosen: str) -> Palette:
    """The chosen colour, darkened for light pages and lightened for dark ones until it can be read."""
    return Palette(chosen, _light(chosen), _dark(chosen))


def _light(chosen: str) -> Shades:
    accent = _until_readable(chosen, "#000000", LIGHT_GROUNDS, "#ffffff", 0.88)
    return Shades(accent, mixed(accent, "#000000", 0.25), mixed(accent, "#ffffff", 0.88), "#ffffff")


def _dark(chosen: str) -> Shades:
    accent = _until_readable(chosen, "#ffffff", DARK_GROUNDS, DARK_GROUNDS[0], 0.82)
    on = mixed(accent, "#000000", 0.85)
    on = on if contrast(on, accent) >= ENOUGH else "#000000"
    return Shades(accent, mixed(accent, "#ffffff", 0.3), mixed(accent, DARK_GROUNDS[0], 0.82), on)


def _until_readable(chosen: str, towards: str, grounds: Iterable[str], soft: str, share: float) -> str:
    colour, part = chosen, 0.0
    while min(contrast(colour, ground) for ground in (*grounds, mixed(colour, soft, share))) < ENOUGH:
        part += _STEP
        colour = mixed(chosen, towards, min(part, 1.0))
    return colour


def mixed(colour: str, other: str, share: float) -> str:
    """The colour with so much (0 to 1) of the other in it."""
    pairs = zip(_parts(colour), _parts(other), strict=True)
    return "#" + "".join(f"{round(mine + (theirs - mine) * share):02x}" for mine, theirs in pairs)


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(part / 255) for part in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
