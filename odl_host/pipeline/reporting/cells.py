"""Cells of the workbooks we write: text that stays text, marks that are seen and read.

A text that begins like a formula is written as text, with the flag that keeps it one when it is edited. A formula that
would start a program (dynamic data exchange) is turned into text as well. Source: OWASP, "CSV Injection", 2026-11-23.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

WRONG, CARE, HEAD = "FFF4B3AE", "FFFFE699", "FFFFD08A"
INK, LINK, RULE = "FF1F2A44", "FF0A4FA3", "FFBFBFBF"
FONT = "Calibri"
AUTHOR = "Vérification"
COMMENT_WIDTH = 320
_STARTS_FORMULA = tuple("=+-@\t\r|")
_STARTS_PROGRAM = re.compile(r"=.*\|.*!|=\s*DDE\s*\(", re.IGNORECASE | re.DOTALL)
# What XML 1.0 cannot hold. Source: W3C, Extensible Markup Language 1.0, section 2.2.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LINE_HEIGHT, _LETTERS_PER_LINE = 19, 44
_MOST_LETTERS = 1_200
_MOST_CELL_LETTERS = 32_767  # Source: Excel specifications and limits.


@dataclass(frozen=True, slots=True)
class Mark:
    """The colour of a cell and what its comment says, "" for none."""

    colour: str
    text: str

    @property
    def comment(self) -> str:
        """The text that a comment can hold."""
        text = _ILLEGAL.sub("", self.text)
        return text if len(text) <= _MOST_LETTERS else f"{text[:_MOST_LETTERS]}…"

    @property
    def comment_height(self) -> int:
        """The height of the comment's box in pixels."""
        return _LINE_HEIGHT * (1 + sum(1 + len(line) // _LETTERS_PER_LINE for line in self.comment.split("\n")))


def cell_text(text: str) -> str:
    """Return what of a text a cell can hold."""
    return _ILLEGAL.sub("", text)[:_MOST_CELL_LETTERS]


def looks_like_formula(text: str) -> bool:
    """Tell whether a spreadsheet would take the text for a formula, were it typed."""
    return text.startswith(_STARTS_FORMULA)


def starts_program(formula: object) -> bool:
    """Tell whether a formula would start a program when it is worked out."""
    return isinstance(formula, str) and _STARTS_PROGRAM.match(formula) is not None
