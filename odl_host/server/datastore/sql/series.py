"""What functions that give rows make of their arguments: one array of JSON, spread by `given`."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

from odl_host.server.datastore.sql.intervals import Interval
from odl_host.server.datastore.sql.moments import keep, moment_of

MAX_ROWS = 100_000
"""What one call gives at most, as one text in memory: a day of each of 270 years."""


def unnest(array: Any) -> str:
    """Return the items of an array, those of arrays in it too."""
    return _array(_flat(json.loads(array)))


def _flat(items: list[Any]) -> list[Any]:
    if any(isinstance(item, list) for item in items):
        return [part for item in items for part in (_flat(item) if isinstance(item, list) else [item])]
    return items


def numbers(start: Any, stop: Any, step: Any = 1) -> str:
    """Return the numbers from one to another. :raises ValueError: the step is 0, or they are too many."""
    first, last, by = (Decimal(str(part)) for part in (start, stop, step))
    if not by:
        raise ValueError("step size cannot equal zero")
    count = max(0, int((last - first) // by) + 1)
    _require_few(count)
    if all(isinstance(part, int) for part in (start, step)):
        return _array([start + index * step for index in range(count)])
    return _array([float(first + index * by) for index in range(count)])


def moments(start: Any, stop: Any, step: Any) -> str:
    """Return the moments from one to another, by an interval. :raises ValueError: it is none, or they are too many."""
    at, last, by = moment_of(start), moment_of(stop), Interval.kept(step)
    ahead = by.after(at) - at
    if not ahead:
        raise ValueError("step size cannot equal zero")
    found: list[str] = []
    while (at <= last) if ahead > timedelta(0) else (at >= last):
        found.append(keep(at))
        _require_few(len(found))
        try:
            at = by.after(at)
        except (OverflowError, ValueError):
            break  # the calendar ends
    return _array(found)


def _array(items: list[Any]) -> str:
    return json.dumps(items, ensure_ascii=False, separators=(",", ":"))


def _require_few(count: int) -> None:
    if count > MAX_ROWS:
        raise ValueError(f"a function gives {MAX_ROWS} rows at most here")
