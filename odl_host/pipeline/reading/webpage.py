"""Web pages that some software calls ".xls": the largest table of the page, as rows of text."""

from __future__ import annotations

from contextlib import contextmanager
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from odl_host.pipeline.reading.encoding import open_text
from odl_host.pipeline.reading.names import name_key
from odl_host.pipeline.reading.refusals import RefusedFile

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from odl_host.pipeline.reading.encoding import TextForm
    from odl_host.pipeline.reading.limits import ReadLimits

_MAX_SPAN = 1000
_LONGEST_TAG = 1 << 19
"""Characters that the parser may hold back: it looks at an unfinished tag from its start each time more text comes."""


class WebTableSource:
    """The rows of one table of a page, held in memory."""

    skipped = 0

    def __init__(self, path: Path, rows: list[list[str]]) -> None:
        self.format = "html"
        self._path, self._rows = path, rows

    @contextmanager
    def records(self) -> Iterator[Iterator[list[str]]]:
        """Open the rows, each a list of its own."""
        yield map(list, self._rows)

    def refuse(self, row: int) -> RefusedFile:
        """Never called: no page raises `csv.Error`."""
        return RefusedFile("html", self._path, detail=f"row {row}")


def open_web_table(path: Path, form: TextForm, limits: ReadLimits, keys: Collection[str] = ()) -> WebTableSource:
    """Open the table of a page that shows most known column names, else the largest.

    :raises RefusedFile: the page has no table of two rows, or it is larger than the limits
    """
    if path.stat().st_size > limits.max_workbook_bytes:
        size = str(path.stat().st_size)
        raise RefusedFile("too-big", path, detail=size, bound=str(limits.max_workbook_bytes), limit="max_workbook_mb")
    parser = _TableParser(limits.max_cells)
    with open_text(path, form) as text:
        while chunk := text.read(1 << 16):
            parser.feed(chunk)
            if parser.cells > limits.max_cells:
                raise RefusedFile("too-many-cells", path, detail=str(parser.cells), bound=str(limits.max_cells))
            if len(parser.rawdata) > _LONGEST_TAG:
                raise RefusedFile("html", path)
    parser.close()
    tables = [table for table in parser.tables if len(table) > 1 and max(map(len, table)) > 1]
    if not tables:
        raise RefusedFile("html", path)
    return WebTableSource(path, max(tables, key=lambda table: (_match(table, keys), sum(map(len, table)))))


def _match(table: list[list[str]], keys: Collection[str]) -> int:
    return max((sum(name_key(cell) in keys for cell in row) for row in table[:40]), default=0)


class _TableParser(HTMLParser):
    def __init__(self, max_cells: int) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[list[str]]] = []
        self.cells = 0
        self._open: list[list[list[str]]] = []
        self._cell: list[str] | None = None
        self._span = 1
        self._max_cells = max_cells

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._end_cell()
            self._open.append([])
            self.tables.append(self._open[-1])
        elif self._open and tag == "tr":
            self._end_cell()
            self._open[-1].append([])
        elif self._open and tag in ("td", "th"):
            self._end_cell()
            if not self._open[-1]:
                self._open[-1].append([])
            span = dict(attrs).get("colspan") or "1"
            self._span = min(int(span), _MAX_SPAN) if span.isascii() and span.isdigit() else 1
            self._cell = []
        elif tag == "br" and self._cell is not None:
            self._cell.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr", "table"):
            self._end_cell()
        if tag == "table" and self._open:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)

    def close(self) -> None:
        super().close()
        self._end_cell()

    def _end_cell(self) -> None:
        if self._cell is None or not self._open or not self._open[-1]:
            self._cell = None
            return
        lines = ("".join(self._cell)).split("\n")
        text = "\n".join(" ".join(line.split(" ")).strip() for line in lines).strip()
        self._open[-1][-1].extend([text] + [""] * (self._span - 1))
        self.cells += self._span
        self._cell = None
