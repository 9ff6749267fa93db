"""Every change of a table's rows and of its definition, within one transaction of its file."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from odl_host.server.datastore.table import NAME, WORDS, Column, Table, all_columns, column_sql
from odl_host.server.datastore.types import ColumnType
from odl_host.server.datastore.values import BadValue, Kept


class BadRecord(ValueError):
    """A record that was sent does not fit; `errors` is CKAN's error dictionary."""

    def __init__(self, errors: dict[str, Any]) -> None:
        super().__init__(str(errors))
        self.errors = errors


class NotUnique(ValueError):
    """Rows that are there already have the same key."""


class Writer:
    """The changes of one table within one transaction."""

    def __init__(self, table: Table) -> None:
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
        columns = {column.id: column for column in all_columns(self.definition)}
        for number, record in enumerate(records):
            if not isinstance(record, dict):
                raise BadRecord({"records": [f'row "{number}" is not a json object']})
            if "_id" not in record:
                if not key:
                    raise BadRecord({"table": ["unique key must be passed for update/upsert"]})
                if missing := [name for name in key if name not in record]:
                    raise BadRecord({"key": [_MISSING_KEY.format(", ".join(missing))]})
            if unknown := [name for name in record if name not in columns]:
                raise BadRecord({"fields": [f'fields "{", ".join(unknown)}" do not exist']})
            self._change(number, record, ("_id",) if "_id" in record else key, columns, inserts=inserts)

    def _change(
        self, number: int, record: dict[str, Any], key: Sequence[str], columns: Mapping[str, Column], *, inserts: bool
    ) -> None:
        values = {name: _keep(columns[name], value, number) for name, value in record.items()}
        where = " AND ".join([f"{column_sql(columns[name])} = ?" for name in key])
        keys = [values[name] for name in key]
        found = self.db.execute(f"SELECT _id FROM {NAME} WHERE {where}", keys).fetchone()  # noqa: S608 - own names
        try:
            if found:
                values.pop("_id", None)
                self._set(found[0], {columns[name].sql: value for name, value in values.items()})
                # PostgreSQL draws a number for the row that it would have inserted.
                self.last_id += inserts and "_id" not in record
            elif inserts:
                self._add({column_sql(columns[name]): value for name, value in values.items()})
            else:
                others = len(record) - ("_id" in record)
                sent = {f"val_{others + index}": record[name] for index, name in enumerate(key)}
                raise BadRecord({"key": [f'key "{sent}" not found']})
        except sqlite3.IntegrityError:
            raise BadRecord({"records": [_DUPLICATE], "records_row": number}) from None

    def _set(self, row: int, values: Mapping[str, Kept]) -> None:
        if values:
            changes = ", ".join([f"{column} = ?" for column in values])
            self.db.execute(f"UPDATE {NAME} SET {changes} WHERE _id = ?", (*values.values(), row))  # noqa: S608 - own names
        self.changed.append(row)

    def _add(self, values: dict[str, Kept]) -> None:
        if "_id" not in values:
            self.last_id += 1
            values = {"_id": self.last_id, **values}
        marks = ", ".join("?" * len(values))
        self.db.execute(f"INSERT INTO {NAME} ({', '.join(values)}) VALUES ({marks})", tuple(values.values()))  # noqa: S608 - own names
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
