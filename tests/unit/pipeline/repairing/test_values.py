"""Values of a column: what has one reading is put right and said, the rest is asked, what is right stays."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from odl_host.pipeline.engine.validate import validate_table
from odl_host.pipeline.repairing.kinds import KINDS
from tests.unit.pipeline.repairing.columns import (
    DATE,
    NUMBER,
    TODAY,
    YES_NO,
    one_field,
    repaired,
)

PERIOD = {"constraints": {"pattern": r"\d{4}-\d{2}-\d{2}(/\d{4}-\d{2}-\d{2})?"}}
CERTAIN: list[tuple[str, Mapping[str, Any], list[str], list[str]]] = [
    ("a decimal comma", NUMBER, ["1,5", "12,75"], ["1.5", "12.75"]),
    (
        "thin and no-break spaces",
        NUMBER,
        ["1\u202f234,50", "12\u00a0345", "1 234 567,8"],
        ["1234.50", "12345", "1234567.8"],
    ),
    ("a euro sign", NUMBER, ["300,00 €", "12€", "7 EUR"], ["300.00", "12", "7"]),
    ("both marks", NUMBER, ["1.234,56"], ["1234.56"]),
    ("English marks", NUMBER, ["1,234.56"], ["1234.56"]),
    ("three decimals that others prove", NUMBER, ["45,123", "5,9"], ["45.123", "5.9"]),
    ("three decimals and a unit that others prove", NUMBER, ["1.234 €", "2.5"], ["1.234", "2.5"]),
    ("three decimals after a zero", NUMBER, ["0,125"], ["0.125"]),
    ("whole numbers with a nil decimal", {"type": "integer"}, ["9.0", "12,00", "1 200"], ["9", "12", "1200"]),
    ("years with a nil decimal", {"type": "year"}, ["2024.0", " 2023"], ["2024", "2023"]),
    ("French dates that one of them proves", DATE, ["03/04/2024", "31/12/2024"], ["2024-04-03", "2024-12-31"]),
    ("one day in the month of its number", DATE, ["04/04/2024"], ["2024-04-04"]),
    ("midnight", DATE, ["2024-12-31 00:00:00", "2024-01-02T00:00:00"], ["2024-12-31", "2024-01-02"]),
    ("slashes after the year", DATE, ["2024/12/31"], ["2024-12-31"]),
    ("spaces around dates", DATE, ["\u00a02024-12-31 ", "2024-01-02"], ["2024-12-31", "2024-01-02"]),
    ("French yes and no", YES_NO, ["Oui", "NON", "vrai", "oui"], ["oui", "non", "oui", "oui"]),
    ("letters in a column of yes and no", YES_NO, ["O", "N"], ["oui", "non"]),
    ("yes for a field in English", {"type": "boolean"}, ["oui", "Non"], ["true", "false"]),
    (
        "case, accents, apostrophes and dashes of a list",
        {"constraints": {"enum": ["Aide d'État", "Saint-Alban", "numéraire"]}},
        ["aide d’etat", "SAINT–ALBAN", "Numeraire "],
        ["Aide d'État", "Saint-Alban", "numéraire"],
    ),
    (
        "a period with another mark between its days",
        PERIOD,
        ["2018-01-01_2018-12-31", "2018/01/30_2022/01/29", "du 2024-01-01 au 2024-02-01", "2024-05-02"],
        ["2018-01-01/2018-12-31", "2018-01-30/2022-01-29", "2024-01-01/2024-02-01", "2024-05-02"],
    ),
    ("spaces that a pattern refuses", {"constraints": {"pattern": "[a-z]+"}}, ["\u00a0abc "], ["abc"]),
]
UNCERTAIN: list[tuple[str, Mapping[str, Any], list[str], str]] = [
    ("a comma before three digits", NUMBER, ["1,234", "2,500"], "2 nombres ambigus"),
    ("commas of both kinds", NUMBER, ["1,234", "1,234,567"], "nombres ambigus"),
    ("a point before three digits and a unit", NUMBER, ["1.234 €", "2.500 €"], "2 nombres ambigus"),
    ("three figures after the point of a whole number", {"type": "integer"}, ["9.000", "9.5"], "1 nombre ambigu"),
    ("a decimal comma beside such a point", NUMBER, ["1.234", "2,50"], "mais « 1.234 » a un point"),
    ("points that may be thousands", NUMBER, ["1.234", "1.234,5"], "ambigu"),
    ("dates that nothing proves", DATE, ["03/04/2024", "05/06/2024"], "est-ce le 3 avril ou le 4 mars ?"),
    ("dates in both orders", DATE, ["13/04/2024", "04/13/2024"], "2 dates ambiguës"),
    ("dates half turned by a spreadsheet", DATE, ["2024-03-04", "2024-12-01", "25/03/2024"], "1 date ambiguë"),
    ("crosses", YES_NO, ["x", "oui"], "est-ce oui ou non ?"),
    ("figures that are not yes nor no", YES_NO, ["1", "2"], "est-ce oui ou non ?"),
]
KEPT: list[tuple[str, Mapping[str, Any], list[str]]] = [
    ("spaces around a free text", {}, [" texte ", "\u00a0autre"]),
    ("a point before three digits", NUMBER, ["1.234", "2.5"]),
    ("decimals of a whole number", {"type": "integer"}, ["9.5", "9.0001"]),
    ("groups of odd lengths", NUMBER, ["12 34", "1 2345"]),
    ("full-width digits", DATE, ["２０２４/12/31"]),
    ("a date that does not exist", DATE, ["31/02/2024", "13/01/24"]),
    ("an hour that is not midnight", DATE, ["2024-12-31 10:00:00"]),
    ("two values of a list that look alike", {"constraints": {"enum": ["Été", "ete"]}}, ["ÉTE"]),
    ("another word", {"constraints": {"enum": ["en nature"]}}, ["nature"]),
    ("a number with its own marks", {"type": "number", "decimalChar": ","}, ["1.5", "1 234,5"]),
    ("a cell of half a million spaces", NUMBER, ["1" + " " * 500_000 + "€"]),
    ("a period that ends before it begins", PERIOD, ["2024-12-31_2024-01-01"]),
    ("a period whose days may be months", PERIOD, ["01/02/2024_03/04/2024"]),
    ("a pattern that takes the mark", {"constraints": {"pattern": "[-0-9_/]+"}}, ["2024-01-01_2024-12-31"]),
    ("O beside 0", YES_NO, ["O", "0"]),
]


@pytest.mark.parametrize(
    ("field", "before", "after"), [case[1:] for case in CERTAIN], ids=[case[0] for case in CERTAIN]
)
def test_what_has_one_reading_is_put_right(
    field: Mapping[str, Any], before: list[str], after: list[str], tmp_path: Path
) -> None:
    schema = one_field(field)
    texts, table = repaired(tmp_path, schema, before)
    assert texts == after
    assert not table.proposals
    assert validate_table(table, schema, today=TODAY).valid
    assert sum(repair.count for repair in table.repairs) == sum(a != b for a, b in zip(before, after, strict=True))
    assert {repair.kind for repair in table.repairs} <= set(KINDS)


@pytest.mark.parametrize(
    ("field", "before", "asked"), [case[1:] for case in UNCERTAIN], ids=[case[0] for case in UNCERTAIN]
)
def test_what_has_two_readings_is_asked(
    field: Mapping[str, Any], before: list[str], asked: str, tmp_path: Path
) -> None:
    texts, table = repaired(tmp_path, one_field(field), before)
    assert [text for text in texts if text not in before and text != "1234567"] == []
    assert asked in " ".join(note.detail for note in table.proposals)


def test_amounts_in_cents_do_not_prove_that_a_number_has_three_decimals(tmp_path: Path) -> None:
    texts, table = repaired(tmp_path, one_field(NUMBER), ["1,234", "12,50", "7 000,00"])
    assert texts == ["1,234", "12.50", "7000.00"]
    assert "1 nombre ambigu" in table.proposals[0].detail


@pytest.mark.parametrize(("field", "before"), [case[1:] for case in KEPT], ids=[case[0] for case in KEPT])
def test_what_no_rule_is_sure_of_stays(field: Mapping[str, Any], before: list[str], tmp_path: Path) -> None:
    texts, table = repaired(tmp_path, one_field(field), before)
    assert texts == before
    assert not table.repairs
