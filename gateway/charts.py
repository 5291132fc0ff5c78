"""Pictures of figures as SVG: columns in per cent of the width and pixels of the height, so that text keeps its size.

Colours are classes (static/charts.css), for nothing inline passes the content security policy. Where the reader's
language runs from right to left, so does time. Each picture stands beside a table of the same figures.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from math import ceil, floor, log10

from babel import Locale
from babel.numbers import format_compact_decimal
from markupsafe import Markup, escape

from chassis.money import digits
from gateway.money import decimal
from gateway.texts import LOCALE

_HEIGHT, _ABOVE, _BELOW = 184, 20, 36
_STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class Bar:
    """One column: `parts` are (class, value) from the ground up, negative ones downwards; `href` leads to its rows.

    `title` says all of it in words; `label` stands below, `year` under that, `value` above the column.
    """

    label: str
    title: str
    href: str
    parts: tuple[tuple[str, int], ...]
    value: str = ""
    year: str = ""

    @property
    def top(self) -> int:
        """How far up it reaches."""
        return sum(value for _, value in self.parts if value > 0)

    @property
    def bottom(self) -> int:
        """How far down, 0 or less."""
        return sum(value for _, value in self.parts if value < 0)


def compact(minor: int, currency: str) -> str:
    """`12.3K`: an amount as short as the reader's language has it; the exact one stands elsewhere."""
    value = minor / 10 ** digits(currency)
    if abs(value) < 1000:
        return decimal(Decimal(round(value)), 0, LOCALE.get())
    return str(format_compact_decimal(value, locale=LOCALE.get(), fraction_digits=1))


def columns(bars: Sequence[Bar], tick: Callable[[int], str], label: str) -> Markup:
    """The columns beside their scale; `tick` writes a value of it, `label` names the picture."""
    low, high, step = _scale(min(bar.bottom for bar in bars), max(bar.top for bar in bars))
    per = _HEIGHT / (high - low)
    right_to_left = _right_to_left(LOCALE.get())

    def y(value: int) -> float:
        return round(_ABOVE + (high - value) * per, 1)

    lines, marks = [], []
    side = 'x="0" text-anchor="start"' if right_to_left else 'x="100%" text-anchor="end"'
    for value in range(low, high + 1, step):
        lines.append(f'<line class="rule" x1="0" x2="100%" y1="{y(value)}" y2="{y(value)}"/>')
        marks.append(f'<text {side} y="{y(value)}" dy="4">{escape(tick(value))}</text>')
    drawn = []
    for place, bar in enumerate(bars):
        slot = 100 / len(bars)
        start = 100 - (place + 1) * slot if right_to_left else place * slot
        # On a phone every third label has room, the newest among them.
        drawn.append(_column(bar, start, slot, y, "" if (len(bars) - 1 - place) % 3 == 0 else " few"))
    size = f'height="{_ABOVE + _HEIGHT + _BELOW}"'
    return Markup(
        f'<div class="chart"><svg class="scale" {size} aria-hidden="true">{"".join(marks)}</svg>'
        f'<svg class="plot" {size} role="group" aria-label="{escape(label)}">'
        f'<g aria-hidden="true">{"".join(lines)}</g>{"".join(drawn)}'
        f'<line class="rule zero" x1="0" x2="100%" y1="{y(0)}" y2="{y(0)}" aria-hidden="true"/></svg></div>'
    )


def _column(bar: Bar, start: float, slot: float, y: Callable[[int], float], few: str) -> str:
    left, width, middle = start + slot * 0.16, slot * 0.68, start + slot / 2
    up = down = 0
    parts = []
    for kind, value in bar.parts:
        if value > 0:
            first, up = up, up + value
            above, below = y(up), y(first)
        elif value < 0:
            first, down = down, down + value
            above, below = y(first), y(down)
        else:
            continue
        # What is there is seen, however little it is beside the rest.
        tall = max(round(below - above, 1), 1)
        parts.append(f'<rect class="{kind}" x="{left:.2f}%" width="{width:.2f}%" y="{above}" height="{tall}"/>')
    ground = _ABOVE + _HEIGHT
    text = f'x="{middle:.2f}%" text-anchor="middle"'
    over = f'<text class="value" {text} y="{y(up) - 6:.1f}">{escape(bar.value)}</text>' if bar.value else ""
    year = f'<text class="label{few}" {text} y="{ground + 32}">{escape(bar.year)}</text>' if bar.year else ""
    return (
        f'<a href="{escape(bar.href)}" aria-label="{escape(bar.title)}"><title>{escape(bar.title)}</title>'
        f'<rect class="hit" x="{start:.2f}%" width="{slot:.2f}%" y="0" height="{ground + _BELOW}"/>{"".join(parts)}'
        f'{over}<text class="label{few}" {text} y="{ground + 17}">{escape(bar.label)}</text>{year}</a>'
    )


def spark(values: Sequence[int]) -> Markup:
    """The columns alone, small, beside words that say what they do."""
    high, low = max(0, *values), min(0, *values)
    per = 40 / ((high - low) or 1)
    slot = 100 / len(values)
    drawn = []
    for place, value in enumerate(values):
        start = 100 - (place + 1) * slot if _right_to_left(LOCALE.get()) else place * slot
        above, tall = (high - max(value, 0)) * per, max(abs(value) * per, 1)
        kind = "now" if place == len(values) - 1 else "then"
        drawn.append(
            f'<rect class="{kind}" x="{start + slot * 0.15:.2f}%" width="{slot * 0.7:.2f}%" y="{above:.1f}"'
            f' height="{tall:.1f}"/>'
        )
    return Markup(f'<svg class="spark" height="41" aria-hidden="true">{"".join(drawn)}</svg>')


def share(value: int, most: int, kind: str) -> Markup:
    """One bar along the line, `value` of `most` wide: for the cell of a table."""
    wide = 100 * value / most if most else 0
    start = f'x="{100 - wide:.2f}%" ' if _right_to_left(LOCALE.get()) else ""
    return Markup(
        f'<svg class="share" height="14" aria-hidden="true"><rect class="{escape(kind)}" {start}width="{wide:.2f}%"'
        ' height="14"/></svg>'
    )


def _scale(low: int, high: int) -> tuple[int, int, int]:
    """First, last and step of a scale of whole numbers about these that people can read."""
    raw = max((high - low) / 4, 1)
    power = 10 ** floor(log10(raw))
    step = max(1, int(next(one * power for one in _STEPS if one * power >= raw)))
    return floor(low / step) * step, max(ceil(high / step), 1 if low >= 0 else 0) * step, step


@lru_cache(maxsize=64)
def _right_to_left(locale: str) -> bool:
    return Locale.parse(locale).text_direction == "rtl"
