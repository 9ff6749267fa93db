"""The period that a file's name announces, against the dates inside.

A name may announce anything, so only this is said: no date of the file is of a year that its name announces.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from odl_host.schemas.checks import bind_checks
from odl_host.schemas.checks.ours import is_past_date
from odl_host.schemas.findings import Finding, Severity

if TYPE_CHECKING:
    from odl_host.schemas.registry import Field, Schema

MAX_ROWS = 20_000
"""Rows of the largest file looked at: a sorted file may hold its announced year at its very end."""
LONGEST_PERIOD = 30
"""Years between two years of a name that make a period ("2015-2018"), not two numbers."""

_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
# A full date in a name tells when it was made, not what it holds.
_DAY = r"(?<!\d)(?:\d{4}[-_.]\d\d?[-_.]\d\d?|\d\d?[-_.]\d\d?[-_.]\d{4})(?!\d)"
_YEAR_WORDS = r"annee|année|exercice|millesime|\byear\b"


@lru_cache(maxsize=4096)
def announced_years(name: str, today: date) -> frozenset[int]:
    """Return the years that the name of a file announces.

    >>> sorted(announced_years("subventions_2022-2024_v2.csv", date(2026, 1, 1)))
    [2022, 2023, 2024]
    >>> sorted(announced_years("export-2024-03-31-200069110.csv", date(2026, 1, 1)))
    []
    """
    stem = name.rpartition(".")[0] or name
    if not _YEAR.search(stem):
        return frozenset()
    stem = re.sub(_DAY, " ", stem)
    years = sorted({int(year) for year in _YEAR.findall(stem)})
    if not years or years[-1] > today.year + 1:
        return frozenset()
    if len(years) == 2 and years[1] - years[0] <= LONGEST_PERIOD:
        years = list(range(years[0], years[1] + 1))
    return frozenset(years)


def find_other_period(
    schema: Schema, header: Sequence[str], rows: Iterable[Sequence[str]], *, name: str, today: date
) -> Finding | None:
    """Return the finding on a table none of whose dates is of a year that its file's name announces."""
    announced = announced_years(name, today)
    if not announced:
        return None
    severity, places = _find_dates(schema, tuple(header))
    if not severity or not places:
        return None
    found: set[int] = set()
    for row in rows:
        for place in places:
            if place < len(row):
                found.update(map(int, _YEAR.findall(row[place])))
        if found & announced:
            return None
    if not found:
        return None
    return Finding("odl-other-period", severity, params={"announced": _said(announced), "found": _said(found)})


@lru_cache(maxsize=256)
def _find_dates(schema: Schema, header: tuple[str, ...]) -> tuple[Severity | None, list[int]]:
    """Return how grave the finding is, None where it is not looked for, and the places of the columns with dates."""
    severity: Severity | None = bind_checks(schema).ours.get(("odl-other-period", ""), "warning")
    labels = [label.strip() for label in header]
    return severity, [labels.index(one.name) for one in schema.fields if one.name in labels and _tells_when(one)]


def _tells_when(field: Field) -> bool:
    return (
        is_past_date(field)
        or field.type in ("year", "yearmonth")
        or bool(re.search(_YEAR_WORDS, field.name, re.IGNORECASE))
    )


def _said(years: Iterable[int]) -> str:
    ordered = sorted(years)
    return str(ordered[0]) if len(ordered) == 1 else f"{ordered[0]} à {ordered[-1]}"
