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
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema

from odl_host.ckan import ValidationError
from odl_host.server.datastore.filters import bad_query
from odl_host.server.datastore.sql.functions import ALLOWED_IN_SQLITE, FUNCTIONS
from odl_host.server.datastore.sql.kinds import (
    NUMBERS,
    TEXTS,
    TIMES,
    WHOLE,
    Columns,
    arguments_of,
    kind_of,
    name_outputs,
    note_kinds,
    outputs_of,
    parser_type,
)
from odl_host.server.datastore.sql.statement import Statement, function_name, invalid
from odl_host.server.datastore.types import find_type
from odl_host.server.datastore.values import BadValue

_KEPT_AS_THEY_ARE = frozenset({"coalesce", "nullif", "count", "sum", "avg", "min", "max"}) | frozenset(
    {"row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile", "lag", "lead"}
    | {"first_value", "last_value", "nth_value", ""}
)


@dataclass(frozen=True, slots=True)
class Translation:
    """A statement for SQLite, and the names and types of what it gives."""

    sql: str
    names: tuple[str, ...]
    types: tuple[str, ...]


def translate(statement: Statement, tables: Mapping[str, Columns]) -> Translation:
    """Translate a query over these tables.

    :raises ValidationError: a column is unknown, types do not go together, or SQLite cannot do what is asked.
    """
    tree = _unwrapped(statement.tree)
    name_outputs(tree)
    for fetch in list(tree.find_all(exp.Fetch)):
        fetch.replace(exp.Limit(expression=fetch.args.get("count") or exp.Literal.number(1)))
    schema = MappingSchema(
        {name: {column: parser_type(kind) for column, kind in columns.items()} for name, columns in tables.items()},
        dialect="postgres",
        normalize=False,
    )
    try:
        tree = qualify(tree, dialect="postgres", schema=schema)
        if row := tree.find(exp.TableColumn):  # SQLite would take its name for a text
            raise invalid(f'Invalid SQL: "{row.name}" is a table: name its columns')
        tree = annotate_types(tree, schema=schema, dialect="postgres")
        note_kinds(tree, tables)
        _check_groups(tree)
        outputs = outputs_of(tree)
        names = tuple(item.alias_or_name for item in outputs)
        types = tuple(kind_of(item) for item in outputs)
        translated = tree.transform(_rewritten, copy=False)
        sql = translated.sql("sqlite", unsupported_level=ErrorLevel.RAISE, comments=False)
    except RecursionError:
        raise invalid("Invalid SQL: nested too deeply") from None
    except SqlglotError as error:
        raise _refusal(str(error)) from error
    return Translation(sql, names, types)


def _unwrapped(tree: exp.Query) -> exp.Query:
    """Take away the parentheses around a query and the parts of a union: SQLite knows none there."""
    for part in [tree, *(side for union in tree.find_all(exp.SetOperation) for side in (union.left, union.right))]:
        if not isinstance(part, exp.Subquery) or part.alias:
            continue
        inner = part.this
        is_whole = isinstance(inner, exp.Select) and not any(part.args.get(key) for key in ("order", "limit", "offset"))
        if not is_whole or (part is not tree and any(inner.args.get(key) for key in ("order", "limit", "offset"))):
            inner = exp.select("*").from_(exp.Subquery(this=part.this.copy(), alias=exp.TableAlias(this="q")))
            for key in ("order", "limit", "offset"):
                inner.set(key, part.args.get(key))
        if part is tree:
            return _unwrapped(inner)
        part.replace(inner)
    return tree


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
                name = f"{column.table}.{column.name}" if column.table else column.name
                raise _refusal(
                    f'column "{name}" must appear in the GROUP BY clause or be used in an aggregate function'
                )


def _has_aggregate(node: exp.Expr) -> bool:
    if isinstance(node, exp.Window | exp.Query):
        return False
    return isinstance(node, exp.AggFunc) or any(_has_aggregate(child) for child in node.iter_expressions())


def _loose_columns(node: exp.Expr, grouped: set[str]) -> Iterator[exp.Column]:
    if isinstance(node, exp.AggFunc | exp.Filter | exp.Query) or node.sql() in grouped:
        return
    if isinstance(node, exp.Column):
        yield node
        return
    for child in node.iter_expressions():
        yield from _loose_columns(child, grouped)


def _call(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    return exp.Anonymous(this=name, expressions=list(arguments))


def _rewritten(node: exp.Expr) -> exp.Expr:
    """Return what stands for a node and its parts in SQLite: the parts after the whole, which looks at their types."""
    new = _translated(node)
    if new is not node:
        # `transform` goes into what stays, not into what replaces.
        for part in list(new.iter_expressions()):
            part.replace(part.transform(_rewritten, copy=False))
    return new


def _translated(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.Anonymous) and node.name in ALLOWED_IN_SQLITE:
        return node  # stands there because of this function
    if isinstance(node, exp.Cast):
        return _translate_cast(node)
    if isinstance(node, exp.EQ) and isinstance(node.right, exp.Any):
        inner = node.right.this
        if isinstance(inner, exp.Subquery | exp.Select):
            return exp.In(this=node.left, query=inner)
        return _call("pg_in_array", node.left, inner.this if isinstance(inner, exp.Paren) else inner)
    if isinstance(node, exp.EQ | exp.NEQ | exp.GT | exp.GTE | exp.LT | exp.LTE):
        _compare(node, node.left, node.right)
    elif isinstance(node, exp.In):
        for item in node.expressions:
            _compare(node, node.this, item)
    elif isinstance(node, exp.Between):
        _compare(node, node.this, node.args["low"])
        _compare(node, node.this, node.args["high"])
    elif isinstance(node, exp.ILike):
        return exp.Like(this=_call("pg_lower", node.this), expression=_call("pg_lower", node.expression))
    elif isinstance(node, exp.RegexpLike):
        return _call("pg_regexp", node.expression, node.this)
    elif isinstance(node, exp.RegexpILike):
        return _call("pg_regexp_i", node.expression, node.this)
    elif isinstance(node, exp.Add | exp.Sub | exp.Mul | exp.Div | exp.Mod):
        _translate_arithmetic(node)
    elif isinstance(node, exp.Bracket):
        return _call("pg_item", node.this, *node.expressions[:1])
    elif isinstance(node, exp.Array):
        return _call("pg_array", *node.expressions)
    elif isinstance(node, exp.MatchAgainst):
        return _translate_match(node)
    elif isinstance(node, exp.GroupConcat):
        return _translate_string_agg(node)
    elif isinstance(node, exp.Func) and not isinstance(node, exp.Case | exp.If | exp.Exists | exp.Connector):
        return _translate_call(node)
    return node


def _translate_cast(node: exp.Cast) -> exp.Expr:
    target = find_type(node.to.sql("postgres").lower())
    if target is None:
        raise _refusal(f'type "{node.to.sql("postgres").lower()}" does not exist')
    return _call("pg_cast", node.this, exp.Literal.string(target.name), exp.Literal.string(kind_of(node.this)))


def _compare(node: exp.Expr, left: exp.Expr, right: exp.Expr) -> None:
    """Make both sides of a comparison comparable: PostgreSQL reads a text as what the other side is."""
    for value, other in ((left, right), (right, left)):
        if isinstance(value, exp.Literal) and value.is_string:
            kind = kind_of(other)
            if kind not in TEXTS and kind != "tsvector":
                _read_literal(value, kind)
            return
    kinds = {kind_of(left), kind_of(right)}
    if kinds & TEXTS and kinds & (NUMBERS | {"bool"}) and not isinstance(right, exp.Null | exp.Subquery | exp.Any):
        operator = {"EQ": "=", "NEQ": "<>", "GT": ">", "GTE": ">=", "LT": "<", "LTE": "<="}.get(
            type(node).__name__, "="
        )
        raise _refusal(f"operator does not exist: {kind_of(left)} {operator} {kind_of(right)}")


def _read_literal(literal: exp.Literal, kind: str) -> None:
    found = find_type(kind)
    if found is None:
        return
    try:
        kept = found.keep(literal.name)
    except BadValue as error:
        raise bad_query(str(error).replace("{column}", "?column?")) from None
    if kept is None:
        literal.replace(exp.Null())
    elif isinstance(kept, str):
        literal.replace(exp.Literal.string(kept))
    else:
        literal.replace(exp.Literal.number(repr(kept)))


def _translate_arithmetic(node: exp.Binary) -> None:
    left, right = kind_of(node.left), kind_of(node.right)
    if {left, right} & TIMES:
        raise _refusal(f"operator does not exist here: {left} {type(node).__name__.lower()} {right}")
    for value, other in ((node.left, right), (node.right, left)):
        if isinstance(value, exp.Literal) and value.is_string:
            _read_literal(value, other if other in NUMBERS else "numeric")
        elif kind_of(value) in TEXTS and not isinstance(value, exp.Null):
            raise _refusal(f"operator does not exist: {left} {type(node).__name__.lower()} {right}")
    if isinstance(node, exp.Div | exp.Mod) and not _is_other_than_zero(node.right):
        node.set("expression", _call("pg_divisor", node.right))
    if isinstance(node, exp.Div):
        node.set("typed", True)
        node.set("safe", True)
        if not {left, right} <= WHOLE:
            # SQLite divides whole numbers as such, and a numeric may be kept as one.
            node.set("this", exp.Mul(this=exp.Paren(this=node.left.copy()), expression=exp.Literal.number("1.0")))


def _is_other_than_zero(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and not node.is_string and float(node.name) != 0


def _translate_match(node: exp.MatchAgainst) -> exp.Expr:
    query = node.this
    columns = node.expressions
    if not isinstance(query, exp.Anonymous) or len(columns) != 1 or kind_of(columns[0]) != "tsvector":
        raise _refusal("operator does not exist here: only _full_text @@ to_tsquery(…) or plainto_tsquery(…)")
    *language, text = query.expressions
    return _call("pg_match", columns[0], text, exp.Literal.string(str(query.name).lower()), *language[:1])


def _translate_string_agg(node: exp.GroupConcat) -> exp.Expr:
    value, mark = node.this, node.args.get("separator") or exp.Literal.string("")
    order: exp.Expr | None = value if isinstance(value, exp.Order) else None
    if order is None and isinstance(mark, exp.Order):
        order, mark = mark, mark.this
    if order is None:
        return _call("string_agg", value, mark)
    keys = order.expressions
    if len(keys) != 1:
        raise _refusal("string_agg is ordered by one expression at most")
    inner = order.this if isinstance(value, exp.Order) else value
    descends = exp.Literal.number(int(bool(keys[0].args.get("desc"))))
    return _call("string_agg", inner, mark, keys[0].this, descends)


def _translate_call(node: exp.Func) -> exp.Expr:
    name = FUNCTIONS[function_name(node)][0]
    if function_name(node) in ("to_tsquery", "plainto_tsquery"):
        raise _refusal("text search queries stand after @@ only")
    if name in _KEPT_AS_THEY_ARE or name == "pg_cast":
        return node
    if name.startswith("pg_") and not isinstance(node, exp.Anonymous):
        arguments = list(arguments_of(node))
        if isinstance(node, exp.Trim):
            place = str(node.args.get("position") or "").upper()
            name = {"LEADING": "pg_ltrim", "TRAILING": "pg_rtrim"}.get(place, name)
            arguments = [item for item in (node.this, node.expression) if item is not None]
        elif isinstance(node, exp.Pad):
            name = "pg_lpad" if node.args.get("is_left") else "pg_rpad"
        elif isinstance(node, exp.StrPosition):
            arguments = [node.this, node.args["substr"]]
        elif isinstance(node, exp.Initcap):
            arguments = [node.this]
        elif isinstance(node, exp.TimestampTrunc | exp.DateTrunc):
            unit = node.args["unit"]
            arguments = [exp.Literal.string(re.sub(r"\W.*", "", unit.name)), node.this]
        elif isinstance(node, exp.CurrentTimestamp | exp.CurrentDate | exp.Rand):
            arguments = []
        return _call(name, *arguments)
    return _call(name, *node.expressions) if isinstance(node, exp.Anonymous) else node
