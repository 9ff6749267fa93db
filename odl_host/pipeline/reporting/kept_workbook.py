"""A town hall's workbook as it is, sheets, widths and formulas, its wrong cells marked and the list before them."""

from __future__ import annotations

import gc
import warnings
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from odl_host.pipeline.reporting.cells import (
    AUTHOR,
    CARE,
    COMMENT_WIDTH,
    FONT,
    HEAD,
    INK,
    LINK,
    RULE,
    WRONG,
    Mark,
    cell_text,
    looks_like_formula,
    starts_program,
)
from odl_host.pipeline.reporting.checklist import (
    HEADER,
    SHEET,
    WIDTHS,
    Checklist,
    Row,
    guide_height,
    is_checklist,
    list_marks,
    make_checklist,
)
from odl_host.pipeline.reporting.wording import column_letter

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

    from odl_host.pipeline.reporting.model import FileReport

MAX_UNPACKED_BYTES = 80 << 20
"""What a workbook may unpack to and still be opened whole: openpyxl needs some 15 times as much memory."""


def write(source: Path, sheet_name: str | None, report: FileReport, rows: list[Row], target: Path) -> bool:
    """Write the workbook with its marks and its list; returns False, and writes nothing, when it cannot be kept.

    :raises OSError: the target cannot be written
    """
    collecting = gc.isenabled()
    gc.disable()  # it would look through every cell again and again, for nothing: a fifth of the time
    try:
        workbook, sheet = _open_source(source, sheet_name)
        if workbook is None or sheet is None:
            return False
        _mark_cells(sheet, list_marks(report, rows))
        _write_checklist(workbook, make_checklist(report, rows, sheet.title))
        workbook.active = 0
        for place, one in enumerate(workbook.worksheets):
            # Two selected sheets are edited together: what is typed in one would land in the other.
            one.sheet_view.tabSelected = place == 0
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            written = BytesIO()  # as in `copied_workbook.py`
            workbook.save(written)
        target.write_bytes(written.getbuffer())
        return True
    finally:
        if collecting:
            gc.enable()


def _open_source(source: Path, sheet_name: str | None) -> tuple[Workbook | None, Worksheet | None]:
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
        sheet = workbook[sheet_name] if sheet_name and sheet_name in workbook.sheetnames else None
    except Exception:  # noqa: BLE001 - openpyxl has no exception of its own; the cells were read without it
        return None, None
    if not isinstance(sheet, Worksheet):
        return None, None
    for other in list(workbook.worksheets):
        if other is not sheet and is_checklist(other):
            workbook.remove(other)
    for one in workbook.worksheets:
        _disarm(one)
    for cell in _cells_of(sheet):
        if cell.comment is not None and cell.comment.author == AUTHOR:
            cell.comment = None
            if cell.fill.fill_type == "solid" and cell.fill.start_color.rgb in (WRONG, CARE, HEAD):
                cell.fill = _fill(None)
    sheet.sheet_state = "visible"
    return workbook, sheet


def _disarm(sheet: Worksheet) -> None:
    """Turn the formulas that would start a program into text."""
    for cell in _cells_of(sheet):
        if cell.data_type == "f":
            # The formula of several cells is an object that holds its text.
            formula = getattr(cell.value, "text", cell.value)
            if starts_program(formula):
                _put_text(cell, str(formula))


def _cells_of(sheet: Worksheet) -> list[Any]:
    """Return the cells that the sheet holds; `iter_rows` would make those that it does not."""
    return list(sheet._cells.values())


def _mark_cells(sheet: Worksheet, marks: Mapping[tuple[int, int], Mark]) -> None:
    """Colour cells and say in a comment what is wrong; a cell's own comment is kept below."""
    from openpyxl.cell.cell import Cell
    from openpyxl.comments import Comment

    fills = {colour: _fill(colour) for colour in (WRONG, CARE, HEAD)}
    for (line, place), mark in marks.items():
        cell = _top_left(sheet, line, place)
        if not isinstance(cell, Cell):
            continue
        cell.fill = fills[mark.colour]
        if not mark.text:
            continue
        if cell.comment is not None:
            mark = Mark(mark.colour, f"{mark.text}\n\n{cell.comment.text}")
        cell.comment = Comment(mark.comment, AUTHOR, width=COMMENT_WIDTH, height=mark.comment_height)


def _top_left(sheet: Worksheet, line: int, place: int) -> Any:
    """Return the cell, or the one that holds the value of the merged cells it is part of."""
    cell = sheet.cell(line, place)
    for merged in sheet.merged_cells.ranges:
        if cell.coordinate in merged:
            return sheet.cell(merged.min_row, merged.min_col)
    return cell


def _write_checklist(workbook: Workbook, checklist: Checklist) -> None:
    """Add the list as the workbook's first sheet."""
    from openpyxl.styles import Alignment, Border, Font, Side
    from openpyxl.worksheet.hyperlink import Hyperlink
    from openpyxl.worksheet.properties import PageSetupProperties

    sheet = workbook.create_sheet(SHEET, 0)
    sheet.sheet_properties.tabColor = WRONG
    sheet.sheet_view.showGridLines = False
    _put_text(sheet["A1"], checklist.title)
    sheet["A1"].font = Font(name=FONT, bold=True, size=14)
    sheet["A1"].alignment = Alignment(vertical="top", wrap_text=True)
    sheet.merge_cells(start_row=1, end_row=1, start_column=1, end_column=len(HEADER))
    sheet.row_dimensions[1].height = checklist.title_height
    for line, text in enumerate(checklist.guide, start=2):
        _put_text(sheet.cell(line, 1), text)
        sheet.cell(line, 1).alignment = Alignment(vertical="top", wrap_text=True)
        sheet.merge_cells(start_row=line, end_row=line, start_column=1, end_column=len(HEADER))
        sheet.row_dimensions[line].height = guide_height(text)
    top = checklist.top
    for place, (label, width) in enumerate(zip(HEADER, WIDTHS, strict=True), start=1):
        cell = sheet.cell(top, place)
        _put_text(cell, label)
        cell.font, cell.fill = Font(name=FONT, bold=True, color="FFFFFFFF"), _fill(INK)
        sheet.column_dimensions[column_letter(place)].width = width
    # A cell's look is set once and its number copied: setting it part by part takes most of the time.
    models = {
        name: _model(
            sheet,
            alignment=Alignment(horizontal="left", vertical="top", wrap_text=True),
            border=Border(bottom=Side(style="thin", color=RULE)),
            **look,
        )
        for name, look in {
            "text": {"number_format": "@"},
            "error": {"fill": _fill(WRONG)},
            "warning": {"fill": _fill(CARE)},
            "link": {"number_format": "@", "font": Font(name=FONT, color=LINK, underline="single")},
        }.items()
    }
    for line, row in enumerate(checklist.rows, start=top + 1):
        number = sheet.cell(line, 1)
        number._style = models["error" if row.error else "warning"]
        if row.line is not None:
            number.value = row.line
        link = checklist.link_of(row)
        texts = (row.letters, row.column, row.said, row.todo, f"→ {row.place}" if link else "")
        for place, text in enumerate(texts, start=2):
            cell = sheet.cell(line, place)
            cell._style = models["link" if link and place == len(HEADER) else "text"]
            if text:
                cell.value, cell.data_type = cell_text(text), "s"
                if looks_like_formula(text):
                    cell.quotePrefix = True
        if link:
            cell.hyperlink = Hyperlink(ref=cell.coordinate, location=link)
            cell._style = models["link"]
        sheet.row_dimensions[line].height = row.height
    last = top + len(checklist.rows)
    if checklist.more:
        _put_text(sheet.cell(last + 1, 1), checklist.more)
    if checklist.rows:
        sheet.auto_filter.ref = f"A{top}:{column_letter(len(HEADER))}{last}"
    sheet.freeze_panes = f"A{top + 1}"
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = f"{top}:{top}"


def _model(sheet: Worksheet, **look: Any) -> Any:
    """Return the number of a look in the workbook, to give to cells."""
    from openpyxl.cell.cell import Cell

    cell: Any = Cell(sheet, 1, 1)
    for name, value in look.items():
        setattr(cell, name, value)
    return cell._style


def _put_text(cell: Any, text: str) -> None:
    """Write a text into a cell, as text whatever it looks like."""
    from openpyxl.cell.cell import Cell

    if not isinstance(cell, Cell):
        return
    cell.value = cell_text(text)
    cell.data_type = "s"  # not "f" for "=1+1", nor "e" for "#N/A"
    cell.number_format = "@"
    if looks_like_formula(text):
        cell.quotePrefix = True


def _fill(colour: str | None) -> Any:
    from openpyxl.styles import PatternFill

    return PatternFill("solid", start_color=colour, end_color=colour) if colour else PatternFill()
