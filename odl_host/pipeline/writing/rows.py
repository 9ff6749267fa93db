"""Rows of a published CSV as CKAN's DataStore takes them: typed columns, and records to insert.

A column has the type that its schema gives it only when each of its cells is written so; otherwise it is text, and
nothing of a cell is lost. An empty cell, or one that the schema calls a missing value, is null.
"""

from __future__ import annotations

import csv
import itertools
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeAlias

from odl_host.schemas.descriptor import Field, Schema

BATCH_ROWS = 4000
_MOST_NAME_BYTES = 63  # of a PostgreSQL identifier
_INT_LIMIT = 2**31  # PostgreSQL's `int` has four bytes

Value: TypeAlias = "int | str | bool"
Reader: TypeAlias = Callable[[str], "Value | None"]
"""Returns a cell's value, or None when the cell is not of its type."""

_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")  # a leading zero says that it is a code: it must not be lost
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATETIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?")


@dataclass(frozen=True, slots=True)
class Rows:
    """A CSV that can be loaded; `fields` are as `datastore_create` wants them."""

    path: Path
    fields: list[dict[str, Any]]
    readers: list[Reader]
    missing: frozenset[str]

    def batches(self) -> Iterator[list[dict[str, Any]]]:
        """Yield the records, some thousands at a time. :raises OSError: the file cannot be read."""
        names = [field["id"] for field in self.fields]
        with _open_rows(self.path) as rows:
            next(rows, None)
            records = (
                {
                    name: None if cell in self.missing else read(cell)
                    for name, read, cell in zip(names, self.readers, row, strict=False)
                }
                for row in rows
            )
            while batch := list(itertools.islice(records, BATCH_ROWS)):
                yield batch


def read_rows(path: Path, schema: Schema) -> Rows:
    """Return the rows of a normalised CSV, typed by its schema; the file is read once for it.

    :raises OSError: the file cannot be read.
    """
    missing = frozenset({"", *schema.missing_values})
    with _open_rows(path) as rows:
        header = next(rows, [])
        columns = [schema.find_field(label) for label in header]
        typed = [_type_of(column) for column in columns]
        for row in rows:
            for place, cell in enumerate(row[: len(header)]):
                kind, read = typed[place]
                if kind == "text" or cell in missing:
                    continue
                value = read(cell)
                if value is None:
                    typed[place] = _TEXT
                elif kind == "int" and not -_INT_LIMIT <= int(value) < _INT_LIMIT:
                    typed[place] = ("numeric", _read_number)
    fields = [
        {"id": name, "type": kind, "info": schema.describe_column(label)}
        for name, (kind, _), label in zip(_column_ids(header), typed, header, strict=True)
    ]
    return Rows(path, fields, [read for _, read in typed], missing)


class _open_rows:  # noqa: N801 - used as a function: a file and its rows, open together
    def __init__(self, path: Path) -> None:
        self._file = path.open(encoding="utf-8", newline="")

    def __enter__(self) -> Iterator[list[str]]:
        csv.field_size_limit(sys.maxsize)
        return csv.reader(self._file)

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _column_ids(header: list[str]) -> list[str]:
    """Return the columns' names in the table: what PostgreSQL and the DataStore refuse is left out, each is unique."""
    ids: list[str] = []
    for place, label in enumerate(header, 1):
        plain = re.sub(r'["\x00-\x1f\x7f]', " ", label).strip().lstrip("_").strip() or f"colonne {place}"
        name, turn = _cut(plain, ""), 2
        while name in ids:
            name, turn = _cut(plain, f" {turn}"), turn + 1
        ids.append(name)
    return ids


def _cut(name: str, ending: str) -> str:
    room = _MOST_NAME_BYTES - len(ending)
    return name.encode()[:room].decode(errors="ignore").strip() + ending


def _read_text(cell: str) -> Value:
    return cell.replace("\x00", "")


def _read_integer(cell: str) -> Value | None:
    return int(cell) if len(cell) <= 4000 and _INTEGER.fullmatch(cell) else None


def _read_number(cell: str) -> Value | None:
    return cell if _NUMBER.fullmatch(cell) else None  # as text: no binary fraction comes between


def _read_date(cell: str) -> Value | None:
    try:
        return date.fromisoformat(cell).isoformat() if _DATE.fullmatch(cell) else None
    except ValueError:
        return None


def _read_datetime(cell: str) -> Value | None:
    plain = cell.removesuffix("Z")
    try:
        return datetime.fromisoformat(plain).isoformat() if _DATETIME.fullmatch(plain) else None
    except ValueError:
        return None


def _boolean_reader(column: Field) -> Reader:
    true = column.properties.get("trueValues", ("true", "True", "TRUE", "1"))
    false = column.properties.get("falseValues", ("false", "False", "FALSE", "0"))
    known = {**dict.fromkeys(map(str, false), False), **dict.fromkeys(map(str, true), True)}
    return known.get


_TEXT: tuple[str, Reader] = ("text", _read_text)
_TYPES: dict[str, tuple[str, Reader]] = {
    "integer": ("int", _read_integer),
    "year": ("int", _read_integer),
    "number": ("numeric", _read_number),
    "date": ("date", _read_date),
    "datetime": ("timestamp", _read_datetime),
}


def _type_of(column: Field | None) -> tuple[str, Reader]:
    """Return the DataStore's type of a Table Schema field, and what reads its cells."""
    if column is not None and column.type == "boolean":
        return "bool", _boolean_reader(column)
    return _TYPES.get(column.type, _TEXT) if column is not None else _TEXT
