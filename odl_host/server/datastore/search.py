"""One search of a table: parameters to SQL, rows to records."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from odl_host.ckan import JsonDict, ValidationError
from odl_host.server.datastore import fulltext
from odl_host.server.datastore.filters import Operation, bad_query, columns_named, parse_filters, refusal, where_sql
from odl_host.server.datastore.records import Row, render
from odl_host.server.datastore.table import (
    ARRAYS,
    ID,
    LEXEMES,
    NAME,
    WORDS,
    Column,
    Definition,
    Table,
    column_sql,
    text_sql,
)
from odl_host.server.datastore.types import ColumnType, get_type
from odl_host.server.datastore.values import Kept

RANK_TYPE = ColumnType("float", "real", get_type("float8").keep, text=str)
MATCHES = "matches"
"""The temporary table of the rows that full text found, with their ranks: each row is looked at once."""
MAX_QUERIES = 20
MAX_READ = 10_000
"""In a table without indexed words, more rows than this that hold the beginnings of the words are taken as they are."""
RANK_OF_MANY = "0.057308756"
"""Their rank: that of one occurrence."""

_SORT = re.compile(
    r'(?P<field>"(?:[^"])+"|.+?)(?:\s+(?P<way>asc|desc))?(?:\s+nulls\s+(?P<nulls>first|last))?\s*\Z', re.IGNORECASE
)
_ASCII_RUN = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for. `q` is a text for whole rows, or texts by field; `fields` None means all of them."""

    limit: int
    offset: int = 0
    filters: Any = None
    q: str | dict[str, str] | None = None
    full_text: str | None = None
    plain: bool = True
    language: str = "english"
    fields: Sequence[str] | None = None
    sort: Sequence[str] | None = None
    distinct: bool = False
    include_total: bool = True
    include_next_page: bool = False
    shows_milliseconds: bool = True


@dataclass(frozen=True, slots=True)
class Found:
    """The answer: columns shown, records in the format asked for, and what CKAN says beside them."""

    columns: tuple[Column, ...]
    records: Any
    total: int | None
    operation: Operation | None
    next_page: JsonDict | None = None


@dataclass(slots=True)
class _Query:
    """The parts of the statement as they are found."""

    where: list[str] = field(default_factory=list)
    values: list[Kept] = field(default_factory=list)
    ranks: list[tuple[str, str]] = field(default_factory=list)
    """Names of rank columns, and their SQL."""
    has_words: bool = False
    """Whether full text was asked: then only what it found counts."""

    @property
    def source(self) -> str:
        """The table with the conditions."""
        # CROSS: what was found comes first, in its order, and each of its rows is then looked up.
        table = f"temp.{MATCHES} CROSS JOIN {NAME} USING (_id)" if self.has_words else NAME
        return f"{table} WHERE {' AND '.join(self.where)}" if self.where else table


def run(table: Table, search: Search, records_format: str) -> Found:
    """Search a table. :raises ValidationError: a parameter does not fit it, or the search takes too long."""
    indexed = _has_words(search) and table.prepare_words()
    with table.reading() as db, _in_time():
        return _run(table, db, search, records_format, indexed=indexed)


def _run(table: Table, db: sqlite3.Connection, search: Search, records_format: str, *, indexed: bool) -> Found:
    plan = _plan(table, search, indexed=indexed)
    keyed = search.include_next_page and not search.distinct and _is_by_id(search, plan.query)
    rows = _fetch(db, plan, search, with_id=keyed) if search.limit else []
    total = None
    if search.include_total:
        if 0 < len(rows) < search.limit:
            total = search.offset + len(rows)  # these are the last: no need to count
        else:
            total = _count(db, table, plan, is_distinct=search.distinct)
    next_page = None
    if keyed:
        if rows:
            way = "lt" if search.sort and "desc" in search.sort[0].lower().split() else "gt"
            next_page = {"_id": {way: rows[-1][-1]}}
        rows = [row[:-1] for row in rows]
    records = render(plan.columns, rows, records_format)
    return Found(plan.columns, records, total, plan.operation, next_page)


def page(table: Table, search: Search, after: int | None) -> tuple[tuple[Column, ...], list[Row], int | None]:
    """Return the columns and the rows of one page as they are read, and the number that the next page is after.

    Pages by row number cost the same however far they are; in another order, `search.offset` says where to begin.

    :raises ValidationError: a parameter does not fit the table, or the search takes too long.
    """
    indexed = _has_words(search) and table.prepare_words()
    with table.reading() as db, _in_time():
        plan = _plan(table, search, indexed=indexed)
        keyed = not search.distinct and not search.sort and not plan.query.has_words
        if keyed and after is not None:
            plan.query.where.append("_id > ?")
            plan.query.values.append(after)
        rows = _fetch(db, plan, search, with_id=keyed)
        if not keyed:
            return plan.columns, rows, None
        last = rows[-1][-1] if rows else None
        return plan.columns, [row[:-1] for row in rows], last


@contextmanager
def _in_time() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise refusal(error) or error from error


@dataclass(frozen=True, slots=True)
class _Plan:
    """A search that was read against a table."""

    query: _Query
    columns: tuple[Column, ...]
    shown: list[str]
    operation: Operation | None
    definition: Definition


def _plan(table: Table, search: Search, *, indexed: bool) -> _Plan:
    definition = table.definition
    operation = parse_filters(search.filters, definition) if search.filters not in (None, {}) else None
    query = _Query()
    if operation is not None:
        condition, values = where_sql(operation, definition)
        query.where.append(f"({condition})")
        query.values += values
    if _has_words(search):
        _find_words(query, table, search, indexed=indexed)
    columns, shown = _columns(query, definition, search)
    return _Plan(query, columns, shown, operation, definition)


# Names come from the definition's numbers and values are parameters: S608 does not see that.


def _fetch(db: sqlite3.Connection, plan: _Plan, search: Search, *, with_id: bool) -> list[Row]:
    shown = ", ".join([*plan.shown, *(["_id"] if with_id else [])])
    unique = "DISTINCT " if search.distinct else ""
    order = _order(plan.query, plan.definition, search, plan.shown)
    statement = f"SELECT {unique}{shown} FROM {plan.query.source}{order} LIMIT ? OFFSET ?"  # noqa: S608
    return db.execute(statement, (*plan.query.values, search.limit, search.offset)).fetchall()


def _count(db: sqlite3.Connection, table: Table, plan: _Plan, *, is_distinct: bool) -> int:
    source = plan.query.source
    if is_distinct:
        source = f"(SELECT DISTINCT {', '.join(plan.shown)} FROM {source})"  # noqa: S608
    elif plan.query.has_words:
        source = f"temp.{MATCHES}"
    if plan.query.has_words:  # what full text found is another thing at the next search
        return int(db.execute(f"SELECT count(*) FROM {source}", plan.query.values).fetchone()[0])  # noqa: S608
    return table.count(source, plan.query.values)


def _columns(query: _Query, definition: Definition, search: Search) -> tuple[tuple[Column, ...], list[str]]:
    """Return the columns to show, and their SQL."""
    ranks = {name: Column(name, -1, RANK_TYPE) for name, _ in query.ranks}
    if search.fields:
        columns = [ranks[n] if n in ranks else columns_named([n], definition)[0] for n in search.fields]
    else:
        columns = [ID, *definition.columns, *ranks.values()]
    ranks_sql = dict(query.ranks)
    shown = [ranks_sql[column.id] if column.number < 0 else _shown_sql(column, search) for column in columns]
    if search.distinct and (unequal := [c.id for c in columns if not c.type.is_sortable]):
        raise bad_query(f'could not identify an equality operator for "{unequal[0]}"')
    return tuple(columns), shown


def _shown_sql(column: Column, search: Search) -> str:
    if column.type.name == "timestamp" and not search.shows_milliseconds:
        return f"substr({column_sql(column)}, 1, 19)"
    return column.type.select.format(column_sql(column))


def _has_words(search: Search) -> bool:
    return bool(search.q) or bool(search.full_text)


def _find_words(query: _Query, table: Table, search: Search, *, indexed: bool) -> None:
    """Find the rows that full text asks for, among those that the conditions leave, and note their ranks."""
    asked = _asked(table.definition, search)
    table.ranks.queries = []
    ranks: list[str] = []
    where, values = list(query.where), list(query.values)
    needs_rows = bool(where) or any(column is not None for _, _, _, column in asked)
    is_narrowed = True
    for name, text, language, column in asked:
        try:
            read = fulltext.parse_plain if search.plain else fulltext.parse_query
            words = read(text, search.language)
            language = fulltext.check_language(language)
        except fulltext.QueryError as error:
            raise bad_query(str(error)) from None
        number = len(ranks)
        table.ranks.queries.append((words, language))
        source = text_sql((column,) if column else table.definition.columns)
        of_vector = indexed and column is None
        ranks.append(f"vector_rank({number}, vector)" if of_vector else f"text_rank({number}, {source})")
        for condition, value in _narrowing(words, source, language, indexed=indexed):
            where.append(condition)
            values.append(value)
        is_narrowed = is_narrowed and bool(words.needed)
        if name:
            query.ranks.append((name, f"r{number}"))
    query.where, query.values, query.has_words = [], [], True
    key = (table.version, tuple(ranks), tuple(where), tuple(values), tuple(table.ranks.queries))
    if table.matches_key == key:
        return  # another page of the same search
    table.matches_key = None
    source = NAME
    if indexed:
        source = f"{WORDS} JOIN {NAME} USING (_id)" if needs_rows else WORDS
    if where:
        source += f" WHERE {' AND '.join(where)}"
    if not indexed and is_narrowed and _are_many(table.db, source, values):
        ranks = [RANK_OF_MANY] * len(ranks)
    _fill_matches(table.db, source, values, ranks)
    table.matches_key = key


def _narrowing(words: fulltext.Query, source: str, language: str, *, indexed: bool) -> Iterator[tuple[str, str]]:
    """Yield conditions that each match meets: reading a row costs far more than looking whether a word can be in it."""
    if indexed and words.needed:
        terms = (f'"{term.lexeme}"{" *" * term.is_prefix}' for term in words.needed)
        yield f"{WORDS}._id IN (SELECT rowid FROM {LEXEMES} WHERE {LEXEMES} MATCH ?)", " AND ".join(terms)  # noqa: S608
        return
    for term in words.needed:
        if runs := _ASCII_RUN.findall(term.lexeme):
            longest = max(runs, key=len)
            # A stem is the beginning of its words, but for its last letter.
            beginning = longest if language == "simple" else longest[: max(2, len(longest) - 1)]
            yield f"instr(lower({source}), ?) > 0", beginning


def _are_many(db: sqlite3.Connection, source: str, values: list[Kept]) -> bool:
    """Return whether more rows may match than can be read in time."""
    few = f"SELECT count(*) FROM (SELECT 1 FROM {source} LIMIT {MAX_READ + 1})"  # noqa: S608 - own names
    return int(db.execute(few, values).fetchone()[0]) > MAX_READ


def _fill_matches(db: sqlite3.Connection, source: str, values: list[Kept], ranks: list[str]) -> None:
    columns = [f"r{number}" for number in range(len(ranks))]
    db.execute(f"DROP TABLE IF EXISTS temp.{MATCHES}")
    db.execute(f"CREATE TEMP TABLE {MATCHES} (_id INTEGER PRIMARY KEY, {', '.join(columns)})")
    db.execute(f"INSERT INTO temp.{MATCHES} SELECT _id, {', '.join(ranks)} FROM {source}", values)  # noqa: S608
    db.execute(f"DELETE FROM temp.{MATCHES} WHERE {' OR '.join(f'{column} IS NULL' for column in columns)}")  # noqa: S608
    order = ", ".join(f"{column} DESC" for column in columns)
    db.execute(f"CREATE INDEX temp.{MATCHES}_by_rank ON {MATCHES} ({order}, _id)")


def _asked(definition: Definition, search: Search) -> list[tuple[str, str, str, Column | None]]:
    """Return what full text looks for: the rank's name, the words, the language of the rows, one column or all.

    Whole rows are read in English, columns in the language that is given.
    """
    asked: list[tuple[str, str, str, Column | None]] = []
    whole = search.full_text
    if whole is None and isinstance(search.q, str):
        whole = search.q
    if whole:
        asked.append(("rank", whole, "english", None))
    if isinstance(search.q, dict):
        for name, text in search.q.items():
            column = definition.find(name)
            if column is None or not isinstance(text, str):
                raise ValidationError({"q": [f'invalid value "{name}"']})
            asked.append((f"rank {name}", text, search.language, column))
            if search.language != "english":
                asked.append(("", text, "english", None))  # as CKAN does, which looks in its index first
    if len(asked) > MAX_QUERIES:
        raise ValidationError({"q": [f"More than {MAX_QUERIES} fields"]})
    return asked


def _order(query: _Query, definition: Definition, search: Search, shown: Sequence[str]) -> str:
    if search.sort:
        keys = [_sort_key(item, definition) for item in search.sort]
        if search.distinct and any(column.sql_in(shown) is None for column, _ in keys):
            raise bad_query("for SELECT DISTINCT, ORDER BY expressions must appear in select list")
        parts = [f"{column.sql} {direction}" for column, direction in keys]
        return f" ORDER BY {', '.join([*parts, *([] if search.distinct else ['_id'])])}"
    if search.distinct:
        return ""
    if query.ranks:
        return f" ORDER BY {', '.join(f'{rank} DESC' for _, rank in query.ranks)}, _id"
    return " ORDER BY _id"


@dataclass(frozen=True, slots=True)
class _Key:
    sql: str

    def sql_in(self, shown: Sequence[str]) -> str | None:
        """Return the expression of `shown` that this column is in, or None."""
        return next((item for item in shown if re.search(rf"\b{self.sql}\b", item)), None)


def _sort_key(item: str, definition: Definition) -> tuple[_Key, str]:
    """Read "field desc nulls last". :raises ValidationError: it is not so."""
    text = item.strip()
    column = definition.find(text)
    way = nulls = None
    if column is None and (match := _SORT.match(text)):
        name = match["field"].strip()
        column = definition.find(name) or (definition.find(name[1:-1]) if name[:1] == name[-1:] == '"' else None)
        way, nulls = match["way"], match["nulls"]
    if column is None:
        raise ValidationError({"sort": [f'invalid value "{text}"']})
    if not column.type.is_sortable:
        raise bad_query("could not identify an ordering operator for type nested")
    descends = (way or "").lower() == "desc"
    # PostgreSQL puts nulls after all values: last, or first when descending.
    first = nulls.lower() == "first" if nulls else descends
    collation = f"COLLATE {ARRAYS} " if column.type.name.startswith("_") else ""
    return (
        _Key(column_sql(column)),
        f"{collation}{'DESC' if descends else 'ASC'} NULLS {'FIRST' if first else 'LAST'}",
    )


def _is_by_id(search: Search, query: _Query) -> bool:
    if not search.sort:
        return not query.ranks
    return len(search.sort) == 1 and search.sort[0].split()[0].strip('"') == "_id"
