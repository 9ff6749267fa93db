"""How many rows fulfil conditions: every answer says so, and to count them every row is read.

Rows are wide, and conditions look at few columns. Once the same columns have been looked at a few times while the rows
stayed as they are, they are copied into an indexed table of the connection's own, beside the rows: it is lost with the
connection, no other process sees it, and nothing is written to the table's file.
"""

from __future__ import annotations

import sqlite3
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence

from odl_host.server.datastore.values import Kept

SCANS_BEFORE_COPY = 3
"""To copy columns takes about as long as to count rows a few times."""
MAX_VALUES = 100_000
"""Rows times columns of one copy: what is larger is never copied."""
MAX_COPIES = 2
CACHED_KB = 256
"""Of all copies, in memory; SQLite keeps the rest in a temporary file."""


class Counts:
    """The counts of one table, which is called `rows` in its database. Use it by one thread at a time."""

    def __init__(self, db: sqlite3.Connection, rows: str) -> None:
        self._db = db
        self._rows = rows
        self._version = ""
        self._last: tuple[object, int] | None = None
        self._scans: Counter[tuple[str, ...]] = Counter()
        self._copies: OrderedDict[tuple[str, ...], str] = OrderedDict()

    def count(
        self,
        version: str,
        source: str,
        values: Sequence[Kept],
        columns: Sequence[str],
        take_time: Callable[[], None],
    ) -> int:
        """Return the number of rows of a source; `columns` are all that it looks at, where it is rows with conditions.

        The last one counted is kept while `version` stays the same: the pages of one search have one number.
        `take_time` is called before a copy is made.
        """
        asked = (source, tuple(values))
        if version != self._version:
            self._forget()
            self._version = version
        if self._last is None or self._last[0] != asked:
            if version and columns and (copy := self._find_copy(tuple(columns), take_time)):
                source = source.replace(self._rows, copy, 1)
            counted = int(self._db.execute(f"SELECT count(*) FROM {source}", values).fetchone()[0])  # noqa: S608
            self._last = (asked, counted)
        return self._last[1]

    def _find_copy(self, columns: tuple[str, ...], take_time: Callable[[], None]) -> str | None:
        if columns in self._copies:
            self._copies.move_to_end(columns)
            return self._copies[columns]
        self._scans[columns] += 1
        if self._scans[columns] <= SCANS_BEFORE_COPY:
            return None
        last = self._db.execute(f"SELECT coalesce(max(_id), 0) FROM {self._rows}").fetchone()[0]  # noqa: S608
        if last * len(columns) > MAX_VALUES:
            return None
        take_time()
        return self._copy(columns)

    def _copy(self, columns: tuple[str, ...]) -> str:
        if len(self._copies) == MAX_COPIES:
            self._drop(self._copies.popitem(last=False)[1])
        name, listed = f"temp.copy_{'_'.join(columns)}", ", ".join(columns)
        self._drop(name)  # one that was interrupted
        self._db.execute(f"PRAGMA temp.cache_size=-{CACHED_KB}")
        self._db.execute(f"CREATE TABLE {name} AS SELECT {listed} FROM {self._rows}")  # noqa: S608 - own names
        self._db.execute(f"CREATE INDEX {name}_index ON {name.removeprefix('temp.')} ({listed})")
        self._copies[columns] = name
        return name

    def _drop(self, name: str) -> None:
        self._db.execute(f"DROP TABLE IF EXISTS {name}")

    def _forget(self) -> None:
        self._last = None
        self._scans.clear()
        while self._copies:
            self._drop(self._copies.popitem()[1])
