"""One cause, one thing to correct: a line too short, a total below the data, a number that two checks refuse."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from odl_host.schemas.findings import Finding

if TYPE_CHECKING:
    from odl_host.pipeline.reporting.model import FileReport

MISSING_CELL = "missing-cell"
_ROW_BELOW = "row-below"
_NUMBERS = frozenset({"siret", "siren"})
_OF_CELLS = frozenset({"type-error", "constraint-error"})


def gather_causes(report: FileReport) -> FileReport:
    """Return the report with one finding for each thing to correct.

    Validation counts every cell of a line that is too short, as frictionless does, where a person adds the end of the
    line once; and a SIRET of thirteen digits breaks its column's pattern and its own check.
    """
    return _without_second_refusals(_with_short_lines(_without_rows_below(report)))


def _without_rows_below(report: FileReport) -> FileReport:
    """Ask to remove the lines below the data, rather than to fill in what they lack."""
    note = next((note for note in report.advice if note.code == "rows-below"), None)
    if note is None:
        return report
    lines = range(note.rows[0], note.rows[0] + note.count)
    there: list[Finding] = []
    others: list[Finding] = []
    for one in report.findings:
        below = one.severity == "error" and one.code != _ROW_BELOW and report.line_of(one) in lines
        (there if below else others).append(one)
    if not there:
        return report
    rows = sorted({one.row for one in there if one.row is not None})
    counts = Counter(report.counts)
    counts.subtract((one.code, one.column) for one in there)
    counts[_ROW_BELOW, None] += len(rows)
    return report._replace(
        findings=(*others, *(Finding(_ROW_BELOW, "error", row) for row in rows)),
        counts={key: count for key, count in counts.items() if count > 0},
        errors_total=report.errors_total - len(there) + len(rows),
    )


def _without_second_refusals(report: FileReport) -> FileReport:
    """Leave out what a pattern says of a number that its own check, which knows why, refuses too.

    And what is said of columns to be filled together where those that lack something are only written wrongly.
    """
    written_wrongly = {(one.row, one.column) for one in report.findings if one.code in _OF_CELLS and one.cell}
    numbers = {
        (one.row, one.position)
        for one in report.findings
        if one.code == "custom-check-error" and one.params.get("check") in _NUMBERS
    }
    if not numbers and not written_wrongly:
        return report
    said_twice: Counter[tuple[str, str | None]] = Counter()
    kept_of: Counter[tuple[str, str | None]] = Counter()
    findings: list[Finding] = []
    for one in report.findings:
        key = (one.code, one.column)
        kept_of[key] += 1
        if (one.params.get("constraint") == "pattern" and (one.row, one.position) in numbers) or (
            one.code == "cohesive-columns-value"
            and one.row
            and all((one.row, name) in written_wrongly for name in one.params.get("empty", "").split(", "))
        ):
            said_twice[key] += 1
        else:
            findings.append(one)
    if not said_twice:
        return report
    counts = dict(report.counts)
    for key, count in said_twice.items():
        # Where all that was kept is said twice, so is what was only counted.
        counts[key] = 0 if count == kept_of[key] else counts.get(key, count) - count
    spared = sum(report.counts.values()) - sum(counts.values())
    return report._replace(
        findings=tuple(findings),
        counts={key: count for key, count in counts.items() if count},
        errors_total=report.errors_total - spared,
    )


def _with_short_lines(report: FileReport) -> FileReport:
    """Put the missing cells of each line together, at the first of them."""
    if not any(one.code == MISSING_CELL and "cells" not in one.params for one in report.findings):
        return report
    lines: dict[int | None, list[Finding]] = {}
    for one in report.findings:
        if one.code == MISSING_CELL:
            lines.setdefault(one.row, []).append(one)
    firsts = {
        row: min(found, key=lambda one: one.position or 0)._replace(params={"cells": str(len(found))})
        for row, found in lines.items()
    }
    counts = {key: count for key, count in report.counts.items() if key[0] != MISSING_CELL}
    # Every short line lacks its last cell: that column's count is the number of lines, kept as findings or not.
    total = max(count for key, count in report.counts.items() if key[0] == MISSING_CELL)
    for one in firsts.values():
        counts[MISSING_CELL, one.column] = counts.get((MISSING_CELL, one.column), 0) + 1
    first = next(iter(firsts.values()))
    counts[MISSING_CELL, first.column] += max(0, total - len(firsts))
    said: set[int | None] = set()
    findings: list[Finding] = []
    for one in report.findings:
        if one.code != MISSING_CELL:
            findings.append(one)
        elif one.row not in said:
            said.add(one.row)
            findings.append(firsts[one.row])
    cells = sum(count for key, count in report.counts.items() if key[0] == MISSING_CELL)
    return report._replace(
        findings=tuple(findings), counts=counts, errors_total=report.errors_total - cells + max(total, len(firsts))
    )
