"""The types of columns: the names that PostgreSQL gives them, what they accept, how they are kept and shown.

Values are kept in SQLite without affinity: whole numbers as INTEGER, others as REAL where that is exact and as TEXT
where it is not, dates and times as ISO 8601 text, booleans as 0 and 1, JSON and arrays as JSON text. The messages are
PostgreSQL's, because a client of CKAN's DataStore is shown them. Source: answers of CKAN 2.12 over PostgreSQL 15.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

from odl_host.server.datastore.values import (
    NOT_FINITE,
    BadValue,
    Kept,
    keep_bool,
    keep_date,
    keep_json,
    keep_jsonb,
    keep_numeric,
    keep_other,
    keep_text,
    keep_time,
    keep_timestamp,
    keep_timestamptz,
    keep_uuid,
    keeping_floats,
    keeping_integers,
    native_of,
    read_array_literal,
    refuse_kinds,
)


@dataclass(frozen=True, slots=True)
class ColumnType:
    """One type. `name` is PostgreSQL's short one (`int4`, `_text`), `native` the long one (`integer`, `text[]`)."""

    name: str
    native: str
    keep: Callable[[Any], Kept]
    """Convert what a caller sent. :raises BadValue: it does not fit."""
    show: Callable[[Any], Any] | None = None
    """From the kept value to the one in JSON, or None when they are the same."""
    text: Callable[[Any], str] = str
    """From the kept value, which is not null, to its text in CSV."""
    select: str = "{}"
    """The SQL expression to read a column of this type for `datastore_search`."""
    null_text: str = ""
    """What CSV shows for null."""
    is_sortable: bool = True


# Arrays


def _array(element: ColumnType) -> ColumnType:
    native = f"{element.native}[]"

    def keep_item(item: Any, sent: str) -> Any:
        if item is None:
            return None
        if isinstance(item, list):
            return [keep_item(inner, sent) for inner in item]
        if isinstance(item, str) and element.keep is not keep_text:
            raise BadValue(f'column "{{column}}" is of type {native} but expression is of type {sent}')
        kept = element.keep(item)
        return element.show(kept) if element.show and kept is not None else kept

    def keep(value: Any) -> Kept:
        if value is None or value == "":
            return None
        if isinstance(value, str):
            items = read_array_literal(value)
            value = [None if item is None else _shown(element, item) for item in items]
        elif isinstance(value, list):
            if any(isinstance(item, str) for item in value) and any(type(item) is int for item in value):
                odd = next(item for item in value if isinstance(item, str))
                raise BadValue(f'invalid input syntax for type integer: "{odd}"')
            sent = native_of(value)
            value = [keep_item(item, sent) for item in value]
        else:
            refuse_kinds(value, native, list)
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    return ColumnType(f"_{element.name}", native, keep, show=json.loads, null_text="null")


def _shown(element: ColumnType, text: str) -> Any:
    kept = element.keep(text)
    return element.show(kept) if element.show and kept is not None else kept


# Showing what is kept


def _numeric_text(value: Any) -> str:
    return format(Decimal(repr(value)), "f") if isinstance(value, float) else str(value)


def _show_numeric(value: Any) -> Any:
    """A number that is kept as its digits is shown as the nearest one; what is no number stays a text."""
    if not isinstance(value, str):
        return value
    try:
        return value if value in NOT_FINITE.values() else int(value) if "." not in value else float(value)
    except (ValueError, InvalidOperation):
        return value


def _show_float(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 10**15 else value


def _float_text(digits: int) -> Callable[[Any], str]:
    """Return numbers as PostgreSQL writes them: no ".0", exponents from the number of digits that a type keeps."""

    def text(value: Any) -> str:
        if isinstance(value, str):
            return value
        sign, numerals, exponent = Decimal(repr(value)).as_tuple()
        significant = "".join(map(str, numerals)).rstrip("0") or "0"
        magnitude = len(numerals) + int(exponent) - 1 if significant != "0" else 0
        if -5 < magnitude < digits:
            return format(Decimal(repr(value)).normalize(), "f")
        tail = f".{significant[1:]}" if len(significant) > 1 else ""
        return f"{'-' if sign else ''}{significant[0]}{tail}e{'-' if magnitude < 0 else '+'}{abs(magnitude):02d}"

    return text


def _bool_text(value: Any) -> str:
    return "t" if value else "f"


def _zoned_text(value: Any) -> str:
    return f"{str(value).replace('T', ' ')}+00"


def _zoned(value: Any) -> str:
    return f"{value}+00:00"


_MILLISECONDS = "substr({0} || CASE instr({0}, '.') WHEN 0 THEN '.000' ELSE '000' END, 1, 23)"

_TYPES: dict[str, ColumnType] = {
    kind.name: kind
    for kind in (
        ColumnType("text", "text", keep_text),
        ColumnType("int2", "smallint", keeping_integers("smallint", 16)),
        ColumnType("int4", "integer", keeping_integers("integer", 32)),
        ColumnType("int8", "bigint", keeping_integers("bigint", 64)),
        ColumnType("numeric", "numeric", keep_numeric, show=_show_numeric, text=_numeric_text),
        ColumnType("float4", "real", keeping_floats("real", single=True), show=_show_float, text=_float_text(6)),
        ColumnType(
            "float8",
            "double precision",
            keeping_floats("double precision", single=False),
            show=_show_float,
            text=_float_text(15),
        ),
        ColumnType("bool", "boolean", keep_bool, show=bool, text=_bool_text),
        ColumnType("date", "date", keep_date),
        ColumnType("timestamp", "timestamp without time zone", keep_timestamp, select=_MILLISECONDS),
        ColumnType("timestamptz", "timestamp with time zone", keep_timestamptz, show=_zoned, text=_zoned_text),
        ColumnType("time", "time without time zone", keep_time),
        ColumnType("json", "nested", keep_json, show=json.loads, null_text="null", is_sortable=False),
        ColumnType("jsonb", "jsonb", keep_jsonb, show=json.loads),
        ColumnType("uuid", "uuid", keep_uuid),
        *(
            ColumnType(name, native, keep_other)
            for name, native in {
                "varchar": "character varying",
                "bpchar": "character",
                "interval": "interval",
                "timetz": "time with time zone",
                "xml": "xml",
                "money": "money",
                "bytea": "bytea",
                "tsvector": "tsvector",
                "tsquery": "tsquery",
                "oid": "oid",
                "name": "name",
                "inet": "inet",
                "cidr": "cidr",
                "macaddr": "macaddr",
                "point": "point",
                "bit": "bit",
                "varbit": "bit varying",
            }.items()
        ),
    )
}
_OTHER_NAMES = {
    "int": "int4",
    "integer": "int4",
    "bigint": "int8",
    "smallint": "int2",
    "float": "float8",
    "double precision": "float8",
    "real": "float4",
    "decimal": "numeric",
    "boolean": "bool",
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz",
    "time without time zone": "time",
    "time with time zone": "timetz",
    "nested": "json",
    "character varying": "varchar",
    "char": "bpchar",
    "character": "bpchar",
    "bit varying": "varbit",
}
_ARRAY_SUFFIX = re.compile(r"(\s*\[\s*\d*\s*\])+\Z")
_SIZE = re.compile(r"\s*\(\s*\d+\s*(?:,\s*\d+\s*)?\)")


@cache
def find_type(name: str) -> ColumnType | None:
    """Return the type that PostgreSQL knows under this name, or None.

    >>> [kind and kind.name for kind in map(find_type, ("INT", "real", "_text", "text[]", "varchar(10)", "x"))]
    ['int4', 'float4', '_text', '_text', 'varchar', None]
    """
    short = _SIZE.sub("", " ".join(name.lower().split()))
    bare = _ARRAY_SUFFIX.sub("", short)
    is_array = bare != short
    if not is_array and bare.startswith("_") and bare[1:] in _TYPES:
        bare, is_array = bare[1:], True
    found = _TYPES.get(_OTHER_NAMES.get(bare, bare))
    if found is None:
        return None
    return _array(found) if is_array else found


def get_type(name: str) -> ColumnType:
    """Return a type that is known to exist."""
    found = find_type(name)
    assert found is not None, name
    return found
