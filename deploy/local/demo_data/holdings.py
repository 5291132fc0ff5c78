"""What the customers own of the supplier's add-on software, and the projects it does for them."""

from __future__ import annotations

import random
from datetime import date, timedelta

from deploy.local.demo_data.catalogue import SOFTWARE
from deploy.local.demo_data.customers import CUSTOMERS, MAIN

_VERSIONS = ("2025.2", "2026.1", "2026.2")
_TYPES = ("Named user", "Concurrent user", "Company")
# Customer, number, name, status, percent done, due in days, reference, tasks (name, status, percent, note).
_PROJECTS: tuple[tuple[str, str, str, str, int, int, str, tuple[tuple[str, str, int, str], ...]], ...] = (
    (
        MAIN, "PR-2041", "Warehouse Scanner roll-out, Hull", "In progress", 60, 34, "HMM-5521",
        (
            ("Survey of the stores", "Done", 100, "Wi-Fi is weak in bay 4; two access points added."),
            ("Bin locations and labels", "Done", 100, ""),
            ("Scanner configuration", "In progress", 70, "Goods-in is live; picking follows on the 12 new devices."),
            ("Training of the shift leads", "Planned", 0, "Two half days, dates with Grace Hollis."),
        ),
    ),
    (
        MAIN, "PR-1987", "EDI with two merchants", "Completed", 100, -120, "HMM-4810",
        (
            ("Message mapping", "Done", 100, ""),
            ("Test messages", "Done", 100, "All 40 test orders accepted."),
            ("Go-live", "Done", 100, ""),
        ),
    ),
    (
        "C10040", "PR-2055", "Plant room kit list, phase 2", "In progress", 35, 60, "CPE-220",
        (
            ("Take-off from drawings", "Done", 100, ""),
            ("Price proposal", "In progress", 40, "Waiting for the valve schedule."),
        ),
    ),
    (
        "C10100", "PR-2060", "Label Designer, Etiketten für Versand", "Planned", 0, 45, "",
        (("Kick-off", "Planned", 0, ""),),
    ),
    ("C10070", "PR-2012", "Stock consignment at Salford stores", "On hold", 20, 90, "OHA-77", ()),
)  # fmt: skip


def owned_products(anchor: date) -> list[tuple[str, str, str, str, str, str, int, date, str, date]]:
    """Company, licence id, product, name, version, licence type, users (0: not counted), maintenance until, serial,
    day of the last change; some maintenance has run out, some ends within weeks."""
    chance = random.Random("tarnbrook add-ons")
    found = []
    for customer in CUSTOMERS:
        chosen = SOFTWARE[:5] if customer.code == MAIN else chance.sample(SOFTWARE, chance.choice((0, 1, 1, 2, 3)))
        for number, (product, name, _) in enumerate(chosen, 1):
            kind = chance.choice(_TYPES)
            users = 0 if kind == "Company" else chance.choice((3, 5, 8, 12, 25))
            until = anchor + timedelta(days=(-48, 19, 75, 140, 290)[number % 5] + chance.randint(-6, 6))
            serial = "-".join(f"{chance.randrange(16**4):04X}" for _ in range(4))
            licence = f"L{customer.code[1:]}-{number}"
            changed = min(anchor, until) - timedelta(days=chance.randint(20, 200))
            version = chance.choice(_VERSIONS)
            found.append((customer.code, licence, product, name, version, kind, users, until, serial, changed))
    return found


def projects(anchor: date) -> list[tuple[str, ...]]:
    """The rows of projects.csv without their stamp: one a task."""
    rows: list[tuple[str, ...]] = []
    for company, number, name, status, percent, days, reference, tasks in _PROJECTS:
        due = (anchor + timedelta(days=days)).isoformat()
        head = (company, number, name, status, str(percent), due, reference)
        for task, state, done, note in tasks:
            rows.append((*head, task, state, str(done), note))
        if not tasks:
            rows.append((*head, "", "", "", ""))
    return rows
