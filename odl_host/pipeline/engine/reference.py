"""frictionless as the judge: slow, and the reference that the fast engine is held against.

A table is written as a clean UTF-8 CSV and judged by frictionless with `schema_sync` and no error limit. Custom checks
and header warnings, which frictionless does not know, are our engine's in both.
"""

from __future__ import annotations

import csv
import re
import tempfile
import warnings
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from odl_host.pipeline.engine.report import Report, Tally
from odl_host.pipeline.engine.rows import Engine, batched
from odl_host.schemas.findings import Finding

if TYPE_CHECKING:
    from odl_host.schemas.registry import Schema

JUDGED_BY_FRICTIONLESS = frozenset(
    (
        "blank-header",
        "unmatched-header",
        "duplicate-label",
        "missing-label",
        "blank-row",
        "extra-cell",
        "missing-cell",
        "primary-key",
        "type-error",
        "constraint-error",
        "unique-error",
    )
)
"""The codes whose verdict is frictionless's; all others come from our engine."""

_NOTE_CONSTRAINT = re.compile(r'constraint "(\w+)" is "(.*)"', re.DOTALL)
_NOTE_ROW = re.compile(r"the same as in the row at position (\d+)")


def judge_with_frictionless(
    schema: Schema,
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    strict_validata: bool,
    max_findings: int,
    today: date,
) -> Report:
    """Judge rows with frictionless, and with our engine for what frictionless does not judge."""
    engine = Engine(schema, header, strict_validata=strict_validata, max_findings=max_findings, today=today)
    with tempfile.TemporaryDirectory(prefix="odl-host-") as folder:
        path = Path(folder) / "table.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(header)

            def copied() -> Iterable[list[str]]:
                for row in rows:
                    writer.writerow(row)
                    yield list(row)

            engine.run(batched(copied()))
        errors = _run_frictionless(path, schema.descriptor)
    ours = engine.report()
    tally = Tally(max_findings)
    found = [_finding(error) for error in errors]
    stopped = any(finding.code == "error" for finding in found)
    tally.extend(finding for finding in ours.findings if finding.row is None and finding.severity == "warning")
    tally.extend(found)
    if not stopped:
        tally.extend(
            finding
            for finding in ours.findings
            if finding.code not in JUDGED_BY_FRICTIONLESS
            and not (finding.row is None and finding.severity == "warning")
        )
    return tally.report(schema, engine.rows)


def _run_frictionless(path: Path, descriptor: Mapping[str, Any]) -> list[Any]:
    """Return frictionless's errors on a clean CSV."""
    from frictionless import Detector, Dialect, Schema, formats, system
    from frictionless.resources import TableResource

    # Everything that frictionless would guess from a sample is said: guessing is what makes it misread.
    control = formats.CsvControl(delimiter=",", line_terminator="\r\n", quote_char='"', skip_initial_space=False)
    with warnings.catch_warnings(), system.use_context(trusted=True):
        warnings.simplefilter("ignore", DeprecationWarning)
        resource = TableResource(
            path=str(path),
            format="csv",
            encoding="utf-8",
            dialect=Dialect(header_rows=[1], controls=[control]),
            schema=Schema.from_descriptor(dict(descriptor)),
            detector=Detector(schema_sync=True),
        )
        report = resource.validate(limit_errors=0)
    return [error for task in report.tasks for error in task.errors] + list(report.errors)


def _finding(error: Any) -> Finding:
    row = getattr(error, "row_number", None)
    name = getattr(error, "field_name", None)
    params: dict[str, str] = {}
    if match := _NOTE_CONSTRAINT.fullmatch(error.note):
        params = {"constraint": match[1], "expected": match[2]}
    elif match := _NOTE_ROW.fullmatch(error.note):
        params = {"row": match[1]}
    elif error.note:
        params = {"note": error.note}
    if error.type in ("unmatched-header", "blank-header"):
        row = 1
    return Finding(
        error.type,
        "error",
        row=row,
        column=name,
        position=getattr(error, "field_number", None) if row else None,
        cell=getattr(error, "cell", None),
        params=params,
    )
