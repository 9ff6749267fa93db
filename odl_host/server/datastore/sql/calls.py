"""Translating calls of functions, and of the aggregates that SQLite lacks."""

from __future__ import annotations

from sqlglot import exp

from odl_host.ckan import ValidationError
from odl_host.server.datastore.filters import bad_query
from odl_host.server.datastore.sql.aggregates import AGGREGATES
from odl_host.server.datastore.sql.functions import FUNCTIONS, SEARCH_QUERIES, WITHIN_GROUP, Function
from odl_host.server.datastore.sql.grammar import function_name
from odl_host.server.datastore.sql.kinds import (
    arguments_of,
    family_of,
    is_moment_series,
    is_unknown,
    kind_of,
    native_name,
)
from odl_host.server.datastore.sql.operators import call, make_comparable, read_literal, text

_FAMILIES = {"t": "text", "n": "number", "b": "bool", "a": "array"}
_INTERVAL_PARTS = ("years", "months", "weeks", "days", "hours", "mins", "secs")


def translate_call(node: exp.Func) -> exp.Expr:
    """Return what stands for a call. :raises ValidationError: an argument is of another type than it must be."""
    name = function_name(node)
    known = FUNCTIONS[name]
    arguments = list(arguments_of(node))
    if name in SEARCH_QUERIES:
        raise bad_query("text search queries stand after @@ only")
    if name == "make_interval":
        arguments = _by_name(arguments)
    _check(name, known, arguments)
    if name == "ts_rank":
        return match(arguments[0], arguments[-1], "pg_ts_rank")
    if name in ("sum", "avg") and kind_of(node) == "numeric" and kind_of(arguments[0]) == "numeric":
        inner = node.parent.parent if isinstance(node.parent, exp.Filter) else node.parent
        if isinstance(inner, exp.Window):
            return call(f"window_{name}", *arguments)
        return call(f"numeric_{name}", *(item.this if isinstance(item, exp.Order) else item for item in arguments))
    if name == "generate_series":
        return _series(node, arguments)
    if name == "trim":
        place = str(node.args.get("position") or "").upper()
        known = Function(run={"LEADING": "pg_ltrim", "TRAILING": "pg_rtrim"}.get(place, "pg_trim"))
    if name == "substring" and len(arguments) == 2 and family_of(kind_of(arguments[1])) == "text":
        known = Function(run="pg_substring_like")
    if known.run == "=":
        return _built_in(node, name, arguments)
    if name in ("greatest", "least", "date_trunc", "age"):
        arguments = _read(name, arguments)
    if name == "row_to_json" or not known.passes:
        prepared = arguments
    else:
        prepared = [_handed(item, known.passes, name) for item in arguments]
    if known.passes == "kind":
        prepared.append(text(kind_of(arguments[-1])))
    elif known.passes == "first kind":
        if name in ("round", "trunc") and len(prepared) == 1:
            prepared.append(exp.Literal.number(0))
        prepared.append(text(kind_of(arguments[0])))
    return call(known.run or f"pg_{name}", *prepared)


_WITHOUT_ARGUMENTS = frozenset(
    {
        *("now", "clock_timestamp", "statement_timestamp", "transaction_timestamp", "current_timestamp"),
        *("current_date", "current_time", "localtime", "localtimestamp", "pi", "random", "make_interval"),
        *("row_number", "rank", "dense_rank", "percent_rank", "cume_dist"),
    }
)
_WITH_TWO = frozenset({"date_trunc", "date_part", "extract", "to_char", "ts_rank"})


def _check(name: str, known: Function, arguments: list[exp.Expr]) -> None:
    if len(arguments) < (0 if name in _WITHOUT_ARGUMENTS else 2 if name in _WITH_TWO else 1):
        raise no_function(name, arguments)
    if name in ("count", "sum", "avg", "min", "max") and len(arguments) > 1:
        raise no_function(name, arguments)  # SQLite would take the least of its arguments
    for index, item in enumerate(arguments):
        inner = item.this if isinstance(item, exp.Order) else item
        inner = inner.expressions[0] if isinstance(inner, exp.Distinct) else inner
        wanted = _FAMILIES.get(known.takes[min(index, len(known.takes) - 1)]) if known.takes else None
        if wanted is None or isinstance(inner, exp.Star):
            continue
        if is_unknown(inner):
            if wanted == "number":
                read_literal(inner, "numeric")
        elif family_of(kind_of(inner)) != wanted:
            raise no_function(name, arguments)
    if name in ("min", "max") and arguments and kind_of(arguments[0]) in ("bool", "json", "jsonb", "interval"):
        raise no_function(name, arguments)
    if name == "round" and len(arguments) > 1 and kind_of(arguments[0]) in ("float4", "float8"):
        raise no_function(name, arguments)


def no_function(name: str, arguments: list[exp.Expr]) -> ValidationError:
    """Return PostgreSQL's refusal of a function for some types."""
    return bad_query(f"function {name}({', '.join(native_name(item) for item in arguments)}) does not exist")


def _by_name(arguments: list[exp.Expr]) -> list[exp.Expr]:
    named = {item.this.name: item.expression for item in arguments if isinstance(item, exp.Kwarg)}
    if unknown := set(named) - set(_INTERVAL_PARTS):
        raise bad_query(f"function make_interval({min(unknown)} => integer) does not exist")
    plain = [item for item in arguments if not isinstance(item, exp.Kwarg)]
    return [*plain, *(named.get(part, exp.Literal.number(0)) for part in _INTERVAL_PARTS[len(plain) :])]


def _read(name: str, arguments: list[exp.Expr]) -> list[exp.Expr]:
    """Read texts in quotes as what the other arguments are, or as moments."""
    if name == "date_trunc":
        if kind_of(arguments[-1]) == "interval":
            raise bad_query("function date_trunc is not known here for type interval")
        if is_unknown(arguments[-1]):
            return [arguments[0], exp.cast(arguments[-1], "timestamptz", dialect="postgres")]
        return arguments
    holder = exp.Tuple(expressions=[item.copy() for item in arguments])
    for index in range(1, len(holder.expressions)):
        if name != "age":
            make_comparable(exp.EQ(), holder.expressions[0], holder.expressions[index])
    return list(holder.expressions)


def _series(node: exp.Func, arguments: list[exp.Expr]) -> exp.Expr:
    if not is_moment_series(node):
        if len(arguments) < 2 or any(family_of(kind_of(item)) != "number" for item in arguments):
            raise no_function("generate_series", arguments)
        return call("pg_series", *arguments)
    wanted = ("timestamptz", "timestamptz", "interval")
    families = ("moment", "moment", "interval")
    read = [
        exp.cast(item, kind, dialect="postgres") if is_unknown(item) else item
        for item, kind in zip(arguments, wanted, strict=False)
    ]
    if [family_of(kind_of(item)) for item in read] != list(families):
        raise no_function("generate_series", arguments)
    return call("pg_moments", *read)


def _handed(item: exp.Expr, how: str, name: str) -> exp.Expr:
    kind = kind_of(item)
    if how == "text" and kind != "text":
        return call("pg_written", item, text(kind))
    if how == "json" or (how == "jsonb" and name.startswith("jsonb_build_object")):
        return call("pg_as_json", item, text(kind))
    if how == "jsonb":
        return call("pg_as_jsonb", item, text(kind))
    if how == "item" and not (kind.startswith("_") and name.startswith("array_")):
        return call("pg_as_json", item, text(kind))
    return item


def _built_in(node: exp.Func, name: str, arguments: list[exp.Expr]) -> exp.Expr:
    """Leave a call to SQLite, without an order of arguments that changes nothing."""
    prepared = [item.this if isinstance(item, exp.Order) else item for item in arguments]
    if name == "count" and prepared and isinstance(prepared[0], exp.Distinct):
        inner = prepared[0].expressions
        parts = inner[0].expressions if isinstance(inner[0], exp.Tuple) else inner
        if len(parts) > 1:
            row = call("pg_array", *(call("pg_as_json", part, text(kind_of(part))) for part in parts))
            prepared = [exp.Distinct(expressions=[row])]
    if name in ("coalesce", "nullif"):
        for item in prepared[1:]:
            make_comparable(exp.EQ(), prepared[0], item)
        prepared = list(arguments_of(node))
    return call(name, *prepared)


# Aggregates of our own


def translate_aggregate(node: exp.Anonymous) -> exp.Expr:
    """Return the call of an aggregate of ours: how, its arguments, and the keys of its order."""
    name = function_name(node)
    known = FUNCTIONS[name]
    arguments = list(node.expressions)
    _check(name, known, arguments)
    keys: list[exp.Ordered] = []
    if arguments and isinstance(arguments[-1], exp.Order):
        keys = list(arguments[-1].expressions)
        arguments = [*arguments[:-1], arguments[-1].this]
    is_distinct = bool(arguments) and isinstance(arguments[0], exp.Distinct)
    if is_distinct:
        arguments = [*arguments[0].expressions, *arguments[1:]]
        keys = [key for key in keys if key.args.get("desc")] if len(keys) == 1 else []
    kind = kind_of(arguments[0]) if arguments else ""
    prepared = arguments if not known.passes else [_handed(item, known.passes, name) for item in arguments]
    return _aggregate(known.run or name, prepared, keys, kind=kind, is_distinct=is_distinct)


def translate_within(node: exp.WithinGroup) -> exp.Expr:
    """Return the call of an aggregate that orders its values itself: `percentile_cont(0.5) WITHIN GROUP (…)`."""
    name = function_name(node.this)
    keys = list(node.expression.expressions)
    if name not in WITHIN_GROUP:
        raise bad_query(f"{name} is not an ordered-set aggregate, so it cannot have WITHIN GROUP")
    if len(keys) != 1:
        raise bad_query(f"function {name} is ordered by one expression")
    if name == "percentile_cont" and family_of(kind_of(keys[0].this)) != "number":
        raise no_function(name, [*node.this.expressions, keys[0].this])
    return _aggregate(name, [*node.this.expressions, keys[0].this], [keys[0].copy()], kind=kind_of(keys[0].this))


def _aggregate(
    name: str, arguments: list[exp.Expr], keys: list[exp.Ordered], *, kind: str, is_distinct: bool = False
) -> exp.Expr:
    assert name in AGGREGATES
    directions = "".join(map(_direction, keys))
    how = f"{len(arguments)}{'d' if is_distinct else ''}{kind.lstrip('_').replace(' ', '_')}:{directions}"
    return call(name, text(how), *arguments, *map(sort_key, keys))


def _direction(key: exp.Ordered) -> str:
    falls = bool(key.args.get("desc"))
    moves = bool(key.args.get("nulls_first")) != falls
    return ("D" if moves else "d") if falls else ("A" if moves else "a")


def sort_key(key: exp.Ordered) -> exp.Expr:
    """Return what SQLite sorts by: a length of time by its span."""
    return call("pg_span", key.this) if kind_of(key.this) == "interval" else key.this


# Words


def match(vector: exp.Expr, query: exp.Expr, name: str) -> exp.Expr:
    """Return what stands for `_full_text @@ query`, or for the rank of it."""
    if kind_of(vector) != "tsvector":
        vector, query = query, vector
    if is_unknown(query):
        query = call("to_tsquery", text("simple"), query)
    if (
        not isinstance(query, exp.Anonymous)
        or function_name(query) not in SEARCH_QUERIES
        or kind_of(vector) != "tsvector"
    ):
        raise bad_query("operator does not exist here: only _full_text, or to_tsvector(…), @@ to_tsquery(…)")
    if function_name(query) == "phraseto_tsquery":
        raise bad_query("phraseto_tsquery is not known here: plainto_tsquery finds the same words in any order")
    *language, words = query.expressions
    return call(name, vector, words, text(function_name(query)), *language[:1])
