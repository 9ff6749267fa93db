"""The functions that queries may call, and what does their work in SQLite.

They are those of CKAN's own list that have to do with rows of open data, under PostgreSQL's names. A function that is
not here cannot be called. Source: PostgreSQL 15 documentation, chapter 9; CKAN 2.12,
`ckan.datastore.sqlsearch.allowed_functions_file`.
"""

from __future__ import annotations

import hashlib
import json
import math
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from odl_host.server.datastore import fulltext, lexemes
from odl_host.server.datastore.sql import casts, documents, forms, moments, numbers, patterns, series, texts
from odl_host.server.datastore.sql.aggregates import AGGREGATES
from odl_host.server.datastore.sql.single import ONE, Single
from odl_host.server.datastore.sql.spreads import Budget, NumericAvg, NumericSum, WindowAvg, WindowSum
from odl_host.server.datastore.sql.texts import plain
from odl_host.server.datastore.values import Kept, array_literal, single_precision


@dataclass(frozen=True, slots=True)
class Function:
    """One function of PostgreSQL."""

    gives: str = "text"
    """The type of the result: its name ("made json" is JSON that callers are given as a text), or "" for that of the
    first argument that is no null, "widest" for that which holds all arguments, "number" for float8 of a floating
    number and numeric of any other; "item", "series", "sum", "avg", "array", "moment" and
    "ordered" follow rules of their own."""
    takes: str = ""
    """Of which family each argument must be, "" for any: "text", "number", "moment", "bool", "array" by their first
    letters; the last letter counts for the others."""
    run: str = ""
    """SQLite's function, `pg_` before its name unless it is given."""
    passes: str = ""
    """How arguments are handed on: "kind" adds the type of the last one, "text", "json" and "jsonb" write them so."""


ROW = "row object"
"""What `sources` writes for a whole row."""

_TEXT = Function(takes="t")
_WINDOW = Function("", run="=")
_ANGLE = Function("float8", "n")

FUNCTIONS: dict[str, Function] = {
    # Texts
    **dict.fromkeys(("upper", "lower", "initcap", "reverse", "md5", "replace", "translate", "quote_ident"), _TEXT),
    **dict.fromkeys(("btrim", "ltrim", "rtrim", "trim", "regexp_replace"), _TEXT),
    **dict.fromkeys(("left", "right", "repeat"), Function(takes="tn")),
    **dict.fromkeys(("lpad", "rpad"), Function(takes="tnt")),
    **dict.fromkeys(("quote_literal", "quote_nullable", "concat", "concat_ws", "format"), Function(passes="text")),
    **dict.fromkeys(("length", "char_length", "character_length"), Function("int4", "t", run="pg_length")),
    **dict.fromkeys(("substring", "substr"), Function(takes="t-", run="pg_substring")),
    "position": Function("int4", "t", run="pg_position"),
    "strpos": Function("int4", "t", run="pg_position"),
    "split_part": Function(takes="ttn"),
    "overlay": Function(takes="ttn"),
    "chr": Function(takes="n"),
    "to_hex": Function(takes="n"),
    "regexp_match": Function("_text", "t"),
    "regexp_split_to_array": Function("_text", "t"),
    ROW: Function("made json", run="pg_row_object", passes="json"),
    "to_tsvector": Function("tsvector", "t"),
    # Rows, spread by `given`
    "unnest": Function("item", "a"),
    "generate_series": Function("series"),
    "regexp_split_to_table": Function("text", "t", run="pg_regexp_split_to_array"),
    "regexp_matches": Function("_text", "t"),
    # Numbers
    **dict.fromkeys(("ceil", "ceiling"), Function("number", "n", run="pg_ceil")),
    **dict.fromkeys(("floor", "sign"), Function("number", "n")),
    **dict.fromkeys(("round", "trunc"), Function("number", "n", passes="first kind")),
    **dict.fromkeys(("exp", "power", "pow", "ln", "log"), Function("number", "n")),
    "cbrt": Function("float8", "n"),
    **dict.fromkeys(("sin", "cos", "tan", "cot", "acos", "radians", "degrees"), _ANGLE),
    **dict.fromkeys(("sind", "cosd", "tand", "cotd", "acosd"), _ANGLE),
    **dict.fromkeys(("mod",), Function("widest", "n")),
    "div": Function("numeric", "n"),
    "sqrt": Function("number", "n", passes="kind"),
    "abs": Function("", "n"),
    "factorial": Function("numeric", "n"),
    "pi": Function("float8"),
    "scale": Function("int4", "n"),
    "random": Function("float8"),
    "width_bucket": Function("int4"),
    "num_nulls": Function("int4"),
    "num_nonnulls": Function("int4"),
    "greatest": Function("widest"),
    "least": Function("widest"),
    "coalesce": Function("widest", run="="),
    "nullif": Function("", run="="),
    # Forms
    "to_char": Function(takes="-t", passes="first kind"),
    "to_date": Function("date", "t"),
    "to_timestamp": Function("timestamptz"),
    "to_number": Function("numeric", "t"),
    # Moments
    "extract": Function("numeric", passes="kind"),
    "date_part": Function("float8", passes="kind"),
    "date_trunc": Function("moment"),
    "age": Function("interval"),
    **dict.fromkeys(("now", "current_timestamp"), Function("timestamptz", run="pg_now")),
    **dict.fromkeys(
        ("transaction_timestamp", "statement_timestamp", "clock_timestamp"), Function("timestamptz", run="pg_now")
    ),
    "localtimestamp": Function("timestamp", run="pg_now"),
    **dict.fromkeys(("localtime", "current_time"), Function("time", run="pg_clock")),
    "current_date": Function("date"),
    "isfinite": Function("bool"),
    "make_date": Function("date", "n"),
    "make_time": Function("time", "n"),
    "make_timestamp": Function("timestamp", "n"),
    "make_interval": Function("interval"),
    "justify_days": Function("interval"),
    "justify_hours": Function("interval"),
    # Arrays
    **dict.fromkeys(("array_length", "array_upper", "array_lower"), Function("int4", "an")),
    **dict.fromkeys(("array_ndims", "cardinality"), Function("int4", "a")),
    "array_to_string": Function(takes="at"),
    "string_to_array": Function("_text", "t"),
    "array_position": Function("int4", "a-"),
    "array_positions": Function("_int4", "a-"),
    "array_append": Function("", "a-", passes="item"),
    "array_prepend": Function("array", "-a", passes="item"),
    "array_cat": Function("", "a"),
    "array_remove": Function("", "a-"),
    "array_replace": Function("", "a-"),
    # JSON
    **dict.fromkeys(
        ("to_json", "array_to_json", "row_to_json"), Function("made json", run="pg_to_json", passes="json")
    ),
    "to_jsonb": Function("made jsonb", run="pg_to_json", passes="jsonb"),
    **dict.fromkeys(("json_build_object", "json_build_array"), Function("made json", passes="json")),
    **dict.fromkeys(("jsonb_build_object", "jsonb_build_array"), Function("made jsonb", passes="jsonb")),
    # Words
    **dict.fromkeys(("to_tsquery", "plainto_tsquery", "phraseto_tsquery"), Function("tsquery", "t")),
    "ts_rank": Function("float4"),
    # Windows
    **dict.fromkeys(("row_number", "rank", "dense_rank"), Function("int8", run="=")),
    **dict.fromkeys(("percent_rank", "cume_dist"), Function("float8", run="=")),
    **dict.fromkeys(("lag", "lead", "first_value", "last_value", "nth_value"), _WINDOW),
    "ntile": Function("int4", run="="),
    # Aggregates
    "count": Function("int8", run="="),
    "sum": Function("sum", "n", run="="),
    "avg": Function("avg", "n", run="="),
    "min": Function("", run="="),
    "max": Function("", run="="),
    "string_agg": Function(takes="t"),
    "array_agg": Function("array", passes="item"),
    "json_agg": Function("made json", passes="json"),
    "jsonb_agg": Function("made jsonb", passes="jsonb", run="json_agg"),
    "json_object_agg": Function("made json", passes="json"),
    **dict.fromkeys(("stddev", "stddev_samp"), Function("number", "n", run="stddev_samp")),
    **dict.fromkeys(("variance", "var_samp"), Function("number", "n", run="var_samp")),
    **dict.fromkeys(("stddev_pop", "var_pop"), Function("number", "n")),
    "percentile_cont": Function("float8"),
    "percentile_disc": Function("ordered"),
    "mode": Function("ordered"),
    "bool_and": Function("bool", "b"),
    "bool_or": Function("bool", "b"),
    "bit_and": Function("", "n"),
    "bit_or": Function("", "n"),
    **dict.fromkeys(
        (name for name in AGGREGATES if name.startswith(("corr", "covar", "regr"))), Function("float8", "n")
    ),
    "regr_count": Function("int8", "n"),
}

AGGREGATE_NAMES = frozenset({"count", "sum", "avg", "min", "max", "stddev", "variance", "jsonb_agg", *AGGREGATES})
SEARCH_QUERIES = ("to_tsquery", "plainto_tsquery", "phraseto_tsquery")
WITHIN_GROUP = frozenset({"percentile_cont", "percentile_disc", "mode"})


def _strict(run: Callable[..., Kept]) -> Callable[..., Kept]:
    """Null in, null out."""

    def call(*args: Any) -> Kept:
        return None if any(arg is None for arg in args) else run(*args)

    return call


def _match(vector: Any, query: Any, kind: str, language: str = "english") -> int:
    read = fulltext.parse_query if kind == "to_tsquery" else fulltext.parse_plain
    return int(read(str(query), str(language)).rank(str(vector)) is not None)


def _rank(vector: Any, query: Any, kind: str, language: str = "english") -> Kept:
    read = fulltext.parse_query if kind == "to_tsquery" else fulltext.parse_plain
    rank = read(str(query), str(language)).rank(str(vector)) or 0.0
    return single_precision(rank / (1 - rank))  # searches give ranks that are brought below 1


_STRICT: dict[str, Callable[..., Kept]] = {
    "pg_upper": lambda value: plain(value).upper(),
    "pg_lower": lambda value: plain(value).lower(),
    "pg_length": texts.char_length,
    "pg_substring": texts.substring,
    "pg_substring_like": patterns.substring_like,
    "pg_left": texts.left,
    "pg_right": texts.right,
    "pg_split_part": texts.split_part,
    "pg_position": lambda value, part: plain(value).find(plain(part)) + 1,
    "pg_replace": texts.replace,
    "pg_trim": lambda value, chars=" ": plain(value).strip(plain(chars)),
    "pg_btrim": lambda value, chars=" ": plain(value).strip(plain(chars)),
    "pg_ltrim": lambda value, chars=" ": plain(value).lstrip(plain(chars)),
    "pg_rtrim": lambda value, chars=" ": plain(value).rstrip(plain(chars)),
    "pg_lpad": texts.lpad,
    "pg_rpad": texts.rpad,
    "pg_reverse": lambda value: plain(value)[::-1],
    "pg_repeat": texts.repeat,
    "pg_initcap": texts.initcap,
    "pg_md5": lambda value: hashlib.md5(plain(value).encode(), usedforsecurity=False).hexdigest(),
    "pg_translate": texts.translate,
    "pg_overlay": texts.overlay,
    "pg_chr": texts.character,
    "pg_to_hex": texts.to_hex,
    "pg_quote_ident": texts.quote_ident,
    "pg_quote_literal": texts.quote_literal,
    "pg_regexp_replace": patterns.regexp_replace,
    "pg_regexp_match": patterns.regexp_match,
    "pg_regexp_split_to_array": patterns.regexp_split_to_array,
    "pg_regexp_matches": patterns.regexp_matches,
    "pg_unnest": series.unnest,
    "pg_series": series.numbers,
    "pg_moments": series.moments,
    "pg_regexp": patterns.matches,
    "pg_regexp_i": patterns.matches_any_case,
    "pg_abs": abs,
    "pg_round": numbers.rounded,
    "pg_trunc": numbers.truncated,
    "pg_floor": numbers.floor,
    "pg_ceil": numbers.ceil,
    "pg_sqrt": numbers.sqrt,
    "pg_power": numbers.power,
    "pg_pow": numbers.power,
    "pg_exp": lambda value: math.exp(float(value)),
    "pg_ln": numbers.ln,
    "pg_log": numbers.log,
    "pg_cbrt": numbers.cube_root,
    "pg_sign": lambda value: (float(value) > 0) - (float(value) < 0),
    "pg_mod": numbers.modulo,
    "pg_div": numbers.quotient,
    "pg_divisor": numbers.divisor,
    "pg_factorial": numbers.factorial,
    "pg_scale": numbers.scale,
    "pg_width_bucket": numbers.width_bucket,
    "pg_sin": numbers.angular(math.sin),
    "pg_cos": numbers.angular(math.cos),
    "pg_tan": numbers.angular(math.tan),
    "pg_cot": numbers.angular(numbers.cotangent),
    "pg_acos": numbers.angular(math.acos),
    "pg_sind": numbers.angular(math.sin, takes_degrees=True),
    "pg_cosd": numbers.angular(math.cos, takes_degrees=True),
    "pg_tand": numbers.angular(math.tan, takes_degrees=True),
    "pg_cotd": numbers.angular(numbers.cotangent, takes_degrees=True),
    "pg_acosd": numbers.angular(math.acos, gives_degrees=True),
    "pg_radians": lambda value: math.radians(float(value)),
    "pg_degrees": lambda value: math.degrees(float(value)),
    "pg_xor": lambda value, other: int(value) ^ int(other),
    "pg_to_char": lambda *args: forms.to_char(*args),
    "pg_to_date": forms.to_date,
    "pg_to_timestamp": lambda value, form=None: (
        moments.at_epoch(value) if form is None else forms.to_timestamp(value, form)
    ),
    "pg_to_number": forms.to_number,
    "pg_extract": moments.extract,
    "pg_date_part": moments.date_part,
    "pg_date_trunc": moments.date_trunc,
    "pg_reckon": moments.reckon,
    "pg_span": moments.span,
    "pg_midnight": moments.midnight_of,
    "pg_age": moments.ages,
    "pg_isfinite": lambda _value: 1,
    "pg_make_date": moments.make_date,
    "pg_make_time": moments.make_time,
    "pg_make_timestamp": moments.make_timestamp,
    "pg_make_interval": moments.make_interval,
    "pg_justify_days": moments.justify_days,
    "pg_justify_hours": moments.justify_hours,
    "pg_item": documents.item,
    "pg_items_between": documents.items_between,
    "pg_in_array": documents.holds,
    "pg_all_array": documents.holds_only,
    "pg_array_length": documents.length,
    "pg_array_upper": documents.length,
    "pg_array_lower": documents.lower,
    "pg_array_ndims": documents.dimensions,
    "pg_cardinality": documents.count,
    "pg_array_position": documents.position,
    "pg_array_positions": documents.positions,
    "pg_array_remove": documents.remove,
    "pg_array_contains": documents.contains,
    "pg_array_contained": lambda array, other: documents.contains(other, array),
    "pg_array_overlaps": documents.overlaps,
    "pg_cast": casts.cast,
    "pg_match": _match,
    "pg_ts_rank": _rank,
    "pg_to_tsvector": lambda *args: lexemes.vector_text(args[-1], *args[:-1]),
    "array_literal": lambda value: array_literal(json.loads(value)),
}
_PYTHON: dict[str, Callable[..., Kept]] = {name: _strict(run) for name, run in _STRICT.items()} | {
    "pg_written": texts.written,
    "pg_concat": texts.concat,
    "pg_concat_ws": texts.concat_ws,
    "pg_format": texts.formatted,
    "pg_quote_nullable": texts.quote_nullable,
    "pg_greatest": numbers.greatest,
    "pg_least": numbers.least,
    "pg_num_nulls": lambda *args: sum(arg is None for arg in args),
    "pg_num_nonnulls": lambda *args: sum(arg is not None for arg in args),
    "pg_pi": lambda: math.pi,
    "pg_random": numbers.random_number,
    "pg_now": moments.now,
    "pg_clock": moments.clock,
    "pg_current_date": moments.today,
    "pg_array": documents.make,
    "pg_array_to_string": documents.to_text,
    "pg_string_to_array": documents.from_text,
    "pg_array_append": documents.append,
    "pg_array_prepend": documents.prepend,
    "pg_array_cat": documents.join,
    "pg_array_replace": documents.replace,
    "pg_as_json": documents.as_json,
    "pg_as_jsonb": documents.as_jsonb,
    "pg_to_json": lambda value: None if value == "null" else value,
    "pg_row_object": documents.row_object,
    "pg_json_build_object": documents.build_object,
    "pg_json_build_array": documents.build_array,
    "pg_jsonb_build_object": documents.build_jsonb_object,
    "pg_jsonb_build_array": documents.build_array,
    "text_vector": lexemes.vector_text,
}
_CHANGING = frozenset({"pg_random", "pg_now", "pg_clock", "pg_current_date"})
_BUILT_IN = frozenset(
    {
        *("coalesce", "nullif", "count", "sum", "total", "avg", "min", "max", "like", "iif"),
        *("row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile", "lag", "lead"),
        *("first_value", "last_value", "nth_value"),
    }
)
_SUMS: dict[str, type[Any]] = {"numeric_sum": NumericSum, "numeric_avg": NumericAvg}
_WINDOWS: dict[str, type[Any]] = {"window_sum": WindowSum, "window_avg": WindowAvg}
ALLOWED_IN_SQLITE = frozenset(_PYTHON) | _BUILT_IN | frozenset(AGGREGATES) | frozenset((*_SUMS, *_WINDOWS, ONE))
"""The names that the authorizer lets statements call."""


def register(db: sqlite3.Connection, reasons: list[str], *, deadline: float = math.inf) -> None:
    """Give a connection the functions that translated queries call, until a moment of `time.monotonic`.

    Why one of them failed is added to `reasons`.
    """
    for name, run in _PYTHON.items():
        db.create_function(name, -1, _told(run, reasons, deadline), deterministic=name not in _CHANGING)
    for name, window in _WINDOWS.items():
        db.create_window_function(name, 1, window)
    for name, adds_up in _SUMS.items():
        db.create_aggregate(name, 1, adds_up)
    budget = Budget()
    for name, aggregate in {**AGGREGATES, ONE: Single}.items():
        db.create_aggregate(name, -1, _told_class(aggregate, reasons, deadline, budget))


def _told(run: Callable[..., Kept], reasons: list[str], deadline: float) -> Callable[..., Kept]:
    """Note why a function fails: SQLite says no more than that it did. None starts after the deadline.

    Nor after another has failed: SQLite has aggregates finish then what they collected.
    """

    def call(*args: Any) -> Kept:
        if reasons:
            raise InterruptedError(reasons[0])
        try:
            if time.monotonic() > deadline:
                raise TimeoutError("canceling statement due to statement timeout")
            return run(*args)
        except Exception as error:
            reasons.append(str(error).replace("{column}", "?column?"))
            raise

    return call


def _told_class(aggregate: type[Any], reasons: list[str], deadline: float, budget: Budget) -> type[Any]:
    """Return an aggregate that says why it fails, and keeps no more than the others leave it."""
    methods = {name: _told(getattr(aggregate, name), reasons, deadline) for name in ("step", "finalize")}
    return type(aggregate.__name__, (aggregate,), {**methods, "budget": budget})
