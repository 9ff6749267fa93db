"""The town hall's own file given back as a workbook, its wrong cells coloured and explained.

A workbook stays as it is, sheets, widths and formulas; any other file becomes a sheet of text cells. The first sheet
lists what is to be corrected. Nothing that comes from a file is ever evaluated anew: see `cells.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from odl_host.storage.atomic import written_beside

if TYPE_CHECKING:
    from odl_host.pipeline.reading.read import Table
    from odl_host.pipeline.reporting.model import FileReport

MAX_CELLS = 1_000_000
"""Cells that are copied and coloured (some seven seconds); of a larger table only the list is written."""
MAX_KEPT_CELLS = 250_000
"""The same for a workbook that is kept as it is, which takes four times as long."""


def write_corrections_workbook(
    source: Path, table: Table | None, report: FileReport, target: Path, *, max_cells: int = MAX_CELLS
) -> None:
    """Write the file `source`, read as `table`, with what `report` found in it, to `target` (.xlsx).

    Without a table the file is read again. Of a file with more than `max_cells` cells only the list is written.

    :raises StorageError: the target cannot be written
    :raises UnreadableFile: the source is no longer what it was
    """
    from odl_host.pipeline.reporting import copied_workbook, kept_workbook
    from odl_host.pipeline.reporting.checklist import list_rows

    if table is None:
        from odl_host.pipeline.reading.read import read_table

        table = read_table(source, columns=frozenset(report.header))
    rows = list_rows(report)
    cells = (report.rows or 0) * max(1, len(table.header))
    with written_beside(target, refusal=f"The workbook {target} cannot be written") as beside:
        kept = table.format == "xlsx" and cells <= min(max_cells, MAX_KEPT_CELLS)
        if not (kept and kept_workbook.write(source, table.sheet, report, rows, beside)):
            copied_workbook.write(table if cells <= max_cells else None, report, rows, beside)
