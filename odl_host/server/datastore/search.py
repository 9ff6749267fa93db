"""One search of a table: parameters to SQL, rows to records."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from odl_host.ckan import JsonDict, ValidationError
from odl_host.server.datastore.filters import (
    Operation,
    bad_query,
    columns_named,
    columns_of,
    parse_filters,
    refusal,
    where_sql,
)
from odl_host.server.datastore.matching import Words, read_words
from odl_host.server.datastore.parameters import Search
from odl_host.server.datastore.records import JsonRow, Row, json_row, render
from odl_host.server.datastore.selections import FIRST_ROWS, MAX_ROWS, Key, Selection, first_ids, ranked
from odl_host.server.datastore.table import ARRAYS, ID, NAME, Column, Definition, Table, column_sql
from odl_host.server.datastore.types import ColumnType, get_type
from odl_host.server.datastore.values import Kept
from odl_host.server.documents import encode, join_array

RANK_TYPE = ColumnType("float", "real", get_type("float8").keep, text=str)

ROWS_IN_A_MOMENT = 1000
MOST = 2**63 - 1
"""The largest number of rows that SQLite can be asked for."""
MAX_CHOSEN = 5_000_000
"""Rows whose order is held while a file of them is written: 40 MB."""

_SORT = re.compile(
    r'(?P<field>"(?:[^"])+"|.+?)(?:\s+(?P<way>asc|desc))?(?:\s+nulls\s+(?P<nulls>first|last))?\s*\Z', re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Found:
    """The answer: columns shown, records as JSON text in the format asked for, and what CKAN says beside them."""

    columns: tuple[Column, ...]
    records: str
    total: int | None
    operation: Operation | None
    next_page: JsonDict | None = None


@dataclass(frozen=True, slots=True)
class _Plan:
    """A search that was read against a table: which rows, what is shown of them."""

    table: Table
    search: Search
    operation: Operation | None
    where: list[str]
    values: list[Kept]
    words: Words | None
    """What full text makes of these conditions, where words are looked for."""
    columns: tuple[Column, ...]
    shown: list[str]

    @property
    def source(self) -> str:
        """What rows are read from, with the conditions."""
        if self.words is not None:
            return self.words.source
        return f"{NAME} WHERE {' AND '.join(self.where)}" if self.where else NAME

    @property
    def is_by_id(self) -> bool:
        """Whether rows come in the order of their numbers."""
        if not self.search.sort:
            return self.words is None
        return len(self.search.sort) == 1 and self.search.sort[0].split()[0].strip('"') == "_id"

    @property
    def is_in_place(self) -> bool:
        """Whether rows are read where they stand; otherwise their numbers are found first, in the order wanted."""
        is_far = self.search.offset + self.search.limit > MAX_ROWS
        return self.search.distinct or (self.words is None and (self.is_by_id or is_far))


def run(table: Table, search: Search, records_format: str) -> Found:
    """Search a table. :raises ValidationError: a parameter does not fit it, or the search takes too long."""
    total = next_page = None
    with table.reading() as db, _in_time():
        if search.limit > ROWS_IN_A_MOMENT:
            table.take_time()
        plan = _plan(table, search)
        keyed = search.include_next_page and not search.distinct and plan.is_by_id
        row = None if search.distinct else json_row(plan.columns, plan.shown, records_format)
        rows, known = _fetch(db, plan, row, with_id=keyed) if search.limit else ([], None)
        if search.include_total:
            if known is None and 0 < len(rows) < search.limit:
                known = search.offset + len(rows)  # these are the last: no need to count
            total = _count(db, plan) if known is None else known
    if keyed:
        if rows:
            way = "lt" if search.sort and "desc" in search.sort[0].lower().split() else "gt"
            next_page = {"_id": {way: rows[-1][-1]}}
        rows = [row[:-1] for row in rows]
    records = join_array([row[0] for row in rows]) if row else encode(render(plan.columns, rows, records_format))
    return Found(plan.columns, records, total, plan.operation, next_page)


def choose(table: Table, search: Search) -> Selection | None:
    """Return the rows to the end of a page in their order, or None: they are read where they stand, or are too many.

    :raises ValidationError: a parameter does not fit the table, or the search takes too long.
    """
    with table.reading() as db, _in_time():
        plan = _plan(table, search)
        if search.distinct or (plan.words is None and plan.is_by_id):
            return None
        order, needed = _order(plan), min(search.offset + search.limit, MOST)
        if plan.words is not None:
            return _find_selection(db, plan, order).part(0, needed)
        if min(needed, table.count()) > MAX_CHOSEN:
            return None
        statement = f"SELECT _id FROM {plan.source}{order} LIMIT ?"  # noqa: S608
        return first_ids(db.execute(statement, (*plan.values, needed)))


def page(
    table: Table, search: Search, after: int | None, chosen: Selection | None = None
) -> tuple[tuple[Column, ...], list[Row], int | None]:
    """Return the columns and the rows of one page as they are read, and the number that the next page is after.

    Pages by row number cost the same however far they are, and so do those of rows that were chosen; in another order,
    `search.offset` says where to begin.

    :raises ValidationError: a parameter does not fit the table, or the search takes too long.
    """
    with table.reading() as db, _in_time():
        plan = _plan(table, search)
        if chosen is not None:
            return plan.columns, _rows_at(db, plan, None, chosen, with_id=False), None
        keyed = not search.distinct and not search.sort and plan.words is None
        if keyed and after is not None:
            plan.where.append("_id > ?")
            plan.values.append(after)
        rows, _ = _fetch(db, plan, None, with_id=keyed)
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


def _plan(table: Table, search: Search) -> _Plan:
    has_words = bool(search.q) or bool(search.full_text)
    indexed = has_words and table.prepare_words()  # first: what is read may be newer afterwards
    definition = table.definition
    operation = parse_filters(search.filters, definition) if search.filters not in (None, {}) else None
    where: list[str] = []
    values: list[Kept] = []
    if operation is not None:
        condition, values = where_sql(operation, definition)
        where.append(f"({condition})")
    words = read_words(table, search, where, values, indexed=indexed) if has_words else None
    columns, shown = _columns(words.names if words else (), definition, search)
    return _Plan(table, search, operation, where, values if words is None else words.values, words, columns, shown)


# Names come from the definition's numbers and values are parameters: S608 does not see that.


def _fetch(db: sqlite3.Connection, plan: _Plan, row: JsonRow | None, *, with_id: bool) -> tuple[list[Row], int | None]:
    """Return one page, its rows as JSON text where `row` says how; and how many rows there are, where that is known."""
    search, order = plan.search, _order(plan)
    if plan.is_in_place:
        columns, names = _shown(plan, row, with_id=with_id)
        before = plan.words.found if plan.words else ""
        unique = "DISTINCT " if search.distinct else ""
        statement = f"{before}SELECT {unique}{columns} FROM {plan.source}{order} LIMIT ? OFFSET ?"  # noqa: S608
        return db.execute(statement, (*names, *plan.values, search.limit, search.offset)).fetchall(), None
    selection = _find_selection(db, plan, order)
    total = len(selection.ids) if selection.is_whole else None
    return _rows_at(db, plan, row, selection, with_id=with_id), total


def _rows_at(
    db: sqlite3.Connection, plan: _Plan, row: JsonRow | None, selection: Selection, *, with_id: bool
) -> list[Row]:
    """Return one page of a selection."""
    shown, names = _shown(plan, row, with_id=with_id)
    part = selection.part(plan.search.offset, plan.search.limit)
    # CROSS: the numbers come first, in their order, and each of the rows is then looked up.
    statement = f"SELECT {shown} FROM json_each(?) CROSS JOIN {NAME} ON _id = json_each.value"  # noqa: S608
    rows = db.execute(statement, (*names, encode(list(part.ids)))).fetchall()
    return _with_ranks(rows, plan.columns, part)


def _shown(plan: _Plan, row: JsonRow | None, *, with_id: bool) -> tuple[str, Sequence[str]]:
    """Return what is selected of each row, and the names in it."""
    shown, names = ([row.sql], row.names) if row else (plan.shown, [])
    return ", ".join([*shown, "_id"] if with_id else shown), names


def _find_selection(db: sqlite3.Connection, plan: _Plan, order: str) -> Selection:
    """Return the rows that full text finds, or the first rows in an order, to the page that is wanted at least.

    Of an order, the first pages cost the least; who goes on to others is given all.
    """
    table, words = plan.table, plan.words
    needed = plan.search.offset + plan.search.limit
    key = _key(plan, order)
    kept = table.selections.find(key) if table.version else None
    if kept is not None and (kept.is_whole or len(kept.ids) >= needed):
        return kept
    if words is not None:
        source = words.source if plan.search.sort else words.ranked
        statement = f"{words.found}SELECT {', '.join(['_id', *words.ranks])} FROM {source}{order}"  # noqa: S608
        found = ranked(db.execute(statement, plan.values), len(words.ranks))
    else:
        statement = f"SELECT _id FROM {plan.source}{order}"  # noqa: S608
        if kept is not None and _count(db, plan) <= MAX_ROWS:
            found = first_ids(db.execute(statement, plan.values))
        else:
            limit = max(FIRST_ROWS, needed)
            known = _find_order(db, plan, order, limit)
            if known is not None:
                found = _first_in(db, plan, known, limit)
            else:
                found = first_ids(db.execute(f"{statement} LIMIT ?", (*plan.values, limit)), limit)
                _note_order(plan, order)  # now that it was: who had no time for it asks again
    if table.version:
        table.selections.keep(key, found)
    return found


def _key(plan: _Plan, order: str) -> Key:
    asked = (plan.source, plan.values, order, plan.words and (plan.words.found, plan.words.asked))
    return plan.table.version, hashlib.blake2b(repr(asked).encode()).digest()


def _find_order(db: sqlite3.Connection, plan: _Plan, order: str, limit: int) -> Selection | None:
    """Return all rows in the order of a search with conditions, where it is quicker to walk along them than to sort.

    They are sorted when the same order is asked for a second time, under whatever conditions.
    """
    table, key = plan.table, _key(_without_conditions(plan), order)
    kept = table.selections.find(key) if plan.where and table.version else None
    if kept is None:
        return None
    rows = len(kept.ids) if kept.is_whole else table.count()
    matching = _count(db, plan)
    if rows > MAX_ROWS or limit * rows > matching * matching:  # so many are passed before `limit` are found
        return None
    if not kept.is_whole:
        kept = first_ids(db.execute(f"SELECT _id FROM {NAME}{order}"))  # noqa: S608
        table.selections.keep(key, kept)
    return kept


def _note_order(plan: _Plan, order: str) -> None:
    """Keep that an order was asked for under conditions."""
    table, key = plan.table, _key(_without_conditions(plan), order)
    if plan.where and table.version and table.selections.find(key) is None:
        table.selections.keep(key, Selection((), is_whole=False))


def _without_conditions(plan: _Plan) -> _Plan:
    return replace(plan, where=[], values=[])


def _first_in(db: sqlite3.Connection, plan: _Plan, known: Selection, limit: int) -> Selection:
    """Return the first rows of an order that fulfil the conditions."""
    condition = " AND ".join(plan.where)
    statement = f"SELECT _id FROM json_each(?) CROSS JOIN {NAME} ON _id = json_each.value WHERE {condition} LIMIT ?"  # noqa: S608
    ids = array("q")
    begin, step = 0, 2 * limit
    while len(ids) < limit and begin < len(known.ids):
        some = encode(list(known.ids[begin : begin + step]))
        ids.extend(chain.from_iterable(db.execute(statement, (some, *plan.values, limit - len(ids)))))
        begin, step = begin + step, 2 * step
    return Selection(ids, is_whole=len(ids) < limit)


def _with_ranks(rows: list[Row], columns: Sequence[Column], selection: Selection) -> list[Row]:
    """Return rows with their ranks in the places that were left for these."""
    places = [(place, selection.ranks[~column.number]) for place, column in enumerate(columns) if column.number < 0]
    if not places:
        return rows
    filled: list[Any] = [list(row) for row in rows]
    for place, ranks in places:
        for row, rank in zip(filled, ranks, strict=True):
            row[place] = rank
    return filled


def _count(db: sqlite3.Connection, plan: _Plan) -> int:
    if plan.search.distinct:
        source = f"(SELECT DISTINCT {', '.join(plan.shown)} FROM {plan.source})"  # noqa: S608
        if plan.words is None:
            return plan.table.count(source, plan.values)
        return int(db.execute(f"{plan.words.found}SELECT count(*) FROM {source}", plan.values).fetchone()[0])  # noqa: S608
    if plan.words is not None:
        return len(_find_selection(db, plan, _order(plan)).ids)
    return plan.table.count(plan.source, plan.values, columns_of(plan.operation, plan.table.definition))


def _columns(ranks: Sequence[str], definition: Definition, search: Search) -> tuple[tuple[Column, ...], list[str]]:
    """Return the columns to show, and their SQL; those of ranks have numbers below 0."""
    ranked = {name: Column(name, ~number, RANK_TYPE) for number, name in enumerate(ranks) if name}
    if search.fields:
        columns = [ranked[n] if n in ranked else columns_named([n], definition)[0] for n in search.fields]
    else:
        columns = [ID, *definition.columns, *ranked.values()]
    if search.distinct and (unequal := [c.id for c in columns if not c.type.is_sortable]):
        raise bad_query(f'could not identify an equality operator for "{unequal[0]}"')
    return tuple(columns), [_shown_sql(column, search) for column in columns]


def _shown_sql(column: Column, search: Search) -> str:
    if column.number < 0:
        return f"r{~column.number}" if search.distinct else "NULL"  # else they come with the numbers of the rows
    sql = column_sql(column)
    if column.type.name == "timestamp" and not search.shows_milliseconds:
        return f"substr({sql}, 1, 19)"
    return sql if column.type.select == "{}" else column.type.select.format(sql)


def _order(plan: _Plan) -> str:
    search, definition = plan.search, plan.table.definition
    if search.sort:
        keys = [_sort_key(item, definition) for item in search.sort]
        if search.distinct and any(column.sql_in(plan.shown) is None for column, _ in keys):
            raise bad_query("for SELECT DISTINCT, ORDER BY expressions must appear in select list")
        parts = [f"{column.sql} {direction}" for column, direction in keys]
        return f" ORDER BY {', '.join([*parts, *([] if search.distinct else ['_id'])])}"
    if search.distinct:
        return ""
    if plan.words is not None:
        return plan.words.order
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
