"""Whole tables as files: CSV, TSV, JSON, XML, written page by page as they are read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from odl_host.server.datastore.parameters import Search
from odl_host.server.datastore.records import as_text, header_line, shown_rows
from odl_host.server.datastore.search import page
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
    after: int | None = None
    write: Writer | None = None
    while True:
        size = PAGE_ROWS if left is None else min(PAGE_ROWS, left)
        columns, rows, after = page(table, replace(wanted, limit=size), after)
        if write is None:
            write = _WRITERS[kind](columns)
            yield (BOM if bom else "") + write.start()
        yield write.rows(rows)
        if left is not None:
            left -= len(rows)
        if len(rows) < size or left == 0:
            break
        wanted = replace(wanted, offset=0 if after is not None else wanted.offset + len(rows))
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
    def start(self) -> str:
        return '<data xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n'

    def rows(self, rows: list[Any]) -> str:
        lines = []
        for row in shown_rows(self.columns, rows):
            number = ""
            cells = []
            for column, value in zip(self.columns, row, strict=True):
                if column.id == "_id":
                    number = f' _id="{value}"'
                else:
                    cells.append(_element(_element_name(column.id), value, ""))
            lines.append(f"<row{number}>{''.join(cells)}</row>\n")
        return "".join(lines)

    def end(self) -> str:
        return "</data>\n"


def _element_name(name: str) -> str:
    """Return a column's name as that of an element, without what may not stand there or at its beginning.

    >>> _element_name("prix, en €"), _element_name("2024 (T1)"), _element_name("XML-id"), _element_name("2024")
    ('prix_en_', '_T1', 'id', '_')
    """
    safe = re.sub(r"[^\w.-]", "", re.sub(r"\s+", "_", name))
    return re.sub(r"\A[\d.-]*(?:xml)?[\d.-]*", "", safe, flags=re.IGNORECASE) or "_"


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
