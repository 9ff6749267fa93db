"""The report on one file: the one model that every face (terminal, page, JSON, CSV, workbook) shows.

Values only: nothing is judged or worded here beyond putting together what reading, recognition and validation said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Literal, TypeAlias

from odl_host.pipeline.reporting.wording import unbroken
from odl_host.record import Record
from odl_host.typography import apostrophes

if TYPE_CHECKING:
    from odl_host.pipeline.engine.validate import Report
    from odl_host.pipeline.reading.read import ReadNote, Table
    from odl_host.pipeline.recognising.detect import Candidate, Detection
    from odl_host.pipeline.reporting.attempts import Comparison
    from odl_host.pipeline.reporting.health import ColumnHealth
    from odl_host.schemas.findings import Finding
    from odl_host.schemas.registry import Schema

Outcome: TypeAlias = Literal["published", "valid", "rejected", "invalid", "blocked"]
"""Judged and put online or not ("published", "rejected"), only judged ("valid", "invalid"), or not judged at all."""

_CAUSES = frozenset(
    {
        *("open-quote", "unquoted-decimal-comma", "replacement-characters", "double-encoded", "uncached-formulas"),
        "rows-below",
    }
)
"""Notes of reading that explain errors: put right first, many errors vanish."""

_LONGEST_DESCRIPTION = 300
"""Characters of a column's description that may stand in a sentence."""
GOOD_OUTCOMES = frozenset({"published", "valid"})


_NO_COUNTS: Mapping[tuple[str, str | None], int] = {}
"""Shared by reports without findings; never written to."""


class Repair(Record):
    """Something put right in the copy that is published, never in the town hall's own file; `detail` is French."""

    kind: str
    count: int  # type: ignore[assignment]  # rather than the method of tuples, which nobody asks a repair for
    detail: str


class FileReport(Record):
    """What is said about one file.

    `findings` holds what was kept, `counts` everything: (code, column) → number. `rows` counts the data rows, None when
    the file was not read. `header_row` is the header's 1-based place in the file. `notes` and `advice` are what reading
    remarked; `advice` comes first, since much of what validation found follows from it. It ends with what repairing
    would ask. `candidates`: for a file that no schema fits for certain, those that it may follow. `held`: the file
    can be read, and what keeps it out is something else (personal data, a decision, a quota, its place).
    """

    file: str
    outcome: Outcome
    date: date
    member: str = ""
    contact: str = ""
    schema: Schema | None = None
    reason: str = ""
    rows: int | None = None
    format: str = ""
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    header: tuple[str, ...] = ()
    header_row: int = 1
    advice: tuple[ReadNote, ...] = ()
    notes: tuple[str, ...] = ()
    repairs: tuple[Repair, ...] = ()
    findings: tuple[Finding, ...] = ()
    counts: Mapping[tuple[str, str | None], int] = _NO_COUNTS
    errors_total: int = 0
    warnings_total: int = 0
    comparison: Comparison | None = None
    health: tuple[ColumnHealth, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    held: bool = False

    @property
    def findings_total(self) -> int:
        """Errors and warnings, those that were counted without being kept included."""
        return self.errors_total + self.warnings_total

    @property
    def good(self) -> bool:
        """Whether the file can be published as it is."""
        return self.outcome in GOOD_OUTCOMES

    def line_of(self, finding: Finding) -> int | None:
        """Return the line at which a spreadsheet shows the finding, or None when it concerns no single line."""
        return None if finding.row is None else finding.row + self.header_row - 1

    def sentences(self, finding: Finding) -> tuple[str, str]:
        """Return what is wrong and what to do, with the lines of the file where the sentence names another line."""
        from odl_host.schemas.messages import sentences

        asked = self.question_on(finding)
        if asked is not None:
            finding = finding._replace(params={**finding.params, "perhaps": asked.label, "named": asked.column})
        if finding.params.get("constraint") == "pattern":
            finding = finding._replace(params={**finding.params, **self._hints(finding)})
        other = finding.params.get("row", "")
        if self.header_row > 1 and other.isdigit():
            params = {**finding.params, "row": str(int(other) + self.header_row - 1)}
            finding = finding._replace(params=params)
        wrong, todo = sentences(finding)
        return unbroken(wrong), unbroken(todo)

    def _hints(self, finding: Finding) -> Mapping[str, str]:
        """Return what is known of a pattern that a cell does not follow."""
        from odl_host.pipeline.reporting.hints import pattern_hints

        params = finding.params
        hints = pattern_hints(params.get("expected", ""), finding.cell or "", params.get("example", ""))
        field = self.schema.find_field(finding.column) if self.schema and finding.column else None
        described = apostrophes(" ".join(field.description.split())) if field else ""
        return {"description": described, **hints} if 0 < len(described) <= _LONGEST_DESCRIPTION else hints

    def question_on(self, finding: Finding) -> ReadNote | None:
        """Return the question whether another column is the one that is missing."""
        if finding.code in ("missing-label", "optional-label-missing"):
            missing = [finding.column or ""]
        elif finding.code == "one-of-required" and finding.params.get("absent"):
            missing = finding.params.get("columns", "").split(", ")
        else:
            return None
        return next((note for note in self.advice if note.column and note.column in missing), None)


def file_report(
    file: str,
    *,
    table: Table | None = None,
    report: Report | None = None,
    detection: Detection | None = None,
    outcome: Outcome | None = None,
    reason: str = "",
    member: str = "",
    contact: str = "",
    repairs: Sequence[Repair] = (),
    proposals: Sequence[ReadNote] = (),
    comparison: Comparison | None = None,
    health: Sequence[ColumnHealth] = (),
    today: date,
) -> FileReport:
    """Put together the report on one file from what each stage said; every stage may be missing.

    Without `outcome` it is "blocked" when there is no verdict, else "valid" or "invalid". `reason` is the French
    sentence for what was not judged; without it, that of the detection. `proposals` are the questions on what could not
    be repaired for certain.
    """
    if outcome is None:
        outcome = "blocked" if report is None else "valid" if report.valid else "invalid"
    if not reason and report is None and detection is not None:
        reason = detection.reason
    notes = table.notes if table else ()
    if any(note.code == "unquoted-decimal-comma" for note in notes):
        proposals = ()  # what stands under a title there is another column's
    return FileReport(
        file=file,
        outcome=outcome,
        date=today,
        member=member,
        contact=contact,
        schema=report.schema if report else None,
        reason=reason,
        # A table that was not validated was perhaps never read to its end: counting it here would read it again.
        rows=report.rows if report else None,
        format=table.format if table else "",
        encoding=table.encoding if table else None,
        delimiter=table.delimiter if table else None,
        sheet=table.sheet if table else None,
        header=table.header if table else (),
        header_row=table.header_row if table else 1,
        advice=(*(note for note in notes if note.code in _CAUSES), *proposals),
        notes=tuple(note.detail for note in notes if note.code not in _CAUSES),
        repairs=tuple(repairs),
        findings=report.findings if report else (),
        counts=report.counts if report else {},
        errors_total=report.errors_total if report else 0,
        warnings_total=report.warnings_total if report else 0,
        comparison=comparison,
        health=tuple(health),
        candidates=detection.candidates if detection and report is None else (),
    )
