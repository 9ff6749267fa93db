"""Functions that give rows: `generate_series(1, 12)`, `unnest(labels)`, `regexp_split_to_table(names, ';')`.

Each gives its rows as one array of JSON, which SQLite's `json_each` spreads: wherever such a function stands among the
tables, or is a column of a SELECT, a table is put in its place for the names to be resolved, with the call beside it as
a condition (`Given`). The columns of other tables may so be its arguments, as in PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from odl_host.server.datastore.filters import bad_query
from odl_host.server.datastore.sql.functions import AGGREGATE_NAMES
from odl_host.server.datastore.sql.grammar import function_name

GIVERS = frozenset({"generate_series", "unnest", "regexp_split_to_table", "regexp_matches"})
"""The functions that give rows, as PostgreSQL calls them."""

SPREAD = "json_each"
"""SQLite's table of an array's items. It reads no other table."""

_SCHEMA = "main"

VALUE, PLACE = "value", "place"
_TABLE = '"given"'
"""The name that stands for such a table while names are resolved: no table of a caller has quotes in its own."""
GIVEN = "given"
"""Where a column of given rows says, for SQLite, which of `VALUE` and `PLACE` it is."""


class Given(exp.Expression, exp.Func, exp.Predicate):
    """The condition that a table holds what a call gives: `this` is the table's name, `expression` the call."""

    arg_types = {"this": True, "expression": True}  # noqa: RUF012 - as the parser's own nodes


def rows_of(node: exp.Expr | None) -> bool:
    """Return whether a node is the call of a function that gives rows."""
    return isinstance(node, exp.Unnest) or (isinstance(node, exp.Anonymous) and function_name(node) in GIVERS)


def call_of(source: exp.Expr) -> exp.Expr | None:
    """Return the call that stands among the tables, or None: it is a table or a query."""
    inner = source.this if isinstance(source, exp.Lateral | exp.Table) else source
    return inner if rows_of(inner) else None


def put_tables_in_place(tree: exp.Expr) -> dict[str, tuple[str, ...]]:
    """Put a table in the place of each function that gives rows; return the columns of each, by its name.

    :raises ValidationError: one stands where PostgreSQL, or SQLite, takes none.
    """
    tables: dict[str, tuple[str, ...]] = {}
    for select in list(tree.find_all(exp.Select)):
        _move_columns(select)
        for source in _sources(select):
            call = call_of(source)
            if call is None:
                continue
            name, columns = _names(source, call)
            holder = f"{_TABLE} {len(tables)}"
            tables[holder] = columns
            alias = exp.TableAlias(this=exp.to_identifier(name, quoted=True))
            table = exp.Table(this=exp.to_identifier(holder, quoted=True), alias=alias)
            place = source.parent
            source.replace(table)
            _add_condition(select, place, Given(this=exp.Literal.string(name), expression=_plain(call)))
    if any(rows_of(node) and not isinstance(node.parent, Given) for node in tree.find_all(exp.Func)):
        raise bad_query("set-returning functions are not allowed here: put them after FROM")
    return tables


def _sources(select: exp.Select) -> Iterator[exp.Expr]:
    if first := select.args.get("from_"):
        yield first.this
    for join in select.args.get("joins") or []:
        yield join.this


def _plain(call: exp.Expr) -> exp.Expr:
    """Return a call as others are written; `UNNEST` is a clause to the parser."""
    if isinstance(call, exp.Unnest):
        return exp.Anonymous(this="unnest", expressions=call.expressions)
    return call


def _names(source: exp.Expr, call: exp.Expr) -> tuple[str, tuple[str, ...]]:
    """Return what a table of given rows is called, and its columns: the value, and its place where it is asked for."""
    alias = source.args.get("alias")
    function = function_name(_plain(call))
    listed = [column.name for column in alias.columns] if isinstance(alias, exp.TableAlias) else []
    name = source.alias or function
    place = source.args.get("offset") or source.args.get("ordinality") or call.args.get("offset")
    places = [place.name if isinstance(place, exp.Identifier) else "ordinality"] if place else []
    return name, (*(listed[:1] or [name]), *(listed[1:] or places if place else ()))


def _add_condition(select: exp.Select, place: exp.Expr | None, given: Given) -> None:
    joins = select.args.get("joins") or []
    sides = {join.side for join in joins}
    if sides & {"RIGHT", "FULL"}:
        raise bad_query("rows that a function gives are joined by JOIN and LEFT JOIN only here")
    if not isinstance(place, exp.Join):
        select.where(given, copy=False)
        return
    if place.args.get("using") or place.method == "NATURAL":
        raise bad_query("rows that a function gives are joined by ON here")
    place.set("kind", None)
    condition = place.args.get("on")
    is_true = condition is None or (isinstance(condition, exp.Boolean) and condition.this)
    place.set("on", given if is_true else exp.and_(given, condition))


def _move_columns(select: exp.Select) -> None:
    """Put a call that is a column, or part of one, among the tables: its rows come for each of theirs."""
    calls = [node for item in select.expressions for node in _calls_in(item)]
    if not calls:
        return
    if len(calls) > 1 or calls[0].find(exp.Window) or any(rows_of(part) for part in calls[0].expressions):
        raise bad_query("one function that gives rows may be a column here: put the others after FROM")
    if any(_takes_no_rows(node) for node in _around(calls[0], select)):
        raise bad_query("set-returning functions are not allowed in aggregates, CASE and COALESCE")
    call, name = calls[0], f"{GIVEN} {function_name(calls[0])}"
    call.replace(exp.column(exp.to_identifier(name, quoted=True), table=exp.to_identifier(name, quoted=True)))
    source = exp.Table(this=call, alias=exp.TableAlias(this=exp.to_identifier(name, quoted=True)))
    if select.args.get("from_"):
        select.append("joins", exp.Join(this=source))
    else:
        select.set("from_", exp.From(this=source))


def _around(node: exp.Expr, select: exp.Select) -> Iterator[exp.Expr]:
    while (node := node.parent) is not select and node is not None:  # type: ignore[assignment]
        yield node


def _takes_no_rows(node: exp.Expr) -> bool:
    is_call = isinstance(node, exp.Anonymous) and function_name(node) in AGGREGATE_NAMES | {"coalesce"}
    return is_call or isinstance(node, exp.Case | exp.If | exp.Coalesce)


def _calls_in(node: exp.Expr) -> Iterator[exp.Expr]:
    if isinstance(node, exp.Query):
        return
    if rows_of(node):
        yield node
        return
    for child in node.iter_expressions():
        yield from _calls_in(child)


def is_holder(node: exp.Expr) -> bool:
    """Return whether a node is the table that `put_tables_in_place` put somewhere."""
    return isinstance(node, exp.Table) and node.name.startswith(_TABLE)


def spread(node: exp.Expr) -> exp.Expr:
    """Return what stands in SQLite for such a table, a column of it, or the condition beside it."""
    if isinstance(node, Given):
        return exp.EQ(
            this=exp.column("json", table=exp.to_identifier(node.name, quoted=True)), expression=node.expression
        )
    if isinstance(node, exp.Table):
        return exp.Table(this=exp.to_identifier(SPREAD), db=exp.to_identifier(_SCHEMA), alias=node.args.get("alias"))
    is_value = node.meta.pop(GIVEN) == VALUE
    column = exp.column(VALUE if is_value else "key", table=node.args["table"])
    column.meta.update(node.meta)
    return column if is_value else exp.Paren(this=exp.Add(this=column, expression=exp.Literal.number(1)))
