"""Rows written by callers: one SQLite file per resource, and every change of it.

An acknowledged write survives `kill -9` and a power cut: the file is in WAL mode with `synchronous=FULL`, as the
catalogue is. Row numbers are counted in the file and never given twice.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from odl_host.errors import StorageError, Unavailable
from odl_host.server.datastore.table import (
    ID,
    NAME,
    WORDS,
    WORDS_SQL,
    Column,
    Definition,
    Table,
    column_sql,
    create_sql,
    load_definition,
)
from odl_host.server.datastore.types import ColumnType
from odl_host.server.datastore.values import BadValue, Kept
from odl_host.storage.atomic import sync_folder

BUSY_TIMEOUT_MS = 30_000
CACHED_BYTES = 400_000
"""What an open file takes in this process's memory, about."""


_WORDS_FOLLOW = tuple(
    f"CREATE TRIGGER words_of_{event.lower()} AFTER {event} ON {NAME} BEGIN"  # noqa: S608 - own names
    f" DELETE FROM {WORDS} WHERE _id = OLD._id; END"
    for event in ("UPDATE", "DELETE")
)


class BadRecord(ValueError):
    """A record that was sent does not fit; `errors` is CKAN's error dictionary."""

    def __init__(self, errors: dict[str, Any]) -> None:
        super().__init__(str(errors))
        self.errors = errors


class Replaced(Unavailable):
    """What was written went to a file that is no longer the table's: it is not kept, and can be written again."""


class NotUnique(ValueError):
    """Rows that are there already have the same key."""


class RowTable(Table):
    """The open file of one resource."""

    def __init__(self, path: Path, db: sqlite3.Connection) -> None:
        super().__init__(Definition(), db, size_bytes=CACHED_BYTES)
        self.path = path
        self.inode = path.stat().st_ino
        self.stamp = ""
        self._text = ""
        self._changes = 0
        self._version_with_words = ""
        self._load()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give the connection, on one state of the rows and of their definition."""
        with super().reading() as db:
            if db.in_transaction:
                yield db
                return
            db.execute("BEGIN")
            try:
                self._load()
                yield db
            except BaseException:
                self.matches_key = None
                raise
            finally:
                db.execute("COMMIT")  # what is in temporary tables stays

    @contextmanager
    def writing(self, *, is_kept: bool = True) -> Iterator[Writer]:
        """Give what changes the rows; all of it is kept at the end, or nothing after an exception.

        With `is_kept` false nothing is kept in any case. :raises Unavailable: another process writes for too long.
        """
        with self.lock:
            self.matches_key = None
            try:
                self.db.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                raise _explain(error, self.path) from error
            try:
                self._load()
                writer = Writer(self)
                yield writer
                if is_kept:
                    writer.save()
                    self.db.execute("COMMIT")
                    self._require_place()
            except sqlite3.OperationalError as error:
                raise _explain(error, self.path) from error
            finally:
                if self.db.in_transaction:
                    self.db.execute("ROLLBACK")
                self._load()

    @property
    def version(self) -> str:
        """Which file this is, and how often it was changed."""
        return f"{self.inode} {self.stamp} {self._changes}"

    def prepare_words(self) -> bool:
        """Make the words of rows that lack them; they are kept in the file."""
        missing = f"SELECT 1 FROM {NAME} LEFT JOIN {WORDS} USING (_id) WHERE vector IS NULL LIMIT 1"  # noqa: S608
        with self.reading() as db:
            if self.version == self._version_with_words:
                return True
            if not db.execute(missing).fetchone():
                self._version_with_words = self.version
                return True
        with self.lock:
            try:
                self.db.execute("BEGIN IMMEDIATE")
                self._load()
                self.fill_words()
                self.db.execute("COMMIT")
            except sqlite3.OperationalError:
                if self.db.in_transaction:
                    self.db.execute("ROLLBACK")
                return False  # another process writes: this search reads the rows themselves
            return not self.db.execute(missing).fetchone()

    @property
    def is_unused(self) -> bool:
        """Whether nothing was ever written to it."""
        return self._changes == 0

    def _require_place(self) -> None:
        """Refuse to acknowledge what was written to a file that another call has removed or replaced meanwhile."""
        try:
            if self.path.stat().st_ino == self.inode:
                return
        except FileNotFoundError:
            pass
        raise Replaced("The table was deleted or replaced while it was written to.")

    @property
    def is_dropped(self) -> bool:
        """Whether the table was deleted, over a published file that is still there."""
        return self.stamp.startswith("dropped ")

    def _load(self) -> None:
        meta = dict(self.db.execute("SELECT key, value FROM meta"))
        self.stamp = meta["stamp"]
        self._changes = meta["changes"]
        if meta["definition"] != self._text:
            self._text = meta["definition"]
            self.definition = load_definition(self._text)


def open_rows(path: Path) -> RowTable:
    """Open the file of a resource. :raises FileNotFoundError: it has none."""
    path.stat()
    db = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=BUSY_TIMEOUT_MS / 1000,
    )
    _configure(db)
    return RowTable(path, db)


def create_rows(path: Path, stamp: str, source: Table | None = None) -> RowTable:
    """Create the file of a resource, with the rows of `source`, over one that stands there.

    It is made beside, flushed, then renamed into place. :raises StorageError: the disk refuses.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for leftover in (part, *_companions(path)):
            leftover.unlink(missing_ok=True)
        db = sqlite3.connect(part, isolation_level=None)
        try:
            db.execute("PRAGMA synchronous=FULL")
            db.execute("BEGIN")
            definition = source.definition if source else Definition()
            db.execute(create_sql(definition))
            last = _copy(source, db) if source else 0
            for statement in (*WORDS_SQL, *_WORDS_FOLLOW):
                db.execute(statement)
            db.execute("CREATE TABLE meta (key TEXT PRIMARY KEY, value)")
            meta = {"definition": definition.dump(), "stamp": stamp, "last_id": last, "changes": 0}
            db.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
            db.execute("COMMIT")
            db.execute("PRAGMA journal_mode=WAL")
        finally:
            db.close()
        part.replace(path)
        sync_folder(path.parent)
    except (OSError, sqlite3.OperationalError) as error:
        raise StorageError(f"Rows cannot be written to {path.parent}: {error}.") from error
    return open_rows(path)


def delete_rows(path: Path) -> None:
    """Remove the file of a resource, if it has one."""
    for file in (path, *_companions(path)):
        file.unlink(missing_ok=True)


def _companions(path: Path) -> list[Path]:
    return [path.with_name(path.name + ending) for ending in ("-wal", "-shm", "-journal")]


def _copy(source: Table, db: sqlite3.Connection) -> int:
    names = ", ".join(["_id", *(column.sql for column in source.definition.columns)])
    marks = ", ".join("?" * (len(source.definition.columns) + 1))
    with source.reading() as other:
        rows = other.execute(f"SELECT {names} FROM {NAME}")  # noqa: S608 - own names
        db.executemany(f"INSERT INTO {NAME} ({names}) VALUES ({marks})", rows)  # noqa: S608 - own names
    return int(db.execute(f"SELECT coalesce(max(_id), 0) FROM {NAME}").fetchone()[0])  # noqa: S608 - constant


def _configure(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("PRAGMA cache_size=-1000")
    db.execute("PRAGMA mmap_size=268435456")


def _explain(error: sqlite3.OperationalError, path: Path) -> Exception:
    if "locked" in str(error) or "busy" in str(error):
        return Unavailable(f"Another program has been writing to {path} for {BUSY_TIMEOUT_MS // 1000} seconds.")
    if any(word in str(error) for word in ("interrupted", "too large", "too many", "overflow")):
        return error  # a mistake of the query, not of the disk
    return StorageError(f"Rows cannot be written to {path}: {error}.")


class Writer:
    """The changes of one table within one transaction."""

    def __init__(self, table: RowTable) -> None:
        self.table = table
        self.db = table.db
        self.definition = table.definition
        self.last_id = int(self.db.execute("SELECT value FROM meta WHERE key = 'last_id'").fetchone()[0])
        self.changed: list[int] = []
        """The numbers of the rows that were written, in order."""

    def save(self) -> None:
        """Keep the definition and the counters."""
        self.db.execute("UPDATE meta SET value = value + 1 WHERE key = 'changes'")
        if self.definition != self.table.definition:
            self.db.execute("UPDATE meta SET value = ? WHERE key = 'definition'", (self.definition.dump(),))
        self.db.execute("UPDATE meta SET value = ? WHERE key = 'last_id'", (self.last_id,))

    # The definition

    def add_columns(self, new: list[tuple[str, ColumnType, Any]]) -> None:
        """Add columns at the end."""
        before = len(self.definition.columns)
        self.definition = self.definition.with_columns(new)
        for column in self.definition.columns[before:]:
            self.db.execute(f"ALTER TABLE {NAME} ADD COLUMN {column.sql}")

    def drop_columns(self, names: Sequence[str]) -> None:
        """Remove columns with what they hold, and the keys and indexes that they are part of."""
        gone = set(names)
        kept = tuple(column for column in self.definition.columns if column.id not in gone)
        if gone & set(self.definition.primary_key):
            self.set_primary_key(())
        self.set_indexes(tuple(index for index in self.definition.indexes if not gone & set(index)))
        for column in self.definition.columns:
            if column.id in gone:
                self.db.execute(f"ALTER TABLE {NAME} DROP COLUMN {column.sql}")
        self.definition = replace(self.definition, columns=kept)
        self.db.execute(f"DELETE FROM {WORDS}")  # noqa: S608 - constant

    def set_infos(self, infos: dict[str, Any]) -> None:
        """Say something else of columns."""
        columns = tuple(
            replace(column, info=infos[column.id]) if column.id in infos else column
            for column in self.definition.columns
        )
        self.definition = replace(self.definition, columns=columns)

    def set_primary_key(self, names: Sequence[str]) -> None:
        """Make the values of these columns together unique. :raises NotUnique: they are not."""
        self.db.execute("DROP INDEX IF EXISTS key")
        if names:
            try:
                self.db.execute(f"CREATE UNIQUE INDEX key ON {NAME} ({self._sql(names)})")
            except sqlite3.IntegrityError as error:
                raise NotUnique(", ".join(names)) from error
        self.definition = replace(self.definition, primary_key=tuple(names))

    def set_indexes(self, indexes: Sequence[Sequence[str]]) -> None:
        """Replace the indexes."""
        for number in range(len(self.definition.indexes)):
            self.db.execute(f"DROP INDEX IF EXISTS index{number}")
        for number, names in enumerate(indexes):
            self.db.execute(f"CREATE INDEX index{number} ON {NAME} ({self._sql(names)})")
        self.definition = replace(self.definition, indexes=tuple(tuple(names) for names in indexes))

    def _sql(self, names: Sequence[str]) -> str:
        return ", ".join(column_sql(self._column(name)) for name in names)

    def _column(self, name: str) -> Column:
        column = self.definition.find(name)
        assert column is not None
        return column

    # Rows

    def insert(self, records: Sequence[Any]) -> None:
        """Add rows. :raises BadRecord: one does not fit."""
        columns = self.definition.columns
        names = {column.id for column in columns}
        for number, record in enumerate(records):
            if not isinstance(record, dict):
                raise BadRecord({"records": [f'row "{number}" is not a json object']})
            if not names.issuperset(record):
                extra = ", ".join(sorted(set(record) - names))
                raise BadRecord({"records": [f'row "{number + 1}" has extra keys "{extra}"']})
        sql = (
            f"INSERT INTO {NAME} ({', '.join(['_id', *(column.sql for column in columns)])})"  # noqa: S608 - own names
            f" VALUES ({', '.join('?' * (len(columns) + 1))})"
        )
        keepers = [(column.id, column.type.keep) for column in columns]
        rows: list[tuple[Any, ...]] = []
        for number, record in enumerate(records):
            self.last_id += 1
            try:
                rows.append((self.last_id, *[keep(record.get(name)) for name, keep in keepers]))
            except BadValue:
                for column in columns:  # says which
                    _keep(column, record.get(column.id), number)
        if not rows:
            return
        try:
            self.db.executemany(sql, rows)
        except sqlite3.IntegrityError:
            raise BadRecord({"records": [_DUPLICATE], "records_row": self._first_duplicate(rows)}) from None
        self.changed += [row[0] for row in rows]

    def _first_duplicate(self, rows: Sequence[Sequence[Kept]]) -> int:
        key = self.definition.primary_key
        places = [index for index, column in enumerate(self.definition.columns, 1) if column.id in key]
        where = " AND ".join(f"{self.definition.columns[place - 1].sql} = ?" for place in places)
        seen: set[tuple[Kept, ...]] = set()
        for number, row in enumerate(rows):
            values = tuple(row[place] for place in places)
            found = self.db.execute(f"SELECT 1 FROM {NAME} WHERE {where} AND _id < ?", (*values, rows[0][0])).fetchone()  # noqa: S608 - own names
            if found or values in seen:
                return number
            seen.add(values)
        return 0

    def update(self, records: Sequence[Any], *, inserts: bool) -> None:
        """Change the rows that have the records' keys; with `inserts`, add those that have none.

        A record names its row by `_id` or by every column of the primary key; what it does not name stays.

        :raises BadRecord: one does not fit, or names no row.
        """
        key = self.definition.primary_key
        for number, record in enumerate(records):
            if not isinstance(record, dict):
                raise BadRecord({"records": [f'row "{number}" is not a json object']})
            if "_id" not in record:
                if not key:
                    raise BadRecord({"table": ["unique key must be passed for update/upsert"]})
                if missing := [name for name in key if name not in record]:
                    raise BadRecord({"key": [_MISSING_KEY.format(", ".join(missing))]})
            self._change(number, record, ("_id",) if "_id" in record else key, inserts=inserts)

    def _change(self, number: int, record: dict[str, Any], key: Sequence[str], *, inserts: bool) -> None:
        values: dict[str, Kept] = {}
        unknown = [name for name in record if self.definition.find(name) is None]
        if unknown:
            raise BadRecord({"fields": [f'fields "{", ".join(unknown)}" do not exist']})
        for name, value in record.items():
            column = self._column(name)
            values[name] = _keep(column, value, number)
        where = " AND ".join(f"{column_sql(self._column(name))} = ?" for name in key)
        keys = tuple(values[name] for name in key)
        found = self.db.execute(f"SELECT _id FROM {NAME} WHERE {where}", keys).fetchone()  # noqa: S608 - own names
        try:
            if found:
                self._set(found[0], {name: value for name, value in values.items() if name != "_id"})
                # PostgreSQL draws a number for the row that it would have inserted.
                self.last_id += inserts and "_id" not in record
            elif inserts:
                self._add(values)
            else:
                others = len(record) - ("_id" in record)
                sent = {f"val_{others + index}": record[name] for index, name in enumerate(key)}
                raise BadRecord({"key": [f'key "{sent}" not found']})
        except sqlite3.IntegrityError:
            raise BadRecord({"records": [_DUPLICATE], "records_row": number}) from None

    def _set(self, row: int, values: dict[str, Kept]) -> None:
        if values:
            changes = ", ".join(f"{self._column(name).sql} = ?" for name in values)
            self.db.execute(f"UPDATE {NAME} SET {changes} WHERE _id = ?", (*values.values(), row))  # noqa: S608 - own names
        self.changed.append(row)

    def _add(self, values: dict[str, Kept]) -> None:
        if "_id" not in values:
            self.last_id += 1
            values = {"_id": self.last_id, **values}
        names = ", ".join(column_sql(self._column(name)) for name in values)
        marks = ", ".join("?" * len(values))
        self.db.execute(f"INSERT INTO {NAME} ({names}) VALUES ({marks})", tuple(values.values()))  # noqa: S608 - own names
        self.changed.append(int(values["_id"] or 0))


_DUPLICATE = 'duplicate key value violates unique constraint "key"'
# CKAN's own message has this line break and these spaces.
_MISSING_KEY = 'fields "{}" are missing\n                            but needed as key'


def _keep(column: Column, value: Any, number: int) -> Kept:
    try:
        return column.type.keep(value)
    except BadValue as error:
        message = str(error).replace("{column}", column.id)
        raise BadRecord({"records": [message], "records_row": number}) from None


def all_columns(definition: Definition) -> tuple[Column, ...]:
    """Return the columns of a table with the number of the row before them."""
    return (ID, *definition.columns)
