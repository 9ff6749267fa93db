"""Lines that end too early: one thing to correct each, however many cells they lack."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from odl_host.pipeline.reporting.model import FileReport
    from odl_host.schemas.findings import Finding

CODE = "missing-cell"


def gather_short_lines(report: FileReport) -> FileReport:
    """Return the report with one finding for each line that is too short, at its first missing cell.

    Validation counts every cell, as frictionless does; a person adds the end of the line once.
    """
    if not any(one.code == CODE and "cells" not in one.params for one in report.findings):
        return report
    lines: dict[int | None, list[Finding]] = {}
    for one in report.findings:
        if one.code == CODE:
            lines.setdefault(one.row, []).append(one)
    firsts = {
        row: min(found, key=lambda one: one.position or 0)._replace(params={"cells": str(len(found))})
        for row, found in lines.items()
    }
    counts = {key: count for key, count in report.counts.items() if key[0] != CODE}
    # Every short line lacks its last cell: that column's count is the number of lines, kept as findings or not.
    total = max(count for key, count in report.counts.items() if key[0] == CODE)
    for one in firsts.values():
        counts[CODE, one.column] = counts.get((CODE, one.column), 0) + 1
    first = next(iter(firsts.values()))
    counts[CODE, first.column] += max(0, total - len(firsts))
    said: set[int | None] = set()
    findings: list[Finding] = []
    for one in report.findings:
        if one.code != CODE:
            findings.append(one)
        elif one.row not in said:
            said.add(one.row)
            findings.append(firsts[one.row])
    cells = sum(count for key, count in report.counts.items() if key[0] == CODE)
    return report._replace(
        findings=tuple(findings), counts=counts, errors_total=report.errors_total - cells + max(total, len(firsts))
    )
