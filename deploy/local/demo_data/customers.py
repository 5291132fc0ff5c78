"""The customers of the demo supplier, their branches and the people its ERP knows there. All invented."""

from __future__ import annotations

from dataclasses import dataclass

SUPPLIER = "Tarnbrook Supply"


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer and how it trades: `orders` in 18 months, paid `pays_late` days after the due date on average."""

    code: str
    name: str
    currency: str
    price_list: str
    discount: str
    country: str
    language: str
    phone: str
    address: str
    orders: int
    pays_late: int
    branches: tuple[tuple[str, str], ...] = ()
    domain: str = ""
    people: tuple[str, ...] = ()

    @property
    def email(self) -> str:
        """The address of its purchase ledger."""
        return f"accounts@{self.domain}"


MAIN = "C10010"
"""The customer whose people the demo logins are."""

CUSTOMERS = (
    Customer(
        MAIN, "Hollis & Marr Mechanical Ltd", "GBP", "KEY", "2.5", "GB", "en", "+44 113 496 0140",
        "Unit 7, Aire Valley Park, Leeds LS10 1AB", 74, 8,
        (("LEEDS", "Leeds depot"), ("HULL", "Hull depot")), "hollismarr.example",
        ("Grace Hollis", "Ben Marr", "Joan Pickles"),
    ),
    Customer(
        "C10020", "Penhallow Plumbing Supplies Ltd", "GBP", "TRADE", "0", "GB", "en", "+44 1872 496 220",
        "4 Newham Quay, Truro TR1 2DP", 22, 3, (), "penhallow.example", ("Jenna Penhallow", "Mark Tregear"),
    ),
    Customer(
        "C10030", "Ashgrove Heating Services", "GBP", "TRADE", "0", "GB", "en", "+44 115 496 0331",
        "19 Ashgrove Road, Nottingham NG7 6LB", 14, 21, (), "ashgroveheating.example", ("Colin Pask",),
    ),
    Customer(
        "C10040", "Corvane Process Engineering Ltd", "GBP", "KEY", "5", "GB", "en", "+44 1642 496 441",
        "Riverside House, Stockton-on-Tees TS18 3TX", 26, 0, (), "corvane.example", ("Ines Duarte", "Alan Ridley"),
    ),
    Customer(
        "C10050", "Brightwater Leisure Pools Ltd", "GBP", "TRADE", "2.5", "GB", "en", "+44 1273 496 055",
        "Marine Works, Shoreham BN43 6RN", 12, 12, (), "brightwaterpools.example", ("Leah Stone",),
    ),
    Customer(
        "C10060", "Lindqvist Marine Services Ltd", "GBP", "TRADE", "0", "GB", "en", "+44 1224 496 067",
        "Blaikies Quay, Aberdeen AB11 5PU", 16, 5, (), "lindqvistmarine.example", ("Nils Lindqvist", "Shona Reid"),
    ),
    Customer(
        "C10070", "Oakhurst Housing Association", "GBP", "KEY", "0", "GB", "en", "+44 161 496 0702",
        "Oakhurst House, Salford M5 4WT", 24, -4, (), "oakhurstha.example", ("Derek Amadi", "Susan Howe"),
    ),
    Customer(
        "C10080", "Fenwick & Daughters Builders", "GBP", "TRADE", "0", "GB", "en", "+44 191 496 0808",
        "2 Mill Lane, Hexham NE46 1AJ", 9, 34, (), "fenwickbuilders.example", ("Ruth Fenwick",),
    ),
    Customer(
        "C10090", "Ravensbourne Dairy Co-operative", "GBP", "TRADE", "2.5", "GB", "en", "+44 1935 496 909",
        "The Creamery, Sherborne DT9 3LN", 13, 2, (), "ravensbournedairy.example", ("Peter Voss", "Amy Locke"),
    ),
    Customer(
        "C10100", "Steinfeld Anlagenbau GmbH", "EUR", "EXPORT", "3", "DE", "de", "+49 201 555 0100",
        "Zollstraße 14, 45141 Essen", 18, 1, (), "steinfeld-anlagenbau.example", ("Jörg Steinfeld", "Katrin Böhm"),
    ),
    Customer(
        "C10110", "Prairie Lakes HVAC Inc.", "USD", "EXPORT", "0", "US", "en", "+1 612 555 0110",
        "2200 Lake Street, Minneapolis, MN 55407", 15, 9, (), "prairielakes.example", ("Dana Whitfield",),
    ),
    Customer(
        "C10120", "Mistral Brewing Ltd", "GBP", "TRADE", "0", "GB", "en", "+44 117 496 0120",
        "Unit 3, Feeder Road, Bristol BS2 0TH", 2, 0, (), "mistralbrewing.example", ("Owen Mistry",),
    ),
)  # fmt: skip


def people(customer: Customer) -> list[tuple[str, str, str]]:
    """The ERP's contacts of a customer: (contact id, name, e-mail address)."""
    plain = str.maketrans({" ": ".", "ö": "oe", "ß": "ss"})
    return [
        (f"{customer.code}-P{number}", name, f"{name.lower().translate(plain)}@{customer.domain}")
        for number, name in enumerate(customer.people, 1)
    ]
