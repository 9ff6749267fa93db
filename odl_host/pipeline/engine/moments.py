"""How dates, times, years and months are read: exactly as frictionless 5.21 does."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import TYPE_CHECKING

from odl_host.pipeline.engine.borrowed import parse_any_date, parse_iso_date
from odl_host.pipeline.engine.celltype import CellType
from odl_host.record import Record

if TYPE_CHECKING:
    from odl_host.schemas.registry import Field

_DAY = r"(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
_DATE = rf"[12][0-9]{{3}}-{_DAY}"
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
_DATETIME = rf"[12][0-9]{{3}}-{_DAY}[T ]{_CLOCK}(?:Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])?"
_YEAR = r"[0-9]{4}"
_YEARMONTH = r"[0-9]{4}-(?:0[1-9]|1[0-2])"
_YEAR_FIRST = re.compile(r"\d{4}-").match


class YearMonth(Record):
    """A month of a year."""

    year: int
    month: int


def compile_date(field: Field) -> CellType:
    """Return the reader of days: in a format, in ISO's, or in any form."""
    form = "%Y-%m-%d" if field.format in ("", "default") else field.format
    quick = re.compile(_DATE).fullmatch if form == "%Y-%m-%d" else None

    def read(cell: object) -> object:
        if isinstance(cell, datetime):
            return cell.date() if cell.time() == time() else None
        if isinstance(cell, date):
            return cell
        if not isinstance(cell, str):
            return None
        if quick is not None and quick(cell):
            return date.fromisoformat(cell)
        if quick is not None and not _YEAR_FIRST(cell):
            return None  # `strptime` would refuse it too, in ten times the time
        try:
            return parse_any_date(cell).date() if form == "any" else datetime.strptime(cell, form).date()  # noqa: DTZ007
        except Exception:  # noqa: BLE001 - what dateutil and strptime raise on odd texts is theirs; any failure refuses
            return None

    return CellType(read, quick)


def compile_datetime(field: Field) -> CellType:
    """Return the reader of a day with its time."""
    form = field.format or "default"
    quick = re.compile(_DATETIME).fullmatch

    def read(cell: object) -> object:
        if isinstance(cell, datetime):
            return cell
        if not isinstance(cell, str):
            return None
        try:
            if form == "default":
                if cell[16] != ":" or len(cell) < 19:
                    return None
                return datetime.fromisoformat(cell) if quick(cell) else parse_iso_date(cell)
            return parse_any_date(cell) if form == "any" else datetime.strptime(cell, form)  # noqa: DTZ007
        except Exception:  # noqa: BLE001 - as for dates
            return None

    return CellType(read, quick if form == "default" else None)


def compile_time(field: Field) -> CellType:
    """Return the reader of times of the day."""
    form = field.format or "default"
    quick = re.compile(_CLOCK).fullmatch

    def read(cell: object) -> object:
        if isinstance(cell, time):
            return cell
        if not isinstance(cell, str):
            return None
        try:
            if form == "default":
                if cell[5] != ":" or len(cell) < 8:
                    return None
                if quick(cell):
                    return time.fromisoformat(cell)
                return parse_iso_date(f"2000-01-01T{cell}").timetz()
            return parse_any_date(cell).timetz() if form == "any" else datetime.strptime(cell, form).timetz()  # noqa: DTZ007
        except Exception:  # noqa: BLE001 - as for dates
            return None

    return CellType(read, quick if form == "default" else None)


def compile_year(_field: Field) -> CellType:
    """Return the reader of years of four digits."""

    def read(cell: object) -> object:
        number = cell
        if isinstance(cell, str):
            if len(cell) != 4:
                return None
            try:
                number = int(cell)
            except ValueError:
                return None
        return number if isinstance(number, int) and 0 <= number <= 9999 else None

    return CellType(read, re.compile(_YEAR).fullmatch)


def compile_yearmonth(_field: Field) -> CellType:
    """Return the reader of a year with its month."""

    def read(cell: object) -> object:
        if isinstance(cell, (tuple, list)):
            return YearMonth(*cell) if len(cell) == 2 else None
        if not isinstance(cell, str):
            return None
        try:
            year, month = map(int, cell.split("-"))
        except ValueError:
            return None
        return YearMonth(year, month) if 1 <= month <= 12 else None

    return CellType(read, re.compile(_YEARMONTH).fullmatch)
