"""Cells of the workbooks we write: text that stays text, marks that are seen and read.

A text that begins like a formula is written as text, with the flag that keeps it one when it is edited. A formula that
would start a program (dynamic data exchange) is turned into text as well. Source: OWASP, "CSV Injection", 2026-11-23.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell, MergedCell
    from openpyxl.styles import PatternFill

WRONG, CARE, HEAD = "FFF4B3AE", "FFFFE699", "FFFFD08A"
FONT = "Calibri"
AUTHOR = "Vérification"
_STARTS_FORMULA = tuple("=+-@\t\r|")
_STARTS_PROGRAM = re.compile(r"=.*\|.*!|=\s*DDE\s*\(", re.IGNORECASE | re.DOTALL)
_COMMENT_WIDTH, _LINE_HEIGHT, _LETTERS_PER_LINE = 320, 19, 44
_MOST_LETTERS = 1_200


def put_text(cell: Cell | MergedCell, text: str) -> None:
    """Write a text into a cell, as text whatever it looks like."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell

    if not isinstance(cell, Cell):
        return
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", text)
    cell.data_type = "s"  # not "f" for "=1+1", nor "e" for "#N/A"
    cell.number_format = "@"
    if text.startswith(_STARTS_FORMULA):
        cell.quotePrefix = True


def defuse(cell: Cell | MergedCell) -> None:
    """Turn a formula that would start a program into the text of that formula."""
    if cell.data_type == "f" and isinstance(cell.value, str) and _STARTS_PROGRAM.match(cell.value):
        put_text(cell, cell.value)


def fill(colour: str | None) -> PatternFill:
    """Return a plain background, or none."""
    from openpyxl.styles import PatternFill

    return PatternFill("solid", start_color=colour, end_color=colour) if colour else PatternFill()


def is_marked(cell: Cell | MergedCell) -> bool:
    """Tell whether the cell has a background of ours."""
    return cell.fill.fill_type == "solid" and cell.fill.start_color.rgb in (WRONG, CARE, HEAD)


def mark(cell: Cell | MergedCell, colour: str, text: str) -> None:
    """Colour a cell and, unless `text` is empty, explain it in a comment; the cell's own comment is kept below."""
    from openpyxl.cell.cell import Cell
    from openpyxl.comments import Comment

    if not isinstance(cell, Cell):
        return
    cell.fill = fill(colour)
    if not text:
        return
    if cell.comment is not None:
        text = f"{text}\n\n{cell.comment.text}"
    text = text if len(text) <= _MOST_LETTERS else f"{text[:_MOST_LETTERS]}…"
    lines = sum(1 + len(line) // _LETTERS_PER_LINE for line in text.split("\n"))
    cell.comment = Comment(text, AUTHOR, width=_COMMENT_WIDTH, height=_LINE_HEIGHT * (lines + 1))
