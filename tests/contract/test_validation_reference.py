"""Our fast engine against frictionless, the reference: same verdict, same (type, row, column) set.

What differs on purpose stands in `DIFFERENCES`, and in docs/validation-differences.md.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odl_host.errors import DataError
from odl_host.pipeline.engine.column import Column
from odl_host.pipeline.engine.reference import judge_with_frictionless
from odl_host.pipeline.read import ReadLimits, read_table
from odl_host.pipeline.validate import Report, validate_rows, validate_table, validate_with_frictionless
from odl_host.schemas.registry import Schema, parse_descriptor

DATA = Path(__file__).parents[1] / "data"
ROOT = Path(__file__).parents[2]
ALL = 10**9

DIFFERENCES = {
    "c0418": "No known label: Validata 0.12.5 crashes on frictionless's `unmatched-header`; we give that error.",
    "c0583": "A check declared without `params` makes Validata crash; we say `check-error`.",
    "c0584": "`custom_checks` that is an object makes Validata crash; we say `check-error`.",
}
"""Observed cases whose verdict or errors differ, and why."""


def _errors(report: Report) -> set[tuple[str, int | None, str | None]]:
    return {(one.code, one.row, one.column) for one in report.findings if one.severity == "error"}


def _schema(descriptor: dict[str, Any]) -> Schema:
    return parse_descriptor(descriptor, name="test/essai", version="1.0.0")


def _check_case(case: dict[str, Any]) -> str:
    """Return what differs between our strict answer and the observed one, "" when nothing does."""
    rows = [["" if cell is None else str(cell) for cell in row] for row in case["rows"]]
    report = validate_rows(_schema(case["schema"]), case["header"], rows, strict_validata=True)
    expected = {tuple(error) for error in case.get("errors") or ()}
    if report.valid == case["valid"] and _errors(report) == expected:
        return ""
    return f"{case['id']}: expected {case['valid']} {expected}, got {report.valid} {_errors(report)}"


def test_own_cases_have_the_verdict_and_errors_written_beside_them() -> None:
    cases = json.loads((DATA / "validation-cases.json").read_text("utf-8"))
    assert len(cases) >= 30
    assert [problem for case in cases if (problem := _check_case(case))] == []


def test_observed_validata_cases_agree_or_stand_among_the_differences(reference_dir: Path) -> None:
    cases = json.loads((reference_dir / "validata" / "cases.json").read_text("utf-8"))
    different = {case["id"]: problem for case in cases if (problem := _check_case(case))}
    assert different.keys() - DIFFERENCES.keys() == set(), different
    assert DIFFERENCES.keys() - different.keys() == set(), "a difference that is no more must leave the table"


def test_every_difference_is_explained_in_the_documentation() -> None:
    text = (ROOT / "docs" / "validation-differences.md").read_text("utf-8")
    assert [case for case in DIFFERENCES if case not in text] == []


def _reference_files(reference_dir: Path) -> Iterator[tuple[Path, Schema]]:
    schemas = {
        f"{entry['name']}@{entry['version']}": entry
        for entry in json.loads((reference_dir / "schemas" / "index.json").read_text("utf-8"))
    }
    for folder in ("examples", "real"):
        for entry in json.loads((reference_dir / folder / "index.json").read_text("utf-8")):
            described = schemas.get(entry.get("schema") or "")
            path = reference_dir / folder / entry["path"]
            # The two largest files alone take as long as all others; one such file is enough.
            if described is None or path.stat().st_size > 1_500_000:
                continue
            descriptor = json.loads((reference_dir / "schemas" / described["path"]).read_text("utf-8-sig"))
            yield path, parse_descriptor(descriptor, name=described["name"], version=described["version"])


@pytest.mark.slow
def test_files_of_the_reference_get_frictionless_verdict_and_errors(reference_dir: Path) -> None:
    compared, different = 0, []
    for path, schema in _reference_files(reference_dir):
        try:
            table = read_table(path, limits=ReadLimits(), columns=[field.name for field in schema.fields])
        except DataError:
            continue
        ours = validate_table(table, schema, strict_validata=True, max_findings=ALL)
        theirs = validate_with_frictionless(table, schema, strict_validata=True, max_findings=ALL)
        compared += 1
        if _errors(ours) != _errors(theirs) or ours.rows != theirs.rows or ours.valid != theirs.valid:
            different.append((path.name, sorted(_errors(ours) ^ _errors(theirs), key=str)[:5]))
    assert compared > 100
    assert different == []


# -- cells ------------------------------------------------------------------------------------------------------------

FIELDS: list[dict[str, Any]] = [
    {"type": "string"},
    {"type": "string", "format": "uri"},
    {"type": "string", "format": "email"},
    {"type": "string", "format": "uuid"},
    {"type": "string", "format": "binary"},
    {"type": "string", "constraints": {"required": True, "minLength": 2, "maxLength": 5}},
    {"type": "string", "constraints": {"pattern": r"^\d{5}$"}},
    {"type": "string", "constraints": {"pattern": "a|b", "required": True}},
    {"type": "string", "constraints": {"enum": ["oui", "non", ""]}},
    {"type": "any"},
    {"type": "integer"},
    {"type": "integer", "bareNumber": False},
    {"type": "integer", "constraints": {"minimum": 0, "required": True}},
    {"type": "integer", "constraints": {"minimum": -3, "maximum": 12}},
    {"type": "number"},
    {"type": "number", "bareNumber": False},
    {"type": "number", "decimalChar": ",", "groupChar": " "},
    {"type": "number", "groupChar": ","},
    {"type": "number", "floatNumber": True},
    {"type": "number", "constraints": {"minimum": 0}},
    {"type": "number", "constraints": {"minimum": 0.5, "maximum": "100"}},
    {"type": "number", "constraints": {"enum": [1, 2.5]}},
    {"type": "boolean"},
    {"type": "boolean", "trueValues": ["oui", "1"], "falseValues": ["non", "0"]},
    {"type": "boolean", "constraints": {"enum": ["true"]}},
    {"type": "date"},
    {"type": "date", "format": "%d/%m/%Y"},
    {"type": "date", "format": "%Y-%m-%d"},
    {"type": "date", "format": "%Y"},
    {"type": "date", "format": "any"},
    {"type": "date", "constraints": {"minimum": "2020-01-01", "maximum": "2024-12-31"}},
    {"type": "datetime"},
    {"type": "datetime", "format": "any"},
    {"type": "datetime", "format": "%d/%m/%Y %H:%M"},
    {"type": "time"},
    {"type": "time", "format": "%H:%M"},
    {"type": "year"},
    {"type": "year", "constraints": {"minimum": 2000}},
    {"type": "yearmonth"},
    {"type": "duration"},
    {"type": "geopoint"},
    {"type": "geopoint", "format": "array"},
    {"type": "geopoint", "format": "object"},
    {"type": "array"},
    {"type": "array", "constraints": {"minLength": 1, "maxLength": 2}},
    {"type": "array", "arrayItem": {"type": "integer", "constraints": {"minimum": 2}}},
    {"type": "object"},
    {"type": "geojson"},
]

CELLS: list[str] = json.loads((DATA / "odd-cells.json").read_text("utf-8"))
"""Texts at the edge of some type: each is tried with every field above."""


def _compare_cell(descriptor: dict[str, Any], cells: list[str]) -> list[tuple[str, object, object]]:
    """Read cells with our column and with frictionless's field; return those that differ."""
    from frictionless import Schema as FrictionlessSchema

    ours = Column(_schema({"fields": [{"name": "v", **descriptor}]}).fields[0], 1, ("",))
    theirs = FrictionlessSchema.from_descriptor({"fields": [{"name": "v", **descriptor}]}).fields[0]
    read = theirs.create_cell_reader()
    different = []
    for cell in cells:
        try:
            expected = sorted(set((read(cell)[1] or {}).keys()))
        except ArithmeticError:
            continue  # frictionless crashes on a signalling NaN where there is a bound
        bad = (ours.sift((cell, cell)) or {}).get(cell, ())
        judged = ours.judge(cell)
        found = sorted({"type" if one.code == "type-error" else one.params["constraint"] for _, one in bad})
        if found != expected or judged != bad:
            different.append((cell, expected, found))
    return different


@pytest.mark.parametrize("descriptor", FIELDS, ids=json.dumps)
def test_odd_cells_are_read_as_frictionless_reads_them(descriptor: dict[str, Any]) -> None:
    assert _compare_cell(descriptor, list(CELLS)) == []


@pytest.mark.parametrize(
    "descriptor", [one for one in FIELDS if one.get("format") not in ("any", "email")], ids=json.dumps
)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_generated_cells_are_read_as_frictionless_reads_them(descriptor: dict[str, Any], data: st.DataObject) -> None:
    seeds = st.sampled_from(CELLS)
    letters = st.text(alphabet="0123456789+-.,:/ eETZ_'\"[]{}éaA€%\u00a0\t", max_size=12)
    mixed = st.tuples(seeds, letters, st.integers(0, 8)).map(lambda mix: mix[0][: mix[2]] + mix[1] + mix[0][mix[2] :])
    cells = data.draw(st.lists(st.one_of(letters, mixed), min_size=10, max_size=40))
    assert _compare_cell(descriptor, cells) == []


# -- tables -----------------------------------------------------------------------------------------------------------

TABLE_DESCRIPTOR: dict[str, Any] = {
    "fields": [
        {"name": "id", "type": "string", "constraints": {"unique": True}},
        {"name": "numero", "type": "integer", "constraints": {"required": True, "unique": True}},
        {"name": "jour", "type": "date"},
        {"name": "montant", "type": "number", "constraints": {"minimum": 0}},
        {"name": "sens", "type": "string", "constraints": {"enum": ["pour", "contre"]}},
        {"name": "libre", "type": "string"},
    ],
    "primaryKey": ["jour", "sens"],
    "missingValues": ["", "NA"],
}
POOLS = {
    "id": ["a", "b", "c", "", "NA", "d", "e", "f"],
    "numero": ["1", "01", "2", "3", "", "x", "4", "5", "6"],
    "jour": ["2024-01-01", "2024-01-02", "", "NA", "01/01/2024", "2024-1-1"],
    "montant": ["1", "1.0", "-2", "1,5", "", "NaN"],
    "sens": ["pour", "contre", "", "Pour", "NA"],
    "libre": ["", "texte", "NA", " ", "é\nà", '"'],
    "inconnu": ["", "NA", "x"],
}


def _random_table(seed: int, rows: int) -> tuple[list[str], list[list[str]]]:
    random_ = random.Random(seed)
    header = list(POOLS)
    random_.shuffle(header)
    header = header[: random_.choice((7, 7, 7, 5, 3, 1))]
    table = []
    for _ in range(rows):
        kind = random_.random()
        row = [random_.choice(POOLS[label]) for label in header]
        if kind < 0.05:
            row = [random_.choice(("", "NA")) for _ in header]
        elif kind < 0.1:
            row = row[: random_.randrange(len(row) + 1)]
        elif kind < 0.15:
            row += random_.choice((["x"], ["", ""]))
        table.append(row)
    return header, table


@pytest.mark.parametrize("seed", range(40))
def test_generated_tables_get_frictionless_errors(seed: int) -> None:
    from datetime import date

    schema = _schema(TABLE_DESCRIPTOR)
    header, rows = _random_table(seed, 3 + 40 * (seed % 4) + 600 * (seed == 0))
    ours = validate_rows(schema, header, rows, strict_validata=True, max_findings=ALL)
    theirs = judge_with_frictionless(
        schema, header, rows, strict_validata=True, max_findings=ALL, today=date(2026, 1, 1)
    )
    assert _errors(ours) == _errors(theirs)
    assert (ours.valid, ours.rows) == (theirs.valid, len(rows))
    assert [one.row for one in ours.findings if one.row] == sorted(one.row for one in ours.findings if one.row)
