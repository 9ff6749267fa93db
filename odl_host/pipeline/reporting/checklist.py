"""The first sheet of the corrections workbook: what is to be corrected, line by line, with a link to each cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from odl_host.pipeline.reading.names import CORRECTIONS_SHEET
from odl_host.pipeline.reporting.cells import CARE, FONT, WRONG, fill, put_text
from odl_host.pipeline.reporting.problems import GATHERED
from odl_host.pipeline.reporting.verdict import instruction
from odl_host.pipeline.reporting.wording import column_letter, counted
from odl_host.schemas.findings import CODES

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

    from odl_host.pipeline.reporting.model import FileReport
    from odl_host.schemas.findings import Finding

SHEET = CORRECTIONS_SHEET
MAX_ROWS = 5_000
_SIGNATURE = "Liste des corrections"
_HEADER = ("Ligne", "Colonne", "Titre de la colonne", "Ce qui ne va pas", "Ce qu’il faut faire", "Aller à la cellule")
_WIDTHS = (10, 10, 26, 55, 60, 16)
_INK = "FF1F2A44"


@dataclass(frozen=True, slots=True)
class Row:
    """One thing to correct or, when it is no error, to look at."""

    code: str
    error: bool
    line: int | None
    position: int | None
    column: str
    wrong: str
    todo: str


def list_rows(report: FileReport) -> list[Row]:
    """Return what the list holds: errors, then warnings; columns first, then cells by column and line."""

    def order(finding: Finding) -> tuple[bool, bool, int, int]:
        line = report.line_of(finding)
        return finding.severity != "error", line is not None, finding.position or 0, line or 0

    kept = [one for one in report.findings if not _is_left_out(one)]
    return [
        Row(
            one.code,
            one.severity == "error",
            report.line_of(one),
            one.position,
            one.column or "",
            *report.sentences(one),
        )
        for one in sorted(kept, key=order)
    ]


def _is_left_out(finding: Finding) -> bool:
    level = CODES[finding.code].level if finding.code in CODES else "cell"
    return finding.code in GATHERED or (level == "schema" and finding.severity == "warning")


def is_checklist(sheet: Worksheet) -> bool:
    """Tell whether the sheet is the list of an earlier attempt."""
    return sheet.title.startswith(SHEET) and str(sheet["A1"].value or "").startswith(_SIGNATURE)


def write_checklist(workbook: Workbook, report: FileReport, rows: list[Row], data: Worksheet | None) -> None:
    """Add the list as the workbook's first sheet; `data` is the sheet that its links lead to."""
    from openpyxl.styles import Alignment, Border, Font, Side
    from openpyxl.worksheet.properties import PageSetupProperties

    sheet = workbook.create_sheet(SHEET, 0)
    sheet.sheet_properties.tabColor = WRONG
    sheet.sheet_view.showGridLines = False
    put_text(sheet["A1"], f"{_SIGNATURE} : {instruction(report)}")
    sheet["A1"].font = Font(name=FONT, bold=True, size=14)
    sheet.row_dimensions[1].height = 24
    guide = [*(f"D’abord : {note.detail}" for note in report.advice), *_guide(report, data)]
    for line, text in enumerate(guide, start=2):
        put_text(sheet.cell(line, 1), text)
    top = len(guide) + 3
    thin = Side(style="thin", color="FFBFBFBF")
    for place, (label, width) in enumerate(zip(_HEADER, _WIDTHS, strict=True), start=1):
        cell = sheet.cell(top, place)
        put_text(cell, label)
        cell.font, cell.fill = Font(name=FONT, bold=True, color="FFFFFFFF"), fill(_INK)
        sheet.column_dimensions[column_letter(place)].width = width
    for line, row in enumerate(rows[:MAX_ROWS], start=top + 1):
        _write_row(sheet, line, row, data)
        for place in range(1, len(_HEADER) + 1):
            sheet.cell(line, place).alignment = Alignment(horizontal="left", vertical="top", wrap_text=True)
            sheet.cell(line, place).border = Border(bottom=thin)
        lines = max(_lines(row.wrong, 3), _lines(row.todo, 4), _lines(row.column, 2))
        sheet.row_dimensions[line].height = 15 * lines + 3
    rest = report.findings_total - len(rows[:MAX_ROWS]) - _left_out_total(report)
    if rest > 0:
        more = counted(rest, "autre n’est pas dans cette liste", "autres ne sont pas dans cette liste")
        put_text(sheet.cell(top + 1 + len(rows[:MAX_ROWS]), 1), f"… et {more} : elles se corrigent de la même façon.")
    if rows:
        last = column_letter(len(_HEADER))
        sheet.auto_filter.ref = f"A{top}:{last}{top + len(rows[:MAX_ROWS])}"
    sheet.freeze_panes = f"A{top + 1}"
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = f"{top}:{top}"


def _guide(report: FileReport, data: Worksheet | None) -> list[str]:
    name = report.file.rpartition("/")[2]
    if data is None:
        return [f"Le tableau est trop grand pour être repris ici : corrigez-le dans {name}."]
    where = f"Dans la feuille « {data.title} »"
    lines = [
        f"{where}, les cellules à corriger sont en rouge clair, celles à vérifier en jaune.",
        "Passez la souris sur une de ces cellules pour lire l’explication.",
    ]
    if report.format == "xlsx":
        lines.append(f"Quand tout est corrigé, enregistrez ce classeur sous le nom « {name} » et redéposez-le.")
    else:
        kind = {"csv": "CSV", "ods": "ODS", "xls": "Excel 97-2003"}.get(report.format, report.format)
        lines.append(
            f"Quand tout est corrigé, ouvrez la feuille « {data.title} », choisissez Enregistrer sous, "
            f"le format {kind} et le nom « {name} », puis redéposez ce fichier."
        )
    return lines


def _write_row(sheet: Worksheet, line: int, row: Row, data: Worksheet | None) -> None:
    from openpyxl.styles import Font
    from openpyxl.worksheet.hyperlink import Hyperlink

    if row.line is not None:
        sheet.cell(line, 1).value = row.line
    put_text(sheet.cell(line, 2), column_letter(row.position or 0))
    put_text(sheet.cell(line, 3), row.column)
    put_text(sheet.cell(line, 4), row.wrong if row.error else f"À vérifier : {row.wrong}")
    put_text(sheet.cell(line, 5), row.todo)
    sheet.cell(line, 1).fill = fill(WRONG if row.error else CARE)
    if data is not None and row.line is not None:
        place = f"{column_letter(row.position or 1)}{row.line}"
        link = sheet.cell(line, 6)
        put_text(link, f"→ {place}")
        title = data.title.replace("'", "''")
        link.hyperlink = Hyperlink(ref=link.coordinate, location=f"'{title}'!{place}")
        link.font = Font(name=FONT, color="FF0A4FA3", underline="single")


def _lines(text: str, place: int) -> int:
    return 1 + len(text) // (_WIDTHS[place] + 4)  # most letters are narrower than a digit, which is the unit of widths


def _left_out_total(report: FileReport) -> int:
    left = {(one.code, one.column) for one in report.findings if _is_left_out(one)}
    return sum(count for key, count in report.counts.items() if key in left)
