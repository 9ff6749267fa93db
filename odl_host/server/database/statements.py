"""Statements that are asked at nearly every call, given to SQLite's driver as they are.

A look-up by key takes SQLite 5 µs; SQLAlchemy, which works out at each call what it compiled before, takes 40 more.
These are compiled once. On other engines, where the way to the server costs more than either, SQLAlchemy runs them.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa


class Statement:
    """A statement whose parameters are always the same ones; safe to share between threads.

    An INSERT or UPDATE writes the columns that its first run names.
    """

    def __init__(self, clause: sa.Select[Any] | sa.Insert | sa.Update | sa.Delete) -> None:
        self._clause = clause
        self._direct: _Direct | None = None

    def all(self, db: sa.Connection, **values: Any) -> list[Any]:
        """Return every row; its fields have the names of the columns."""
        if db.dialect.name != "sqlite":
            return list(db.execute(self._clause, values))
        direct = self._compiled(db, values)
        return [direct.row(row) for row in _driver(db).execute(direct.sql, direct.arguments(values)).fetchall()]

    def first(self, db: sa.Connection, **values: Any) -> Any:
        """Return the first row, or None."""
        if db.dialect.name != "sqlite":
            return db.execute(self._clause, values).first()
        direct = self._compiled(db, values)
        row = _driver(db).execute(direct.sql, direct.arguments(values)).fetchone()
        return None if row is None else direct.row(row)

    def run(self, db: sa.Connection, values: Mapping[str, Any]) -> None:
        """Run it for what it does."""
        if db.dialect.name != "sqlite":
            db.execute(self._clause, values)
            return
        direct = self._compiled(db, values)
        _driver(db).execute(direct.sql, direct.arguments(values))

    def run_many(self, db: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run it once for each; none is no error."""
        if not rows:
            return
        if db.dialect.name != "sqlite":
            db.execute(self._clause, rows)
            return
        direct = self._compiled(db, rows[0])
        _driver(db).executemany(direct.sql, map(direct.arguments, rows))

    def _compiled(self, db: sa.Connection, values: Mapping[str, Any]) -> _Direct:
        if self._direct is None:
            self._direct = _Direct(self._clause, db.dialect, values)
        return self._direct


class _Direct:
    """What SQLite's driver is given, and how its rows are read."""

    def __init__(self, clause: Any, dialect: sa.Dialect, values: Mapping[str, Any]) -> None:
        is_query = isinstance(clause, sa.Select)
        compiled = clause.compile(dialect=dialect, column_keys=None if is_query else list(values))
        self.sql = str(compiled)
        self._names: tuple[str, ...] = tuple(compiled.positiontup or ())
        self._constants = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
        self._given = len(set(self._names) - self._constants.keys())
        columns = list(clause.exported_columns)
        row_type: Any = _row_type([column.key or "" for column in columns])
        self._flags = [at for at, column in enumerate(columns) if isinstance(column.type, sa.Boolean)]
        self._make: Callable[[Sequence[Any]], Any] = row_type._make

    def row(self, values: tuple[Any, ...]) -> Any:
        """Return a row as SQLAlchemy would: SQLite keeps a boolean as 0 or 1."""
        if not self._flags:
            return self._make(values)
        typed = list(values)
        for at in self._flags:
            if typed[at] is not None:
                typed[at] = bool(typed[at])
        return self._make(typed)

    def arguments(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return the parameters in their order; what was written into the statement itself stands among them.

        :raises TypeError: others are given than the statement was compiled for. :raises KeyError: one is missing.
        """
        if len(values) != self._given:
            raise TypeError(f"{self.sql} is not for the parameters {', '.join(values)}.")
        if self._constants:
            values = {**values, **self._constants}
        return tuple([values[name] for name in self._names])


def _row_type(names: list[str]) -> Any:
    return namedtuple("Row", names, rename=True)  # the names are not known beforehand


def _driver(db: sa.Connection) -> Any:
    return db.connection.dbapi_connection
