"""Each row of docs/validation-differences.md, shown: what frictionless does, or Validata was seen to do, and we do.

A row that is shown by nothing, and a demonstration that no row explains, fail; so does one that does not hold any more.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import frictionless
import openpyxl
import pytest

from odl_host.pipeline.engine.reference import judge_with_frictionless
from odl_host.pipeline.engine.validate import Report, validate_rows, validate_table
from odl_host.pipeline.reading.read import read_table
from odl_host.schemas.registry import Schema
from odl_host.schemas.repair import parse_descriptor

DOCUMENT = Path(__file__).parents[2] / "docs" / "validation-differences.md"
TODAY = date(2026, 1, 1)
TEXT = {"name": "v", "type": "string"}
NUMBER = {"name": "n", "type": "number"}

Errors = set[tuple[str, int | None, str | None]]


def _schema(*fields: dict[str, Any], **top: Any) -> Schema:
    return parse_descriptor({"fields": list(fields), **top}, name="test/essai", version="1")


def _ours(schema: Schema, header: list[str], rows: list[list[str]], *, strict: bool = False) -> Report:
    return validate_rows(schema, header, rows, strict_validata=strict, max_findings=10**9, today=TODAY)


def _theirs(schema: Schema, header: list[str], rows: list[list[str]]) -> Report:
    return judge_with_frictionless(schema, header, rows, strict_validata=True, max_findings=10**9, today=TODAY)


def _errors(report: Report) -> Errors:
    return {(one.code, one.row, one.column) for one in report.findings if one.severity == "error"}


def _warnings(report: Report) -> list[str]:
    return [one.code for one in report.findings if one.severity == "warning"]


SHOWN: dict[str, Callable[[Path], None]] = {}
"""How each row of the table is shown, by its first cell."""


def shows(row: str) -> Callable[[Callable[[Path], None]], None]:
    def register(show: Callable[[Path], None]) -> None:
        SHOWN[row] = show

    return register


@shows("no label of the header is known")
def _(_folder: Path) -> None:
    report = _ours(_schema({**TEXT, "constraints": {"required": True}}), ["autre"], [["x"], ["y"]], strict=True)
    assert {("unmatched-header", 1, None), ("missing-label", None, "v")} <= _errors(report)
    assert report.rows == 2


@shows("a check declared without `params`")
def _(_folder: Path) -> None:
    report = _ours(_schema(TEXT, custom_checks=[{"name": "siret"}]), ["v"], [["x"]], strict=True)
    assert _errors(report) == {("check-error", None, None)}


@shows("`custom_checks` that is not a list")
def _(_folder: Path) -> None:
    report = _ours(_schema(TEXT, custom_checks={"name": "siret"}), ["v"], [["x"]], strict=True)
    assert _errors(report) == {("check-error", None, None)}


@shows("`coordonnees-gps-francaises`")
def _(_folder: Path) -> None:
    schema = _schema(TEXT, custom_checks=[{"name": "coordonnees-gps-francaises", "params": {"column": "v"}}])
    report = _ours(schema, ["v"], [["45.5646, 5.9178"], ["0.0, 0.0"], ["Chambéry"]], strict=True)
    assert _errors(report) == {("custom-check-error", 4, "v")}


@shows("first rows much shorter than the header")
def _(folder: Path) -> None:
    (folder / "table.csv").write_text("v,n,autre,encore\nx\n", encoding="utf-8")
    resource = frictionless.Resource(
        str(folder / "table.csv"),
        schema=frictionless.Schema.from_descriptor({"fields": [TEXT, NUMBER]}),
        detector=frictionless.Detector(schema_sync=True),
    )
    with warnings.catch_warnings(), frictionless.system.use_context(trusted=True):
        warnings.simplefilter("ignore", DeprecationWarning)
        assert [error.type for error in resource.validate().tasks[0].errors] == ["unmatched-header"]
    schema, header, rows = _schema(TEXT, NUMBER), ["v", "n", "autre", "encore"], [["x"]]
    ours = _ours(schema, header, rows, strict=True)
    assert {code for code, _, _ in _errors(ours)} == {"missing-cell"}
    assert _errors(ours) == _errors(_theirs(schema, header, rows))


@shows("cells of workbooks")
def _(folder: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["v"], [73065]):
        book.active.append(row)
    book.active.cell(5, 1).font = openpyxl.styles.Font(bold=True)
    book.save(folder / "table.xlsx")
    resource = frictionless.Resource(
        str(folder / "table.xlsx"), schema=frictionless.Schema.from_descriptor({"fields": [TEXT]})
    )
    with frictionless.system.use_context(trusted=True):
        assert "type-error" in {error.type for error in resource.validate().tasks[0].errors}
    table = read_table(folder / "table.xlsx", repair=False)
    assert (table.rows, validate_table(table, _schema(TEXT), strict_validata=True).findings) == (1, ())


@shows("a space after each separator")
def _(folder: Path) -> None:
    path = folder / "table.csv"
    path.write_text('v, n\n"x",1\n, "y"\n', encoding="utf-8")
    assert list(read_table(path, repair=False).iter_rows()) == [["x", "1"], ["", "y"]]
    with frictionless.system.use_context(trusted=True), frictionless.Resource(str(path)) as resource:
        assert [row.to_list() for row in resource.row_stream] == [["x", "1"], [None, ' "y"']]


@shows("repeated label")
def _(_folder: Path) -> None:
    schema, header, rows = _schema(TEXT), ["v", "v"], [["x", "y"]]
    assert _errors(_ours(schema, header, rows)) == {("duplicate-label", 1, "v")}
    assert _errors(_ours(schema, header, rows, strict=True)) == _errors(_theirs(schema, header, rows))
    assert _errors(_theirs(schema, header, rows)) == {("error", None, None)}


@shows("header padded with spaces")
def _(_folder: Path) -> None:
    required = {**TEXT, "constraints": {"required": True}}
    assert _ours(_schema(required), [" v "], [["x"]]).findings == ()
    assert _warnings(_ours(_schema(required), [" v "], [["x"]], strict=True)) == ["unknown-label"]


@shows("key column absent, not declared required")
def _(_folder: Path) -> None:
    schema = _schema(TEXT, NUMBER, primaryKey="v")
    assert _warnings(_ours(schema, ["n"], [["1"]])) == []
    strict = _ours(schema, ["n"], [["1"]], strict=True)
    assert _warnings(strict) == ["optional-label-missing"]
    assert _errors(strict) == {("missing-label", None, "v")}


@shows("1,000 errors, 100,000 rows")
def _(_folder: Path) -> None:
    report = _ours(_schema(NUMBER), ["n"], [["x"]] * 100_001, strict=True)
    assert (report.rows, report.errors_total) == (100_001, 100_001)


@shows("blank rows at the end of the file, nameless blank columns on the right")
def _(folder: Path) -> None:
    path = folder / "table.csv"
    path.write_text("v;n;;\nx;1;;\n;;;\n;;;\n", encoding="utf-8")
    table, schema = read_table(path), _schema(TEXT, NUMBER)
    assert validate_table(table, schema).findings == ()
    assert {note.code for note in table.notes} == {"trailing-blank-rows", "trailing-blank-columns"}
    as_it_is = read_table(path, repair=False)
    assert not _theirs(schema, list(as_it_is.header), list(as_it_is.iter_rows())).valid


@shows("descriptors that frictionless refuses")
def _(_folder: Path) -> None:
    day = {"name": "jour", "type": "date", "constraints": {"pattern": "2024.*"}}
    with pytest.raises(frictionless.FrictionlessException):
        frictionless.Schema.from_descriptor({"fields": [day]})
    schema = _schema(day)
    assert schema.notes
    assert _ours(schema, ["jour"], [["2024-01-01"], ["2023-01-01"]], strict=True).valid


@shows("a `pattern` that takes too long on a cell")
def _(_folder: Path) -> None:
    slow = {**TEXT, "constraints": {"pattern": r"(x+x+)+y"}}
    report = _ours(_schema(slow), ["v"], [["x" * length + "!"] for length in range(5000, 5020)], strict=True)
    assert report.rows == 20
    assert _errors(report) or _warnings(report) == ["pattern-not-checked"]


@shows("a signalling NaN (`sNaN`) under a bound")
def _(_folder: Path) -> None:
    schema, rows = _schema({**NUMBER, "constraints": {"minimum": 0}}), [["sNaN"]]
    assert _errors(_ours(schema, ["n"], rows)) == {("constraint-error", 2, "n")}
    with pytest.raises(ArithmeticError):
        _theirs(schema, ["n"], rows)


@shows("a sum of numbers that cannot be added: a signalling NaN, an infinity less another")
def _(_folder: Path) -> None:
    fields = [{"name": name, "type": "number"} for name in "tab"]
    checks = [{"name": "sum-columns-value", "params": {"column": "t", "columns": ["a", "b"]}}]
    rows = [["1", "sNaN", "2"], ["1", "Infinity", "-Infinity"], ["3", "1", "2"]]
    report = _ours(_schema(*fields, custom_checks=checks), ["t", "a", "b"], rows, strict=True)
    assert _errors(report) == {("sum-columns-value", 2, "t"), ("sum-columns-value", 3, "t")}
    with pytest.raises(ArithmeticError):
        Decimal("Infinity") + Decimal("-Infinity")


@shows("a `list` whose `delimiter` is empty")
def _(_folder: Path) -> None:
    schema = _schema({"name": "v", "type": "list", "itemType": "integer", "delimiter": ""})
    rows = [["1,2"], ["1,x"]]
    assert _errors(_ours(schema, ["v"], rows)) == {("type-error", 3, "v")}
    with pytest.raises(ValueError, match="empty separator"):
        _theirs(schema, ["v"], rows)


@shows("format `wkt`")
def _(_folder: Path) -> None:
    schema, rows = _schema({**TEXT, "format": "wkt"}), [["POINT (5.9178 45.5646)"], ["5.9178 45.5646"]]
    assert _errors(_ours(schema, ["v"], rows)) == {("type-error", 3, "v")}
    assert ("type-error", 3, "v") not in _errors(_theirs(schema, ["v"], rows))


@shows("`unique` or a key on lists or objects")
def _(_folder: Path) -> None:
    schema = _schema({"name": "v", "type": "array", "constraints": {"unique": True}}, NUMBER)
    rows = [["[1]", "1"], ["[1]", "2"], ["[2]", "3"]]
    assert _errors(_ours(schema, ["v", "n"], rows)) == {("unique-error", 3, "v")}
    with pytest.raises(TypeError):
        _theirs(schema, ["v", "n"], rows)


@shows("a `pattern` that begins with flags, `(?i)`")
def _(_folder: Path) -> None:
    schema, rows = _schema({**TEXT, "constraints": {"pattern": "(?i)oui|non"}}), [["OUI"], ["peut-être"]]
    assert _errors(_ours(schema, ["v"], rows)) == {("constraint-error", 3, "v")}
    with pytest.raises(re.error):
        _theirs(schema, ["v"], rows)


@shows("exclusive bounds")
def _(_folder: Path) -> None:
    field = {**NUMBER, "constraints": {"exclusiveMinimum": 0}}
    assert _errors(_ours(_schema(field), ["n"], [["0"], ["0.1"]])) == {("constraint-error", 2, "n")}
    with pytest.raises(frictionless.FrictionlessException):
        frictionless.Schema.from_descriptor({"fields": [field]})


@shows("a bound without a time zone, a time with one")
def _(_folder: Path) -> None:
    for minimum in ("2024-06-01T00:00:00", "2024-06-01T00:00:00Z"):
        schema = _schema({"name": "v", "type": "datetime", "constraints": {"minimum": minimum}})
        rows = [["2024-05-31T23:00:00"], ["2024-05-31T23:00:00Z"], ["2024-06-01T01:00:00"], ["2024-06-01T01:00:00Z"]]
        assert _errors(_ours(schema, ["v"], rows)) == {("constraint-error", 2, "v"), ("constraint-error", 3, "v")}
        with pytest.raises(TypeError):
            _theirs(schema, ["v"], rows)


@shows("foreign keys to other tables")
def _(_folder: Path) -> None:
    keys = [{"fields": "v", "reference": {"resource": "autre", "fields": "id"}}]
    schema = _schema(TEXT, foreignKeys=keys)
    assert _warnings(_ours(schema, ["v"], [["x"]])) == ["foreign-key-not-checked"]
    assert _ours(schema, ["v"], [["x"]], strict=True).findings == ()
    resource = frictionless.Resource(
        [["v"], ["x"]], schema=frictionless.Schema.from_descriptor({"fields": [TEXT], "foreignKeys": keys})
    )
    assert not resource.validate().valid


def _documented() -> list[str]:
    rows = re.findall(r"^\| (.+?) \|", DOCUMENT.read_text("utf-8"), re.MULTILINE)
    return [row for row in rows if row != "what"]


def test_every_documented_difference_is_shown_and_every_shown_one_documented() -> None:
    assert sorted(_documented()) == sorted(SHOWN)


@pytest.mark.parametrize("row", SHOWN)
def test_a_difference_is_as_documented(row: str, tmp_path: Path) -> None:
    SHOWN[row](tmp_path)
