"""Filters of the row API: what a caller writes, the operations that CKAN makes of it, and their SQL."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from odl_host.ckan import JsonDict, ValidationError
from odl_host.server.datastore.table import Column, Definition, column_sql
from odl_host.server.datastore.values import BadValue, Kept

COMPARISONS = {"eq": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
JOINS = ("$or", "$and")
MAX_DEPTH = 10
MAX_VALUES = 10_000


@dataclass(frozen=True, slots=True)
class Operation:
    """A comparison of one field, or a join of operations (`$or`, `$and`) whose field is None."""

    op: str
    field: str | None
    value: Any

    def describe(self) -> JsonDict:
        """The operation as CKAN shows it under `filterops`."""
        value = [inner.describe() for inner in self.value] if self.op in JOINS else self.value
        return {"op": self.op, "field": self.field, "value": value}


def parse_filters(filters: Any, definition: Definition) -> Operation | None:
    """Read filters: a dictionary whose entries must all hold, or a list of such of which one must.

    :raises ValidationError: a field is unknown, or an operation.
    """
    if isinstance(filters, list):
        if not filters:
            return Operation("$or", None, [])
        if not all(isinstance(item, dict) for item in filters):
            raise _invalid("Filters must be defined as a dict or a list of dicts")
        return _join("$or", [_read(item, definition, 0) for item in filters])
    if not isinstance(filters, dict):
        raise _invalid("Filters must be defined as a dict or a list of dicts")
    return _read(filters, definition, 0)


def _invalid(message: str) -> ValidationError:
    return ValidationError({"filters": [message]})


def _join(op: str, parts: Iterable[Operation | None]) -> Operation | None:
    """Join operations; those of the same join are taken in, a single one stands for itself."""
    flat: list[Operation] = []
    for part in parts:
        if part is None:
            # Nothing is asked: alone it says nothing, among alternatives everything goes.
            part = Operation("$and", None, [])
            if op == "$and":
                continue
        flat.extend(part.value if part.op == op and part.field is None else [part])
    if not flat:
        return None
    return flat[0] if len(flat) == 1 else Operation(op, None, flat)


def _read(filters: dict[str, Any], definition: Definition, depth: int) -> Operation | None:
    if depth > MAX_DEPTH:
        raise _invalid(f"Filters must not be nested more than {MAX_DEPTH} times")
    parts: list[Operation | None] = []
    for name, value in filters.items():
        if name in JOINS:
            if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
                raise _invalid(f"Filter operations must be defined as a list of dicts: {value}")
            if not value:
                raise _invalid(f'invalid value "{name}"')
            parts.append(_join(name, [_read(item, definition, depth + 1) for item in value]))
        elif name.startswith("$"):
            raise _invalid(f"Unknown operators (must be one of {', '.join(JOINS)}): {name}")
        elif definition.find(name) is None:
            raise _invalid(f"Unknown field: {name}")
        else:
            parts.append(_read_field(name, value))
    return _join("$and", parts)


def _read_field(name: str, value: Any) -> Operation | None:
    if isinstance(value, dict):
        return _join("$and", [_comparison(name, op, operand) for op, operand in value.items()])
    if not isinstance(value, list):
        return Operation("eq", name, value)
    ranges = [item for item in value if isinstance(item, dict)]
    if not ranges:
        return Operation("in", name, value)
    plain = [item for item in value if not isinstance(item, dict)]
    return _join(
        "$or", [*(_read_field(name, item) for item in ranges), *([Operation("in", name, plain)] if plain else [])]
    )


def _comparison(name: str, op: str, operand: Any) -> Operation:
    if op not in COMPARISONS and op != "in":
        raise _invalid(f"Unknown filter operation: FilterOp(field={name!r}, op={op!r}, value={operand!r:.500})")
    if op == "in" and not isinstance(operand, list):
        raise _invalid(f"Unknown filter operation: FilterOp(field={name!r}, op={op!r}, value={operand!r:.500})")
    return Operation(op, name, operand)


def where_sql(operation: Operation | None, definition: Definition) -> tuple[str, list[Kept]]:
    """Return the condition of an operation, and its parameters.

    :raises ValidationError: a value cannot be one of its column.
    """
    if operation is None:
        return "1", []
    if operation.op in JOINS:
        parts = [where_sql(inner, definition) for inner in operation.value]
        if not parts:
            return ("0" if operation.op == "$or" else "1"), []
        joined = f" {operation.op[1:].upper()} ".join(f"({sql})" for sql, _ in parts)
        return joined, [value for _, values in parts for value in values]
    column = definition.find(operation.field or "")
    assert column is not None
    if operation.op == "in":
        values = [_keep(column, item) for item in operation.value if item is not None]
        if len(values) > MAX_VALUES:
            raise _invalid(f"More than {MAX_VALUES} values")
        return f"{column_sql(column)} IN ({', '.join('?' * len(values))})", values
    return f"{column_sql(column)} {COMPARISONS[operation.op]} ?", [_keep(column, operation.value)]


def columns_of(operation: Operation | None, definition: Definition) -> list[str]:
    """Return the columns in the database that the condition of an operation looks at, each once."""
    if operation is None:
        return []
    if operation.op in JOINS:
        return sorted({name for inner in operation.value for name in columns_of(inner, definition)})
    column = definition.find(operation.field or "")
    return [column_sql(column)] if column else []


def _keep(column: Column, value: Any) -> Kept:
    if column.type.name == "json":
        raise bad_query("operator does not exist: nested = unknown")
    if column.type.name in ("int2", "int4", "int8") and isinstance(value, float | int) and not isinstance(value, bool):
        if -(2**63) <= value < 2**63:
            return value
        try:
            return float(value)  # a number is compared, not made to fit
        except OverflowError:
            return math.inf if value > 0 else -math.inf
    try:
        return column.type.keep(value)
    except BadValue as error:
        raise bad_query(str(error).replace("{column}", column.id)) from None


def refusal(error: sqlite3.OperationalError) -> ValidationError | None:
    """Return the error of a query that takes too long or is too large, or None: then the database itself failed."""
    reason = str(error)
    if "interrupted" in reason:
        return bad_query("canceling statement due to statement timeout")
    return bad_query(reason) if any(word in reason for word in ("too large", "too many", "overflow")) else None


def bad_query(reason: str) -> ValidationError:
    """Return the error of a query that the database would refuse."""
    return ValidationError({"query": ["Invalid query"], "info": {"orig": [reason]}})


def columns_named(names: Sequence[str], definition: Definition) -> list[Column]:
    """Return columns by their names. :raises ValidationError: one is unknown."""
    found = []
    for name in names:
        column = definition.find(name)
        if column is None:
            raise ValidationError({"fields": [f'invalid value "{name}"']})
        found.append(column)
    return found
