"""What is fuzzed: each target takes one input through the product, and lets nothing but our own errors pass.

A target is a hypothesis test over a folder: `fuzz.py` runs them for as long as one likes, `test_fuzz.py` a fixed few.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from odl_host.errors import DataError, OdlError
from odl_host.pipeline.engine.reference import judge_with_frictionless
from odl_host.pipeline.engine.validate import Report, validate_rows
from odl_host.pipeline.examining.examine import ExamineSettings, examine_file
from odl_host.pipeline.reading.read import ReadLimits, read_table
from odl_host.pipeline.runs.reports import write_file_reports
from odl_host.schemas.messages import fix, message, place
from odl_host.schemas.registry import Schema, load_registry
from odl_host.schemas.repair import parse_descriptor

from . import materials

COLUMNS = frozenset(["nom", "montant", "objet"])
LIMITS = ReadLimits(max_cells=2_000_000, max_uncompressed=1 << 26)
TODAY = date(2026, 1, 1)
ALL = 10**9
REGISTRY = load_registry(None)

Target = tuple[st.SearchStrategy[Any], Callable[[Any, Path], None]]


def read_whole(path: Path) -> None:
    """Read a file both ways; its rows are texts and as many as it says, or it is refused with the next thing to do."""
    try:
        for repair in (True, False):
            table = read_table(path, limits=LIMITS, columns=COLUMNS, repair=repair)
            rows = list(table.iter_rows())
            assert table.rows == len(rows)
            assert all(isinstance(cell, str) for row in rows for cell in row)
    except OdlError as error:
        assert error.message
        assert error.hint


def examine_whole(path: Path, schema: Schema | None = None) -> None:
    """Take a file through reading, recognition, repair, verdict, reports and the normalised form."""
    for repair in (True, False):
        settings = ExamineSettings(LIMITS, 20, TODAY, spool=path.parent / "spool", repair=repair)
        examination = examine_file(path, REGISTRY, settings, schema=schema)
        assert examination.outcome in ("valid", "invalid", "blocked"), examination.detail
        report = examination.report
        assert report is not None
        assert not write_file_reports([(path, report, Path())], path.parent / "reports", jobs=1)[0][1]
        if examination.normalised is not None and examination.normalised.path is not None:
            again = read_table(examination.normalised.path, repair=False)
            assert again.rows == examination.normalised.rows


def _file(name: str) -> Callable[[bytes, Path], None]:
    def run(content: bytes, folder: Path) -> None:
        path = folder / name
        path.write_bytes(content)
        read_whole(path)
        examine_whole(path)

    return run


def _table(made: tuple[dict[str, Any], bytes], folder: Path) -> None:
    document, content = made
    path = folder / "table.csv"
    path.write_bytes(content)
    examine_whole(path, REGISTRY.get_schema(document["name"]))
    examine_whole(path)


def _descriptor(made: tuple[Any, list[str], list[list[str]]], folder: Path) -> None:
    from odl_host.schemas.sync import load_descriptor

    document, header, rows = made
    path = folder / "schema.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    try:
        load_descriptor(str(path))
        schema = parse_descriptor(document, name="local/essai", version="1")
    except DataError as error:
        assert error.message
        return
    report = validate_rows(schema, header, rows, today=TODAY)
    for finding in report.findings:
        assert message(finding)
        assert isinstance(fix(finding) + place(finding), str)


def _verdict(made: tuple[dict[str, Any], list[str], list[list[str]]], _folder: Path) -> None:
    """Hold our engine against frictionless: same verdict, same (type, row, column) set."""
    descriptor, header, rows = made
    schema = parse_descriptor(descriptor, name="local/essai", version="1")
    ours = validate_rows(schema, header, rows, strict_validata=True, max_findings=ALL, today=TODAY)
    try:
        theirs = judge_with_frictionless(schema, header, rows, strict_validata=True, max_findings=ALL, today=TODAY)
    except (ArithmeticError, TypeError):
        return  # frictionless crashes on a signalling NaN under a bound, and on keys of lists: see the documentation
    assert errors(ours) == errors(theirs)
    assert (ours.valid, ours.rows) == (theirs.valid, theirs.rows)


def errors(report: Report) -> set[tuple[str, int | None, str | None]]:
    """Return what a verdict is compared by."""
    return {(one.code, one.row, one.column) for one in report.findings if one.severity == "error"}


TARGETS: dict[str, Target] = {
    "bytes": (st.binary(max_size=400), _file("x.csv")),
    "text": (materials.encoded_text(), _file("x.csv")),
    "csv": (materials.damaged(materials.sample(".csv", ".txt")), _file("x.csv")),
    "xlsx": (materials.broken_workbook(materials.sample(".xlsx")), _file("x.xlsx")),
    "ods": (materials.broken_workbook(materials.sample(".ods")), _file("x.ods")),
    "zip": (materials.damaged(materials.sample(".xlsx", ".ods")), _file("x.xlsx")),
    "xls": (materials.damaged(materials.sample(".xls")), _file("x.xls")),
    "page": (materials.web_page, _file("x.xls")),
    "table": (materials.schema_table(), _table),
    "schema": (st.tuples(materials.odd_descriptor, materials.small_header, materials.small_rows), _descriptor),
    "verdict": (materials.judged_table(), _verdict),
}
