"""One catalogue's database: connections for readers, one for the writer, and what a commit promises.

Promise, whichever engine keeps it: a write that was acknowledged survives `kill -9` and a power cut; a reader sees one
state from its first statement to its last and never waits for the writer; writers take turns, so that what an action
looked at before it writes is still so when it commits. `sqlite` and `postgresql` say how each engine keeps it.
"""

from __future__ import annotations

import functools
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any, ClassVar

import sqlalchemy as sa

from odl_host.server.database import migrations
from odl_host.server.database.statements import Statement
from odl_host.server.database.tables import counters

BUSY_TIMEOUT_MS = 30_000
"""How long a writer waits for another process; a bulk load commits far more often than that."""

IDLE_CONNECTIONS = 16
"""Connections kept open between calls; more are opened when needed and closed after."""


SWIFT_COMMIT_S = 0.005
"""Commits that take less on average may be waited for where nothing else can run meanwhile."""

COUNT_WRITE = "UPDATE counters SET value = value + 1 WHERE name = 'writes'"
_LAST_WRITE = Statement(sa.select(counters.c.value).where(counters.c.name == "writes"))


class Busy(Exception):
    """Another has its turn, or more than a moment is needed: who may not wait hands the work to a thread."""


class Database(ABC):
    """Transactions on one catalogue's database; safe to share between threads."""

    is_local: ClassVar[bool]
    """Whether a look-up is a matter of microseconds, so that the HTTP server need not spend a thread on it."""

    def __init__(self, engine: sa.Engine, label: str, *, migrate: bool = True) -> None:
        self.label = label
        self._engine = engine
        self._idle: list[sa.Connection] = []
        self._writer: sa.Connection | None = None
        self._writing = threading.Lock()
        self._queue = threading.Lock()
        """Held by the first of those who wait to write, so that nobody who came later takes the turn before them."""
        self._commit_s = 0.0
        if migrate:
            self.migrate()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Give a connection that sees one state of the database from its first statement to its last.

        :raises Unavailable: the database does not answer.
        """
        db = self._take()
        db = self._begun(db, self._begin_reading)
        try:
            yield db
        except Exception as error:
            if (cause := _driver_error(error)) is not None:
                raise self._explained(cause) from error
            raise
        finally:
            self._give_back(db)

    @property
    def is_swift(self) -> bool:
        """Whether a short transaction, its commit with it, is a matter of a few milliseconds on this disk."""
        return self.is_local and self._commit_s < SWIFT_COMMIT_S

    @contextmanager
    def writing(self, *, is_news: bool = True, waits: bool = True) -> Iterator[sa.Connection]:
        """Give the connection that may write; commit at the end, take everything back on an exception.

        `is_news` False: nothing of it shows in any answer to the public, so what was kept of those still holds.

        :raises Unavailable: another process has been writing for 30 seconds, or the database does not answer.
        :raises Busy: `waits` is False, and another writer has its turn.
        """
        if waits:
            with self._queue:
                self._writing.acquire()
        elif self._queue.locked() or not self._writing.acquire(blocking=False):
            raise Busy
        try:
            begin = functools.partial(self._begin_writing, waits=waits)
            self._writer = self._begun(self._writer or self._connect_writer(), begin)
            try:
                yield self._writer
                started = monotonic()
                self._commit(self._writer, COUNT_WRITE if is_news else "")
                self._commit_s += (monotonic() - started - self._commit_s) / 8
            except BaseException as error:
                self._take_back()
                if isinstance(error, Exception) and (cause := _driver_error(error)) is not None:
                    raise self._explained(cause) from error
                raise
        finally:
            self._writing.release()

    def close(self) -> None:
        """Close every connection."""
        with self._writing:
            while self._idle:
                self._idle.pop().close()
            if self._writer is not None:
                self._writer.close()
                self._writer = None
            self._engine.dispose()

    def pending(self) -> list[migrations.Step]:
        """Return the steps that this database still needs. :raises ConfigError: a newer version wrote it."""
        with self.reading() as db:
            return migrations.pending_steps(db)

    def migrate(self) -> list[str]:
        """Bring the database to what this version reads and return the names of the steps that this took.

        :raises ConfigError: the database was written by a newer version.
        """
        done: list[str] = []
        pending = self.pending()
        while pending:
            with self.writing() as db:
                # Another process may have migrated while this one waited for its turn.
                pending = migrations.pending_steps(db)
                if pending:
                    done.append(migrations.apply_step(db, pending[0]))
        return done

    def look_up(self, statement: Statement, **values: Any) -> Any:
        """Return the first row of a query, or None: alone it sees one state of the database in any case."""
        with self.reading() as db:
            return statement.first(db, **values)

    def last_write(self) -> int:
        """Return the number of the last transaction that wrote, in whichever process."""
        return int(self.look_up(_LAST_WRITE)[0])

    @abstractmethod
    def check(self) -> list[str]:
        """Return what is wrong with the database itself, as sentences; empty when it is sound."""

    @abstractmethod
    def vacuum(self) -> None:
        """Give back the space of what was deleted, and refresh what the planner knows."""

    @abstractmethod
    def size_bytes(self) -> int:
        """Return how much room the database takes."""

    @abstractmethod
    def _begin_reading(self, db: sa.Connection) -> None: ...

    @abstractmethod
    def _begin_writing(self, db: sa.Connection, *, waits: bool) -> None:
        """Begin a transaction that writes. :raises Busy: `waits` is False, and another process has its turn."""

    @abstractmethod
    def _execute(self, db: sa.Connection, statement: str) -> None:
        """Run a statement on the driver's own connection: through SQLAlchemy it costs ten times as much."""

    @abstractmethod
    def _explain(self, error: BaseException) -> Exception | None:
        """Return what a driver's error means to an operator, or None when it is a mistake of this program."""

    def _commit(self, db: sa.Connection, last: str) -> None:
        """End the transaction; `last` is one more statement of it, or ""."""
        if last:
            self._execute(db, last)
        self._execute(db, "COMMIT")

    def _take(self) -> sa.Connection:
        try:
            return self._idle.pop()
        except IndexError:
            return self._connect()

    def _connect(self) -> sa.Connection:
        try:
            return self._engine.connect()
        except sa.exc.DBAPIError as error:
            raise self._explained(error) from error
        except Exception as error:
            if (explained := self._explain(error)) is not None:
                raise explained from error
            raise

    def _connect_writer(self) -> sa.Connection:
        """Open the connection that writers take turns on."""
        return self._connect()

    def _begun(self, db: sa.Connection, begin: Any) -> sa.Connection:
        """Begin a transaction; where the connection has died since its last use, on a new one."""
        try:
            begin(db)
            return db
        except Busy:
            self._writer = db
            raise
        except Exception as error:
            _close(db)
            if db is self._writer:
                self._writer = None
            if self.is_local:
                raise self._explain(error) or error from error
        db = self._connect()
        try:
            begin(db)
        except Exception as error:
            _close(db)
            raise self._explain(error) or error from error
        return db

    def _give_back(self, db: sa.Connection) -> None:
        try:
            self._execute(db, "COMMIT")
        except Exception:  # noqa: BLE001 - a reader has nothing to lose; the connection is not used again
            _close(db)
            return
        self._keep(db)

    def _keep(self, db: sa.Connection) -> None:
        if len(self._idle) < IDLE_CONNECTIONS:
            self._idle.append(db)
        else:
            db.close()

    def _take_back(self) -> None:
        assert self._writer is not None
        try:
            self._execute(self._writer, "ROLLBACK")
        except Exception:  # noqa: BLE001 - the connection is broken: closing it takes the transaction back
            _close(self._writer)
            self._writer = None

    def _explained(self, error: Exception) -> Exception:
        cause = getattr(error, "orig", None) or error
        return self._explain(cause) or error


def open_database(location: Path | str, *, migrate: bool = True) -> Database:
    """Open the database at a file's path or a `postgresql://` URL; `migrate` creates or alters its tables first.

    :raises ConfigError: the URL cannot be used, its driver is not installed, or a newer version wrote the database.
    :raises StorageError: it cannot be opened. :raises Unavailable: it does not answer.
    """
    if isinstance(location, Path):
        from odl_host.server.database.sqlite import SqliteDatabase

        return SqliteDatabase(location, migrate=migrate)
    from odl_host.server.database.postgresql import PostgresqlDatabase

    return PostgresqlDatabase(location, migrate=migrate)


def _close(db: sa.Connection) -> None:
    try:
        db.invalidate()
        db.close()
    except Exception:  # noqa: BLE001 - it is broken already
        return


def _driver_error(error: Exception) -> Exception | None:
    """Return the error when it came from the database rather than from an action."""
    is_driver = isinstance(error, sa.exc.DBAPIError) or type(error).__module__.split(".")[0] in ("sqlite3", "pg8000")
    return error if is_driver else None
