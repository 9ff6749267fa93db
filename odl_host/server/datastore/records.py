"""Rows as records: objects, lists, CSV or TSV text."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any, NamedTuple

from odl_host.server.datastore.table import Column

MAX_ARGUMENTS = 100
"""Of one function in SQLite. Source: sqlite.org/limits.html, SQLITE_MAX_FUNCTION_ARG."""

FORMATS = ("objects", "lists", "csv", "tsv")

Row = Sequence[Any]


def render(columns: Sequence[Column], rows: list[Row], records_format: str) -> Any:
    """Return rows, as they were read, in one of `FORMATS`."""
    if records_format in ("csv", "tsv"):
        return as_text(columns, rows, "," if records_format == "csv" else "\t")
    shown = shown_rows(columns, rows)
    if records_format == "lists":
        return [list(row) for row in shown]
    names = [column.id for column in columns]
    return [dict(zip(names, row, strict=True)) for row in shown]


class JsonRow(NamedTuple):
    """How SQLite writes a row as JSON: the expression, and the names that are its parameters."""

    sql: str
    names: list[str]


def json_row(columns: Sequence[Column], shown: Sequence[str], records_format: str) -> JsonRow | None:
    """Return how SQLite writes rows of these columns, each shown by its SQL; None: it cannot, or not as we do.

    It is twice as fast as to bring each value into Python, but has its own way with numbers that are not whole.
    """
    names = [column.id for column in columns]
    if any(column.number < 0 or column.type.show is not None for column in columns):
        return None
    if records_format == "lists" and len(names) <= MAX_ARGUMENTS:
        return JsonRow(f"json_array({', '.join(shown)})", [])
    if records_format == "objects" and len(set(names)) == len(names) <= MAX_ARGUMENTS // 2:
        return JsonRow(f"json_object({', '.join(f'?, {sql}' for sql in shown)})", names)
    return None


def shown_rows(columns: Sequence[Column], rows: list[Row]) -> list[Row]:
    """Return rows whose values are those of JSON."""
    converted = [(index, column.type.show) for index, column in enumerate(columns) if column.type.show is not None]
    if not converted:
        return rows
    shown: list[Row] = []
    for row in rows:
        values = list(row)
        for index, show in converted:
            if values[index] is not None:
                values[index] = show(values[index])
        shown.append(values)
    return shown


def as_text(columns: Sequence[Column], rows: list[Row], delimiter: str) -> str:
    """Return rows as lines; null is nothing at all, and a text without a character is in quotes."""
    if not rows:
        return ""
    texts = [(column.type.text, column.type.null_text) for column in columns]
    lines = []
    for row in rows:
        cells = []
        for value, (text, null) in zip(row, texts, strict=True):
            if value is None:
                cells.append(null)
            else:
                cell = value if type(value) is str and text is str else text(value)
                cells.append(_quoted(cell, delimiter))
        lines.append(delimiter.join(cells))
    lines.append("")
    return "\n".join(lines)


def _quoted(cell: str, delimiter: str) -> str:
    if not cell or delimiter in cell or '"' in cell or "\n" in cell or "\r" in cell:
        return '"' + cell.replace('"', '""') + '"'
    return cell


def header_line(columns: Sequence[Column], delimiter: str) -> str:
    """Return the names of the columns as the first line of a file."""
    line = io.StringIO()
    csv.writer(line, delimiter=delimiter).writerow([column.id for column in columns])
    return line.getvalue()
