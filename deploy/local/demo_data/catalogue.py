"""What the demo supplier sells: fittings in sizes, tools, add-on software, carriage; and its price lists."""

from __future__ import annotations

import random
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

_MM = (15, 22, 28, 35, 42, 54)
_INCH = ("1/4", "3/8", "1/2", "3/4", "1", "1 1/4", "1 1/2", "2")
# Prefix, description, group, unit, smallest size's price, growth a size, sizes.
_FAMILIES: tuple[tuple[str, str, str, str, str, float, tuple[object, ...]], ...] = (
    ("CC", "Compression coupling, brass, {} mm", "Compression", "pc", "1.84", 1.55, _MM),
    ("CE", "Compression elbow 90°, brass, {} mm", "Compression", "pc", "2.26", 1.55, _MM),
    ("CT", "Compression tee, brass, {} mm", "Compression", "pc", "3.12", 1.58, _MM),
    ("PC", "Press coupling, copper, {} mm", "Press", "pc", "2.05", 1.5, _MM),
    ("PE", "Press elbow 90°, copper, {} mm", "Press", "pc", "2.48", 1.52, _MM),
    ("PT", "Press tee, copper, {} mm", "Press", "pc", "3.64", 1.55, _MM),
    ("SE", 'Threaded elbow, stainless 316, {}"', "Stainless", "pc", "3.35", 1.38, _INCH),
    ("ST", 'Threaded tee, stainless 316, {}"', "Stainless", "pc", "4.6", 1.4, _INCH),
    ("SN", 'Hexagon nipple, stainless 316, {}"', "Stainless", "pc", "2.1", 1.36, _INCH),
    ("SU", 'Union, stainless 316, {}"', "Stainless", "pc", "7.45", 1.37, _INCH),
    ("BV", 'Ball valve, full bore, lever, {}"', "Valves", "pc", "5.9", 1.36, _INCH),
    ("GV", 'Gate valve, bronze, {}"', "Valves", "pc", "8.2", 1.35, _INCH),
    ("NV", 'Check valve, spring, {}"', "Valves", "pc", "6.7", 1.35, _INCH),
    ("YS", 'Y strainer, stainless, {}"', "Valves", "pc", "11.4", 1.36, _INCH),
    ("PR", 'Pressure reducing valve, {}"', "Valves", "pc", "34", 1.28, _INCH[2:]),
    ("TU", "Copper tube, half hard, {} mm, 3 m length", "Tube", "length", "9.85", 1.52, _MM),
    ("CL", "Pipe clip, hinged, {} mm, pack of 50", "Fixings", "pack", "7.2", 1.18, _MM),
    ("IN", "Pipe insulation, 19 mm wall, {} mm, 2 m", "Insulation", "length", "3.1", 1.22, _MM),
    ("FH", "Flexible hose, stainless braid, {} mm", "Hoses", "pc", "4.4", 1.2, (300, 500, 700, 1000)),
    ("PG", "Pressure gauge 63 mm, 0–{} bar", "Instruments", "pc", "12.5", 1.06, (4, 6, 10, 16, 25, 40)),
    ("TH", "Thermometer, bimetal, 0–{} °C", "Instruments", "pc", "14.2", 1.08, (60, 120, 160, 250)),
    ("FK", "Flange kit, gasket and bolts, DN{}", "Flanges", "set", "18.4", 1.22, (25, 32, 40, 50, 65, 80)),
)
_SINGLE = (
    ("TL-CUT22", "Tube cutter, 6–22 mm", "Tools", "pc", "17.9"),
    ("TL-CUT54", "Tube cutter, 22–54 mm", "Tools", "pc", "46.5"),
    ("TL-DEB", "Deburring tool", "Tools", "pc", "8.75"),
    ("TL-PRESS", "Press tool with 15–54 mm jaws", "Tools", "pc", "1380"),
    ("CS-PTFE", "PTFE tape, 12 m, box of 10", "Consumables", "box", "4.95"),
    ("CS-SEAL", "Thread sealant, 50 ml", "Consumables", "pc", "6.35"),
    ("CS-FLUX", "Flux paste, 100 g", "Consumables", "pc", "5.1"),
)
SOFTWARE = (
    ("SW-SCAN", "Warehouse Scanner", "640"),
    ("SW-EDI", "EDI Link", "890"),
    ("SW-LABEL", "Label Designer", "310"),
    ("SW-VAN", "Van Stock", "520"),
    ("SW-APPR", "Approval Flow", "450"),
    ("SW-DASH", "Sales Dashboards", "380"),
)
"""Add-ons for the customers' own systems: (item, name, price of one user a year)."""
CARRIAGE = "CARRIAGE"
_WITHDRAWN = {"GV-1-4", "GV-3-8", "FH-700"}
_RATES = {"GBP": Decimal(1), "EUR": Decimal("1.17"), "USD": Decimal("1.27")}
_LISTS = (("TRADE", ("GBP",), "1"), ("KEY", ("GBP",), "0.88"), ("EXPORT", ("EUR", "USD"), "0.96"))


@dataclass(frozen=True, slots=True)
class Item:
    """An item; `price` is the list price in pounds for one."""

    code: str
    name: str
    unit: str
    group: str
    sellable: bool
    available: str
    price: Decimal


def penny(value: Decimal) -> Decimal:
    """Rounded half up to a hundredth."""
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)


def items() -> list[Item]:
    """All items, in the order of the export."""
    chance = random.Random("tarnbrook stock")
    found = []
    for prefix, name, group, unit, price, growth, sizes in _FAMILIES:
        for step, size in enumerate(sizes):
            code = f"{prefix}-{str(size).replace('/', '-').replace(' ', '-').replace('.', '')}"
            cost = penny(Decimal(price) * Decimal(str(growth)) ** step)
            stock = str(chance.choice((0, 12, 40, 85, 160, 240, 420, 900)))
            found.append(Item(code, name.format(size), unit, group, code not in _WITHDRAWN, stock, cost))
    for code, name, group, unit, price in _SINGLE:
        found.append(Item(code, name, unit, group, True, str(chance.randint(2, 90)), Decimal(price)))
    for code, name, price in SOFTWARE:
        found.append(Item(code, f"{name}, user licence for one year", "user", "Software", True, "", Decimal(price)))
    found.append(Item(CARRIAGE, "Carriage, next working day", "pc", "Services", False, "", Decimal("9.5")))
    return found


def prices(catalogue: list[Item]) -> list[tuple[str, str, str, int, Decimal]]:
    """Price list, item, currency, from which quantity on, price: breaks where a small part is bought by the dozen."""
    found = []
    for name, currencies, factor in _LISTS:
        for currency in currencies:
            for item in catalogue:
                base = item.price * Decimal(factor) * _RATES[currency]
                for least, share in _breaks(item):
                    found.append((name, item.code, currency, least, penny(base * Decimal(share))))
    return found


def _breaks(item: Item) -> tuple[tuple[int, str], ...]:
    if item.group == "Services":
        return ((1, "1"),)
    if item.group == "Software":
        return ((1, "1"), (10, "0.9"))
    if item.price < 20:
        return ((1, "1"), (25, "0.93"), (100, "0.85"))
    if item.price < 200:
        return ((1, "1"), (10, "0.94"))
    return ((1, "1"),)
