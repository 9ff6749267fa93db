"""The town hall's own file given back as a workbook, its wrong cells coloured and explained.

A workbook stays as it is, sheets, widths and formulas; any other file becomes a sheet of text cells. The first sheet
lists what is to be corrected. Nothing that comes from a file is ever evaluated anew: see `cells.py`.
"""

from __future__ import annotations

import contextlib
import warnings
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from odl_host.errors import StorageError
from odl_host.pipeline.reporting.cells import AUTHOR, CARE, FONT, HEAD, WRONG, defuse, fill, is_marked, mark, put_text
from odl_host.pipeline.reporting.checklist import Row, is_checklist, list_rows, write_checklist

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

    from odl_host.pipeline.read import Table
    from odl_host.pipeline.reporting.model import FileReport

MAX_CELLS = 250_000
"""Cells that are copied and coloured (about five seconds); of a larger table only the list is written."""
MAX_UNPACKED_BYTES = 80 << 20
"""What a workbook may unpack to and still be opened whole: openpyxl needs some 15 times as much memory."""
MAX_MARKS = 5_000
DATA_SHEET = "Données"
_MEASURED_ROWS = 50
_WIDEST = 45


def write_corrections_workbook(
    source: Path, table: Table | None, report: FileReport, target: Path, *, max_cells: int = MAX_CELLS
) -> None:
    """Write the file `source`, read as `table`, with what `report` found in it, to `target` (.xlsx).

    Without a table the file is read again. Of a file with more than `max_cells` cells only the list is written.

    :raises StorageError: the target cannot be written
    :raises UnreadableFile: the source is no longer what it was
    """
    from openpyxl import Workbook

    if table is None:
        from odl_host.pipeline.read import read_table

        table = read_table(source, columns=frozenset(report.header))
    small = (report.rows or 0) * max(1, len(table.header)) <= max_cells
    workbook: Workbook | None = None
    sheet: Worksheet | None = None
    if small and table.format == "xlsx":
        workbook, sheet = _open_source(source, table)
    if workbook is None:
        workbook = Workbook()
        for empty in list(workbook.worksheets):
            workbook.remove(empty)
        if small:
            sheet = _copy_table(workbook, table)
    rows = list_rows(report)
    if sheet is not None:
        _mark_cells(sheet, report, rows)
    write_checklist(workbook, report, rows, sheet)
    _save(workbook, target)


def _open_source(source: Path, table: Table) -> tuple[Workbook | None, Worksheet | None]:
    """Open a workbook as it is, without marks of an earlier attempt; (None, None) when it cannot be kept."""
    from openpyxl import load_workbook
    from openpyxl.worksheet.worksheet import Worksheet

    try:
        with zipfile.ZipFile(source) as archive:
            if sum(part.file_size for part in archive.infolist()) > MAX_UNPACKED_BYTES:
                return None, None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl names what it will not keep: pictures, slicers
            workbook = load_workbook(source)
        sheet = workbook[table.sheet] if table.sheet in workbook.sheetnames else None
    except Exception:  # noqa: BLE001 - openpyxl has no exception of its own; the cells were read without it
        return None, None
    if not isinstance(sheet, Worksheet):
        return None, None
    for other in list(workbook.worksheets):
        if other is not sheet and is_checklist(other):
            workbook.remove(other)
    for cells in sheet.iter_rows():
        for cell in cells:
            defuse(cell)
            if cell.comment is not None and cell.comment.author == AUTHOR:
                cell.comment = None
                if is_marked(cell):
                    cell.fill = fill(None)
    sheet.sheet_state = "visible"
    return workbook, sheet


def _copy_table(workbook: Workbook, table: Table) -> Worksheet:
    """Write the table as text cells, at the places where they stand in the file."""
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    sheet: Worksheet = workbook.create_sheet(DATA_SHEET)
    widths = [len(label) for label in table.header]
    for place, label in enumerate(table.header, start=1):
        title = sheet.cell(table.header_row, place)
        put_text(title, label)
        title.font = Font(name=FONT, bold=True)
        sheet.column_dimensions[get_column_letter(place)].number_format = "@"
    for number, row in enumerate(table.iter_rows()):
        for place, text in enumerate(row, start=1):
            if text:
                put_text(sheet.cell(table.header_row + 1 + number, place), text)
                if number < _MEASURED_ROWS and place <= len(widths):
                    widths[place - 1] = max(widths[place - 1], len(text))
    for place, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = min(_WIDEST, width + 3)
    sheet.freeze_panes = f"A{table.header_row + 1}"
    return sheet


def _mark_cells(sheet: Worksheet, report: FileReport, rows: list[Row]) -> None:
    """Colour the cells of the list and say in a comment what is wrong and what to type."""
    said: dict[tuple[int, int], list[Row]] = {}
    missing = [row for row in rows if row.code == "missing-label"]
    for row in rows:
        if row.code != "missing-label" and row.line is not None:
            said.setdefault((row.line, row.position or 1), []).append(row)
    if missing:
        for place in range(1, len(report.header) + 1):
            mark(sheet.cell(report.header_row, place), HEAD, "")
        said.setdefault((report.header_row, 1), [])[:0] = missing
    for (line, place), found in list(said.items())[:MAX_MARKS]:
        text = "\n".join(f"{row.wrong}\n→ {row.todo}" if row.todo else row.wrong for row in found)
        colour = HEAD if line == report.header_row else WRONG if any(row.error for row in found) else CARE
        mark(_top_left(sheet, line, place), colour, text)


def _top_left(sheet: Worksheet, line: int, place: int):  # type: ignore[no-untyped-def]  # openpyxl's cells have no common type
    """Return the cell, or the one that holds the value of the merged cells it is part of."""
    cell = sheet.cell(line, place)
    for merged in sheet.merged_cells.ranges:
        if cell.coordinate in merged:
            return sheet.cell(merged.min_row, merged.min_col)
    return cell


def _save(workbook: Workbook, target: Path) -> None:
    workbook.active = 0
    for place, sheet in enumerate(workbook.worksheets):
        # Two selected sheets are edited together: what is typed in one would land in the other.
        sheet.sheet_view.tabSelected = place == 0
    beside = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            workbook.save(beside)
        beside.replace(target)
    except OSError as error:
        raise StorageError(f"The workbook {target} cannot be written: {error.strerror or error}.") from error
    finally:
        with contextlib.suppress(OSError):  # there is nothing to take away where nothing can be written
            beside.unlink()
