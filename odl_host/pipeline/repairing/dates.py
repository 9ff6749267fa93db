"""Dates in the French order, and dates with a midnight that a spreadsheet added.

`03/04/2024` is the third of April for a French reader and the fourth of March for some software. A column is turned
when one of its dates can only be day first (day above 12), and none can only be month first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date

from odl_host.pipeline.reading.notes import plural
from odl_host.pipeline.repairing.kinds import listed
from odl_host.pipeline.repairing.mender import Mended

_MIDNIGHT = r"(?:[T ]00:00(?::00(?:\.0{1,6})?)?)?"
_SLASHED = re.compile(rf"([0-9]{{1,2}})([/.\-])([0-9]{{1,2}})\2([0-9]{{4}}){_MIDNIGHT}")
_YEAR_FIRST = re.compile(rf"([0-9]{{4}})([/.\-])([0-9]{{1,2}})\2([0-9]{{1,2}}){_MIDNIGHT}")
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class DateMender:
    """Writes dates as 2024-12-31."""

    def __init__(self) -> None:
        self._day_first: set[str] = set()
        self._month_first = self._small_day = self._day_in_middle = False
        self._iso = self._iso_late_day = False

    @property
    def usual(self) -> Callable[[str], object] | None:
        """A day after the twelfth proves the order; other days in this order prove nothing more."""
        return _ISO.fullmatch if self._iso_late_day else None

    def look(self, text: str, *, good: bool) -> None:
        """Note what the text proves about the order of day and month."""
        if good and _ISO.fullmatch(text):
            self._iso = True
            self._iso_late_day = self._iso_late_day or int(text[8:]) > 12
        elif match := _YEAR_FIRST.fullmatch(text):
            self._day_in_middle = self._day_in_middle or int(match[3]) > 12
        elif match := _SLASHED.fullmatch(text):
            first, second = int(match[1]), int(match[3])
            if first > 12 >= second:
                self._day_first.add(match[2])
            elif second > 12:
                self._month_first = True
            elif first != second:
                self._small_day = True

    def mend(self, text: str) -> Mended | None:
        """Write the date in the ISO order."""
        if match := _YEAR_FIRST.fullmatch(text):
            day = _iso(match[1], match[3], match[4])
            if day is None or self._day_in_middle:
                return None
            return Mended(day, "midnight" if text.startswith(day) else "date")
        match = _SLASHED.fullmatch(text)
        if match is None:
            return None
        same = int(match[1]) == int(match[3])
        if not (same or (match[2] in self._day_first and not self._month_first and not self._half_turned())):
            return None
        day = _iso(match[4], match[3], match[1])
        return Mended(day, "date") if day else None

    def _half_turned(self) -> bool:
        # Software set to English turns 03/04/2024 into a date of March and leaves 25/04/2024 as text: then every text
        # has a late day and every date an early one, and the dates that look right are the wrong ones.
        return self._iso and not self._iso_late_day and not self._small_day

    def doubts(self, text: str) -> bool:
        """Tell whether it is a date whose year comes last, in one order or the other."""
        match = _SLASHED.fullmatch(text)
        return match is not None and bool(_iso(match[4], match[3], match[1]) or _iso(match[4], match[1], match[3]))

    def question(self, texts: Sequence[str], count: int) -> str:
        """Ask whether the day comes first."""
        said = plural(count, "date ambiguë", "dates ambiguës")
        for text in texts:
            match = _SLASHED.fullmatch(text)
            if match and int(match[1]) != int(match[3]) and max(int(match[1]), int(match[3])) <= 12:
                readings = f"est-ce le {_in_words(match[1], match[3])} ou le {_in_words(match[3], match[1])} ?"
                return f"{said} : pour « {text} », {readings} Écrivez les dates sous la forme AAAA-MM-JJ."
        return (
            f"{said} ({listed(texts)}) : jour et mois sont-ils inversés ? Écrivez les dates sous la forme AAAA-MM-JJ."
        )


def _iso(year: str, month: str, day: str) -> str | None:
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None


def _in_words(day: str, month: str) -> str:
    from odl_host.schemas.corrections import MONTH_NAMES

    number = int(day)
    return f"{'1er' if number == 1 else number} {MONTH_NAMES[int(month) - 1]}" if 1 <= int(month) <= 12 else day
