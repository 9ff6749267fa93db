"""The report as JSON: for programs, and to compare the next attempt with. Its keys are stable, its texts are not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from odl_host.schemas.messages import sentences

if TYPE_CHECKING:
    from odl_host.pipeline.reporting.model import FileReport
    from odl_host.schemas.findings import Finding


def as_json(report: FileReport) -> dict[str, Any]:
    """Return the stable JSON form; a finding's `row` counts the header as 1, `rows` counts the data rows."""
    schema, comparison = report.schema, report.comparison
    severities = {(one.code, one.column): one.severity for one in report.findings}
    return {
        "file": report.file,
        "schema": schema.name if schema else None,
        "schema_version": schema.version if schema else None,
        "valid": report.good,
        "rows": report.rows,
        "encoding": report.encoding,
        "delimiter": report.delimiter,
        "repairs": [{"kind": one.kind, "count": one.count, "detail": one.detail} for one in report.repairs],
        "findings": findings_json(report.findings),
        "findings_total": report.findings_total,
        "outcome": report.outcome,
        "reason": report.reason or None,
        "member": report.member or None,
        "date": report.date.isoformat(),
        "format": report.format or None,
        "sheet": report.sheet,
        "header_row": report.header_row,
        "errors_total": report.errors_total,
        "warnings_total": report.warnings_total,
        "counts": [
            {"code": code, "column": column, "severity": severities.get((code, column), "error"), "count": count}
            for (code, column), count in report.counts.items()
        ],
        "candidates": [
            {"schema": one.schema.name, "schema_version": one.schema.version, "score": one.score}
            for one in report.candidates
        ],
        "notes": [*(note.detail for note in report.advice), *report.notes],
        "comparison": {
            "corrected": comparison.corrected,
            "remaining": comparison.remaining,
            "new": comparison.new,
        }
        if comparison
        else None,
    }


def findings_json(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Return findings in their stable JSON form."""
    return [_finding_json(one) for one in findings]


def _finding_json(one: Finding) -> dict[str, Any]:
    message, fix = sentences(one)
    return {
        "code": one.code,
        "severity": one.severity,
        "row": one.row,
        "column": one.column,
        "cell": one.cell,
        "message": message,
        "fix": fix,
    }
