"""What one row shows of how a file was made: cells cut at decimal commas, rows swallowed by a cell, a total."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from odl_host.pipeline.reading.batch import Row

_WHOLE_PART = r"[-+]?\d[\d \u00a0\u202f]*"
_DECIMALS = r"\d{1,2}\s*€?"
_TOTAL = r"(?:sous[- ])?tota(?:l|ux)\b.*"
_AMOUNT = r"[-+]?\d[\d \u00a0\u202f]*(?:[.,]\d+)?\s*(?:€|%|euros?)?"


def swallows_rows(row: Row, delimiter: str, width: int) -> bool:
    r"""Tell whether a cell holds whole rows of the file, which happens behind a quotation mark left open.

    >>> swallows_rows(["Mairie", "dit\nClub;rien\nÉcole;rien"], ";", 2), swallows_rows(["Mairie", "2\nétages"], ";", 2)
    (True, False)
    """
    if width < 2:
        return False
    for cell in row:
        if "\n" in cell:
            lines = cell.splitlines()[1:]
            if lines and all(line.count(delimiter) >= width - 1 for line in lines if line.strip()):
                return True
    return False


def count_below(rows: Sequence[Row]) -> int:
    """Return how many of the last rows are no data: a total, a remark, and what is blank before and between them.

    0 when all of these are such rows: then the table may be made of them.

    >>> count_below([["Club", "fête", "12", "non"], ["", "", "", ""], ["TOTAL", "", "", ""]])
    2
    """
    for count, row in enumerate(reversed(rows)):
        if not _is_below(row):
            return count
    return 0


def _is_below(row: Row) -> bool:
    """Tell whether a row is blank, only adds up those above, or is one sentence.

    >>> _is_below(["TOTAL général", "", "", "15 000,00"]), _is_below(["Total Énergies", "Chambéry", "12", "oui"])
    (True, False)
    """
    filled = [cell.strip() for cell in row if cell and not cell.isspace()]
    if not filled:
        return True
    if len(filled) > len(row) / 2:
        return False
    if re.fullmatch(_TOTAL, filled[0], re.IGNORECASE | re.DOTALL):
        return all(re.fullmatch(_AMOUNT, cell) for cell in filled[1:])
    return len(filled) == 1 and len(row) >= _WIDE and len(filled[0].split()) >= _SENTENCE_WORDS


_WIDE = 4
_SENTENCE_WORDS = 3
"""Columns and words from which one cell alone on its row is a remark."""


def has_split_decimal(row: Row) -> bool:
    """Tell whether two neighbouring cells look like the halves of a number with a decimal comma.

    >>> has_split_decimal(["Club", "58 400", "00", "non"]), has_split_decimal(["Club", "58400.00", "non"])
    (True, False)
    """
    return any(
        b[:1].isdigit() and re.fullmatch(_DECIMALS, b) and re.fullmatch(_WHOLE_PART, a)
        for a, b in itertools.pairwise(row)
    )
