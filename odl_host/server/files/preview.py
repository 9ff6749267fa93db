"""The first lines of a published CSV, as the portal shows them.

Reads the beginning of the stored file only, whatever its size. The normalised files are UTF-8 with commas; a file that
was uploaded by other means may be neither, so that the delimiter is looked for and odd bytes do not stop the page.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import BinaryIO

READ_BYTES = 128 * 1024
"""Enough for the first lines of wide tables, little enough to read for each page."""
MAX_COLUMNS = 60
MAX_CELL = 160


@dataclass(frozen=True, slots=True)
class Preview:
    """The column names and the first rows, each as long as the header."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    columns_left_out: int


def read_preview(file: BinaryIO, *, rows: int) -> Preview | None:
    """Return the beginning of a CSV, or None when it does not read as a table."""
    data = file.read(READ_BYTES)
    whole = len(data) < READ_BYTES
    text = read_text(data, is_whole=whole)
    if "\0" in text:
        return None
    delimiter = find_delimiter(text)
    try:
        lines = []
        for line in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if line:
                lines.append(line)
            if len(lines) > rows + 1:
                break
    except csv.Error:
        return None
    if not whole and len(lines) <= rows + 1:
        lines = lines[:-1]  # the last line was cut where reading stopped
    if not lines:
        return None
    header = lines[0][:MAX_COLUMNS]
    return Preview(
        header=tuple(_short(name) for name in header),
        rows=tuple(
            tuple(_short(cell) for cell in [*line, *[""] * len(header)][: len(header)]) for line in lines[1 : rows + 1]
        ),
        columns_left_out=max(0, len(lines[0]) - MAX_COLUMNS),
    )


def read_text(data: bytes, *, is_whole: bool = True) -> str:
    """Decode a file, or its beginning: UTF-8, else what Windows writes in France."""
    try:
        return data.decode("utf-8-sig", errors="strict" if is_whole else "ignore")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def find_delimiter(text: str) -> str:
    """Return what separates the columns, by the first line."""
    return max(",;\t|", key=text.partition("\n")[0].count)


def _short(cell: str) -> str:
    return cell if len(cell) <= MAX_CELL else cell[:MAX_CELL].rstrip() + "…"
