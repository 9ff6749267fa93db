"""Lengths of time: reading, adding and writing them as PostgreSQL does.

One is kept as "months days microseconds", because a month has no fixed length. Source: PostgreSQL 15 documentation,
8.5.4; how they are shown in JSON: answers of CKAN 2.12.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

_UNITS = {
    "microsecond": (0, 0, 1),
    "millisecond": (0, 0, 1_000),
    "second": (0, 0, 1_000_000),
    "minute": (0, 0, 60_000_000),
    "hour": (0, 0, 3_600_000_000),
    "day": (0, 1, 0),
    "week": (0, 7, 0),
    "month": (1, 0, 0),
    "year": (12, 0, 0),
    "decade": (120, 0, 0),
    "century": (1200, 0, 0),
}
_SHORT = {"us": "microsecond", "ms": "millisecond", "sec": "second", "s": "second", "min": "minute", "m": "minute"}
_SHORT |= {"hr": "hour", "h": "hour", "d": "day", "w": "week", "mon": "month", "y": "year", "yr": "year"}
_SHORT |= {"centurie": "century"}
_DAY_US, _MONTH_DAYS = 86_400_000_000, 30
_PART = re.compile(
    r"\s*(?:([+-]?)(\d{1,9}):(\d{2})(?::(\d{2}(?:\.\d{1,6})?))?|([+-]?\d{1,12}(?:\.\d{1,9})?)\s*([a-zA-Z]*))"
)
_MOST = 10**17


@dataclass(frozen=True, slots=True)
class Interval:
    """A length of time: months, days, and microseconds."""

    months: int = 0
    days: int = 0
    micros: int = 0

    @classmethod
    def kept(cls, text: object) -> Interval:
        """Return the interval that is kept as this text."""
        months, days, micros = map(int, str(text).split())
        return cls(months, days, micros)

    @classmethod
    def read(cls, text: str, unit: str = "") -> Interval:
        """Read `1 year 2 days 03:04:05`; a bare number counts units, or seconds. :raises ValueError: it is none."""
        wrong = ValueError(f'invalid input syntax for type interval: "{text}"')
        given = text.strip()
        is_ago = given.lower().endswith(" ago")
        given = given[:-4].rstrip() if is_ago else given
        total, at = cls(), 0
        if not given:
            raise wrong
        while at < len(given):
            match = _PART.match(given, at)
            if match is None or match.end() == at:
                raise wrong
            at = match.end()
            if match[2]:
                seconds = int(match[2]) * 3600 + int(match[3]) * 60 + float(match[4] or 0)
                total += cls(0, 0, round(seconds * 1e6) * (-1 if match[1] == "-" else 1))
                continue
            word = (match[6] or unit or "second").lower().removesuffix("s") or "second"
            size = _UNITS.get(_SHORT.get(word, word))
            if size is None:
                raise wrong
            total += cls(*size).times(float(match[5]) if "." in match[5] else int(match[5]))
        return total.times(-1) if is_ago else total

    def __add__(self, other: Interval) -> Interval:
        return Interval(self.months + other.months, self.days + other.days, self.micros + other.micros).checked()

    def checked(self) -> Interval:
        """Return it. :raises ValueError: it is longer than intervals are."""
        if max(abs(self.months) * _MONTH_DAYS * _DAY_US, abs(self.days) * _DAY_US, abs(self.micros)) > _MOST * 100:
            raise ValueError("interval out of range")
        return self

    def times(self, number: float) -> Interval:
        """Return it so many times; parts of a month become days, parts of a day hours."""
        months = self.months * number
        days = self.days * number + (months - int(months)) * _MONTH_DAYS
        micros = self.micros * number + (days - int(days)) * _DAY_US
        return Interval(int(months), int(days), round(micros)).checked()

    def span(self) -> int:
        """Return its microseconds, with months of thirty days: how intervals are compared."""
        return (self.months * _MONTH_DAYS + self.days) * _DAY_US + self.micros

    def keep(self) -> str:
        """Return it as it is kept."""
        return f"{self.months} {self.days} {self.micros}"

    def shown(self) -> str:
        """Return it as CKAN shows it: days and a clock, years of 365 days."""
        years, months = int(self.months / 12), self.months - int(self.months / 12) * 12
        days = years * 365 + months * _MONTH_DAYS + self.days
        return str(timedelta(days=days, microseconds=self.micros))

    def text(self) -> str:
        """Return it as PostgreSQL writes it: `1 year 2 mons 3 days 04:05:06`."""
        years, months = int(self.months / 12), self.months - int(self.months / 12) * 12
        parts = [
            f"{number} {unit}{'' if number == 1 else 's'}"
            for number, unit in ((years, "year"), (months, "mon"), (self.days, "day"))
            if number
        ]
        if self.micros or not parts:
            seconds, rest = divmod(abs(self.micros), 1_000_000)
            clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
            fraction = f".{rest:06d}".rstrip("0") if rest else ""
            parts.append(f"{'-' if self.micros < 0 else ''}{clock}{fraction}")
        return " ".join(parts)

    def after(self, moment: datetime) -> datetime:
        """Return the moment so much later; the last of a month stays one. :raises ValueError: there is none so late."""
        whole = moment.year * 12 + moment.month - 1 + self.months
        year, month = divmod(whole, 12)
        if not 1 <= year <= 9999:
            raise ValueError("timestamp out of range")
        day = min(moment.day, calendar.monthrange(year, month + 1)[1])
        try:
            moved = moment.replace(year=year, month=month + 1, day=day)
            return moved + timedelta(days=self.days, microseconds=self.micros)
        except OverflowError:
            raise ValueError("timestamp out of range") from None

    def backwards(self) -> Interval:
        """Return as much time the other way."""
        return Interval(-self.months, -self.days, -self.micros)


def between(later: datetime, earlier: datetime) -> Interval:
    """Return the days and the time between two moments."""
    gap = later - earlier
    micros = gap.days * _DAY_US + gap.seconds * 1_000_000 + gap.microseconds
    sign = -1 if micros < 0 else 1
    days, rest = divmod(abs(micros), _DAY_US)
    return Interval(0, sign * days, sign * rest)


def age(later: datetime, earlier: datetime) -> Interval:
    """Return the years, months and days between two moments, as calendars count."""
    if later < earlier:
        return age(earlier, later).backwards()
    months = (later.year - earlier.year) * 12 + later.month - earlier.month
    days = later.day - earlier.day
    micros = round((later - later.replace(hour=0, minute=0, second=0, microsecond=0)).total_seconds() * 1e6)
    micros -= round((earlier - earlier.replace(hour=0, minute=0, second=0, microsecond=0)).total_seconds() * 1e6)
    if micros < 0:
        micros += _DAY_US
        days -= 1
    if days < 0:
        # PostgreSQL borrows the days of the month in which the earlier moment lies.
        days += calendar.monthrange(earlier.year, earlier.month)[1]
        months -= 1
    return Interval(months, days, micros)
