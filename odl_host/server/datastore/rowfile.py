"""Rows written by callers: one SQLite file per resource.

An acknowledged write survives `kill -9` and a power cut: the file is in WAL mode with `synchronous=FULL`, as the
catalogue is. Row numbers are counted in the file and never given twice.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from odl_host.errors import StorageError, Unavailable
from odl_host.server.datastore.table import NAME, WORDS, WORDS_SQL, Definition, Table, create_sql, load_definition
from odl_host.server.datastore.writer import Writer
from odl_host.storage.atomic import sync_folder

BUSY_TIMEOUT_MS = 30_000
CACHED_BYTES = 400_000
"""What an open file takes in this process's memory, about."""

_WORDS_FOLLOW = tuple(
    f"CREATE TRIGGER words_of_{event.lower()} AFTER {event} ON {NAME} BEGIN"  # noqa: S608 - own names
    f" DELETE FROM {WORDS} WHERE _id = OLD._id; END"
    for event in ("UPDATE", "DELETE")
)


class Replaced(Unavailable):
    """What was written went to a file that is no longer the table's: it is not kept, and can be written again."""


class RowTable(Table):
    """The open file of one resource."""

    def __init__(self, path: Path, db: sqlite3.Connection) -> None:
        super().__init__(Definition(), db, size_bytes=CACHED_BYTES)
        self.path = path
        self.inode = path.stat().st_ino
        self.stamp = ""
        """What the file belongs to, since it was made."""
        self._made = ""
        self._text = ""
        self._changes = 0
        self._version_with_words = ""
        self._load()

    @contextmanager
    def reading(self, *, waits: bool = True) -> Iterator[sqlite3.Connection]:
        """Give the connection, on one state of the rows and of their definition."""
        with super().reading(waits=waits) as db:
            if db.in_transaction:
                yield db
                return
            db.execute("BEGIN")
            try:
                self._load()
                yield db
            finally:
                if self.db.in_transaction:  # what is interrupted while it makes a table of its own takes it back
                    db.execute("COMMIT")

    @contextmanager
    def writing(self, *, is_kept: bool = True) -> Iterator[Writer]:
        """Give what changes the rows; all of it is kept at the end, or nothing after an exception.

        With `is_kept` false nothing is kept in any case. :raises Unavailable: another process writes for too long.
        """
        with self.lock:
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
        return f"{self._made} {self._changes}"

    def prepare_words(self) -> bool:
        """Make the words of rows that lack them; they are kept in the file."""
        missing = f"SELECT 1 FROM {NAME} LEFT JOIN {WORDS} USING (_id) WHERE vector IS NULL LIMIT 1"  # noqa: S608
        with self.reading() as db:
            if self.version == self._version_with_words:
                return True
            if db.execute(missing).fetchone() and not self._write_words():
                return False  # another process writes: this search reads the rows themselves
            if db.execute(missing).fetchone():
                return False
            self._version_with_words = self.version
            return True

    def _write_words(self) -> bool:
        """Add words in a transaction between that of the reader and its next one; return whether they were kept."""
        self.take_time()
        self.db.execute("COMMIT")
        try:
            self.db.execute("BEGIN IMMEDIATE")
            self._load()
            self.fill_words()
            self.db.execute("COMMIT")
        except sqlite3.OperationalError:
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")
            return False
        finally:
            self.db.execute("BEGIN")
            self._load()
        return True

    @property
    def is_unused(self) -> bool:
        """Whether nothing was ever written to it. Read it within `reading()` or `writing()`."""
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
        # A file made by a version before this mark is told by its place on the disk, which may be given twice.
        self._made = meta.get("made") or f"{self.inode} {self.stamp}"
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
            made = secrets.token_hex(8)
            meta = {"definition": definition.dump(), "stamp": stamp, "made": made, "last_id": last, "changes": 0}
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
