"""What a validation answers, and the tally that builds it in bounded memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from odl_host.record import Record
from odl_host.schemas.findings import NO_PARAMS, Finding, Severity

if TYPE_CHECKING:
    from odl_host.schemas.registry import Schema


class Report(Record):
    """The verdict on one file.

    `rows` counts the data rows; `findings` holds at most `max_findings` per (code, column), header first, then by
    row; `counts` counts them all.
    """

    schema: Schema
    rows: int
    findings: tuple[Finding, ...]
    counts: Mapping[tuple[str, str | None], int]
    findings_total: int
    errors_total: int
    warnings_total: int

    @property
    def valid(self) -> bool:
        """Whether there is no error; warnings are allowed."""
        return self.errors_total == 0

    def with_finding(self, finding: Finding) -> Report:
        """Return the report with one more finding, on the whole file."""
        key = (finding.code, finding.column)
        error = finding.severity == "error"
        return self._replace(
            findings=(finding, *self.findings),
            counts={key: 1, **self.counts},
            findings_total=self.findings_total + 1,
            errors_total=self.errors_total + error,
            warnings_total=self.warnings_total + (not error),
        )


class Tally:
    """Counts findings and keeps the first ones of each (code, column)."""

    def __init__(self, max_findings: int) -> None:
        self.max_findings = max_findings
        self._kept: list[Finding] = []
        self._counts: Counter[tuple[str, str | None]] = Counter()
        self.errors = 0
        self.warnings = 0

    def add(
        self,
        code: str,
        severity: Severity,
        row: int | None,
        column: str | None,
        position: int | None,
        cell: str | None,
        params: Mapping[str, str] = NO_PARAMS,
    ) -> None:
        """Count one finding, and keep it when there is room."""
        key = (code, column)
        seen = self._counts[key]
        self._counts[key] = seen + 1
        if severity == "error":
            self.errors += 1
        else:
            self.warnings += 1
        if seen < self.max_findings:
            self._kept.append(Finding(code, severity, row, column, position, cell, params))

    def extend(self, findings: Iterable[Finding]) -> None:
        """Count findings that exist already."""
        for one in findings:
            self.add(one.code, one.severity, one.row, one.column, one.position, one.cell, one.params)

    def absorb(self, other: Tally, offset: int) -> None:
        """Take what was counted on the rows behind the first `offset`, which were numbered as if they were the first.

        The rows that a finding names in its parameters are moved too.
        """
        taken: Counter[tuple[str, str | None]] = Counter()
        for one in other._kept:
            key = (one.code, one.column)
            places = self.max_findings - self._counts[key]
            if places > 0 and one.row is not None:
                params = one.params
                if "row" in params:
                    params = {**params, "row": str(int(params["row"]) + offset)}
                taken[key] += 1
                if taken[key] <= places:
                    self._kept.append(one._replace(row=one.row + offset, params=params))
        self._counts.update(other._counts)
        self.errors += other.errors
        self.warnings += other.warnings

    def report(self, schema: Schema, rows: int) -> Report:
        """Return the report of all that was counted."""
        total = self.errors + self.warnings
        return Report(schema, rows, tuple(self._kept), dict(self._counts), total, self.errors, self.warnings)
