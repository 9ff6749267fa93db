"""The first sheet of the corrections workbook: what is to be corrected, line by line, with a link to each cell.

Values only: the two ways of writing a workbook lay the same list out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from odl_host.pipeline.reading.names import CORRECTIONS_SHEET
from odl_host.pipeline.reporting.causes import gather_causes
from odl_host.pipeline.reporting.cells import CARE, HEAD, WRONG, Mark
from odl_host.pipeline.reporting.problems import GATHERED
from odl_host.pipeline.reporting.verdict import instruction
from odl_host.pipeline.reporting.wording import column_letter, counted, unbroken
from odl_host.schemas.findings import CODES

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

    from odl_host.pipeline.reporting.model import FileReport
    from odl_host.schemas.findings import Finding

SHEET = CORRECTIONS_SHEET
MAX_ROWS = 5_000
MAX_MARKS = 5_000
HEADER = ("Ligne", "Colonne", "Titre de la colonne", "Ce qui ne va pas", "Ce qu’il faut faire", "Aller à la cellule")
WIDTHS = (10, 10, 26, 55, 60, 16)
_SIGNATURE = "Liste des corrections"


@dataclass(frozen=True, slots=True)
class Row:
    """One thing to correct or, when it is no error, to look at. `where`: a cell to go to that is not the wrong one."""

    code: str
    error: bool
    line: int | None
    position: int | None
    column: str
    wrong: str
    todo: str
    where: str = ""

    @property
    def letters(self) -> str:
        """What a spreadsheet shows above the column."""
        return column_letter(self.position or 0)

    @property
    def said(self) -> str:
        """What is wrong, as the list says it."""
        return self.wrong if self.error else f"À vérifier : {self.wrong}"

    @property
    def place(self) -> str:
        """The cell that a link leads to, "" for what is at no line."""
        return self.where or (f"{column_letter(self.position or 1)}{self.line}" if self.line is not None else "")

    @property
    def height(self) -> int:
        """The height of its line in points."""
        return 15 * max(_lines(self.said, 3), _lines(self.todo, 4), _lines(self.column, 2)) + 3


@dataclass(frozen=True, slots=True)
class Checklist:
    """The sheet: its title, what to do, the rows that are shown, and how many there are beyond ("" when none).

    `sheet` is the sheet that links lead to, None when the workbook holds no copy of the table.
    """

    title: str
    guide: tuple[str, ...]
    rows: tuple[Row, ...]
    more: str
    sheet: str | None

    @property
    def title_height(self) -> int:
        """The height of the title in points: its letters are larger."""
        return 24 * (1 + len(self.title) * 3 // (2 * sum(WIDTHS)))

    @property
    def top(self) -> int:
        """The 1-based line of the header."""
        return len(self.guide) + 3

    def link_of(self, row: Row) -> str:
        """Return the place in the workbook that a row is about, "" when it is at no line."""
        if self.sheet is None or not row.place:
            return ""
        return "'{}'!{}".format(self.sheet.replace("'", "''"), row.place)


def make_checklist(report: FileReport, rows: list[Row], sheet: str | None) -> Checklist:
    """Return the list as it is laid out; `sheet` is the sheet of data beside it, if there is one."""
    report = gather_causes(report)
    shown = tuple(rows[:MAX_ROWS])
    rest = report.findings_total - len(shown) - _left_out_total(report)
    more = counted(rest, "autre n’est pas dans cette liste", "autres ne sont pas dans cette liste")
    return Checklist(
        title=f"{_SIGNATURE} : {instruction(report)}",
        guide=tuple(map(unbroken, (*(f"D’abord : {note.detail}" for note in report.advice), *_guide(report, sheet)))),
        rows=shown,
        more=f"… et {more} : elles se corrigent de la même façon." if rest > 0 else "",
        sheet=sheet,
    )


def list_rows(report: FileReport) -> list[Row]:
    """Return what the list holds: errors, then warnings; columns first, then cells by column and line."""

    def order(finding: Finding) -> tuple[bool, bool, int, int]:
        line = report.line_of(finding)
        return finding.severity != "error", line is not None, finding.position or 0, line or 0

    report = gather_causes(report)
    kept = [one for one in report.findings if not _is_left_out(one)]
    free = f"{column_letter(len(report.header) + 1)}{report.header_row}"
    return [
        Row(
            one.code,
            one.severity == "error",
            report.line_of(one),
            one.position,
            one.column or "",
            *report.sentences(one),
            free if one.code == "missing-label" else "",
        )
        for one in sorted(kept, key=order)
    ]


def list_marks(report: FileReport, rows: list[Row]) -> dict[tuple[int, int], Mark]:
    """Return what is to be marked in the copy of the table: {(line, position), both from 1: mark}."""
    said: dict[tuple[int, int], list[Row]] = {}
    missing = [row for row in rows if row.code == "missing-label"]
    for row in rows:
        if row.code != "missing-label" and row.line is not None:
            said.setdefault((row.line, row.position or 1), []).append(row)
    marks: dict[tuple[int, int], Mark] = {}
    if missing:
        marks = {(report.header_row, place): Mark(HEAD, "") for place in range(1, len(report.header) + 1)}
        said.setdefault((report.header_row, 1), [])[:0] = missing
    for (line, place), found in list(said.items())[:MAX_MARKS]:
        text = "\n".join(f"{row.wrong}\n→ {row.todo}" if row.todo else row.wrong for row in found)
        colour = HEAD if line == report.header_row else WRONG if any(row.error for row in found) else CARE
        marks[line, place] = Mark(colour, text)
    return marks


def is_checklist(sheet: Worksheet) -> bool:
    """Tell whether the sheet is the list of an earlier attempt."""
    return sheet.title.startswith(SHEET) and str(sheet["A1"].value or "").startswith(_SIGNATURE)


def _is_left_out(finding: Finding) -> bool:
    level = CODES[finding.code].level if finding.code in CODES else "cell"
    return finding.code in GATHERED or (level == "schema" and finding.severity == "warning")


def _left_out_total(report: FileReport) -> int:
    left = {(one.code, one.column) for one in report.findings if _is_left_out(one)}
    return sum(count for key, count in report.counts.items() if key in left)


def _guide(report: FileReport, sheet: str | None) -> list[str]:
    name = report.file.rpartition("/")[2]
    if sheet is None:
        return [f"Le tableau est trop grand pour être repris ici : corrigez-le dans {name}."]
    lines = [
        f"Dans la feuille « {sheet} », les cellules à corriger sont en rouge clair, celles à vérifier en jaune.",
        "Passez la souris sur une de ces cellules pour lire l’explication.",
    ]
    if report.format == "xlsx":
        lines.append(f"Quand tout est corrigé, enregistrez ce classeur sous le nom « {name} » et redéposez-le.")
    else:
        kind = {"csv": "CSV", "ods": "ODS", "xls": "Excel 97-2003"}.get(report.format, report.format)
        lines.append(
            f"Quand tout est corrigé, ouvrez la feuille « {sheet} », choisissez Enregistrer sous, "
            f"le format {kind} et le nom « {name} », puis redéposez ce fichier."
        )
    return lines


def guide_height(text: str) -> int:
    """Return the height in points of a line of the guide, which runs over all columns."""
    return 15 * (1 + len(text) // (sum(WIDTHS) + 10))


def _lines(text: str, place: int) -> int:
    return 1 + len(text) // (WIDTHS[place] + 4)  # most letters are narrower than a digit, which is the unit of widths
