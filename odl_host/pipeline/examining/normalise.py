"""Write a table as the one CSV we publish: UTF-8 without byte order mark, commas, line feeds, RFC 4180 quotes.

The same table gives the same bytes on every machine and in every run, so an unchanged file keeps its SHA-256. Line
feeds and not RFC 4180's CRLF: every reader takes both, and diffs, `wc -l` and most tools expect the line feed.
It changes no value: repairing cells is done before, and judged before. A cell that begins like a formula (`=cmd|…`) is
data too and stays as it is; what we write for people to open in a spreadsheet, reports and workbooks, escapes it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO

from odl_host.errors import StorageError
from odl_host.storage.atomic import begin_flush

if TYPE_CHECKING:
    from collections.abc import Iterable

    from odl_host.pipeline.reading.table import Table
    from odl_host.schemas.registry import Schema


@dataclass(frozen=True, slots=True)
class NormalisedFile:
    """A normalised CSV; `path` is None when it was written to a stream. `rows` does not count the header."""

    path: Path | None
    sha256: str
    size_bytes: int
    rows: int


def write_normalised(
    table: Table,
    target: Path | BinaryIO,
    *,
    schema: Schema | None = None,
    batches: Iterable[list[list[str]]] | None = None,
) -> NormalisedFile:
    """Write a table as normalised CSV, and hash it on the way.

    Column names are trimmed (a name that `schema` itself spells with outer spaces keeps them). Short rows are
    padded to the header's width; blank rows are left out; longer rows stay as long as they are. `batches` are the
    table's own, where somebody else looks at them as they pass. Half a file is never left.

    :raises StorageError: the target cannot be written
    """
    if not isinstance(target, Path):
        sink = _HashingSink(target)
        written = _write(table, sink, schema, batches)
        return NormalisedFile(None, sink.sha256, sink.size, written)
    try:
        with _open_new(target) as file:
            try:
                sink = _HashingSink(file)
                written = _write(table, sink, schema, batches)
                begin_flush(file)  # whoever keeps it waits for the disk
            except BaseException:
                target.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise StorageError(f"{target}: the normalised file cannot be written ({error.strerror or error}).") from error
    return NormalisedFile(target, sink.sha256, sink.size, written)


def _open_new(path: Path) -> BinaryIO:
    """Open a new file, making its folder the first time; one of before may be what a catalogue keeps."""
    try:
        return path.open("xb")
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        path.unlink()
    return path.open("xb")


class _HashingSink:
    """Writes bytes in pieces; what goes through is counted and hashed."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._digest, self.size = file, hashlib.sha256(), 0

    def write(self, data: bytes) -> None:
        self._digest.update(data)
        self.size += len(data)
        self._file.write(data)

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


def _write(table: Table, sink: _HashingSink, schema: Schema | None, batches: Iterable[list[list[str]]] | None) -> int:
    width = len(table.header)
    names = _csv_text([_column_names(table, schema)]).encode("utf-8", "replace")
    batches = table.iter_batches() if batches is None else batches
    received = _as_received(table, names)
    if received is not None:
        sink.write(received)
        return sum(map(len, batches))
    sink.write(names)
    count = 0
    for batch in batches:
        text = _plain_text(batch, width)
        if text is None:
            batch = [row if len(row) >= width else [*row, *[""] * (width - len(row))] for row in batch if any(row)]
            text = _csv_text(batch)
        count += len(batch)
        sink.write(text.encode("utf-8", "replace"))
    return count


def _as_received(table: Table, names: bytes) -> bytes | None:
    """Return the bytes of a small file that is normalised as it is; None where that is not certain.

    It is when each of its lines is a row, as wide as the header, and no sign of it asks for quotes.
    """
    content, survey = table.plain, table.survey
    if content is None or survey is None or not survey.is_square or table.delimiter != ",":
        return None
    blank = b"\n" + b"," * (len(table.header) - 1) + b"\n"
    is_normal = (
        content.startswith(names)
        and content.endswith(b"\n")
        and b'"' not in content
        and b"\r" not in content
        and blank not in content
        and content.count(b"\n") == table.rows + 1
    )
    return content if is_normal else None


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
