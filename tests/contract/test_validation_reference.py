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
from odl_host.pipeline.engine.validate import Report, validate_rows, validate_table, validate_with_frictionless
from odl_host.pipeline.reading.read import ReadLimits, read_table
from odl_host.schemas.registry import Schema
from odl_host.schemas.repair import parse_descriptor

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
    warnings = case.get("warnings", report.warnings_total)
    if (report.valid, _errors(report), report.warnings_total) == (case["valid"], expected, warnings):
        return ""
    return (
        f"{case['id']}: expected {case['valid']} {expected} and {warnings} warnings, "
        f"got {report.valid} {_errors(report)} and {report.warnings_total}"
    )


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


PARTS = 6
"""The files are shared out, so that several processes may compare them at once."""
CROSS_PAIRS = 1
"""Schemas beside its own that each small file is also held against, drawn by its place in the index."""
SMALL_BYTES = 200_000


def _tables(reference_dir: Path, part: int) -> Iterator[tuple[Path, list[Schema]]]:
    """Give one part of the files, each with its named schema and some others."""
    schemas = [
        entry
        for entry in json.loads((reference_dir / "schemas" / "index.json").read_text("utf-8"))
        if "table" in entry["type"].lower()
    ]
    by_name = {f"{entry['name']}@{entry['version']}": entry for entry in schemas}
    entries = [
        (reference_dir / folder / entry["path"], entry.get("schema") or "")
        for folder in ("examples", "real")
        for entry in json.loads((reference_dir / folder / "index.json").read_text("utf-8"))
    ]
    for place, (path, name) in enumerate(entries):
        if place % PARTS != part:
            continue
        chosen = [by_name[name]] if name in by_name else []
        if path.stat().st_size <= SMALL_BYTES:
            chosen += random.Random(place).sample(schemas, CROSS_PAIRS)
        yield path, [_described(reference_dir, entry) for entry in chosen]


def _described(reference_dir: Path, entry: dict[str, Any]) -> Schema:
    descriptor = json.loads((reference_dir / "schemas" / entry["path"]).read_text("utf-8-sig"))
    return parse_descriptor(descriptor, name=entry["name"], version=entry["version"])


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_files_of_the_reference_get_frictionless_verdict_and_errors(reference_dir: Path, part: int) -> None:
    compared, different = 0, []
    for path, schemas in _tables(reference_dir, part):
        for schema in schemas:
            try:
                table = read_table(path, limits=ReadLimits(), columns=[field.name for field in schema.fields])
            except DataError:
                break
            ours = validate_table(table, schema, strict_validata=True, max_findings=ALL)
            theirs = validate_with_frictionless(table, schema, strict_validata=True, max_findings=ALL)
            compared += 1
            if _errors(ours) != _errors(theirs) or ours.rows != theirs.rows or ours.valid != theirs.valid:
                pair = (path.name, schema.reference)
                different.append((*pair, sorted(_errors(ours) ^ _errors(theirs), key=str)[:5]))
    assert compared > 40
    assert different == []


OBSERVED_OTHERWISE = {
    "atlasante/schema-dae/exemple_invalide_complet.csv": "a space after each separator, and apostrophes in the cells",
}
"""Files of which Validata was seen to read other cells than there are, and why."""
KEPT_BY_THE_INDEX = 200


def test_csv_files_get_the_errors_and_warnings_that_validata_was_seen_to_give(reference_dir: Path) -> None:
    schemas = {
        f"{entry['name']}@{entry['version']}": entry
        for entry in json.loads((reference_dir / "schemas" / "index.json").read_text("utf-8"))
    }
    compared, different = 0, {}
    for folder in ("examples", "real"):
        for entry in json.loads((reference_dir / folder / "index.json").read_text("utf-8")):
            seen = entry.get("observed", {}).get("validata_0.12.5", {})
            refused = {"schema-error", "field-error", "resource-error"} & seen.get("by_type", {}).keys()
            if entry.get("schema") not in schemas or not entry["path"].endswith(".csv"):
                continue
            if seen.get("valid") is None or refused or seen["n_errors"] > KEPT_BY_THE_INDEX:
                continue
            schema = _described(reference_dir, schemas[entry["schema"]])
            columns = [field.name for field in schema.fields]
            table = read_table(reference_dir / folder / entry["path"], columns=columns, repair=False)
            report = validate_table(table, schema, strict_validata=True, max_findings=ALL)
            expected = {tuple(error) for error in entry["errors_validata_0.12.5"]}
            compared += 1
            if (_errors(report), report.warnings_total) != (expected, seen["n_warnings"]):
                different[entry["path"]] = sorted(_errors(report) ^ expected, key=str)[:4]
    assert compared > 80
    assert different.keys() == OBSERVED_OTHERWISE.keys(), different


# -- cells ------------------------------------------------------------------------------------------------------------

FIELDS: list[dict[str, Any]] = json.loads((DATA / "odd-fields.json").read_text("utf-8"))
CELLS: list[str] = json.loads((DATA / "odd-cells.json").read_text("utf-8"))
"""Texts at the edge of some type: each is tried with every field above."""


def _compare_cell(descriptor: dict[str, Any], cells: list[str]) -> list[tuple[str, object, object]]:
    """Read cells with our column and with frictionless's field; return those that differ."""
    from frictionless import Schema as FrictionlessSchema

    schema = _schema({"fields": [{"name": "v", **descriptor}]})
    ours = Column(schema.fields[0], 1, ("",))
    # The second edition, which has exclusive bounds.
    edition = {"$schema": "https://datapackage.org/profiles/2.0/tableschema.json"}
    theirs = FrictionlessSchema.from_descriptor({**edition, "fields": [{"name": "v", **descriptor}]}).fields[0]
    read = theirs.create_cell_reader()
    different = []
    for cell in cells:
        try:
            expected = sorted(set((read(cell)[1] or {}).keys()))
        except (ArithmeticError, TypeError):
            continue  # frictionless crashes on a signalling NaN, or a time zone, where the bound has none
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
