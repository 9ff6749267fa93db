"""The picture of a table's health: per column, how many cells are right, to correct, or empty."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from odl_host.pipeline.engine.validate import Report
    from odl_host.pipeline.reading.read import Table

MAX_ROWS = 200_000
"""A second pass over more rows would cost seconds for a picture; the longer file goes without."""


@dataclass(frozen=True, slots=True)
class ColumnHealth:
    """One column in numbers: `right + wrong + empty` is the number of data rows.

    A wrong cell that is empty (a value is missing there) counts as wrong. `known`: the schema has this column.
    """

    name: str
    position: int
    right: int
    wrong: int
    empty: int
    known: bool = True

    @property
    def total(self) -> int:
        """The number of data rows."""
        return self.right + self.wrong + self.empty


def measure_health(table: Table, report: Report, *, max_rows: int = MAX_ROWS) -> tuple[ColumnHealth, ...]:
    """Count, per column of the file, the cells that are right, wrong and empty; () when there is nothing to show."""
    if not 0 < report.rows <= max_rows:
        return ()
    missing = {"", *report.schema.missing_values}
    width = len(table.header)
    filled = [0] * width
    for batch in table.iter_batches():
        columns = itertools.islice(itertools.zip_longest(*batch, fillvalue=""), width)
        for place, cells in enumerate(columns):
            empty = {cell for cell in set(cells) if cell in missing or cell.isspace()}
            filled[place] += len(cells) - (sum(map(empty.__contains__, cells)) if empty else 0)
    wrong_rows: dict[str, set[int]] = {}
    wrong_empty: dict[str, int] = {}
    for finding in report.findings:
        if finding.severity != "error" or finding.row is None or not finding.column or finding.cell is None:
            continue
        rows = wrong_rows.setdefault(finding.column, set())
        if finding.row not in rows:
            rows.add(finding.row)
            wrong_empty[finding.column] = wrong_empty.get(finding.column, 0) + (finding.cell in missing)
    kept: dict[tuple[str, str | None], int] = {}
    for finding in report.findings:
        kept[(finding.code, finding.column)] = kept.get((finding.code, finding.column), 0) + 1
    found = []
    for place, label in enumerate(table.header):
        name = label.strip()
        wrong, empty_among = len(wrong_rows.get(name, ())), wrong_empty.get(name, 0)
        if wrong:
            # Beyond what was kept only numbers are known; they are spread between filled and empty cells alike.
            unkept = sum(
                count - kept.get(key, 0) for key, count in report.counts.items() if key[1] == name and key in kept
            )
            total = min(report.rows, wrong + unkept)
            empty_among = min(report.rows - filled[place], round(total * empty_among / wrong))
            wrong = min(total, filled[place] + empty_among)
        found.append(
            ColumnHealth(
                name,
                place + 1,
                right=filled[place] - (wrong - empty_among),
                wrong=wrong,
                empty=report.rows - filled[place] - empty_among,
                known=report.schema.find_field(name) is not None,
            )
        )
    return tuple(found)
