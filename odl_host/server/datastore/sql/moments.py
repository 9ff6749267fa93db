"""The functions of dates and times: PostgreSQL's parts, units and forms over kept values."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from odl_host.server.datastore.values import Kept


def _moment(value: Any) -> datetime:
    text = str(value)
    if "-" not in text:
        return datetime.combine(date(1970, 1, 1), time.fromisoformat(text))
    return datetime.fromisoformat(text)


_PARTS: dict[str, Callable[[datetime], int | float]] = {
    "year": lambda at: at.year,
    "month": lambda at: at.month,
    "day": lambda at: at.day,
    "hour": lambda at: at.hour,
    "minute": lambda at: at.minute,
    "second": lambda at: at.second + at.microsecond / 1e6 if at.microsecond else at.second,
    "quarter": lambda at: (at.month + 2) // 3,
    "dow": lambda at: at.isoweekday() % 7,
    "isodow": lambda at: at.isoweekday(),
    "doy": lambda at: at.timetuple().tm_yday,
    "week": lambda at: at.isocalendar().week,
    "isoyear": lambda at: at.isocalendar().year,
    "decade": lambda at: at.year // 10,
    "century": lambda at: (at.year + 99) // 100,
    "epoch": lambda at: calendar.timegm(at.timetuple()) + at.microsecond / 1e6,
}
_PARTS["dayofweek"] = _PARTS["dow"]
_PARTS["dayofyear"] = _PARTS["doy"]


def extract(part: Any, value: Any) -> Kept:
    """Return a part of a moment. :raises ValueError: there is no part of this name."""
    name = str(part).lower()
    if name not in _PARTS:
        raise ValueError(f'unit "{name}" not recognized')
    return _PARTS[name](_moment(value))


def date_trunc(unit: Any, value: Any) -> str:
    """Return the beginning of the unit in which a moment lies. :raises ValueError: there is no unit of this name."""
    at, name = _moment(value), str(unit).lower()
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    starts: dict[str, Callable[[], datetime]] = {
        "second": lambda: at.replace(microsecond=0),
        "minute": lambda: at.replace(second=0, microsecond=0),
        "hour": lambda: at.replace(minute=0, second=0, microsecond=0),
        "day": lambda: midnight,
        "week": lambda: midnight - timedelta(days=at.weekday()),
        "month": lambda: midnight.replace(day=1),
        "quarter": lambda: midnight.replace(month=3 * ((at.month - 1) // 3) + 1, day=1),
        "year": lambda: midnight.replace(month=1, day=1),
        "decade": lambda: midnight.replace(year=max(at.year // 10 * 10, 1), month=1, day=1),
    }
    if name not in starts:
        raise ValueError(f'unit "{name}" not recognized')
    return starts[name]().isoformat()


def strftime(value: Any, form: Any) -> str:
    """Return a moment in a form, which the parser has written as Python's."""
    return _moment(value).strftime(str(form)[:200])


def now() -> str:
    """Return this moment, in UTC."""
    return datetime.now(UTC).replace(tzinfo=None).isoformat()


def today() -> str:
    """Return today's date, in UTC."""
    return datetime.now(UTC).date().isoformat()
