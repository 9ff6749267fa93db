"""Spreadsheets: choose the sheet, and write each typed cell as a careful person would export it.

python-calamine reads XLSX 19 times faster than openpyxl (measured). It lays a sheet out as a full rectangle in memory,
so the rectangle is measured before (`extent.py`): a sheet that claims a billion rows must not be opened at all.
"""

from __future__ import annotations

import datetime
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from odl_host.pipeline.reading.archive import open_archive, read_member
from odl_host.pipeline.reading.extent import SheetExtent, ods_extents, ole_content, xlsx_extent, xlsx_sheets
from odl_host.pipeline.reading.names import CORRECTIONS_SHEET, name_key
from odl_host.pipeline.reading.notes import ReadNote, plural
from odl_host.pipeline.reading.refusals import RefusedFile
from odl_host.pipeline.reading.unfolded import copy_unfolded, is_small

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from odl_host.pipeline.reading.limits import ReadLimits

_SHEETS_LOOKED_AT = 40
_HEAD_ROWS = 40
# Above this a float is no longer an exact integer, and no code has so many digits.
_EXACT = 2**53
_TEXT = {str}


class Sheet(Protocol):
    """One sheet, whatever library reads it."""

    name: str
    visible: bool
    rows: int
    columns: int
    errors: int

    def iter_values(self) -> Iterator[list[Any]]:
        """Yield the rows of typed cells from the first row and column of the sheet, all as wide as the sheet."""


class SheetSource:
    """The records of one sheet, as text."""

    skipped = 0

    def __init__(self, path: Path, kind: str, sheet: Sheet) -> None:
        self.format, self.sheet = kind, sheet.name
        self._path, self._sheet = path, sheet

    @contextmanager
    def records(self) -> Iterator[Iterator[list[str]]]:
        """Open the rows of the sheet, all as wide as the sheet."""
        rows = self._sheet.iter_values()
        # Most rows hold text only, whatever their columns hold.
        yield (row if {*map(type, row)} == _TEXT else [*map(cell_text, row)] for row in rows)

    def refuse(self, row: int) -> RefusedFile:
        """Never called: no sheet raises `csv.Error`."""
        return RefusedFile("corrupt", self._path, detail=f"row {row}")


def cell_text(value: Any) -> str:
    """Write a cell as text: dates in ISO 8601, whole numbers without a decimal point, booleans as true and false.

    >>> [cell_text(v) for v in (44259700100035.0, 0.1 + 0.2, 1e-7, True, datetime.date(2024, 1, 31))]
    ['44259700100035', '0.3', '0.0000001', 'true', '2024-01-31']
    """
    if value.__class__ is str:
        return value
    if value.__class__ is float:
        if value.is_integer() and -_EXACT <= value <= _EXACT:
            return str(int(value))
        # Spreadsheets compute and show 15 significant digits; the rest is noise of the binary number.
        text = format(value, ".15g")
        return format(Decimal(text), "f") if "e" in text else text
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.datetime):
        if value.time() == datetime.time.min:
            return value.date().isoformat()
        return value.isoformat(timespec="seconds")
    if isinstance(value, datetime.time):
        return value.isoformat(timespec="seconds")
    if isinstance(value, datetime.timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours:02d}:{minutes:02d}:{seconds:02d}"
    if isinstance(value, datetime.date):
        return value.isoformat()
    return str(value)


def open_sheet(
    path: Path, container: str, limits: ReadLimits, keys: Collection[str] = ()
) -> tuple[SheetSource, list[ReadNote]]:
    """Open the sheet whose header matches the known column names best, else the first visible one with data.

    :raises RefusedFile: damaged, encrypted, a bomb, too many cells, or nothing in any sheet
    """
    kind, sheets, extents = _open_sheets(path, container, limits)
    return _choose(path, kind, sheets, extents, limits, keys)


def iter_other_sheets(path: Path, container: str, limits: ReadLimits, *, but: str | None) -> Iterator[tuple[str, str]]:
    """Yield the texts of every sheet but one, each with the name of its sheet; sheets too big to open are passed over.

    :raises RefusedFile: damaged, encrypted, or a bomb
    """
    for sheet in _open_sheets(path, container, limits)[1]:
        if isinstance(sheet, SheetExtent) or sheet.name == but:
            continue
        for row in sheet.iter_values():
            yield from ((sheet.name, cell_text(cell)) for cell in row if cell not in ("", None))


def _open_sheets(
    path: Path, container: str, limits: ReadLimits
) -> tuple[str, Iterator[Sheet | SheetExtent], dict[str, SheetExtent]]:
    """Return what the workbook is, its sheets, and how far each goes."""
    sheets: Iterator[Sheet | SheetExtent]
    if container == "zip":
        kind, archive = open_archive(path, limits)
        copy = None
        with archive:
            if kind == "xlsx":
                members = xlsx_sheets(path, archive, limits)
                extents, copy = _measure(path, archive, members, limits)
            else:
                extents = ods_extents(path, archive, limits)
                # The library lays out every sheet of an OpenDocument workbook on opening it.
                cells = sum(extent.cells for extent in extents.values())
                if cells > limits.max_cells:
                    raise RefusedFile("too-many-cells", path, detail=str(cells), bound=str(limits.max_cells))
        sheets = _calamine_sheets(path, copy, extents, limits)
    else:
        from odl_host.pipeline.reading.excel97 import open_excel97

        content = ole_content(path)
        if content == "encrypted":
            raise RefusedFile("encrypted", path)
        if content:
            raise RefusedFile("binary", path, what="a Word or PowerPoint document", what_fr="un document bureautique")
        kind, extents = "xls", {}
        sheets = iter(open_excel97(path))
    return kind, sheets, extents


def _measure(
    path: Path, archive: zipfile.ZipFile, members: dict[str, str], limits: ReadLimits
) -> tuple[dict[str, SheetExtent], BinaryIO | None]:
    """Return how far the sheets of an XLSX workbook go, and a copy of it that is quicker to read."""
    extents: dict[str, SheetExtent] = {}
    unfolded: dict[str, bytes] = {}
    small = is_small(archive)
    for name, member in members.items():
        data = read_member(path, archive, member, limits)
        extents[name] = xlsx_extent(data, limits)
        if small:
            unfolded[member] = data
    return extents, copy_unfolded(path, archive, unfolded, limits) if small else None


def _choose(
    path: Path,
    kind: str,
    sheets: Iterator[Sheet | SheetExtent],
    extents: dict[str, SheetExtent],
    limits: ReadLimits,
    keys: Collection[str],
) -> tuple[SheetSource, list[ReadNote]]:
    best: tuple[tuple[int, bool, bool, int], Sheet] | None = None
    filled: list[str] = []
    too_big = 0
    for place, sheet in enumerate(sheets):
        cells = sheet.rows * sheet.columns
        if cells > limits.max_cells or isinstance(sheet, SheetExtent):
            too_big = max(too_big, cells)
        elif cells and any(cell != "" for row in sheet.iter_values() for cell in row):
            filled.append(sheet.name)
            rank = (_match(sheet, keys), not sheet.name.startswith(CORRECTIONS_SHEET), sheet.visible, -place)
            if best is None or rank > best[0]:
                best = (rank, sheet)
    # A sheet that is too big is the data, unless another one shows the columns that are looked for.
    if too_big and not (best and best[0][0]):
        raise RefusedFile("too-many-cells", path, detail=str(too_big), bound=str(limits.max_cells))
    if best is None:
        raise RefusedFile("no-sheet", path)
    chosen = best[1]
    return SheetSource(path, kind, chosen), _notes(chosen, _count_theirs(filled), extents.get(chosen.name))


def _match(sheet: Sheet, keys: Collection[str]) -> int:
    if not keys:
        return 0
    best = 0
    for row, _ in zip(sheet.iter_values(), range(_HEAD_ROWS), strict=False):
        best = max(best, sum(name_key(cell) in keys for cell in row if cell.__class__ is str and cell))
    # One word in common is chance; the sheet's place decides then.
    return best if best > 1 else 0


def _count_theirs(names: Collection[str]) -> int:
    """Return how many sheets are not ones that we wrote ourselves into a workbook of corrections or a template."""
    if len(names) < 2:
        return len(names)
    from odl_host.schemas.template import GUIDE_SHEET, LISTS_SHEET

    ours = {GUIDE_SHEET, LISTS_SHEET} if GUIDE_SHEET in names else set()
    return sum(name not in ours and not name.startswith(CORRECTIONS_SHEET) for name in names)


def _notes(sheet: Sheet, filled: int, extent: SheetExtent | None) -> list[ReadNote]:
    notes: list[ReadNote] = []
    errors = extent.errors if extent else sheet.errors
    if filled > 1:
        detail = f"Le classeur a {filled} feuilles remplies ; seule « {sheet.name} » a été lue."
        notes.append(ReadNote("sheet-chosen", detail, filled))
    if not sheet.visible:
        notes.append(ReadNote("hidden-sheet", f"La feuille lue, « {sheet.name} », est masquée dans le classeur."))
    if errors:
        said = plural(errors, "cellule affiche une erreur", "cellules affichent une erreur")
        counted = "on la compte comme vide" if errors < 2 else "on les compte comme vides"
        detail = f"{said} (#N/A, #REF!…), sans valeur à lire : {counted}."
        notes.append(ReadNote("cell-errors", detail, errors))
    if extent and extent.uncached:
        said = plural(extent.uncached, "formule n’a", "formules n’ont")
        detail = f"{said} pas de résultat enregistré : ouvrez le classeur, enregistrez-le, puis déposez-le de nouveau."
        notes.append(ReadNote("uncached-formulas", detail, extent.uncached))
    return notes


class _CalamineSheet:
    """One sheet of an XLSX or ODS workbook."""

    errors = 0

    def __init__(self, path: Path, sheet: Any, visible: bool) -> None:
        self._path, self._sheet = path, sheet
        self.name, self.visible = str(sheet.name), visible
        start, end = sheet.start, sheet.end
        self._left = start[1] if start else 0
        self.rows: int = end[0] + 1 if end else 0
        self.columns: int = end[1] + 1 if end else 0

    def iter_values(self) -> Iterator[list[Any]]:
        """Yield the rows of typed cells, all as wide as the sheet."""
        if not self.rows:
            return
        with _own_refusals(self._path):
            if not self._left:
                yield from self._sheet.iter_rows()
                return
            # calamine's iterator keeps the empty rows above the data but not the empty columns before it.
            margin = [""] * self._left
            for row in self._sheet.iter_rows():
                yield [*margin, *row]


def _calamine_sheets(
    path: Path, copy: BinaryIO | None, extents: dict[str, SheetExtent], limits: ReadLimits
) -> Iterator[_CalamineSheet | SheetExtent]:
    """Yield the sheets of a workbook, or the extent of those too big to open."""
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    with _own_refusals(path):
        workbook = _open_workbook(path, copy)
    for meta in workbook.sheets_metadata[:_SHEETS_LOOKED_AT]:
        extent = extents.get(meta.name)
        if meta.typ != SheetTypeEnum.WorkSheet:
            continue
        if extent is None:
            # A sheet that could not be measured is not opened: it would be laid out in memory whatever it claims.
            continue
        if extent.cells > limits.max_cells:
            yield extent
        else:
            with _own_refusals(path):
                sheet = workbook.get_sheet_by_name(meta.name)
            yield _CalamineSheet(path, sheet, meta.visible == SheetVisibleEnum.Visible)


def _open_workbook(path: Path, copy: BinaryIO | None) -> Any:
    from python_calamine import CalamineWorkbook

    if copy is not None:
        with copy:
            return CalamineWorkbook.from_filelike(copy)
    # By content, not by name: a workbook is often called .xls whatever it is.
    with path.open("rb") as file:
        return CalamineWorkbook.from_filelike(file)


@contextmanager
def _own_refusals(path: Path) -> Iterator[None]:
    """Turn what the library raises on damaged workbooks into refusals."""
    from python_calamine import CalamineError, PasswordError

    try:
        yield
    except PasswordError as error:
        raise RefusedFile("encrypted", path) from error
    except (CalamineError, OSError, ValueError, OverflowError) as error:
        raise RefusedFile("corrupt", path, detail=str(error)) from error
    except BaseException as error:
        # A panic of the Rust library derives from BaseException and has no importable class.
        if type(error).__name__ != "PanicException":
            raise
        raise RefusedFile("corrupt", path, detail=str(error)) from error
