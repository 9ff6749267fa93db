"""Conversions between types: what PostgreSQL's `::` does over kept values."""

from __future__ import annotations

import json
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from odl_host.server.datastore.sql import documents
from odl_host.server.datastore.sql.intervals import Interval
from odl_host.server.datastore.sql.moments import moment_of
from odl_host.server.datastore.sql.numbers import exact
from odl_host.server.datastore.sql.texts import written
from odl_host.server.datastore.types import find_type
from odl_host.server.datastore.values import Kept, keep_decimal

TEXTS = ("text", "varchar", "bpchar", "name")


def cast(value: Any, target: str, source: str, size: str = "") -> Kept:
    """Convert a kept value of one type to that of another, as `varchar(3)` and `numeric(10,1)` would."""
    kept = _converted(value, target, source)
    if not size or kept is None:
        return kept
    first, _, second = size.partition(",")
    if target in TEXTS:
        return str(kept)[: int(first)]
    if target == "numeric":
        return _sized(kept, int(first), int(second or 0))
    return kept


def _converted(value: Any, target: str, source: str) -> Kept:
    kind, before = find_type(target), find_type(source)
    if kind is None:
        raise ValueError(f'type "{target}" does not exist')
    if target in TEXTS:
        if source == "bool":
            return "true" if value else "false"
        return written(value, source)
    if source == "bool":
        return int(value)
    if target == "interval":
        return str(value) if source == "interval" else Interval.read(str(value)).keep()
    if target == "time" and source in ("timestamp", "timestamptz"):
        return moment_of(value).time().isoformat()
    if target.startswith("_"):
        if isinstance(value, str) and value.lstrip().startswith("{"):
            return documents.read_literal(value, target)
        element = find_type(target[1:])
        read = element.keep if element else str
        items = [None if item is None else read(item) for item in json.loads(value)]
        return documents.compact([documents.shown(item, target[1:]) for item in items])
    if target == "bool" and isinstance(value, int):
        return int(bool(value))
    if target == "json" and source in TEXTS:
        json.loads(value)
        return str(value)
    if target in ("int2", "int4", "int8") and source in ("float4", "float8"):
        return kind.keep(round(float(value)))
    if target == "numeric" and before is not None and source == "float8" and isinstance(value, float):
        return keep_decimal(Decimal(f"{value:.15g}"))
    return kind.keep(value)


def _sized(value: Any, digits: int, decimals: int) -> Kept:
    number = exact(value).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    if abs(number) >= Decimal(10) ** (digits - decimals):
        raise ValueError("numeric field overflow")
    return keep_decimal(number)
