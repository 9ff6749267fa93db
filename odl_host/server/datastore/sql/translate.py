"""From a checked PostgreSQL query to SQLite's: names resolved, types followed, functions replaced.

What comes out is written from the parsed tree alone. A query that PostgreSQL would refuse for its types is refused
here, where SQLite would answer something else without a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlglot import ErrorLevel, exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema

from odl_host.ckan import ValidationError
from odl_host.server.datastore.sql.aggregates import AGGREGATES
from odl_host.server.datastore.sql.calls import match, sort_key, translate_aggregate, translate_call, translate_within
from odl_host.server.datastore.sql.distinct import without_distinct_on
from odl_host.server.datastore.sql.functions import AGGREGATE_NAMES
from odl_host.server.datastore.sql.given import GIVEN, Given, is_holder, put_tables_in_place, spread
from odl_host.server.datastore.sql.grammar import PostgreSQL, function_name
from odl_host.server.datastore.sql.intervals import Interval
from odl_host.server.datastore.sql.kinds import (
    Columns,
    family_of,
    is_ordered_set,
    is_unknown,
    kind_of,
    name_outputs,
    native_name,
    note_kinds,
    outputs_of,
)
from odl_host.server.datastore.sql.operators import (
    arithmetic,
    call,
    compare_many,
    compare_with_array,
    contain,
    is_translated,
    join_texts,
    make_comparable,
    no_json_operator,
    require_bool,
    require_numbers,
    require_texts,
    text,
)
from odl_host.server.datastore.sql.single import require_single_rows
from odl_host.server.datastore.sql.sources import (
    leave_out_names,
    name_values,
    put_queries_in_place,
    spell_rows,
    unwrapped,
)
from odl_host.server.datastore.sql.statement import Statement, invalid
from odl_host.server.datastore.types import find_type


@dataclass(frozen=True, slots=True)
class Translation:
    """A statement for SQLite, and the names and types of what it gives."""

    sql: str
    names: tuple[str, ...]
    types: tuple[str, ...]
    decimals: frozenset[int]
    """The places of sums and products of decimals: SQLite adds them as floating numbers."""


def translate(statement: Statement, tables: Mapping[str, Columns]) -> Translation:
    """Translate a query over these tables.

    :raises ValidationError: a column is unknown, types do not go together, or SQLite cannot do what is asked.
    """
    tree = name_values(unwrapped(statement.tree))
    name_outputs(tree)
    given = put_tables_in_place(tree)
    tables = {**tables, **{name: dict.fromkeys(columns, "text") for name, columns in given.items()}}
    for fetch in list(tree.find_all(exp.Fetch)):
        fetch.replace(exp.Limit(expression=fetch.args.get("count") or exp.Literal.number(1)))
    put_queries_in_place(tree)
    schema = MappingSchema(
        {name: dict.fromkeys(columns, "TEXT") for name, columns in tables.items()}, dialect=PostgreSQL, normalize=False
    )
    try:
        tree = qualify(tree, dialect=PostgreSQL, schema=schema)
        spell_rows(tree, tables)
        note_kinds(tree, tables)
        _check_groups(tree)
        _check_clauses(tree)
        outputs = outputs_of(tree)
        names = tuple(item.alias_or_name for item in outputs)
        types = tuple(kind_of(item) for item in outputs)
        decimals = frozenset(index for index, item in enumerate(outputs) if _adds_decimals(item.unalias()))
        translated = tree.transform(_rewritten, copy=False)
        for select in list(translated.find_all(exp.Select)):
            if (distinct := select.args.get("distinct")) and distinct.args.get("on"):
                first_rows = without_distinct_on(select)
                translated = first_rows if select is translated else translated
                select.replace(first_rows)
        require_single_rows(translated)
        leave_out_names(translated)
        sql = translated.sql("sqlite", unsupported_level=ErrorLevel.RAISE, comments=False)
    except RecursionError:
        raise invalid("Invalid SQL: nested too deeply") from None
    except SqlglotError as error:
        raise _refusal(_unresolved(str(error), tree, tables)) from error
    return Translation(sql, names, types, decimals)


def _adds_decimals(item: exp.Expr) -> bool:
    inner = item.unnest() if isinstance(item, exp.Paren) else item
    return isinstance(inner, exp.Add | exp.Sub | exp.Mul) and kind_of(inner) == "numeric" and not inner.find(exp.Div)


_UNRESOLVED = re.compile(r"Column '([^']*)' could not be resolved(?: for table: '([^']*)')?")
_ORDINAL = re.compile(r"Unknown output column: (\d+)")


def _unresolved(reason: str, tree: exp.Expr, tables: Mapping[str, Columns]) -> str:
    """Say in PostgreSQL's words which name is not known."""
    if ordinal := _ORDINAL.match(reason):
        return f"ORDER BY position {ordinal[1]} is not in select list"
    found = _UNRESOLVED.match(reason)
    if found is None:
        return reason
    column, table = found[1], found[2]
    if table:
        known = {source.alias_or_name for source in tree.find_all(exp.Table, exp.Subquery)}
        here = table in known
        return f"column {table}.{column} does not exist" if here else f'missing FROM-clause entry for table "{table}"'
    if sum(column in columns for columns in tables.values()) > 1:
        return f'column reference "{column}" is ambiguous'
    return f'column "{column}" does not exist'


def _refusal(reason: str) -> ValidationError:
    first = reason.partition("\n")[0][:300]
    return ValidationError({"query": [first], "info": {"orig": [first]}})


def _check_groups(tree: exp.Expr) -> None:
    """Refuse columns beside aggregates that are neither grouped nor aggregated: SQLite would take any row's value."""
    for select in tree.find_all(exp.Select):
        group = select.args.get("group")
        grouped = {item.sql() for item in group.expressions} if group else set()
        if not group and not any(_has_aggregate(item) for item in select.expressions):
            continue
        for item in [*select.expressions, *([select.args["having"].this] if select.args.get("having") else [])]:
            for column in _loose_columns(item, grouped):
                if column.table.startswith(f"{GIVEN} "):
                    raise _refusal(
                        "a function that gives rows stands beside aggregates only where it is grouped by here"
                    )
                name = f"{column.table}.{column.name}" if column.table else column.name
                raise _refusal(
                    f'column "{name}" must appear in the GROUP BY clause or be used in an aggregate function'
                )


def _is_aggregate(node: exp.Expr) -> bool:
    return isinstance(node, exp.WithinGroup) or (
        isinstance(node, exp.Anonymous) and function_name(node) in AGGREGATE_NAMES
    )


def _has_aggregate(node: exp.Expr) -> bool:
    if isinstance(node, exp.Window | exp.Query):
        return False
    return _is_aggregate(node) or any(_has_aggregate(child) for child in node.iter_expressions())


def _check_clauses(tree: exp.Expr) -> None:
    """Refuse conditions that are none, unions of different types, and orders that `DISTINCT` does not keep."""
    for select in tree.find_all(exp.Select):
        if where := select.args.get("where"):
            require_bool(where.this, "WHERE")
            if _has_aggregate(where.this):
                raise _refusal("aggregate functions are not allowed in WHERE")
            if where.this.find(exp.Window) is not None:
                raise _refusal("window functions are not allowed in WHERE")
        if having := select.args.get("having"):
            require_bool(having.this, "HAVING")
        for join in select.args.get("joins") or []:
            require_bool(join.args.get("on"), "JOIN/ON")
        distinct, order = select.args.get("distinct"), select.args.get("order")
        if distinct and order and not distinct.args.get("on"):
            shown = {item.unalias().sql() for item in select.expressions} | {item.alias for item in select.expressions}
            for key in order.expressions:
                if key.this.sql() not in shown and key.this.name not in shown and not isinstance(key.this, exp.Literal):
                    raise _refusal("for SELECT DISTINCT, ORDER BY expressions must appear in select list")
    for union in tree.find_all(exp.SetOperation):
        left, right = outputs_of(union.left), outputs_of(union.right)
        word = type(union).__name__.upper()
        if len(left) != len(right):
            raise _refusal(f"each {word} query must have the same number of columns")
        for first, second in zip(left, right, strict=True):
            sides = first.unalias(), second.unalias()
            if not any(map(is_unknown, sides)) and family_of(kind_of(sides[0])) != family_of(kind_of(sides[1])):
                raise _refusal(f"{word} types {native_name(sides[0])} and {native_name(sides[1])} cannot be matched")


def _loose_columns(node: exp.Expr, grouped: set[str]) -> Iterator[exp.Column]:
    if _is_aggregate(node) or isinstance(node, exp.Filter | exp.Query) or node.sql() in grouped:
        return
    if isinstance(node, exp.Column):
        yield node
        return
    for child in node.iter_expressions():
        yield from _loose_columns(child, grouped)


def _rewritten(node: exp.Expr) -> exp.Expr:
    """Return what stands for a node and its parts in SQLite: the parts after the whole, which looks at their types."""
    new = _translated(node)
    if new is not node:
        # `transform` goes into what stays, not into what replaces.
        for part in list(new.iter_expressions()):
            part.replace(part.transform(_rewritten, copy=False))
    return new


def _translated(node: exp.Expr) -> exp.Expr:
    if is_translated(node):
        return node
    if isinstance(node, Given) or GIVEN in node.meta or is_holder(node):
        return spread(node)
    if isinstance(node, exp.Cast):
        return _translate_cast(node)
    if isinstance(node, exp.Interval):
        return text(_read_interval(node))
    if isinstance(node, exp.Ordered) and kind_of(node.this) == "interval":
        node.set("this", sort_key(node))
        return node
    if isinstance(node, exp.EQ | exp.NEQ) and isinstance(node.right, exp.Any):
        return compare_with_array(node, node.right.this, is_all=False)
    if isinstance(node, exp.EQ | exp.NEQ) and _is_all(node.right):
        return compare_with_array(node, node.right.expressions[0], is_all=True)
    if isinstance(node, exp.EQ | exp.NEQ | exp.GT | exp.GTE | exp.LT | exp.LTE | exp.NullSafeEQ | exp.NullSafeNEQ):
        make_comparable(node, node.left, node.right)
    elif isinstance(node, exp.In):
        compare_many(node, node.this, node.expressions)
        if query := node.args.get("query"):
            compare_many(exp.EQ(), node.this, [item.unalias() for item in outputs_of(query)[:1]])
    elif isinstance(node, exp.Between):
        compare_many(node, node.this, [node.args["low"]])
        compare_many(node, node.this, [node.args["high"]])
    elif isinstance(node, exp.Like | exp.ILike):
        return _translate_like(node)
    elif isinstance(node, exp.RegexpLike | exp.RegexpILike):
        require_texts(node)
        return call("pg_regexp" if isinstance(node, exp.RegexpLike) else "pg_regexp_i", node.expression, node.this)
    elif isinstance(node, exp.And | exp.Or):
        require_bool(node.left, type(node).__name__.upper())
        require_bool(node.right, type(node).__name__.upper())
    elif isinstance(node, exp.Not):
        require_bool(node.this, "NOT")
    elif isinstance(node, exp.Is) and isinstance(node.expression, exp.Boolean):
        require_bool(node.this, f"IS {str(node.expression.this).upper()}")
    elif isinstance(node, exp.Add | exp.Sub | exp.Mul | exp.Div | exp.Mod):
        return arithmetic(node)
    elif isinstance(node, exp.DPipe):
        return join_texts(node)
    elif isinstance(node, exp.ArrayContainsAll):
        return contain(node, "pg_array_contains")
    elif isinstance(node, exp.ArrayContainedBy):
        return contain(node, "pg_array_contained")
    elif isinstance(node, exp.ArrayOverlaps):
        return contain(node, "pg_array_overlaps")
    elif isinstance(node, exp.JSONExtract | exp.JSONExtractScalar | exp.JSONBExtract | exp.JSONBExtractScalar):
        raise no_json_operator(node)
    elif isinstance(node, exp.BitwiseAnd | exp.BitwiseOr | exp.BitwiseLeftShift | exp.BitwiseRightShift):
        require_numbers(node)
    elif isinstance(node, exp.BitwiseXor):
        require_numbers(node)
        return call("pg_xor", node.left, node.right)
    elif isinstance(node, exp.Bracket):
        return _translate_item(node)
    elif isinstance(node, exp.Array):
        return call("pg_array", *(call("pg_as_json", item, text(kind_of(item))) for item in node.expressions))
    elif isinstance(node, exp.MatchAgainst):
        return match(node.expressions[0], node.this, "pg_match")
    elif isinstance(node, exp.WithinGroup):
        return translate_within(node)
    elif is_ordered_set(node):
        raise _refusal(f"WITHIN GROUP is required for ordered-set aggregate {function_name(node)}")
    elif isinstance(node, exp.Anonymous) and _is_ours(node):
        return translate_aggregate(node)
    elif isinstance(node, exp.Func) and not isinstance(node, exp.Case | exp.If | exp.Exists | exp.Connector | exp.Any):
        return translate_call(node)
    return node


def _is_ours(node: exp.Anonymous) -> bool:
    name = function_name(node)
    return name in AGGREGATES or name in ("stddev", "variance", "jsonb_agg")


def _is_all(node: exp.Expr) -> bool:
    return isinstance(node, exp.Anonymous) and function_name(node) == "all"


def _translate_cast(node: exp.Cast) -> exp.Expr:
    name = node.to.sql("postgres").lower()
    target = find_type(name)
    if target is None:
        raise _refusal(f'type "{name}" does not exist')
    size = ",".join(part.name for part in node.to.expressions if isinstance(part, exp.DataTypeParam))
    source = kind_of(node.this)
    families = family_of(source), family_of(target.name)
    if not is_unknown(node.this) and not _can_cast(*families):
        raise _refusal(f"cannot cast type {native_name(node.this)} to {target.native}")
    sized = [text(size)] if size else []
    return call("pg_cast", node.this, text(target.name), text(source), *sized)


def _can_cast(source: str, target: str) -> bool:
    """Whether values of a family can become those of another: all can become texts, and texts all."""
    if "text" in (source, target) or source == target:
        return True
    return (source, target) in {
        ("number", "bool"),
        ("bool", "number"),
        ("moment", "time"),
        ("time", "interval"),
        ("interval", "time"),
        ("json", "jsonb"),
        ("jsonb", "json"),
    }


def _read_interval(node: exp.Interval) -> str:
    value = node.this
    unit = node.args.get("unit")
    try:
        return Interval.read(value.name, unit.name if isinstance(unit, exp.Var) else "").keep()
    except ValueError as error:
        raise _refusal(str(error)) from None


def _translate_like(node: exp.Like | exp.ILike) -> exp.Expr:
    require_texts(node)
    pattern = node.expression
    if node.args.get("negate"):
        node.set("negate", None)
        return exp.Not(this=_translate_like(node))
    if isinstance(pattern, exp.Any):
        array = pattern.this.unnest()
        if not isinstance(array, exp.Array):
            raise _refusal("operator does not exist here: LIKE ANY stands before ARRAY[…] only")
        each = [type(node)(this=node.this.copy(), expression=item.copy()) for item in array.expressions]
        return exp.Paren(this=exp.or_(*each))
    if isinstance(node, exp.ILike):
        return exp.Like(this=call("pg_lower", node.this), expression=call("pg_lower", pattern))
    return node


def _translate_item(node: exp.Bracket) -> exp.Expr:
    place = node.expressions[0]
    if isinstance(place, exp.Slice):
        first, last = (part or text("") for part in (place.this, place.expression))
        return call("pg_items_between", node.this, first, last)
    return call("pg_item", node.this, place)
