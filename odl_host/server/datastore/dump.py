"""Whole tables as files: CSV, TSV, JSON, XML, written page by page as they are read."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from odl_host.server.datastore.parameters import Search
from odl_host.server.datastore.records import as_text, header_line, shown_rows
from odl_host.server.datastore.search import MOST, choose, page
from odl_host.server.datastore.table import Column, Table, describe

KINDS = ("csv", "tsv", "json", "xml")
PAGE_ROWS = 5000
BOM = "\ufeff"


def iter_dump(table: Table, search: Search, kind: str, *, limit: int | None, bom: bool) -> Iterator[str]:
    """Yield the text of a file with every row that is found, or the first `limit`.

    :raises ValidationError: at the first step, when a parameter does not fit the table.
    """
    left = limit
    wanted = search
    chosen = choose(table, replace(search, limit=MOST if limit is None else limit))
    after: int | None = None
    write: Writer | None = None
    while True:
        size = PAGE_ROWS if left is None else min(PAGE_ROWS, left)
        columns, rows, after = page(table, replace(wanted, limit=size), after, chosen)
        if write is None:
            write = _WRITERS[kind](columns)
            yield (BOM if bom else "") + write.start()
        yield write.rows(rows)
        # Of rows that were chosen some may be gone meanwhile.
        passed = len(rows) if chosen is None else len(chosen.part(wanted.offset, size).ids)
        if left is not None:
            left -= passed
        if passed < size or left == 0:
            break
        wanted = replace(wanted, offset=0 if after is not None else wanted.offset + passed)
    yield write.end()


class Writer:
    """Writes one kind of file."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = columns

    def start(self) -> str:
        """What comes before the rows."""
        raise NotImplementedError

    def rows(self, rows: list[Any]) -> str:
        """Rows, as they were read."""
        raise NotImplementedError

    def end(self) -> str:
        """What comes after the rows."""
        return ""


class _Csv(Writer):
    delimiter = ","

    def start(self) -> str:
        return header_line(self.columns, self.delimiter)

    def rows(self, rows: list[Any]) -> str:
        return as_text(self.columns, rows, self.delimiter)


class _Tsv(_Csv):
    delimiter = "\t"


class _Json(Writer):
    is_first = True

    def start(self) -> str:
        return f'{{\n  "fields": {_json(describe(tuple(self.columns)))},\n  "records": ['

    def rows(self, rows: list[Any]) -> str:
        lines = [f"\n    {_json(list(row))}" for row in shown_rows(self.columns, rows)]
        text = ",".join(lines)
        if lines and not self.is_first:
            text = f",{text}"
        self.is_first = self.is_first and not lines
        return text

    def end(self) -> str:
        return "\n]}\n"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class _Xml(Writer):
    def __init__(self, columns: Sequence[Column]) -> None:
        super().__init__(columns)
        self.names = _element_names([column.id for column in columns if column.id != "_id"])

    def start(self) -> str:
        return '<data xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n'

    def rows(self, rows: list[Any]) -> str:
        lines = []
        for row in shown_rows(self.columns, rows):
            number = ""
            cells = []
            names = iter(self.names)
            for column, value in zip(self.columns, row, strict=True):
                if column.id == "_id":
                    number = f' _id="{value}"'
                else:
                    cells.append(_element(next(names), value, ""))
            lines.append(f"<row{number}>{''.join(cells)}</row>\n")
        return "".join(lines)

    def end(self) -> str:
        return "</data>\n"


def _element_names(columns: Sequence[str]) -> list[str]:
    """Return names of columns as those of elements, without what may not stand there, each once.

    >>> _element_names(["prix, en €", "2024 (T1)", "XML-id", "id", "2024"])
    ['prix_en_', '_T1', 'id', 'id_0', '_']
    """
    names: dict[str, None] = {}
    for column in columns:
        safe = re.sub(r"[^\w.-]", "", re.sub(r"\s+", "_", column))
        bare = re.sub(r"\A[\d.-]*(?:xml)?[\d.-]*", "", safe, flags=re.IGNORECASE)
        numbered = (f"{bare}_{number}" for number in itertools.count())
        names[next(name for name in itertools.chain([bare], numbered) if name not in names)] = None
    return [name or "_" for name in names]


def _element(name: str, value: Any, key: str) -> str:
    if value is None:
        return f'<{name} xsi:nil="true"{key} />'
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        inner = "".join(_element("value", item, f" key={quoteattr(str(label))}") for label, item in items)
    else:
        inner = escape("".join(char for char in str(value) if char >= " " or char in "\t\n\r"))
    return f"<{name}{key}>{inner}</{name}>" if inner else f"<{name}{key} />"


_WRITERS: dict[str, type[Writer]] = {"csv": _Csv, "tsv": _Tsv, "json": _Json, "xml": _Xml}
