"""A file that is no workbook, copied into one as text cells at the same lines, with its wrong cells marked.

Written as a stream: the table is never held in memory.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
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
)
from odl_host.pipeline.reporting.checklist import (
    HEADER,
    SHEET,
    WIDTHS,
    Checklist,
    Row,
    guide_height,
    list_marks,
    make_checklist,
)

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    from odl_host.pipeline.reading.read import Table
    from odl_host.pipeline.reporting.model import FileReport

DATA_SHEET = "Données"
_MEASURED_ROWS = 50
_WIDEST = 45
_AS_TYPED = {"strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}


def write(table: Table | None, report: FileReport, rows: list[Row], target: Path) -> None:
    """Write the list and, unless `table` is None, the copy of the table.

    :raises OSError: the target cannot be written
    """
    from xlsxwriter import Workbook
    from xlsxwriter.exceptions import FileCreateError

    options = {"constant_memory": True, "default_format_properties": {"font_name": FONT, "font_size": 11}, **_AS_TYPED}
    written = BytesIO()  # on a full disk, a zip that is left unfinished would complain once more when it is forgotten
    workbook = Workbook(written, options)
    workbook.set_properties({"author": AUTHOR, "created": datetime.combine(report.date, time(), UTC)})
    _write_checklist(workbook, make_checklist(report, rows, DATA_SHEET if table is not None else None))
    if table is not None:
        _write_table(workbook, table, list_marks(report, rows))
    try:
        workbook.close()
    except FileCreateError as error:  # its own temporary files
        raise OSError(str(error)) from error
    target.write_bytes(written.getbuffer())


def _write_table(workbook: Workbook, table: Table, marks: Mapping[tuple[int, int], Mark]) -> None:
    sheet = workbook.add_worksheet(DATA_SHEET)
    looks = _Looks(workbook)
    sheet.set_comments_author(AUTHOR)
    rows = table.iter_rows()
    first = list(itertools.islice(rows, _MEASURED_ROWS))
    for place, label in enumerate(table.header):
        longest = max((len(row[place]) for row in first if len(row) > place), default=0)
        width = max(len(label), longest) + 3
        sheet.set_column(place, place, min(_WIDEST, width), looks.get(None, title=False, quoted=False))
    sheet.freeze_panes(table.header_row, 0)
    by_line: dict[int, dict[int, Mark]] = {}
    for (line, place), mark in marks.items():
        by_line.setdefault(line, {})[place] = mark
    _write_line(sheet, table.header_row, table.header, by_line.get(table.header_row, {}), looks, title=True)
    for line, row in enumerate(itertools.chain(first, rows), start=table.header_row + 1):
        _write_line(sheet, line, row, by_line.get(line, {}), looks)


def _write_line(
    sheet: Worksheet, line: int, texts: Sequence[str], marks: Mapping[int, Mark], looks: _Looks, *, title: bool = False
) -> None:
    """Write a line whole, comments included: a stream takes nothing for a line that is behind it."""
    for place, text in enumerate(texts, start=1):
        if text:
            colour = marks[place].colour if place in marks else None
            look = looks.get(colour, title=title, quoted=looks_like_formula(text))
            sheet.write_string(line - 1, place - 1, cell_text(text), look)
    for place, mark in marks.items():
        if place > len(texts) or not texts[place - 1]:
            sheet.write_blank(line - 1, place - 1, None, looks.get(mark.colour, title=title, quoted=False))
        if mark.text:
            box = {"width": COMMENT_WIDTH, "height": mark.comment_height}
            sheet.write_comment(line - 1, place - 1, mark.comment, box)


class _Looks:
    """The formats of the copy's cells: text of any colour, titles bold."""

    def __init__(self, workbook: Workbook) -> None:
        self._workbook = workbook
        self._made: dict[tuple[str | None, bool, bool], Format] = {}

    def get(self, colour: str | None, *, title: bool, quoted: bool) -> Format:
        key = (colour, title, quoted)
        found = self._made.get(key)
        if found is None:
            look: dict[str, Any] = {"num_format": "@", "bold": title, "quote_prefix": quoted}
            if colour:
                look["bg_color"] = _rgb(colour)
            found = self._made[key] = self._workbook.add_format(look)
        return found


def _write_checklist(workbook: Workbook, checklist: Checklist) -> None:
    sheet = workbook.add_worksheet(SHEET)
    cell = {"align": "left", "valign": "top", "text_wrap": True, "bottom": 1, "bottom_color": _rgb(RULE)}
    text = workbook.add_format({"num_format": "@", **cell})
    quoted = workbook.add_format({"num_format": "@", "quote_prefix": True, **cell})
    link_look = workbook.add_format({"num_format": "@", "font_color": _rgb(LINK), "underline": 1, **cell})
    error, warning = (workbook.add_format({"bg_color": _rgb(colour), **cell}) for colour in (WRONG, CARE))
    wrapped = workbook.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
    plain = workbook.add_format({"num_format": "@"})
    big = workbook.add_format({"bold": True, "font_size": 14, "text_wrap": True, "valign": "top"})
    head = workbook.add_format({"bold": True, "font_color": "#FFFFFF", "bg_color": _rgb(INK)})
    sheet.set_tab_color(_rgb(HEAD))
    sheet.hide_gridlines(2)
    sheet.set_row(0, checklist.title_height)
    sheet.merge_range(0, 0, 0, len(HEADER) - 1, "", big)
    sheet.write_string(0, 0, cell_text(checklist.title), big)
    for place, width in enumerate(WIDTHS):
        sheet.set_column(place, place, width)
    for line, said in enumerate(checklist.guide, start=1):
        sheet.set_row(line, guide_height(said))
        sheet.merge_range(line, 0, line, len(HEADER) - 1, "", wrapped)
        sheet.write_string(line, 0, cell_text(said), wrapped)
    top = checklist.top
    for place, label in enumerate(HEADER):
        sheet.write_string(top - 1, place, label, head)
    for line, row in enumerate(checklist.rows, start=top):
        sheet.set_row(line, row.height)
        look = error if row.error else warning
        if row.line is None:
            sheet.write_blank(line, 0, None, look)
        else:
            sheet.write_number(line, 0, row.line, look)
        for place, said in enumerate((row.letters, row.column, row.said, row.todo), start=1):
            sheet.write_string(line, place, cell_text(said), quoted if looks_like_formula(said) else text)
        link = checklist.link_of(row)
        if link:
            sheet.write_url(line, len(HEADER) - 1, f"internal:{link}", link_look, f"→ {row.place}")
        else:
            sheet.write_blank(line, len(HEADER) - 1, None, text)
    last = top + len(checklist.rows)
    if checklist.more:
        sheet.write_string(last, 0, checklist.more, plain)
    if checklist.rows:
        sheet.autofilter(top - 1, 0, last - 1, len(HEADER) - 1)
    sheet.freeze_panes(top, 0)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(top - 1)
    sheet.activate()


def _rgb(colour: str) -> str:
    return f"#{colour[-6:]}"
