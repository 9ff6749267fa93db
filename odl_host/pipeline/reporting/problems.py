"""The findings of a report, put together as a person corrects them: column by column, the same mistake once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from odl_host.pipeline.reporting.causes import MISSING_CELL, gather_causes
from odl_host.pipeline.reporting.titles import title
from odl_host.pipeline.reporting.wording import column_letter, counted, spell_lines
from odl_host.record import Record
from odl_host.schemas.findings import CODES

if TYPE_CHECKING:
    from odl_host.pipeline.reporting.model import FileReport
    from odl_host.schemas.findings import Finding
    from odl_host.schemas.registry import Field

SHOWN_EXAMPLES = 8
TITLE_LINE = "ligne des titres"
_CELLS_OF_LINES = frozenset({"extra-cell"})

# A long cell is quoted cut short: what stands between the marks is not the rule.
_QUOTED = re.compile("^«[^»]*»")

# Said together, since there may be dozens: not one card each.
ABSENT = "missing-label"
GATHERED = frozenset({"optional-label-missing", "unknown-label"})


class Example(Record):
    """One text found in cells, and what to type instead; `lines` are places in the file."""

    cell: str | None
    message: str
    fix: str
    lines: tuple[int, ...]
    where: str


class Problem(Record):
    """One kind of mistake in one column.

    `title` names the kind. `message` is what is wrong, "" when it differs from cell to cell; `telling` is true when it
    then differs by more than the cell's own text, so that each example must say it. `fix` is "" when it differs.
    `count` counts every occurrence, `more` those that no example shows.
    """

    code: str
    severity: str
    title: str
    message: str
    telling: bool
    fix: str
    count: int  # type: ignore[assignment]  # rather than the method of tuples, which nobody asks for
    examples: tuple[Example, ...]
    more: int
    where: str

    @property
    def noun(self) -> tuple[str, str]:
        """What is counted: cells, lines, or times."""
        level = CODES[self.code].level if self.code in CODES else "cell"
        if self.code in _CELLS_OF_LINES:
            level = "cell"
        if self.where.startswith(TITLE_LINE):
            level = "file"
        return {"cell": ("cellule", "cellules"), "row": ("ligne", "lignes")}.get(level, ("fois", "fois"))

    @property
    def has_texts(self) -> bool:
        """Whether what was found is the text of cells, be it empty."""
        return any(example.cell is not None for example in self.examples)

    @property
    def detailed(self) -> bool:
        """Whether the examples say more than the problem does."""
        return len(self.examples) > 1


class ColumnProblems(Record):
    """What is to correct in one column; `name` is "" for what concerns whole lines or the whole file."""

    name: str
    position: int | None
    field: Field | None
    problems: tuple[Problem, ...]

    @property
    def count(self) -> int:  # type: ignore[override]  # as above
        """Everything that was found in the column."""
        return sum(problem.count for problem in self.problems)

    @property
    def letter(self) -> str:
        """The letters that a spreadsheet shows above the column, "" for a column that is not in the file."""
        return column_letter(self.position or 0)


class MissingColumn(Record):
    """A required column that the file lacks. `todo`: what to do, "" when there is nothing to do but to add it."""

    name: str
    field: Field | None
    todo: str


class Labels(Record):
    """Columns named together: those the file has and the schema does not, and the optional ones the file lacks."""

    unknown: tuple[str, ...]
    optional: tuple[str, ...]


def group_problems(report: FileReport, severity: str) -> list[ColumnProblems]:
    """Return the problems of one severity by column: the whole file's first, then in the order of the file.

    Warnings about the schema itself are left out: its authors can mend them, not a town hall.
    """
    report = gather_causes(report)
    columns: dict[str, dict[tuple[str, ...], list[Finding]]] = {}
    for finding in report.findings:
        if finding.severity != severity or finding.code in GATHERED or finding.code == ABSENT:
            continue
        level = CODES[finding.code].level if finding.code in CODES else "cell"
        if level == "schema" and severity == "warning":
            continue
        name = "" if level in ("file", "schema", "row") else finding.column or ""
        kind = (finding.code, title(finding), "" if name or finding.code == MISSING_CELL else finding.column or "")
        columns.setdefault(name, {}).setdefault(kind, []).append(finding)
    groups = [_column(report, name, kinds) for name, kinds in columns.items()]
    order = {one.name: place for place, one in enumerate(report.schema.fields)} if report.schema else {}
    last = len(report.header) + 1
    return sorted(groups, key=lambda one: (bool(one.name), one.position or last, order.get(one.name, 0)))


def summarise(report: FileReport) -> list[str]:
    """Return what is wrong with a file, one line per kind and column, without any of its cells."""
    lines = [f"{column.name} : colonne obligatoire absente" for column in missing_columns(report)]
    for column in group_problems(report, "error"):
        for problem in column.problems:
            place = column.name or "lignes"
            lines.append(f"{place} : {problem.title} ({counted(problem.count, 'fois', 'fois')})")
    return lines


def missing_columns(report: FileReport) -> list[MissingColumn]:
    """Return the required columns that the file lacks, in the order of the schema."""
    found = []
    for one in report.findings:
        if one.code == ABSENT and one.column:
            named = one.params.get("label") or report.question_on(one)
            field = report.schema.find_field(one.column) if report.schema else None
            found.append(MissingColumn(one.column, field, report.sentences(one)[1] if named else ""))
    return found


def gathered_labels(report: FileReport) -> Labels:
    """Return the columns that are only named, not explained one by one."""
    taken = {finding.params["label"] for finding in report.findings if "label" in finding.params}
    return Labels(
        unknown=tuple(
            one.column
            for one in report.findings
            if one.code == "unknown-label" and one.column and one.column not in taken
        ),
        optional=tuple(one.column for one in report.findings if one.code == "optional-label-missing" and one.column),
    )


def _column(report: FileReport, name: str, kinds: Mapping[tuple[str, ...], list[Finding]]) -> ColumnProblems:
    position = next((one.position for found in kinds.values() for one in found if one.position and name), None)
    kept_of_code: dict[tuple[str, str | None], int] = {}
    for found in kinds.values():
        for one in found:
            kept_of_code[(one.code, one.column)] = kept_of_code.get((one.code, one.column), 0) + 1
    problems = []
    said: set[tuple[str, str | None]] = set()
    for found in kinds.values():
        # What was counted but not kept is of one of these kinds: it is added to the first of its code.
        unkept = 0
        for key in {(one.code, one.column) for one in found} - said:
            said.add(key)
            unkept += max(0, report.counts.get(key, 0) - kept_of_code[key])
        problems.append(_problem(report, found, len(found) + unkept))
    problems.sort(key=lambda problem: -problem.count)
    field = report.schema.find_field(name) if report.schema and name else None
    return ColumnProblems(name, position, field, tuple(problems))


def _problem(report: FileReport, findings: list[Finding], count: int) -> Problem:
    by_text: dict[tuple[str | None, str, str], list[int]] = {}
    for one in findings:
        line = report.line_of(one)
        lines = by_text.setdefault((one.cell, *report.sentences(one)), [])
        if line is not None:
            lines.append(line)
    messages = {said for _, said, _ in by_text}
    rules = {said.replace(" ".join((cell or "").split()) or "\0", "") for cell, said, _ in by_text}
    rules = {_QUOTED.sub("", said) if said.startswith("«") else said for said in rules}
    fixes = {advice for _, _, advice in by_text}
    shown = list(by_text.items())[:SHOWN_EXAMPLES]
    examples = tuple(
        Example(cell, said, advice, tuple(lines), spell_lines(lines)) for (cell, said, advice), lines in shown
    )
    return Problem(
        code=findings[0].code,
        severity=findings[0].severity,
        title=title(findings[0]),
        message=messages.pop() if len(messages) == 1 else "",
        telling=len(rules) > 1,
        fix=fixes.pop() if len(fixes) == 1 else "",
        count=count,
        examples=examples,
        more=count - sum(max(1, len(example.lines)) for example in examples),
        where=_where(findings, report, count),
    )


def _where(findings: Iterable[Finding], report: FileReport, count: int) -> str:
    lines = [line for line in map(report.line_of, findings) if line is not None]
    if set(lines) == {report.header_row}:
        return f"{TITLE_LINE} (ligne {report.header_row})"
    if report.rows and report.rows > 2 and count >= report.rows and len(set(lines)) > 1:
        first = report.header_row + 1
        return f"toutes les lignes, de {first} à {first + report.rows - 1}"
    return spell_lines(lines, count)
