"""One catalogue's database: connections for readers, one for the writer, and what a commit promises.

Promise: a write that was acknowledged survives `kill -9` and a power cut. SQLite runs in WAL mode with
`synchronous=FULL`: each commit is flushed to the disk before it returns. Readers never wait for the writer; writers
wait for each other, in the process by a lock and between processes by `BEGIN IMMEDIATE`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from odl_host.errors import StorageError, Unavailable
from odl_host.server import migrations

BUSY_TIMEOUT_MS = 30_000
"""How long a writer waits for another process; a bulk load commits far more often than that."""

MMAP_BYTES = 1 << 28
"""Pages read through the system's cache, shared by every connection instead of copied into each."""

_PRAGMAS = (
    f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA cache_size=-2000",
    f"PRAGMA mmap_size={MMAP_BYTES}",
    "PRAGMA temp_store=MEMORY",
)


class Database:
    """Transactions on one catalogue's database; safe to share between threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._engine = sa.create_engine(
            sa.URL.create("sqlite", database=str(path)),
            poolclass=sa.pool.NullPool,
            isolation_level="AUTOCOMMIT",
            connect_args={"check_same_thread": False, "cached_statements": 256},
        )
        sa.event.listen(self._engine, "connect", _configure)
        self._idle: list[sa.Connection] = []
        self._writer: sa.Connection | None = None
        self._writing = threading.Lock()
        self._migrate()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Give a connection that sees one state of the database from its first statement to its last."""
        try:
            db = self._idle.pop()
        except IndexError:
            db = self._connect()
        try:
            _driver(db).execute("BEGIN")
            try:
                yield db
            finally:
                _driver(db).execute("COMMIT")
        finally:
            self._idle.append(db)

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Give the connection that may write; commit at the end, take everything back on an exception.

        :raises Unavailable: another process has been writing for 30 seconds.
        """
        with self._writing:
            if self._writer is None:
                self._writer = self._connect()
            driver = _driver(self._writer)
            try:
                driver.execute("BEGIN IMMEDIATE")
            except Exception as error:
                raise _explain(error, self.path) from error
            try:
                yield self._writer
            except BaseException:
                driver.execute("ROLLBACK")
                raise
            try:
                driver.execute("COMMIT")
            except Exception as error:
                if driver.in_transaction:
                    driver.execute("ROLLBACK")
                raise _explain(error, self.path) from error

    def close(self) -> None:
        """Close every connection; the last one out also folds the write-ahead log into the database."""
        with self._writing:
            while self._idle:
                self._idle.pop().close()
            if self._writer is not None:
                self._writer.close()
                self._writer = None
            self._engine.dispose()

    def _connect(self) -> sa.Connection:
        try:
            return self._engine.connect()
        except sa.exc.OperationalError as error:
            raise _explain(error.orig or error, self.path) from error

    def _migrate(self) -> None:
        with self.reading() as db:
            steps = migrations.pending_steps(db)
        while steps:
            with self.writing() as db:
                # Another process may have migrated while this one waited for its turn.
                steps = migrations.pending_steps(db)
                for step in steps[:1]:
                    migrations.apply_step(db, step)


def _configure(driver: Any, _record: object) -> None:
    for pragma in _PRAGMAS:
        driver.execute(pragma)


def _driver(db: sa.Connection) -> Any:
    """Return the driver's own connection: transaction statements through SQLAlchemy cost ten times as much."""
    return db.connection.driver_connection


def _explain(error: BaseException, path: Path) -> Exception:
    text = str(error)
    if "locked" in text:
        return Unavailable(f"Another program has been writing to {path} for {BUSY_TIMEOUT_MS // 1000} seconds.")
    if "full" in text:
        return StorageError(f"The disk that holds {path} is full.", hint="Free some space, then try again.")
    return StorageError(f"The catalogue's database {path} cannot be used: {text}.")
