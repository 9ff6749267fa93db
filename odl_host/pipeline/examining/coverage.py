"""The period that a file is about, read from its name or, failing that, from its dates: "2024", "2024-06", "2020/2024".

It tells two yearly files of one dataset apart, and lets a renamed file be known again.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from odl_host.ckan import fold

if TYPE_CHECKING:
    from odl_host.schemas.registry import Schema

# The columns that date what a row is about, in the schemas whose files are kept per period. Dates of update or of
# installation say nothing of a file's period. Source: the schemas' own definitions.
PERIOD_COLUMNS = frozenset({"DELIB_DATE", "dateConvention", "BGT_ANNEE", "ANNEE", "annee", "menuDate"})
_MONTHS = (
    ("janvier", "janv"), ("fevrier", "fevr"), ("mars",), ("avril", "avr"), ("mai",), ("juin",), ("juillet", "juil"),
    ("aout",), ("septembre", "sept"), ("octobre", "oct"), ("novembre", "nov"), ("decembre", "dec"),
)  # fmt: skip
_MONTH_NUMBERS = {word: number for number, words in enumerate(_MONTHS, start=1) for word in words}
_YEAR = r"(?:19|20)\d\d"
_SEPARATOR = r"[-_. ]"
_NAMED_MONTH = re.compile(rf"(?<![a-z])({'|'.join(_MONTH_NUMBERS)}){_SEPARATOR}*({_YEAR})(?!\d)")
_DIGITS = re.compile(
    rf"(?<!\d)(?:({_YEAR}){_SEPARATOR}?(0[1-9]|1[0-2])(?:{_SEPARATOR}?(?:0[1-9]|[12]\d|3[01]))?"
    rf"|({_YEAR}){_SEPARATOR}(?:a{_SEPARATOR})?({_YEAR})|({_YEAR}))(?!\d)"
)
_CELL = re.compile(rf"({_YEAR})(?:-(0[1-9]|1[0-2]))?")


@lru_cache(maxsize=4096)
def period_of_name(name: str) -> str:
    """Return the period that a file's name tells, or "" when it tells none, or several.

    >>> period_of_name("Délibérations 2024.xlsx"), period_of_name("budget_2023-2024.csv"), period_of_name("ecoles.csv")
    ('2024', '2023/2024', '')
    >>> period_of_name("Délibérations juin 2026.xlsx"), period_of_name("menus-2025-09-01.csv")
    ('2026-06', '2025-09')
    """
    stem = fold(name.rpartition(".")[0] or name)
    named = {f"{year}-{_MONTH_NUMBERS[word]:02}" for word, year in _NAMED_MONTH.findall(stem)}
    if named:
        return named.pop() if len(named) == 1 else ""
    found = set()
    for year, month, first, last, alone in _DIGITS.findall(stem):
        if month:
            found.add(f"{year}-{month}")
        elif first:
            found.add(f"{first}/{last}" if first < last else "")
        else:
            found.add(alone)
    return found.pop() if len(found) == 1 else ""


def period_of_rows(schema: Schema, header: Sequence[str], batches: Iterable[list[list[str]]]) -> str:
    """Return the period that a table's dates lie in: one month, one year, or the years from the first to the last."""
    from odl_host.pipeline.reading.batch import cells_of, distinct_of

    names = {one.name for one in schema.fields} & PERIOD_COLUMNS
    place = next((place for place, label in enumerate(header) if label.strip() in names), None)
    if place is None:
        return ""
    cells: set[str] = set()
    for batch in batches:
        cells |= distinct_of(cells_of(batch, place))
    months = {match[0] for cell in cells if (match := _CELL.match(cell))}
    years = sorted({month[:4] for month in months})
    if not years:
        return ""
    if len(months) == 1:
        return months.pop()
    return years[0] if len(years) == 1 else f"{years[0]}/{years[-1]}"


@lru_cache(maxsize=4096)
def bounds_of(period: str) -> tuple[str, str] | None:
    """Return the first and the last day of a period, or None when it is no period.

    >>> bounds_of("2024-02"), bounds_of("2020/2024"), bounds_of("2024-03-05/2024-03-09"), bounds_of("hier")
    (('2024-02-01', '2024-02-29'), ('2020-01-01', '2024-12-31'), ('2024-03-05', '2024-03-09'), None)
    """
    first, slash, last = (part.strip() for part in period.partition("/"))
    ends = [_days(first), _days(last if slash else first)]
    if ends[0] is None or ends[1] is None or ends[0][0] > ends[1][1]:
        return None
    return ends[0][0], ends[1][1]


def _days(text: str) -> tuple[str, str] | None:
    match = re.fullmatch(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", text)
    if match is None:
        return None
    year, month, day = int(match[1]), int(match[2] or 1), int(match[3] or 1)
    if not year >= 1 or not 1 <= month <= 12 or not 1 <= day <= calendar.monthrange(year, month)[1]:
        return None
    last_month = month if match[2] else 12
    last_day = day if match[3] else calendar.monthrange(year, last_month)[1]
    return f"{year:04}-{month:02}-{day:02}", f"{year:04}-{last_month:02}-{last_day:02}"
