"""Dates, numbers and places as queries write them and as the index keeps them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from odl_host.server.search.lucene import QuerySyntaxError, Range

FAR_PAST = datetime(1700, 1, 1, tzinfo=UTC)
FAR_FUTURE = datetime(2250, 1, 1, tzinfo=UTC)
MAX_POINTS = 100_000
"""Points of one geometry that are looked at; a place has fewer."""

_DATE_MATH = re.compile(r"NOW(?:/[A-Z]+)?(?:([+-])(\d{1,6})(YEAR|MONTH|DAY|HOUR|MINUTE|SECOND)S?)?(?:/[A-Z]+)?\Z")
_UNIT_S = {"YEAR": 31_557_600, "MONTH": 2_629_800, "DAY": 86_400, "HOUR": 3_600, "MINUTE": 60, "SECOND": 1}
_DATE = re.compile(r"\d{4}-\d\d(-\d\d([T ][\d:.,+\-Z]*)?)?\Z")
_NUMBER = re.compile(r"[+-]?\d{1,300}(\.\d{1,300})?\Z")

Box = tuple[float, float, float, float]
"""West, south, east, north, in degrees."""


def microseconds(instant: datetime) -> int:
    """Return an instant as the index keeps it: whole microseconds since 1970, UTC; no zone means UTC."""
    aware = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    return (aware - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def parse_date(text: str, *, is_end: bool) -> datetime:
    """Return the instant that a bound of a range means; `is_end`: the last one that it covers.

    >>> parse_date("2024-01", is_end=True).isoformat()
    '2024-01-31T23:59:59.999999+00:00'

    :raises QuerySyntaxError: it is no date.
    """
    try:
        if math := _DATE_MATH.match(text.strip()):
            sign, number, unit = math.groups()
            shift = timedelta(seconds=int(number or 0) * _UNIT_S.get(unit or "DAY", 0))
            instant = datetime.now(UTC)
            return max(instant - shift if sign == "-" else instant + shift, FAR_PAST)
        if re.fullmatch(r"\d{4}", text):
            start, end = datetime(int(text), 1, 1), datetime(int(text) + 1, 1, 1)  # noqa: DTZ001 - set below
        elif re.fullmatch(r"\d{4}-\d\d", text):
            start = datetime.fromisoformat(f"{text}-01")
            end = (start + timedelta(days=32)).replace(day=1)
        elif re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            start = datetime.fromisoformat(text)
            end = start + timedelta(days=1)
        else:
            start = datetime.fromisoformat(text)
            end = start + timedelta(microseconds=1)
    except (ValueError, OverflowError):
        raise QuerySyntaxError(f"Invalid Date String:'{text}'") from None
    chosen = end - timedelta(microseconds=1) if is_end else start
    return min(max(chosen if chosen.tzinfo else chosen.replace(tzinfo=UTC), FAR_PAST), FAR_FUTURE)


def date_bounds(node: Range) -> tuple[int, int]:
    """Return the first and the last microsecond of a range of dates. :raises QuerySyntaxError: a bound is no date."""
    low = parse_date(node.low, is_end=not node.include_low) if node.low else FAR_PAST
    high = parse_date(node.high, is_end=node.include_high) if node.high else FAR_FUTURE
    return (
        microseconds(low) + (0 if node.include_low else 1),
        microseconds(high) - (0 if node.include_high else 1),
    )


def is_within(node: Range) -> Callable[[str], bool]:
    """Return whether a text lies in a range: as a number or a date where the bounds are, else in the order of signs.

    >>> inside = is_within(Range("annee", "9", "2024", True, False))
    >>> inside("10"), inside("2024"), inside("dix")
    (True, False, False)
    """
    bounds = [bound for bound in (node.low, node.high) if bound is not None]
    if bounds and all(_NUMBER.match(bound) for bound in bounds):
        low = float(node.low) if node.low is not None else -float("inf")
        high = float(node.high) if node.high is not None else float("inf")

        def is_number(text: str) -> bool:
            if not _NUMBER.match(text):
                return False
            value = float(text)
            over = value >= low if node.include_low else value > low
            return over and (value <= high if node.include_high else value < high)

        return is_number
    if bounds and all(_DATE.match(bound) or bound.startswith("NOW") for bound in bounds):
        first, last = date_bounds(node)

        def is_date(text: str) -> bool:
            try:
                return _DATE.match(text) is not None and first <= microseconds(datetime.fromisoformat(text)) <= last
            except ValueError:
                return False

        return is_date

    def is_text(text: str) -> bool:
        over = node.low is None or (text >= node.low if node.include_low else text > node.low)
        return over and (node.high is None or (text <= node.high if node.include_high else text < node.high))

    return is_text


def parse_box(text: str) -> Box:
    """Read `west,south,east,north`. :raises QuerySyntaxError: it is no such box.

    >>> parse_box("5.8, 45.5, 6, 45.7")
    (5.8, 45.5, 6.0, 45.7)
    """
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise QuerySyntaxError("Wrong bounding box provided") from None
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise QuerySyntaxError("Wrong bounding box provided")
    return west, south, east, north


def geometry_box(text: str) -> Box | None:
    """Return the box around a GeoJSON geometry, or None when it is none.

    >>> geometry_box('{"type":"Polygon","coordinates":[[[2,48],[3,48],[3,49],[2,48]]]}')
    (2.0, 48.0, 3.0, 49.0)
    """
    try:
        geometry = json.loads(text)
        points = list(_points(geometry.get("coordinates", ()), 0))
    except (ValueError, AttributeError, RecursionError):
        return None
    if not points or len(points) >= MAX_POINTS:
        return None
    across, along = [x for x, _ in points], [y for _, y in points]
    box = (min(across), min(along), max(across), max(along))
    return box if abs(box[0]) <= 180 >= abs(box[2]) and abs(box[1]) <= 90 >= abs(box[3]) else None


def _points(value: Any, depth: int) -> Iterator[tuple[float, float]]:
    if not isinstance(value, list) or depth > 4:
        return
    if len(value) >= 2 and all(isinstance(part, int | float) and not isinstance(part, bool) for part in value[:2]):
        yield float(value[0]), float(value[1])
        return
    for inner in value[:MAX_POINTS]:
        yield from _points(inner, depth + 1)
