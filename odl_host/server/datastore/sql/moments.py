"""The functions of dates and times over kept values. Source: PostgreSQL 15 documentation, 9.9."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from odl_host.server.datastore.sql.intervals import Interval, age, between
from odl_host.server.datastore.values import Kept, keep_timestamp


def moment_of(value: Any) -> datetime:
    """Return the moment that is kept as a day, a time of day or both."""
    text = str(value)
    if "-" not in text:
        return datetime.combine(date(1970, 1, 1), time.fromisoformat(text))
    return datetime.fromisoformat(text)


def keep(moment: datetime) -> str:
    """Return a moment as it is kept: without needless zeros."""
    text = moment.isoformat()
    return text.rstrip("0") if "." in text else text


def _seconds(at: datetime) -> int | float:
    return at.second + at.microsecond / 1e6 if at.microsecond else at.second


_PARTS: dict[str, Callable[[datetime], int | float]] = {
    "year": lambda at: at.year,
    "month": lambda at: at.month,
    "day": lambda at: at.day,
    "hour": lambda at: at.hour,
    "minute": lambda at: at.minute,
    "second": _seconds,
    "milliseconds": lambda at: at.second * 1000 + at.microsecond / 1e3,
    "microseconds": lambda at: at.second * 1_000_000 + at.microsecond,
    "quarter": lambda at: (at.month + 2) // 3,
    "dow": lambda at: at.isoweekday() % 7,
    "isodow": lambda at: at.isoweekday(),
    "doy": lambda at: at.timetuple().tm_yday,
    "week": lambda at: at.isocalendar().week,
    "isoyear": lambda at: at.isocalendar().year,
    "decade": lambda at: at.year // 10,
    "century": lambda at: (at.year + 99) // 100,
    "millennium": lambda at: (at.year + 999) // 1000,
    "epoch": lambda at: calendar.timegm(at.timetuple()) + at.microsecond / 1e6,
}
_LENGTHS: dict[str, Callable[[Interval], int | float]] = {
    "year": lambda length: int(length.months / 12),
    "month": lambda length: length.months - int(length.months / 12) * 12,
    "day": lambda length: length.days,
    "hour": lambda length: int(length.micros / 3_600_000_000),
    "minute": lambda length: int(length.micros / 60_000_000) % 60,
    "second": lambda length: length.micros % 60_000_000 / 1e6,
    # A year has 365.25 days here, as it has in PostgreSQL.
    "epoch": lambda length: (
        (int(length.months / 12) * 365.25 + (length.months - int(length.months / 12) * 12) * 30 + length.days) * 86400
        + length.micros / 1e6
    ),
}
_OTHER_WORDS = {"years": "year", "months": "month", "days": "day", "hours": "hour", "minutes": "minute"}
_OTHER_WORDS |= {"seconds": "second", "weeks": "week", "dayofweek": "dow", "dayofyear": "doy", "quarters": "quarter"}


def extract(part: Any, value: Any, kind: str) -> Kept:
    """Return a part of a moment or of a length of time. :raises ValueError: there is no part of this name."""
    name = str(part).lower()
    name = _OTHER_WORDS.get(name, name)
    if kind == "interval":
        if name not in _LENGTHS:
            raise ValueError(f'unit "{name}" not recognized for type interval')
        return _LENGTHS[name](Interval.kept(value))
    if name not in _PARTS:
        raise ValueError(f'unit "{name}" not recognized')
    return _PARTS[name](moment_of(value))


def date_part(part: Any, value: Any, kind: str) -> Kept:
    """Return a part as `extract` does, as a floating number."""
    return float(extract(part, value, kind) or 0)


def date_trunc(unit: Any, value: Any) -> str:
    """Return the beginning of the unit in which a moment lies. :raises ValueError: there is no unit of this name."""
    at, name = moment_of(value), str(unit).lower()
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    january = midnight.replace(month=1, day=1)
    starts: dict[str, Callable[[], datetime]] = {
        "microseconds": lambda: at,
        "milliseconds": lambda: at.replace(microsecond=at.microsecond // 1000 * 1000),
        "second": lambda: at.replace(microsecond=0),
        "minute": lambda: at.replace(second=0, microsecond=0),
        "hour": lambda: at.replace(minute=0, second=0, microsecond=0),
        "day": lambda: midnight,
        "week": lambda: midnight - timedelta(days=at.weekday()),
        "month": lambda: midnight.replace(day=1),
        "quarter": lambda: midnight.replace(month=3 * ((at.month - 1) // 3) + 1, day=1),
        "year": lambda: january,
        "decade": lambda: january.replace(year=max(at.year // 10 * 10, 1)),
        "century": lambda: january.replace(year=(at.year - 1) // 100 * 100 + 1),
        "millennium": lambda: january.replace(year=(at.year - 1) // 1000 * 1000 + 1),
    }
    name = _OTHER_WORDS.get(name, name)
    if name not in starts:
        raise ValueError(f'unit "{name}" not recognized')
    return keep(starts[name]())


def reckon(operator: str, left: Any, left_kind: str, right: Any, right_kind: str) -> Kept:
    """Add or subtract days, moments and lengths of time; multiply lengths. Which go together is checked before."""
    if "interval" not in (left_kind, right_kind):
        return _reckon_days(operator, left, left_kind, right, right_kind)
    if left_kind == "interval" and right_kind == "interval":
        other = Interval.kept(right)
        return (Interval.kept(left) + (other if operator == "+" else other.backwards())).keep()
    if operator in "*/":
        length, number = (left, right) if left_kind == "interval" else (right, left)
        if operator == "/" and not float(number):
            raise ValueError("division by zero")
        return Interval.kept(length).times(1 / float(number) if operator == "/" else float(number)).keep()
    at, length, kind = (right, left, right_kind) if left_kind == "interval" else (left, right, left_kind)
    step = Interval.kept(length)
    moved = (step if operator == "+" else step.backwards()).after(moment_of(at))
    return moved.time().isoformat() if kind == "time" else keep(moved)


def _reckon_days(operator: str, left: Any, left_kind: str, right: Any, right_kind: str) -> Kept:
    if "time" in (left_kind, right_kind) and left_kind != right_kind:
        day, clock = (right, left) if left_kind == "time" else (left, right)
        return keep(datetime.combine(moment_of(day).date(), moment_of(clock).time()))
    if left_kind == right_kind == "date":
        return (moment_of(left) - moment_of(right)).days
    if operator == "-" and left_kind not in ("int2", "int4", "int8") and right_kind not in ("int2", "int4", "int8"):
        return between(moment_of(left), moment_of(right)).keep()
    at, count = (right, left) if right_kind == "date" else (left, right)
    try:
        return (moment_of(at) + timedelta(days=int(count) * (1 if operator == "+" else -1))).date().isoformat()
    except OverflowError:
        raise ValueError("date out of range") from None


def span(value: Any) -> int:
    """Return how long a length of time is, for comparisons."""
    return Interval.kept(value).span()


def ages(value: Any, other: Any = None) -> str:
    """Return what lies between two moments, or between one and this day's beginning, as calendars count."""
    if other is None:
        return age(datetime.combine(datetime.now(UTC).date(), time()), moment_of(value)).keep()
    return age(moment_of(value), moment_of(other)).keep()


def make_date(year: Any, month: Any, day: Any) -> str:
    """Return a day."""
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except (ValueError, OverflowError):
        raise ValueError(f"date field value out of range: {year}-{month:02d}-{day:02d}") from None


def make_time(hour: Any, minute: Any, second: Any) -> str:
    """Return a time of day."""
    whole, rest = divmod(float(second), 1)
    return keep(datetime(2000, 1, 1, int(hour), int(minute), int(whole), round(rest * 1e6))).partition("T")[2]  # noqa: DTZ001


def make_timestamp(year: Any, month: Any, day: Any, hour: Any, minute: Any, second: Any) -> str:
    """Return a moment."""
    return f"{make_date(year, month, day)}T{make_time(hour, minute, second)}"


def make_interval(
    years: Any = 0, months: Any = 0, weeks: Any = 0, days: Any = 0, hours: Any = 0, mins: Any = 0, secs: Any = 0
) -> str:
    """Return a length of time."""
    micros = int(hours) * 3_600_000_000 + int(mins) * 60_000_000 + round(float(secs) * 1e6)
    return Interval(int(years) * 12 + int(months), int(weeks) * 7 + int(days), micros).checked().keep()


def justify_days(value: Any) -> str:
    """Turn thirty days into a month."""
    length = Interval.kept(value)
    more = int(length.days / 30)
    return Interval(length.months + more, length.days - more * 30, length.micros).keep()


def justify_hours(value: Any) -> str:
    """Turn 24 hours into a day."""
    length = Interval.kept(value)
    more = int(length.micros / 86_400_000_000)
    return Interval(length.months, length.days + more, length.micros - more * 86_400_000_000).keep()


def at_epoch(seconds: Any) -> str:
    """Return the moment so many seconds after 1970."""
    try:
        return keep(datetime(1970, 1, 1) + timedelta(seconds=float(seconds)))  # noqa: DTZ001 - kept without a zone
    except OverflowError:
        raise ValueError(f'timestamp out of range: "{seconds}"') from None


def now() -> str:
    """Return this moment, in UTC."""
    return keep(datetime.now(UTC).replace(tzinfo=None))


def today() -> str:
    """Return today's date, in UTC."""
    return datetime.now(UTC).date().isoformat()


def clock() -> str:
    """Return the time of this moment, in UTC."""
    return now().partition("T")[2]


def midnight_of(value: Any) -> Kept:
    """Return the moment at which a day begins, and a moment as it is."""
    return keep_timestamp(str(value))
