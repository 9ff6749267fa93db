"""Write a table as the one CSV we publish: UTF-8 without byte order mark, commas, line feeds, RFC 4180 quotes.

The same table gives the same bytes on every machine and in every run, so an unchanged file keeps its SHA-256. Line
feeds and not RFC 4180's CRLF: every reader takes both, and diffs, `wc -l` and most tools expect the line feed.
It changes no value: repairing cells is done before, and judged before. A cell that begins like a formula (`=cmd|…`) is
data too and stays as it is; what we write for people to open in a spreadsheet, reports and workbooks, escapes it.
"""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO

from odl_host.errors import StorageError
from odl_host.storage.atomic import begin_flush

if TYPE_CHECKING:
    from collections.abc import Iterable

    from odl_host.pipeline.reading.table import Table
    from odl_host.schemas.registry import Schema

_CHUNK_ROWS = 512


@dataclass(frozen=True, slots=True)
class NormalisedFile:
    """A normalised CSV; `path` is None when it was written to a stream. `rows` does not count the header."""

    path: Path | None
    sha256: str
    size_bytes: int
    rows: int


def write_normalised(
    table: Table, target: Path | BinaryIO, *, schema: Schema | None = None, rows: Iterable[list[str]] | None = None
) -> NormalisedFile:
    """Write a table as normalised CSV, and hash it on the way.

    Column names are trimmed (a name that `schema` itself spells with outer spaces keeps them). Short rows are
    padded to the header's width; blank rows are left out; longer rows stay as long as they are. `rows` replaces the
    table's own rows (the repaired ones). A path is written aside and renamed into place: there is never half a file.

    :raises StorageError: the target cannot be written
    """
    if not isinstance(target, Path):
        sink = _HashingSink(target)
        written = _write(table, sink, schema, rows)
        return NormalisedFile(None, sink.sha256, sink.size, written)
    part = target.with_name(f"{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with part.open("wb") as file:
                sink = _HashingSink(file)
                written = _write(table, sink, schema, rows)
                begin_flush(file)  # whoever keeps it waits for the disk
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"{target}: the normalised file cannot be written ({error.strerror or error}).") from error
    return NormalisedFile(target, sink.sha256, sink.size, written)


def is_normalised(path: Path) -> bool:
    """Tell whether a file is, byte for byte, what `write_normalised` would write of it."""
    from odl_host.pipeline.read import RefusedFile, read_table

    try:
        table = read_table(path, repair=False)
        if table.format != "csv" or table.delimiter != "," or table.encoding not in ("utf-8", "ascii"):
            return False
        sink = _HashingSink(None)
        _write(table, sink, None, None)
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sink.sha256
    except (RefusedFile, OSError):
        return False


class _HashingSink:
    """Takes text in pieces; what goes through is counted and hashed."""

    def __init__(self, file: IO[bytes] | None) -> None:
        self._file, self._digest, self.size = file, hashlib.sha256(), 0

    def write(self, text: str) -> None:
        data = text.encode("utf-8", "replace")
        self._digest.update(data)
        self.size += len(data)
        if self._file is not None:
            self._file.write(data)

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


def _write(table: Table, sink: _HashingSink, schema: Schema | None, rows: Iterable[list[str]] | None) -> int:
    width = len(table.header)
    count = 0
    sink.write(_csv_text([_column_names(table, schema)]))
    source = iter(table.iter_rows() if rows is None else rows)
    while batch := list(itertools.islice(source, _CHUNK_ROWS)):
        text = _plain_text(batch, width)
        if text is None:
            batch = [row if len(row) >= width else [*row, *[""] * (width - len(row))] for row in batch if any(row)]
            text = _csv_text(batch)
        count += len(batch)
        sink.write(text)
    return count


def _plain_text(rows: list[list[str]], width: int) -> str | None:
    """Return rows as CSV where all are of this width, none is blank and no cell needs quotes; else None.

    Most are so, and looking at them all together takes a fraction of looking at each.
    """
    if {*map(len, rows)} != {width}:
        return None
    lines = [",".join(row) for row in rows]
    text = "\n".join(lines)
    is_plain = (
        '"' not in text
        and "\r" not in text
        and text.count("\n") == len(rows) - 1
        and text.count(",") == len(rows) * (width - 1)
        and "," * (width - 1) not in lines
    )
    return f"{text}\n" if is_plain else None


def _csv_text(rows: list[list[str]]) -> str:
    # Not csv.writer: up to five times slower, and whether it quotes a lone carriage return depends on the version
    # of Python, while the bytes must not.
    lines = []
    for row in rows:
        line = ",".join(row)
        if '"' in line or "\n" in line or "\r" in line or line.count(",") >= len(row):
            line = ",".join(
                [_quoted(cell) if "," in cell or '"' in cell or "\n" in cell or "\r" in cell else cell for cell in row]
            )
        lines.append(line or '""')  # a lone empty cell: an empty line would be no row at all
    lines.append("")
    return "\n".join(lines)


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


def _column_names(table: Table, schema: Schema | None) -> list[str]:
    spelt = {name.strip(): name for name in schema.field_names} if schema else {}
    return [spelt.get(label.strip(), label.strip()) for label in table.header]
