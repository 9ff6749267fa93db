"""Published files as tables: read with the schema's types, or typed by a cautious look at the cells.

A published file is the store: up to `SMALL_BYTES` it is read when someone asks and kept in memory; a larger one gets a
database file beside, named by what it was made from, which is made again whenever it is missing.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import os
import re
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from odl_host.ckan import JsonDict
from odl_host.errors import StorageError
from odl_host.server.datastore.table import MAX_WORDS_AT_ONCE, NAME, Definition, Table, create_sql, load_definition
from odl_host.server.datastore.types import ColumnType, get_type
from odl_host.server.datastore.values import BadValue, Kept
from odl_host.server.files.preview import find_delimiter, read_text

if TYPE_CHECKING:
    from odl_host.schemas.descriptor import Field, Schema

SMALL_BYTES = 1 << 20
"""Above this a file is read once into a database of its own: parsing 1 MB takes about 10 ms."""

SAMPLE_BYTES = 128 * 1024
MAX_COLUMNS = 1000
BATCH_ROWS = 2000
FORMAT = 1
"""Part of a derived file's name; raise it when the same file would be read differently."""

_SCHEMA_TYPES = {
    "integer": "int8",
    "number": "numeric",
    "boolean": "bool",
    "date": "date",
    "datetime": "timestamp",
    "time": "time",
    "year": "int4",
    "object": "json",
    "geojson": "json",
}
_WHOLE = re.compile(
    r"-?(?:0|[1-9][0-9]{0,7})\Z"
)  # longer ones are codes (SIREN, SIRET, telephone) more often than counts
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,15})\Z|-?(?:0|[1-9][0-9]{0,7})\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?\Z")
_SEEN: tuple[tuple[str, Callable[[str], object]], ...] = (
    ("int8", _WHOLE.match),
    ("numeric", _DECIMAL.match),
    ("date", _DATE.match),
    ("timestamp", _MOMENT.match),
    ("bool", {"true", "false", "True", "False", "TRUE", "FALSE"}.__contains__),
)

TABULAR_FORMATS = frozenset({"CSV", "TSV"})

Read = Callable[[str], Kept]


def is_tabular(fields: JsonDict) -> bool:
    """Return whether a resource's file is one that the row API reads."""
    return fields.get("format") in TABULAR_FORMATS


class NoTable(Exception):
    """A file does not read as a table."""


@dataclass(frozen=True, slots=True)
class Source:
    """A published file and what its columns are."""

    sha256: str
    schema: Schema | None

    @property
    def key(self) -> str:
        """The name of what is made from it: the same file read with the same schema is the same table."""
        reference = f"-{self.schema.reference}" if self.schema else ""
        return f"{self.sha256}-{FORMAT}{re.sub(r'[^A-Za-z0-9.-]', '_', reference)}"


def load_small(file: BinaryIO, schema: Schema | None, name: str = "") -> Table:
    """Read a small file into memory; `name` is that of its content. :raises NoTable: it does not read as a table."""
    data = file.read()
    header, rows = _read_rows(read_text(data))
    lines = list(rows)
    db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    definition, readers = _define(header, lines, schema)
    db.execute("PRAGMA journal_mode=OFF")
    db.execute(create_sql(definition))
    _fill(db, definition, _typed(lines, readers))
    return Table(
        _described(definition, schema),
        db,
        name=name,
        size_bytes=3 * len(data) + 60_000,
        keeps_words=len(lines) <= MAX_WORDS_AT_ONCE,
    )


def open_derived(path: Path, schema: Schema | None = None) -> Table:
    """Open a database that `derive` made of a file with this schema."""
    db = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, isolation_level=None, check_same_thread=False
    )
    return Table(_described(_read_definition(db), schema), db, name=path.stem, size_bytes=400_000)


def _read_definition(db: sqlite3.Connection) -> Definition:
    return load_definition(db.execute("SELECT value FROM meta WHERE key = 'definition'").fetchone()[0])


def _described(definition: Definition, schema: Schema | None) -> Definition:
    """Return the definition with what the schema says of each column, as a CKAN is told when rows are loaded there."""
    if schema is None:
        return definition
    described = (replace(column, info=dict(schema.describe_column(column.id))) for column in definition.columns)
    return replace(definition, columns=tuple(described))


def derive(file: BinaryIO, schema: Schema | None, path: Path) -> None:
    """Read a large file into the database `path`: written beside and renamed, so that it is whole or absent.

    :raises NoTable: the file does not read as a table. :raises StorageError: the disk refuses.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}-{os.getpid()}-{secrets.token_hex(4)}.part")
        try:
            db = sqlite3.connect(part, isolation_level=None)
            try:
                db.execute("PRAGMA journal_mode=OFF")
                db.execute("PRAGMA synchronous=OFF")  # what a power cut takes is made again
                _derive_into(db, file, schema)
            finally:
                db.close()
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except (OSError, sqlite3.OperationalError) as error:
        raise StorageError(f"The rows of a published file cannot be written to {path.parent}: {error}.") from error


def hold(file: BinaryIO, schema: Schema | None, name: str, *, size_bytes: int) -> Table:
    """Read a large file as `derive` does, into memory: for when the disk takes no database of it."""
    db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    _derive_into(db, file, schema)
    return Table(_described(_read_definition(db), schema), db, name=name, size_bytes=2 * size_bytes)


def _derive_into(db: sqlite3.Connection, file: BinaryIO, schema: Schema | None) -> None:
    start = file.read(SAMPLE_BYTES)
    encoding = "utf-8-sig"
    try:
        start.decode(encoding, errors="strict")
    except UnicodeDecodeError as error:
        encoding = "utf-8-sig" if error.start > len(start) - 4 else "cp1252"
    for attempt in (encoding, "cp1252"):
        file.seek(0)
        text = io.TextIOWrapper(
            file, encoding=attempt, errors="strict" if attempt != "cp1252" else "replace", newline=""
        )
        try:
            header, rows = _read_rows(text)
            db.execute("BEGIN")
            # The types are known only when every cell was seen, so cells are kept as they are first.
            untyped = Definition().with_columns([(name, get_type("text"), None) for name in header])
            db.execute(create_sql(untyped).replace(NAME, "cells", 1))
            _fill(db, untyped, rows, into="cells")
            _type_cells(db, untyped, schema)
            return
        except UnicodeDecodeError:
            db.execute("ROLLBACK")
        finally:
            text.detach()


def _type_cells(db: sqlite3.Connection, untyped: Definition, schema: Schema | None) -> None:
    columns = [column.sql for column in untyped.columns]
    names = [column.id for column in untyped.columns]
    seen = [_Sight() for _ in names]
    for batch in _batches(db.execute(f"SELECT {', '.join(columns)} FROM cells ORDER BY _id")):  # noqa: S608 - own names
        for sight, cells in zip(seen, zip(*batch, strict=True), strict=True):
            sight.look(cells)
    fields = [schema.find_field(name) if schema else None for name in names]
    readers = [_reader(field, sight.kinds) for field, sight in zip(fields, seen, strict=True)]
    for index, (kind, read) in enumerate(readers):
        if kind.name != "text" and fields[index] is not None and not _reads_all(db, columns[index], read):
            readers[index] = (get_type("text"), _as_text)
    definition = Definition().with_columns([(name, kind, None) for name, (kind, _) in zip(names, readers, strict=True)])
    db.execute(create_sql(definition))
    raw = db.execute(f"SELECT {', '.join(columns)} FROM cells ORDER BY _id")  # noqa: S608 - own names
    _fill(db, definition, _typed(raw, [read for _, read in readers]))
    db.execute("DROP TABLE cells")
    db.execute("CREATE TABLE meta (key TEXT PRIMARY KEY, value)")
    db.execute("INSERT INTO meta VALUES ('definition', ?)", (definition.dump(),))
    db.execute("COMMIT")
    db.execute("VACUUM")


def _reads_all(db: sqlite3.Connection, column: str, read: Read) -> bool:
    try:
        for (cell,) in db.execute(f"SELECT DISTINCT {column} FROM cells"):  # noqa: S608 - own names
            if cell:
                read(cell)
    except (BadValue, ValueError):
        return False
    return True


def _read_rows(text: str | io.TextIOWrapper) -> tuple[list[str], Iterator[list[str]]]:
    """Return the names of the columns, and the rows, each as long; blank rows are left out."""
    if isinstance(text, str):
        delimiter, stream = find_delimiter(text), io.StringIO(text, newline="")
    else:
        first = text.readline()
        delimiter, stream = find_delimiter(first), itertools.chain([first], text)  # type: ignore[assignment]
    lines = _lines(csv.reader(stream, delimiter=delimiter))
    header = next(lines, None)
    if header is None or len(header) > MAX_COLUMNS:
        raise NoTable
    names = _names(header)
    width = len(names)

    def rows() -> Iterator[list[str]]:
        for line in lines:
            if len(line) != width:
                line = [*line, *[""] * width][:width]
            yield line

    return names, rows()


def _lines(reader: Iterable[list[str]]) -> Iterator[list[str]]:
    try:
        for line in reader:
            if any(line):
                if any("\0" in cell for cell in line):
                    raise NoTable
                yield line
    except csv.Error as error:
        raise NoTable from error


def _names(header: Sequence[str]) -> list[str]:
    """Return names that the row API can address: none empty, none twice, none that begins with an underscore."""
    names: list[str] = []
    for index, label in enumerate(header, 1):
        name = label.strip().replace('"', "").lstrip("_ ")[:63] or f"colonne {index}"
        base, number = name, 2
        while name in names:
            name, number = f"{base[:58]} {number}", number + 1
        names.append(name)
    return names


def _define(
    header: Sequence[str], lines: Sequence[Sequence[str]], schema: Schema | None
) -> tuple[Definition, list[Read]]:
    columns = list(zip(*lines, strict=True)) if lines else [()] * len(header)
    chosen: list[tuple[ColumnType, Read]] = []
    for name, cells in zip(header, columns, strict=True):
        field = schema.find_field(name) if schema else None
        sight = _Sight()
        if field is None:
            sight.look(cells)
        kind, read = _reader(field, sight.kinds)
        if field is not None and kind.name != "text":
            try:
                for cell in set(cells):
                    if cell:
                        read(cell)
            except (BadValue, ValueError):
                kind, read = get_type("text"), _as_text
        chosen.append((kind, read))
    new = [(name, kind, None) for name, (kind, _) in zip(header, chosen, strict=True)]
    return Definition().with_columns(new), [read for _, read in chosen]  # type: ignore[arg-type]


class _Sight:
    """Which types every cell of a column that was looked at fits; only a column with cells can have one."""

    def __init__(self) -> None:
        self.left = dict(_SEEN)
        self.is_empty = True

    def look(self, cells: Iterable[str]) -> None:
        distinct = {cell for cell in cells if cell}
        if distinct:
            self.is_empty = False
            self.left = {name: fits for name, fits in self.left.items() if all(map(fits, distinct))}

    @property
    def kinds(self) -> list[str]:
        return [] if self.is_empty else list(self.left)


def _reader(field: Field | None, kinds: Sequence[str]) -> tuple[ColumnType, Read]:
    if field is None:
        return (get_type(kinds[0]), get_type(kinds[0]).keep) if kinds else (get_type("text"), _as_text)
    kind = get_type(_SCHEMA_TYPES.get(field.type, "text"))
    if kind.name == "bool":
        return kind, _booleans(field)
    if kind.name == "json":
        return kind, _json
    if kind.name in ("date", "timestamp", "time") and field.format not in ("", "default", "any"):
        form = field.format
        return kind, lambda cell: kind.keep(datetime.strptime(cell, form).isoformat())  # noqa: DTZ007 - kept as written
    mark, group = str(field.properties.get("decimalChar") or "."), str(field.properties.get("groupChar") or "")
    if kind.name in ("int8", "numeric") and (mark != "." or group):
        return kind, lambda cell: kind.keep((cell.replace(group, "") if group else cell).replace(mark, "."))
    return kind, kind.keep


def _booleans(field: Field) -> Read:
    true = field.properties.get("trueValues") or ("true", "True", "TRUE", "1")
    false = field.properties.get("falseValues") or ("false", "False", "FALSE", "0")
    words = {str(word): 1 for word in true} | {str(word): 0 for word in false}

    def read(cell: str) -> Kept:
        if cell not in words:
            raise BadValue(cell)
        return words[cell]

    return read


def _json(cell: str) -> Kept:
    return json.dumps(json.loads(cell))


def _as_text(cell: str) -> Kept:
    return cell


def _typed(rows: Iterable[Sequence[str]], readers: Sequence[Read]) -> Iterator[Sequence[Kept]]:
    """Yield the rows with their types: an empty cell is null whatever its type."""
    if all(read is _as_text for read in readers):
        for row in rows:
            yield [cell or None for cell in row]
        return
    for row in rows:
        yield [(read(cell) if cell else None) for read, cell in zip(readers, row, strict=True)]


def _batches(rows: Iterable[Sequence[str]]) -> Iterator[list[Sequence[str]]]:
    source = iter(rows)
    while batch := list(itertools.islice(source, BATCH_ROWS)):
        yield batch


def _fill(db: sqlite3.Connection, definition: Definition, rows: Iterable[Sequence[Kept]], *, into: str = NAME) -> None:
    columns = [column.sql for column in definition.columns]
    marks = ", ".join("?" * len(columns))
    db.executemany(f"INSERT INTO {into} ({', '.join(columns)}) VALUES ({marks})", rows)  # noqa: S608 - own names
