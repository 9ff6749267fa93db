"""What one row shows of how a file was made: cells cut at decimal commas, rows swallowed by a cell, a total."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from odl_host.pipeline.reading.table import Row

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


def is_total(row: Row) -> bool:
    """Tell whether a row only adds up those above: "Total", one number at least, and most cells blank.

    >>> is_total(["TOTAL général", "", "", "15 000,00"]), is_total(["Total Énergies", "Chambéry", "12", "oui"])
    (True, False)
    """
    filled = [cell.strip() for cell in row if cell and not cell.isspace()]
    return (
        2 <= len(filled) <= len(row) / 2
        and re.fullmatch(_TOTAL, filled[0], re.IGNORECASE | re.DOTALL) is not None
        and all(re.fullmatch(_AMOUNT, cell) for cell in filled[1:])
    )


def has_split_decimal(row: Row) -> bool:
    """Tell whether two neighbouring cells look like the halves of a number with a decimal comma.

    >>> has_split_decimal(["Club", "58 400", "00", "non"]), has_split_decimal(["Club", "58400.00", "non"])
    (True, False)
    """
    return any(
        b[:1].isdigit() and re.fullmatch(_DECIMALS, b) and re.fullmatch(_WHOLE_PART, a)
        for a, b in itertools.pairwise(row)
    )
