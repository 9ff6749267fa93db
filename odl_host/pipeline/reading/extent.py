"""How large a sheet really is, from its own cells: what it says of itself (`dimension`, repeat counts) may lie.

Only what protects memory, and what the reading library does not tell: cells in error, formulas without a result.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree
from xml.parsers import expat

from odl_host.pipeline.reading.archive import read_member
from odl_host.pipeline.reading.refusals import RefusedFile
from odl_host.record import Record

if TYPE_CHECKING:
    import zipfile
    from pathlib import Path

    from odl_host.pipeline.reading.limits import ReadLimits

_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_RELATION = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"
# Patterns that begin with a literal are ten times faster; they suit what every spreadsheet software writes. The general
# ones allow what XML allows besides: single quotes, prefixes; they are compiled for the sheets that need them.
_ROW = re.compile(rb'<row(?:\s[^<>]*?\br="(\d+))?')
_ANY_ROW = rb"<(?:\w+:)?row\b(?:[^<>]*?\br\s*=\s*[\"'](\d+))?"
_ANY_ROW_START = rb"<(?:\w+:)?row\b"
_FAR_COLUMN = rb'r="(?:[A-Z]{3}|[A-Z]{0,2}[a-z])'
_CELL_ROW = rb"\br\s*=\s*[\"'][A-Za-z]{1,7}(\d+)"
# A cell that does not say where it stands, or says it after its style or type.
_UNPLACED_CELL = rb"<c(?:>|/>|\s(?!r=))"
_ANY_CELL = rb"<(?:\w+:)?c\b([^<>]*)"
_ANY_COLUMN = rb"\br\s*=\s*[\"']([A-Za-z]{1,7})\d"
_PREFIXED = (b":row", b":c ", b":c>", b":c/")
# By a sign that most sheets lack: looking for one byte is twenty times faster than for several.
_ODD_SPELLINGS = {
    b":": _PREFIXED,
    b"'": (b"r='",),
    b"\n": (b"r\n", b"r=\n"),
    b"\t": (b"r\t", b"r=\t"),
    b" ": (b"r =", b"r= "),
}
# A formula cell that ends without a value, or with an empty one.
_UNCACHED = (
    rb"<(?:\w+:)?f\b(?:[^<>]*/>|[^<>]*>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)


class SheetExtent(Record):
    """Rows and columns down to the last cell, and what is wrong inside."""

    rows: int
    columns: int
    errors: int = 0
    uncached: int = 0

    @property
    def cells(self) -> int:
        """The rectangle a reader has to lay out."""
        return self.rows * self.columns


def xlsx_sheets(path: Path, archive: zipfile.ZipFile, limits: ReadLimits) -> dict[str, str]:
    """Return the archive member of each sheet of an XLSX workbook, by the sheet's name."""
    names = {name.lower().lstrip("/"): name for name in archive.namelist()}
    try:
        book = ElementTree.fromstring(read_member(path, archive, names["xl/workbook.xml"], limits))  # noqa: S314  expat ≥ 2.4 stops entity bombs, external entities are never fetched
        relations = names.get("xl/_rels/workbook.xml.rels")
        targets: dict[str, str] = {}
        if relations:
            for relation in ElementTree.fromstring(read_member(path, archive, relations, limits)):  # noqa: S314  the same
                target = relation.get("Target", "").replace("\\", "/").lower()
                targets[relation.get("Id", "")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise RefusedFile("corrupt", path, detail=f"workbook.xml: {error}") from error
    sheets: dict[str, str] = {}
    for element in book.iter():
        if element.tag.rpartition("}")[2] == "sheet":
            relation_id = element.get(_RELATION) or element.get(_STRICT_RELATION) or ""
            member = names.get(targets.get(relation_id, ""))
            if member:
                sheets[element.get("name", "")] = member
    return sheets


def xlsx_extent(data: bytes, limits: ReadLimits) -> SheetExtent:
    """Measure one sheet of an XLSX workbook by the references of its rows and cells."""
    start = max(0, data.find(b"sheetData"))
    prefixed = data.find(b":", start) >= 0 and any(data.find(odd, start) >= 0 for odd in _PREFIXED)
    # Where each cell says where it stands, no row but the last one matters: it is the farthest, or a cell tells.
    last = _ROW.match(data, max(0, data.rfind(b"<row ")))
    rows = _capped(last[1] or b"0") if last else 0
    if prefixed or not rows or _odd_cell(rows).search(data):
        numbers = _ROW.findall(data)
        rows = max(max(map(_capped, filter(None, numbers)), default=0), len(numbers))
        rows, columns = _measure_oddly_written(data, start, rows, limits)
    else:
        columns = 702 if rows * 702 <= limits.max_cells else _last_column(data)
    errors = data.count(b't="e"')
    # Not `in`: among so many "<" it takes twice as long.
    uncached = len(re.findall(_UNCACHED, data)) if re.search(rb"<f", data) else 0
    return SheetExtent(rows, columns, errors, uncached)


def _odd_cell(rows: int) -> re.Pattern[bytes]:
    """Return the pattern of a cell that is not written as A1 to ZZ<rows>: its place first, between double quotes."""
    short, long = len(str(rows)) - 1, len(str(rows))
    shorter = rb"\d{1,%d}\"|" % short if short else b""
    return re.compile(rb'<c(?![A-Za-z]| r="[A-Z]{1,2}(?:%s(?!%s)\d{%d}"))' % (shorter, _greater_than(rows), long))


def _measure_oddly_written(data: bytes, start: int, rows: int, limits: ReadLimits) -> tuple[int, int]:
    """Return the rows and columns of a sheet whose cells are not all written in the plainest way."""
    plain = not any(
        data.find(odd, start) >= 0
        for sign, spellings in _ODD_SPELLINGS.items()
        if data.find(sign, start) >= 0
        for odd in spellings
    )
    if not plain:
        numbers = re.findall(_ANY_ROW, data)
        rows = max(max(map(_capped, filter(None, numbers)), default=0), len(numbers))
    if not plain or re.search(rb'r="[A-Za-z]{1,7}' + _greater_than(rows), data):
        # A cell that names another row than the one it stands in is laid out where it says.
        rows = max(rows, max(map(_capped, re.findall(_CELL_ROW, data)), default=0))
    columns = 702
    if rows * columns > limits.max_cells or not plain or re.search(_FAR_COLUMN, data):
        columns = _last_column(data)
    if not plain or re.search(_UNPLACED_CELL, data):
        # Cells without a place follow the one before them.
        columns += max(
            sum(re.search(_ANY_COLUMN, attributes) is None for attributes in re.findall(_ANY_CELL, row))
            for row in re.split(_ANY_ROW_START, data)
        )
    return rows, columns


def _last_column(data: bytes) -> int:
    return max((_column(letters) for letters in set(re.findall(_ANY_COLUMN, data))), default=1)


def ods_extents(path: Path, archive: zipfile.ZipFile, limits: ReadLimits) -> dict[str, SheetExtent]:
    """Measure the sheets of an OpenDocument workbook, counting repeated rows and cells that hold something."""
    content = next((name for name in archive.namelist() if name.lower() == "content.xml"), "content.xml")
    meter = _OdsMeter()
    parser = expat.ParserCreate()
    parser.StartElementHandler = meter.start
    parser.EndElementHandler = meter.end
    try:
        parser.Parse(read_member(path, archive, content, limits), True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise RefusedFile("corrupt", path, detail=f"content.xml: {error}") from error
    return meter.extents


def ole_content(path: Path) -> str:
    """Say what an OLE container holds when it is not a readable workbook: "encrypted", "document", or "" (a workbook).

    The names of streams stand in the directory, in UTF-16. Source: [MS-CFB] and [MS-OFFCRYPTO], 2026-11.
    """
    data = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in data:
        return "encrypted"
    if "Workbook".encode("utf-16-le") in data or "Book\0".encode("utf-16-le") in data:
        return ""
    if any(name.encode("utf-16-le") in data for name in ("WordDocument", "PowerPoint Document")):
        return "document"
    return ""


def _greater_than(number: int) -> bytes:
    """Return the pattern of the decimal numbers above this one."""
    digits = str(number)
    higher = [rb"\d{%d,}" % (len(digits) + 1)]
    for place, digit in enumerate(digits):
        if digit != "9":
            rest = len(digits) - place - 1
            higher.append(b"%s[%d-9]\\d{%d}" % (digits[:place].encode(), int(digit) + 1, rest))
    return b"(?:" + b"|".join(higher) + b")"


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _capped(digits: bytes) -> int:
    return int(digits[:12])


class _OdsMeter:
    """Walks through content.xml; only rows and cells with content count, as readers drop what is empty at the end."""

    def __init__(self) -> None:
        self.extents: dict[str, SheetExtent] = {}
        self._name = ""
        self._row = self._last_row = self._row_repeat = 0
        self._column = self._last_column = self._width = 0
        self._errors = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "table:table":
            self._name = attributes.get("table:name", "")
            self._row = self._last_row = self._width = self._errors = 0
        elif tag == "table:table-row":
            self._row_repeat = _count(attributes.get("table:number-rows-repeated"))
            self._column = self._last_column = 0
        elif tag in ("table:table-cell", "table:covered-table-cell"):
            self._column += _count(attributes.get("table:number-columns-repeated"))
            if "office:value-type" in attributes or "table:formula" in attributes:
                self._last_column = self._column
            if attributes.get("calcext:value-type") == "error":
                self._errors += 1
        elif tag == "text:p":
            self._last_column = max(self._last_column, self._column)

    def end(self, tag: str) -> None:
        if tag == "table:table-row":
            self._row += self._row_repeat
            if self._last_column:
                self._last_row = self._row
                self._width = max(self._width, self._last_column)
        elif tag == "table:table":
            self.extents[self._name] = SheetExtent(self._last_row, self._width, self._errors)


def _count(repeat: str | None) -> int:
    return int(repeat) if repeat and repeat.isdecimal() and len(repeat) < 12 else 10**12 if repeat else 1
