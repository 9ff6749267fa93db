"""Find the header row: titles, dates and logos often stand above it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from odl_host.pipeline.reading.names import name_key

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

HEAD_ROWS = 40
"""How far down a header is looked for."""
_VALUE = r"[-+]?[\d\s\u00a0\u202f.,/:%€-]*\d[\d\s\u00a0\u202f.,/:%€TZ-]*"

_VALUE_LENGTH = 80
"""No value is longer; for twice the text the pattern takes four times the time."""


def find_header(rows: Sequence[Sequence[str]], keys: Collection[str] = ()) -> int:
    """Return the index of the header among the first rows of a file (0 where all are blank).

    `keys` are known column names as `name_key` reduces them: the row that shows most of them is the header. Without
    a match, the first row that looks like one: about as many cells as the rows below, all filled with words.

    >>> find_header([["Subventions 2024", "", ""], [], ["nom", "montant", "date"], ["CAF", "12", "2024-01-01"]])
    2
    """
    if keys:
        matches: list[int] = []
        for row in rows[:HEAD_ROWS]:
            cells = _filled(row)
            matches.append(len({name_key(cell) for cell in cells}.intersection(keys)))
            if matches[-1] > 1 and matches[-1] * 2 > len(cells):
                break  # more than half are names: that is the header
        best = max(matches, default=0)
        index = matches.index(best) if best else 0
        if best >= 2 or (best == 1 and len(_filled(rows[index])) == 1):
            return index
    return _first_that_looks_like_one([_filled(row) for row in rows[:HEAD_ROWS]])


def _filled(row: Sequence[str]) -> list[str]:
    return [cell for cell in row if cell and not cell.isspace()]


def _first_that_looks_like_one(filled: list[list[str]]) -> int:
    first = next((index for index, cells in enumerate(filled) if cells), 0)
    widths = sorted(len(cells) for cells in filled if cells)
    if not widths:
        return 0
    typical = widths[len(widths) // 2]
    if typical < 2:
        return first
    wanted = max(2, round(0.6 * typical))
    for index in range(first, min(first + 15, len(filled))):
        cells = filled[index]
        if len(cells) < wanted:
            continue
        words = sum(not _is_value(cell.strip()) for cell in cells)
        if words >= 0.8 * len(cells):
            return index
        # Values already: the rows above were no header either, so the first row has to do.
        return first
    return first


def _is_value(text: str) -> bool:
    return len(text) <= _VALUE_LENGTH and re.fullmatch(_VALUE, text) is not None
