"""Running a translated query, alone with the tables that its caller may read."""

from __future__ import annotations

import json
import math
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from odl_host.ckan import JsonDict
from odl_host.server.datastore.filters import bad_query
from odl_host.server.datastore.rowfile import RowTable
from odl_host.server.datastore.sql.functions import ALLOWED_IN_SQLITE, register
from odl_host.server.datastore.sql.given import SPREAD
from odl_host.server.datastore.sql.intervals import Interval
from odl_host.server.datastore.sql.numbers import tidy
from odl_host.server.datastore.sql.statement import Statement
from odl_host.server.datastore.sql.translate import Translation, translate
from odl_host.server.datastore.table import NAME, QUERY_TIMEOUT_S, Definition, Table, all_columns, column_sql, text_sql
from odl_host.server.datastore.types import find_type

MAX_RESULT_BYTES = 50_000_000
MAX_TEMPORARY_BYTES = 500_000_000
"""What a query may write to the disk to sort, to group or to tell values apart: 500 bytes of a million rows."""

STEPS_BETWEEN_LOOKS = 1_000
"""Few: a single step may make, or write, a text of a megabyte."""

DISK_LOOK_S = 0.01
_OWN_WRITES = Path("/proc/thread-self/io")
_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: 10_000_000,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 1_000_000,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 500,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 50,
    sqlite3.SQLITE_LIMIT_VDBE_OP: 250_000,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 1_000,
    sqlite3.SQLITE_LIMIT_FUNCTION_ARG: 100,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 0,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """The records of a query, its columns, and whether there were more."""

    records: list[JsonDict]
    fields: list[JsonDict]
    is_truncated: bool


def execute(statement: Statement, tables: Mapping[str, Table], *, rows_max: int) -> Answer:
    """Run a query over tables by the names that it gives them.

    :raises ValidationError: it cannot be translated, SQLite refuses it, or it takes too long or too much.
    """
    for table in tables.values():
        with table.reading():
            pass  # learns of what other processes changed
    translation = translate(statement, {name: _columns(table.definition) for name, table in tables.items()})
    db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    reasons: list[str] = []
    try:
        watch = _Watch(reasons)
        _prepare(db, tables, reasons, deadline=watch.deadline)
        db.set_progress_handler(watch, STEPS_BETWEEN_LOOKS)
        db.set_authorizer(_Guard(tables))
        rows, is_truncated = _fetch(db, translation, rows_max)
    except (sqlite3.Error, OverflowError) as error:
        raise bad_query((reasons or [str(error)])[0][:300]) from error
    finally:
        db.set_authorizer(None)
        db.close()
    if translation.decimals:
        rows = [_tidied(row, translation.decimals) for row in rows]
    shown = [dict(zip(translation.names, _shown(row, translation.types), strict=True)) for row in rows]
    fields = [
        {"id": name, "type": kind.removeprefix("made ")}
        for name, kind in zip(translation.names, translation.types, strict=True)
    ]
    return Answer(shown, fields, is_truncated)


class _Watch:
    """Is asked again and again whether a query is to be stopped: it takes too long, or fills the disk."""

    def __init__(self, reasons: list[str]) -> None:
        self.reasons = reasons
        self.deadline = time.monotonic() + QUERY_TIMEOUT_S
        self.next_look = 0.0
        self.before = _written_bytes()

    def __call__(self) -> bool:
        now = time.monotonic()
        if now > self.deadline:
            self.reasons.append("canceling statement due to statement timeout")
            return True
        if now > self.next_look:
            self.next_look = now + DISK_LOOK_S
            if _written_bytes() - self.before > MAX_TEMPORARY_BYTES:
                self.reasons.append(f"temporary file size exceeds temp_file_limit ({MAX_TEMPORARY_BYTES >> 10}kB)")
                return True
        return False


def _written_bytes() -> int:
    """Return how much this thread has written to files, a query's temporary ones among them; 0 where nobody counts.

    Source: proc_pid_io(5), `wchar`. SQLite does not say how large its temporary files are, nor bounds them.
    """
    try:
        counts = dict(line.split(": ") for line in _OWN_WRITES.read_text().splitlines())
    except OSError:
        return 0
    return int(counts["wchar"])


def _columns(definition: Definition) -> dict[str, str]:
    columns = {"_id": "int4", "_full_text": "tsvector"}
    columns |= {column.id: column.type.name for column in definition.columns}
    if len({name.lower() for name in columns}) < len(columns):
        raise bad_query("SQL cannot tell columns apart whose names differ only in capitals")
    return columns


def _prepare(
    db: sqlite3.Connection, tables: Mapping[str, Table], reasons: list[str], *, deadline: float = math.inf
) -> None:
    """Attach the tables, each as a view with the names of its columns, and nothing else."""
    register(db, reasons, deadline=deadline)
    db.execute("PRAGMA case_sensitive_like=ON")
    db.execute("PRAGMA cache_size=-8000")
    # Rows come in the order of their numbers unless a query says otherwise, as in PostgreSQL: hence NOT INDEXED.
    for number, (name, table) in enumerate(tables.items()):
        _attach(db, f"t{number}", table)
        columns = [f'{column_sql(column)} AS "{column.id}"' for column in all_columns(table.definition)]
        columns.insert(1, f'text_vector({text_sql(table.definition.columns)}) AS "_full_text"')
        quoted = name.replace('"', '""')
        # Names of columns and aliases are checked to hold no quote; an id never does.
        db.execute(f'CREATE TEMP VIEW "{quoted}" AS SELECT {", ".join(columns)} FROM t{number}.{NAME} NOT INDEXED')  # noqa: S608
    # SQLite makes it at its first use, which the guard would refuse.
    db.execute(f"SELECT 1 FROM main.{SPREAD} WHERE json = '[]'")  # noqa: S608 - own name
    db.execute("PRAGMA query_only=ON")
    for limit, value in _LIMITS.items():
        db.setlimit(limit, value)
    db.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)


def _attach(db: sqlite3.Connection, schema: str, table: Table) -> None:
    if isinstance(table, RowTable):
        db.execute(f"ATTACH ? AS {schema}", (f"{table.path.absolute().as_uri()}?mode=ro",))
        return
    with table.reading() as source:
        place = source.execute("SELECT file FROM pragma_database_list WHERE name = 'main'").fetchone()[0]
        if place:
            db.execute(f"ATTACH ? AS {schema}", (f"{Path(place).as_uri()}?mode=ro&immutable=1",))
            return
        content = source.serialize()
    db.execute(f"ATTACH ':memory:' AS {schema}")
    db.deserialize(content, name=schema)


class _Guard:
    """Answers SQLite when it asks, before it prepares a statement, whether each thing in it may be done."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self.views = frozenset(tables)
        self.schemas = frozenset(f"t{number}" for number in range(len(tables)))

    def __call__(
        self, action: int, first: str | None, second: str | None, schema: str | None, _view: str | None
    ) -> int:
        if action in (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE):
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_FUNCTION and second in ALLOWED_IN_SQLITE:
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_READ:
            # The items of an array, a view, the table behind it, or what a query itself makes (a subquery, a common
            # table expression).
            places = {"temp": self.views, "main": {SPREAD}} | {name: {NAME} for name in self.schemas}
            is_made = schema is None and not str(first).lower().startswith("sqlite_")
            if is_made or first in places.get(schema or "", ()):
                return sqlite3.SQLITE_OK
        return sqlite3.SQLITE_DENY


def _fetch(db: sqlite3.Connection, translation: Translation, rows_max: int) -> tuple[list[tuple[Any, ...]], bool]:
    rows: list[tuple[Any, ...]] = []
    size = 0
    for row in db.execute(translation.sql):
        if len(rows) == rows_max:
            return rows, True
        size += sum(len(value) for value in row if isinstance(value, str)) + 16 * len(row)
        if size > MAX_RESULT_BYTES:
            raise bad_query(f"the result is larger than {MAX_RESULT_BYTES >> 20} MB")
        rows.append(row)
    return rows, False


def _tidied(row: tuple[Any, ...], places: frozenset[int]) -> tuple[Any, ...]:
    return tuple(
        tidy(value) if index in places and isinstance(value, float) else value for index, value in enumerate(row)
    )


def _shown(row: tuple[Any, ...], types: tuple[str, ...]) -> list[Any]:
    return [None if value is None else _show(value, kind) for value, kind in zip(row, types, strict=True)]


def _show(value: Any, kind: str) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if kind in ("timestamp", "timestamptz", "time") and isinstance(value, str):
        whole, dot, fraction = value.partition(".")
        shown = f"{whole}.{fraction:0<6}" if dot else whole
        return f"{shown}+00:00" if kind == "timestamptz" else shown
    if kind == "interval":
        return Interval.kept(value).shown()
    if kind in ("float4", "float8") and isinstance(value, int):
        return float(value)
    if (kind.startswith("_") or kind in ("json", "jsonb")) and isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            return value
    if kind == "numeric" and isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) >= 10**15 else value
    found = find_type(kind)
    return found.show(value) if found and found.show and kind not in ("float4", "float8") else value
