"""A table of one resource: its columns, and the SQLite database that holds its rows, alone in it.

Columns are `c1`, `c2`… in the database, whatever their names: no name from outside is ever part of a statement.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from odl_host.ckan import JsonDict
from odl_host.server.database.database import Busy
from odl_host.server.datastore import fulltext, lexemes
from odl_host.server.datastore.counts import Counts
from odl_host.server.datastore.selections import KeptSelections
from odl_host.server.datastore.types import ColumnType, get_type
from odl_host.server.datastore.values import Kept, array_literal

NAME = "rows"
"""The table's name in its database."""

WORDS = "words"
"""Beside it: the words of each row, made when full text is first asked for."""
LEXEMES = "lexemes"
"""And an index of these words, to find the rows that can match; their text says which do, and how well."""
# A word is whatever stands between quotes, colons and commas in the text that PostgreSQL shows of a vector.
WORDS_SQL = (
    "CREATE TABLE words (_id INTEGER PRIMARY KEY, vector TEXT NOT NULL)",
    """CREATE VIRTUAL TABLE lexemes USING fts5(vector, content='words', content_rowid='_id', detail=none,
       tokenize="unicode61 remove_diacritics 0 categories 'L* M* N* P* S* Co' separators ''':,'")""",
    """CREATE TRIGGER words_come AFTER INSERT ON words
       BEGIN INSERT INTO lexemes (rowid, vector) VALUES (NEW._id, NEW.vector); END""",
    """CREATE TRIGGER words_go AFTER DELETE ON words
       BEGIN INSERT INTO lexemes (lexemes, rowid, vector) VALUES ('delete', OLD._id, OLD.vector); END""",
)
ARRAYS = "arrays"
"""The order of arrays, which are kept as JSON: that of their items, one after the other."""
MAX_KEPT_ARRAY = 200
"""Characters of the longest array whose place in this order is kept in memory while it is sorted among others."""
MAX_WORDS_AT_ONCE = 20_000
"""Rows whose words one search makes at most: about a second."""

QUERY_TIMEOUT_S = 10.0
"""How long one search may take; a scan of a million rows is done in one or two."""
MOMENT_S = 0.005
"""Processor time that one may take where its call arrives; if that is not enough it begins again in a thread."""
STEPS_BETWEEN_LOOKS = 20_000


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name for callers, its number in the database, its type, and what was said of it."""

    id: str
    number: int
    type: ColumnType
    info: JsonDict | None = None

    @property
    def sql(self) -> str:
        """The column in the database."""
        return f"c{self.number}"

    def describe(self) -> JsonDict:
        """The column as `datastore_search` lists it."""
        shown: JsonDict = {"id": self.id, "type": self.type.name}
        return shown if self.info is None else {**shown, "info": self.info}


ID = Column("_id", 0, get_type("int4"))
"""The number of a row; every table has it."""


@dataclass(frozen=True, slots=True)
class Definition:
    """What a table is made of."""

    columns: tuple[Column, ...] = ()
    primary_key: tuple[str, ...] = ()
    indexes: tuple[tuple[str, ...], ...] = ()
    next_number: int = 1

    def find(self, name: str) -> Column | None:
        """Return the column of this name, `_id` too, or None."""
        if name == "_id":
            return ID
        return next((column for column in self.columns if column.id == name), None)

    def with_columns(self, new: list[tuple[str, ColumnType, JsonDict | None]]) -> Definition:
        """Return the definition with more columns at its end."""
        added = tuple(Column(name, self.next_number + i, kind, info) for i, (name, kind, info) in enumerate(new))
        return replace(self, columns=self.columns + added, next_number=self.next_number + len(added))

    def dump(self) -> str:
        """Return the definition as JSON."""
        return json.dumps(
            {
                "columns": [[c.id, c.number, c.type.name, c.info] for c in self.columns],
                "primary_key": self.primary_key,
                "indexes": self.indexes,
                "next_number": self.next_number,
            }
        )


def load_definition(text: str) -> Definition:
    """Read what `Definition.dump` wrote."""
    data = json.loads(text)
    return Definition(
        tuple(Column(name, number, get_type(kind), info) for name, number, kind, info in data["columns"]),
        tuple(data["primary_key"]),
        tuple(tuple(index) for index in data["indexes"]),
        data["next_number"],
    )


def column_sql(column: Column) -> str:
    """Return a column in the database; `_id` keeps its name."""
    return "_id" if column.number == 0 else column.sql


def all_columns(definition: Definition) -> tuple[Column, ...]:
    """Return the columns of a table with the number of the row before them."""
    return (ID, *definition.columns)


def create_sql(definition: Definition) -> str:
    """Return the statement that creates the table."""
    columns = "".join(f", {column.sql}" for column in definition.columns)
    return f"CREATE TABLE {NAME} (_id INTEGER PRIMARY KEY{columns})"


def text_sql(columns: tuple[Column, ...]) -> str:
    """Return the expression for the text of a row that full text search looks at."""
    texts = [_as_text(column) for column in columns]
    # In groups: SQLite limits the depth of an expression, not its length.
    groups = [" || ' ' || ".join(texts[first : first + 50]) for first in range(0, len(texts), 50)]
    return " || ' ' || ".join(f"({group})" for group in groups) or "''"


def _as_text(column: Column) -> str:
    name = column_sql(column)
    if column.type.name == "bool":
        return f"CASE {name} WHEN 1 THEN 'true' WHEN 0 THEN 'false' ELSE '' END"
    if column.type.name == "json":
        return f"coalesce('json ' || {name} || ' extra', '')"
    if column.type.name.startswith("_"):
        return f"coalesce(array_literal({name}), '')"
    return f"coalesce({name}, '')"


class Ranks:
    """The queries of one search, by their numbers."""

    def __init__(self) -> None:
        self.queries: list[tuple[fulltext.Query, str]] = []

    def of_text(self, number: int, text: object) -> float | None:
        """Return the rank of a text for a query, or null when it does not match."""
        query, language = self.queries[number]
        return query.rank(lexemes.vector(str(text), language))

    def of_vector(self, number: int, vector: str) -> float | None:
        """Return the rank of what `WORDS` keeps of a row, or null when it does not match."""
        return self.queries[number][0].rank(vector)


class Table:
    """An open table. Use it within `reading()`, which lets one thread at a time in."""

    def __init__(
        self,
        definition: Definition,
        db: sqlite3.Connection,
        *,
        size_bytes: int,
        name: str = "",
        keeps_words: bool = False,
    ) -> None:
        self.definition = definition
        self.db = db
        self.size_bytes = size_bytes  # in this process's memory
        self.ranks = Ranks()
        self.lock = threading.RLock()
        self.name = name
        self.keeps_words = keeps_words
        self._has_words = False
        self.selections = KeptSelections()
        self._counts = Counts(db, NAME)
        self._deadline = 0.0
        self._waits = True
        db.create_function("text_rank", 2, self.ranks.of_text, deterministic=True)
        db.create_function("vector_rank", 2, self.ranks.of_vector, deterministic=True)
        db.create_function("text_vector", 1, lexemes.vector_text, deterministic=True)
        db.create_function("array_literal", 1, _literal, deterministic=True)
        db.create_collation(ARRAYS, _compare_arrays)
        db.set_progress_handler(self._is_late, STEPS_BETWEEN_LOOKS)

    @contextmanager
    def reading(self, *, waits: bool = True) -> Iterator[sqlite3.Connection]:
        """Give the connection, on one state of the rows, for at most `QUERY_TIMEOUT_S`; within, it can be asked again.

        :raises Busy: `waits` is False, and another thread has the connection, or `MOMENT_S` is not enough.
        """
        if not self.lock.acquire(blocking=waits):
            raise Busy
        try:
            if self._deadline:
                yield self.db
                return
            self._waits = waits
            self._deadline = self._time() + (QUERY_TIMEOUT_S if waits else MOMENT_S)
            try:
                yield self.db
            except Exception:
                if not waits and self._is_late():
                    raise Busy from None
                raise
            finally:
                self._waits, self._deadline = True, 0.0
        finally:
            self.lock.release()

    def take_time(self) -> None:
        """Say that what comes now takes longer than a moment. :raises Busy: there is no more."""
        if not self._waits:
            raise Busy

    @property
    def version(self) -> str:
        """What its rows are: as long as it stays the same, so do they. Read it within `reading()`."""
        return self.name

    def count(self, source: str = NAME, values: Sequence[Kept] = (), columns: Sequence[str] = ()) -> int:
        """Return the number of rows of a source, the table itself or one with conditions, which look at `columns`."""
        return self._counts.count(self.version, source, values, columns, self.take_time)

    def prepare_words(self) -> bool:
        """Make the words of the rows that lack them; return whether every row has them.

        Where rows are too many for that, full text reads the rows themselves.
        """
        with self.lock:
            if not self._has_words and self.keeps_words:
                self.take_time()
                for statement in WORDS_SQL:
                    self.db.execute(statement)
                self.fill_words()
                self._has_words = True
            return self._has_words

    def fill_words(self) -> None:
        """Add the words of rows that have none, `MAX_WORDS_AT_ONCE` at most."""
        text = text_sql(self.definition.columns)
        self.db.execute(
            f"INSERT INTO {WORDS} SELECT _id, text_vector({text}) FROM {NAME}"  # noqa: S608 - own names
            f" WHERE _id NOT IN (SELECT _id FROM {WORDS}) LIMIT {MAX_WORDS_AT_ONCE}"
        )

    def _is_late(self) -> bool:
        return 0 < self._deadline < self._time()

    def _time(self) -> float:
        return time.monotonic() if self._waits else time.thread_time()  # a busy machine makes no moment longer

    def __del__(self) -> None:
        """Close the connection when the last who used the table let go of it."""
        self.db.close()


def _literal(text: str | None) -> str | None:
    return None if text is None else array_literal(json.loads(text))


def _compare_arrays(one: str, other: str) -> int:
    first, second = _array_key(one), _array_key(other)
    return (first > second) - (first < second)


def _array_key(text: str) -> tuple[Any, ...]:
    return _kept_array_key(text) if len(text) <= MAX_KEPT_ARRAY else _read_array_key(text)


def _read_array_key(text: str) -> tuple[Any, ...]:
    return tuple(map(_item_key, json.loads(text)))


_kept_array_key = lru_cache(1024)(_read_array_key)


def _item_key(item: Any) -> tuple[Any, ...]:
    if item is None:
        return (3,)  # after every item
    if isinstance(item, list):
        return (2, *map(_item_key, item))
    if isinstance(item, dict):
        return (1, json.dumps(item, sort_keys=True))
    return (int(isinstance(item, str)), item)  # a number that is none (NaN) is a text: after the others


def describe(columns: tuple[Column, ...]) -> list[Mapping[str, Any]]:
    """Return columns as `datastore_search` lists them; it says `int` of `_id`."""
    return [{"id": "_id", "type": "int"} if column.number == 0 else column.describe() for column in columns]
