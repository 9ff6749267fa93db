"""The report as a page of a terminal: the verdict, the first errors, then what each column has."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from odl_host.pipeline.reporting.causes import gather_causes
from odl_host.pipeline.reporting.problems import ABSENT, gathered_labels, group_problems, missing_columns
from odl_host.pipeline.reporting.verdict import instruction, is_shifted
from odl_host.pipeline.reporting.wording import counted, listed, number, printable, quoted, some, unbroken

if TYPE_CHECKING:
    from odl_host.pipeline.reporting.model import FileReport
    from odl_host.pipeline.reporting.problems import ColumnProblems
    from odl_host.schemas.findings import Finding

_FIRST = 8
_RED, _GREEN, _YELLOW, _BOLD, _FAINT = "31", "32", "33", "1", "2"


def render_text(report: FileReport, *, colour: bool = False, width: int = 80, name: str = "") -> str:
    """Return the report as lines of at most `width` characters, without a last line end.

    `name`: what to call the file, when its own name would not tell it from others.
    """
    return "\n".join(_Page(report, colour, max(40, width), name).lines())


def _first_of_each_kind(errors: Sequence[Finding]) -> list[Finding]:
    """Return the first error of each kind in each column; when there are few, each one that has advice of its own."""
    seen: set[tuple[str | None, ...]] = set()
    found = []
    for one in errors:
        kind: tuple[str | None, ...] = (one.code, one.column, one.params.get("constraint") or one.params.get("check"))
        if len(errors) <= _FIRST and one.cell:
            kind = (*kind, one.cell)
        if kind not in seen:
            seen.add(kind)
            found.append(one)
    return found[:_FIRST]


class _Page:
    def __init__(self, report: FileReport, colour: bool, width: int, name: str) -> None:
        self.report, self.colour, self.width, self.name = gather_causes(report), colour, width, name

    def lines(self) -> list[str]:
        report = self.report
        sign, tint = ("✓", _GREEN) if report.good else ("?", _YELLOW) if report.outcome == "blocked" else ("✗", _RED)
        found = self._wrap(f"{sign} {instruction(report, name=self.name)}", tint, _BOLD, hang="  ")
        if report.reason:
            found += self._wrap(report.reason, indent="  ")
        for advice in report.advice:
            found += self._wrap(f"D’abord : {advice.detail}", _YELLOW, indent="  ", hang="    ")
        facts = self._facts()
        if facts:
            found += self._wrap(facts, _FAINT, indent="  ")
        if report.comparison:
            found += self._wrap(f"Depuis le dernier dépôt : {report.comparison.sentence}", indent="  ")
        found += self._first_errors()
        found += self._columns("Par colonne", group_problems(report, "error"), _RED)
        found += self._columns("À vérifier", group_problems(report, "warning"), _YELLOW)
        found += self._asides()
        return found

    def _facts(self) -> str:
        report = self.report
        parts = []
        if report.schema:
            parts.append(f"{report.schema.title} ({report.schema.name} {report.schema.version})")
        if report.rows is not None:
            parts.append(counted(report.rows, "ligne", "lignes"))
        parts += [part for part in (report.format, report.encoding, report.sheet) if part]
        if report.delimiter:
            parts.append("tabulation" if report.delimiter == "\t" else f"séparateur {quoted(report.delimiter)}")
        return " · ".join(parts)

    def _first_errors(self) -> list[str]:
        report = self.report
        errors = [one for one in report.findings if one.severity == "error" and one.code != ABSENT]
        missing = missing_columns(report)
        if (not errors and not missing) or is_shifted(report):
            return []  # what shifted cells seem to lack would mislead: the columns below count them
        found = ["", self._paint("Premières erreurs", _BOLD)]
        if missing:
            what = "colonne obligatoire absente" if len(missing) == 1 else "colonnes obligatoires absentes"
            names = listed([one.name for one in missing])
            found += self._wrap(f"{number(len(missing))} {what} : {names}", indent="  ", hang="    ")
            todo = [one.todo for one in missing if one.todo]
            if len(todo) < len(missing):
                others = [one.name for one in missing if not one.todo]
                which = listed(others) if todo else "cette colonne" if len(others) == 1 else "ces colonnes"
                todo.append(f"Ajoutez {which}, avec exactement {'ce titre' if len(others) == 1 else 'ces titres'}.")
            for advice in todo:
                found += self._wrap(f"→ {advice}", _GREEN, indent="    ", hang="      ")
        shown = _first_of_each_kind(errors)
        for one in shown:
            line = report.line_of(one)
            where = f"ligne {line}" if line else "fichier" if not one.column else "colonne"
            place = " ".join(part for part in (where, one.column or "") if part)
            wrong, fix = report.sentences(one)
            found += self._wrap(f"{place} : {wrong}", indent="  ", hang="    ")
            if fix:
                found += self._wrap(f"→ {fix}", _GREEN, indent="    ", hang="      ")
        rest = report.errors_total - len(shown) - len(missing)
        if rest > 0:
            found.append(self._paint(f"  … et {counted(rest, 'autre', 'autres')}", _FAINT))
        return found

    def _columns(self, heading: str, groups: list[ColumnProblems], tint: str) -> list[str]:
        if not groups:
            return []
        found = ["", self._paint(heading, _BOLD)]
        size = max(len(number(group.count)) for group in groups)
        for group in groups:
            name = f"{group.letter} {group.name}".strip() or "tableau entier"
            kinds = listed(
                [
                    (problem.title if place == 0 else problem.title[0].lower() + problem.title[1:])
                    + (f" ({number(problem.count)})" if len(group.problems) > 1 else "")
                    for place, problem in enumerate(group.problems)
                ]
            )
            where = f", {group.problems[0].where}" if len(group.problems) == 1 and group.problems[0].where else ""
            text = f"{number(group.count).rjust(size)} {name} : {kinds}{where}"
            found += self._wrap(text, tint, indent="  ", hang="  " + " " * (size + 1))
        return found

    def _asides(self) -> list[str]:
        report = self.report
        labels = gathered_labels(report)
        found: list[str] = []
        if labels.unknown:
            names = some([quoted(name, 60) for name in labels.unknown], 6)
            found.append(f"{counted(len(labels.unknown), 'colonne', 'colonnes')} hors du modèle : {names}")
        if labels.optional:
            found.append(counted(len(labels.optional), "colonne facultative absente", "colonnes facultatives absentes"))
        found += [
            repair.detail + (f" ({number(repair.count)} fois)" if repair.count > 1 else "") for repair in report.repairs
        ]
        found += report.notes
        if not found:
            return []
        lines = ["", self._paint("Remarques", _BOLD)]
        for text in found:
            lines += self._wrap(f"- {text}", indent="  ", hang="    ")
        return lines

    def _wrap(self, text: str, *tints: str, indent: str = "", hang: str | None = None) -> list[str]:
        lines = textwrap.wrap(
            unbroken(printable(text)),
            self.width,
            initial_indent=indent,
            subsequent_indent=indent if hang is None else hang,
            break_on_hyphens=False,
            break_long_words=False,
        )
        return [self._paint(line, *tints) for line in lines]

    def _paint(self, text: str, *tints: str) -> str:
        return f"\x1b[{';'.join(tints)}m{text}\x1b[0m" if self.colour and tints else text
