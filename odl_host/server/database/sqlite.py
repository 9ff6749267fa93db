"""The catalogue in one SQLite file: the default, nothing to install.

How the promise of `database` is kept: WAL mode with `synchronous=FULL`, so each commit is flushed to the disk before
it returns; readers never wait for the writer; writers wait for each other, in the process by a lock and between
processes by `BEGIN IMMEDIATE`, asked again and again: SQLite's own waiting sleeps up to a tenth of a second at a time,
and most writers are done in one or two milliseconds.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from pathlib import Path
from typing import Any, ClassVar

import sqlalchemy as sa

from odl_host.errors import StorageError, Unavailable
from odl_host.server.database.database import BUSY_TIMEOUT_MS, Busy, Database
from odl_host.server.database.statements import Statement

FULL_BYTES = 1 << 16
"""SQLite opens a log and an index of it beside the file: with less free space it says "disk I/O error", not "full"."""
PRIMARY_CODE = 0xFF
"""The part of an error's code that says what it is; the rest says where. Source: sqlite.org/rescode.html."""

SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.0002, 0.003
"""Between two attempts to be the writer, while another process is."""

# No memory mapping: after each write every reader would unmap and map the file again, which stops all threads.
_PRAGMAS = (
    f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA wal_autocheckpoint=4000",  # pages: folding the log in is felt by the write that does it, so it is rare
    "PRAGMA cache_size=-2000",
    "PRAGMA temp_store=MEMORY",
)


class SqliteDatabase(Database):
    """A file. The last connection to close folds the write-ahead log into it."""

    is_local: ClassVar[bool] = True

    def __init__(self, path: Path, *, migrate: bool = True) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        engine = sa.create_engine(
            sa.URL.create("sqlite", database=str(path)),
            poolclass=sa.pool.NullPool,
            isolation_level="AUTOCOMMIT",
            connect_args={"check_same_thread": False, "cached_statements": 256},
        )
        sa.event.listen(engine, "connect", _configure)
        super().__init__(engine, str(path), migrate=migrate)

    def look_up(self, statement: Statement, **values: Any) -> Any:
        """Return the first row of a query, or None; a statement of its own needs no BEGIN."""
        db = self._take()
        try:
            return statement.first(db, **values)
        except sqlite3.Error as error:
            raise self._explained(error) from error
        finally:
            self._idle.append(db)

    def check(self) -> list[str]:
        """Return what SQLite's own examination finds."""
        with self.reading() as db:
            rows = db.exec_driver_sql("PRAGMA integrity_check").scalars().all()
        return [f"{self.path}: {row}" for row in rows if row != "ok"]

    def vacuum(self) -> None:
        """Rewrite the file without its empty pages; needs as much free disk as the file takes."""
        with self._writing:
            db = self._connect()
            try:
                for statement in ("VACUUM", "ANALYZE", "PRAGMA wal_checkpoint(TRUNCATE)"):
                    self._execute(db, statement)
            except Exception as error:
                raise self._explain(error) or error from error
            finally:
                db.close()

    def size_bytes(self) -> int:
        """Return the size of the file with its write-ahead log."""
        files = (self.path, self.path.with_name(self.path.name + "-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    def _begin_reading(self, db: sa.Connection) -> None:
        self._execute(db, "BEGIN")

    def _connect_writer(self) -> sa.Connection:
        db = self._connect()
        self._execute(db, "PRAGMA busy_timeout=0")
        return db

    def _begin_writing(self, db: sa.Connection, *, waits: bool) -> None:
        deadline, pause = time.monotonic() + BUSY_TIMEOUT_MS / 1000, SHORTEST_PAUSE_S
        while True:
            try:
                self._execute(db, "BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & PRIMARY_CODE != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                if not waits:
                    raise Busy from error
            time.sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE_S)

    def _execute(self, db: sa.Connection, statement: str) -> None:
        driver: Any = db.connection.dbapi_connection
        driver.execute(statement)

    def _explain(self, error: BaseException) -> Exception | None:
        text = str(error)
        if "locked" in text:
            return Unavailable(
                f"Another program has been writing to {self.path} for {BUSY_TIMEOUT_MS // 1000} seconds."
            )
        if "full" in text or ("disk I/O" in text and shutil.disk_usage(self.path.parent).free < FULL_BYTES):
            return StorageError(f"The disk that holds {self.path} is full.", hint="Free some space, then try again.")
        if any(sign in text for sign in ("not a database", "malformed")):
            return StorageError(
                f"The catalogue's database {self.path} cannot be used, it is damaged: {text}.",
                hint="Stop odl-host serve and put back a backup of it; the published files, kept apart, are untouched.",
            )
        if any(sign in text for sign in ("unable to open", "readonly", "disk I/O")):
            return StorageError(
                f"The catalogue's database {self.path} cannot be used: {text}.",
                hint="Look at its rights and at the disk.",
            )
        return None


def _configure(driver: Any, _record: object) -> None:
    for pragma in _PRAGMAS:
        driver.execute(pragma)
