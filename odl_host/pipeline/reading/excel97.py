"""Old Excel workbooks (.xls, BIFF), by xlrd: slow but it cannot take the process down.

python-calamine follows a damaged chain of sectors for ever and aborts the process when memory ends (version 0.9.1,
found by fuzzing), which would end a whole night's run for one bad file. xlrd is also what frictionless reads .xls with.
"""

from __future__ import annotations

import datetime
import io
from typing import TYPE_CHECKING, Any

from odl_host.pipeline.reading.refusals import RefusedFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Source: xlrd 2.0, `biffh`: the types of cells.
_DATE, _BOOLEAN, _ERROR, _EMPTY = 3, 4, 5, (0, 6)


class Excel97Sheet:
    """One sheet of an old workbook, as `workbook.py` expects sheets."""

    def __init__(self, sheet: Any, date_mode: int) -> None:
        self._sheet, self._date_mode = sheet, date_mode
        self.name = str(sheet.name)
        self.visible = sheet.visibility == 0
        self.rows, self.columns = int(sheet.nrows), int(sheet.ncols)
        self.errors = sum(
            kind == _ERROR for row in range(self.rows) for kind in sheet.row_types(row) if kind not in _EMPTY
        )

    def iter_values(self) -> Iterator[list[Any]]:
        """Yield the rows of typed cells, all as wide as the sheet."""
        for row in range(self.rows):
            kinds, values = self._sheet.row_types(row), self._sheet.row_values(row)
            cells = [self._value(kind, value) for kind, value in zip(kinds, values, strict=True)]
            yield cells + [""] * (self.columns - len(cells))

    def _value(self, kind: int, value: Any) -> Any:
        if kind == _DATE:
            return self._moment(value)
        if kind == _BOOLEAN:
            return bool(value)
        return "" if kind == _ERROR or kind in _EMPTY else value

    def _moment(self, serial: float) -> Any:
        from xlrd.xldate import xldate_as_datetime  # type: ignore[import-untyped]  # xlrd has no stubs

        try:
            moment: datetime.datetime = xldate_as_datetime(serial, self._date_mode)
        except (ValueError, OverflowError):
            # A number shown as a date that no calendar has: what was typed is the number.
            return serial
        return moment.time() if 0 <= serial < 1 else moment


def open_excel97(path: Path) -> list[Excel97Sheet]:
    """Open all sheets of an old Excel workbook.

    :raises RefusedFile: damaged or protected by a password
    """
    import xlrd  # type: ignore[import-untyped]  # xlrd has no stubs

    try:
        book = xlrd.open_workbook(
            file_contents=path.read_bytes(), on_demand=True, ragged_rows=True, logfile=io.StringIO()
        )
        return [Excel97Sheet(book.sheet_by_index(place), book.datemode) for place in range(book.nsheets)]
    except OSError as error:
        raise RefusedFile("absent", path, detail=str(error)) from error
    except Exception as error:
        # On damaged files xlrd raises whatever its arithmetic meets.
        if "encrypted" in str(error).lower():
            raise RefusedFile("encrypted", path) from error
        raise RefusedFile("corrupt", path, detail=f"{type(error).__name__}: {str(error)[:200]}") from error
