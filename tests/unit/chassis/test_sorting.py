"""Names in the order in which people look them up."""

from __future__ import annotations

import pytest

from chassis.sorting import by_name, sort_key


@pytest.mark.parametrize(
    "names",
    [
        ["Adler", "Ähre", "Azur", "Berg"],
        ["Strasse", "Straße", "Strauß"],
        ["Élan", "Energie", "Étoile", "Œuvre", "Ohm"],
        ["Łódź", "Lübeck", "Oslo", "Østfold"],
        ["de Vries", "Delft", "O'Neill", "Onyx"],
        ["أحمد", "إيمان", "بدر", "مُنى", "يوسف"],
    ],
)
def test_accents_capitals_and_signs_come_after_letters(names: list[str]) -> None:
    pairs = [(str(number), name) for number, name in enumerate(reversed(names))]
    assert [name for _key, name in sorted(pairs, key=by_name)] == names


def test_what_differs_in_accents_only_stands_together() -> None:
    assert sort_key("Müller & Söhne") == sort_key("MULLER Sohne") == "muller sohne"
