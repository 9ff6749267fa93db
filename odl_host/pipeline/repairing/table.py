"""A table as it will be judged and published: the town hall's rows with the certain repairs made on the way.

A first pass looks at the columns concerned, a batch at a time, and keeps only what decides; a second one repairs while
the rows stream through. Rows keep their places and columns theirs.
"""

from __future__ import annotations

import gc
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from itertools import compress
from typing import TYPE_CHECKING, Any

from odl_host.pipeline.engine.rows import Engine
from odl_host.pipeline.reading.batch import Row
from odl_host.pipeline.reading.notes import ReadNote
from odl_host.pipeline.reading.table import Table
from odl_host.pipeline.repairing.column import RepairedColumn
from odl_host.pipeline.repairing.kinds import Ledger, listed
from odl_host.pipeline.repairing.labels import Rename, find_renames
from odl_host.pipeline.reporting.model import Repair

if TYPE_CHECKING:
    from odl_host.pipeline.engine.validate import Report
    from odl_host.schemas.registry import Schema


class RepairedTable(Table):
    """A table with its repairs; read, validated and written like any other.

    `proposals` are the questions on what was not certain. `changed` tells whether there is any repair; `repairs` counts
    them for the last pass that was read to its end.
    """

    def __init__(
        self,
        table: Table,
        columns: Sequence[RepairedColumn] = (),
        renames: Sequence[Rename] = (),
        proposals: Sequence[ReadNote] = (),
    ) -> None:
        # Everything about the file is the table's; the header and the rows are ours.
        self.__dict__.update(vars(table))
        self.original = table
        self.plain = None
        self.proposals = tuple(proposals)
        self._columns, self._renames = tuple(columns), tuple(renames)
        header = list(table.header)
        for rename in renames:
            header[rename.position - 1] = rename.field.name
        self.header = tuple(header)
        self._ledger = Ledger()

    @property
    def notes(self) -> tuple[ReadNote, ...]:
        """What was noticed on reading the file."""
        return self.original.notes

    @property
    def changed(self) -> bool:
        """Whether anything is repaired."""
        return bool(self._columns or self._renames)

    @property
    def repairs(self) -> tuple[Repair, ...]:
        """What was repaired in the last whole pass: per kind and column, with examples."""
        ledger = Ledger()
        for rename in self._renames:
            ledger.add("header", "", rename.label, rename.field.name)
        headers = [Repair(kind, count, ledger.detail(kind, column)) for (kind, column), count in ledger.counts.items()]
        cells = [
            Repair(kind, count, self._ledger.detail(kind, column))
            for (kind, column), count in self._ledger.counts.items()
        ]
        return (*headers, *cells)

    def iter_batches(self) -> Iterator[list[Row]]:
        """Stream the repaired rows in lists; see `Table.iter_batches`."""
        ledger = Ledger()
        count = 0
        for batch in self.original.iter_batches():
            if self._columns:
                batch = list(batch)
            for column in self._columns:
                _repair_batch(batch, len(self.header), column, ledger)
            count += len(batch)
            yield batch
        self._rows = count
        self._ledger = ledger

    def cut(self, count: int) -> list[Table]:
        """Say that it is read as one: what is repaired is counted as it streams."""
        del count
        return []

    def restore_cells(self, report: Report) -> Report:
        """Return the report with the cells as they are in the town hall's file."""
        places = {column.place + 1: column for column in self._columns}
        rows = {
            one.row
            for one in report.findings
            if one.row is not None and one.row > 1 and one.position in places and places[one.position].wrote(one.cell)
        }
        if not rows:
            return report
        originals: dict[int, Row] = {}
        first = 2
        for batch in self.original.iter_batches():
            originals.update((row, batch[row - first]) for row in rows if first <= row < first + len(batch))
            first += len(batch)
        findings = tuple(
            one._replace(cell=originals[one.row][one.position - 1])
            if one.cell is not None and one.position in places and one.row in originals
            else one
            for one in report.findings
        )
        return report._replace(findings=findings)


def repair_table(table: Table, schema: Schema, *, today: date, columns: Collection[str] | None = None) -> RepairedTable:
    """Decide what can be repaired for certain in a table, for one schema; reads it once, or not at all.

    `columns`: the names of the fields where validation found something; the others are not looked at. None: all.

    :raises RefusedFile: the file changed meanwhile
    """
    labels = [label.strip() for label in table.header]
    if len(set(labels)) < len(labels):
        return RepairedTable(table)  # which of the columns of one name is meant is not ours to say
    renames = {one.position: one for one in find_renames(table.header, schema)}
    looked = list(_open_columns(labels, schema, today, renames, columns))
    if looked:
        _survey(table, looked)
    by_position = {column.place + 1: column for column in looked}
    believed = {at: one for at, one in renames.items() if _is_believed(one, by_position[at])}
    kept = [column for column in looked if column.place + 1 in believed or column.place + 1 not in renames]
    mended = [column for column in kept if column.helps]
    proposals = [_ask_name(one, by_position[at]) for at, one in renames.items() if at not in believed]
    proposals += [note for column in kept for note in column.questions()]
    return RepairedTable(table, mended, list(believed.values()), proposals)


def _survey(table: Table, columns: Sequence[RepairedColumn]) -> None:
    width = len(table.header)
    collecting = gc.isenabled()
    gc.disable()  # as the engine does: the collector finds nothing in rows, and doubles the time
    try:
        for batch in table.iter_batches():
            rows = [row for row in batch if len(row) == width]
            ragged = [row for row in batch if len(row) != width] if len(rows) < len(batch) else []
            for column in columns:
                column.survey([row[column.place] for row in rows])
                column.survey_ragged([row[column.place] for row in ragged if len(row) > column.place])
    finally:
        if collecting:
            gc.enable()


def _open_columns(
    labels: Sequence[str],
    schema: Schema,
    today: date,
    renames: Mapping[int, Rename],
    columns: Collection[str] | None,
) -> Iterator[RepairedColumn]:
    header = [renames[at].field.name if at in renames else label for at, label in enumerate(labels, start=1)]
    # The engine compiles the columns, so that what is refused here is what will be refused there.
    for column in Engine(schema, header, strict_validata=False, max_findings=0, today=today).columns:
        renamed = column.position in renames
        if renamed or (not column.idle and (columns is None or column.name in columns)):
            yield RepairedColumn(column, schema)


def _is_believed(rename: Rename, column: RepairedColumn) -> bool:
    # A required field is missing otherwise: most values must suit, unless the very name is there in another spelling.
    # For a field that may be absent, renaming must bring no error.
    return (rename.spelt and rename.field.required) or column.agrees(wholly=not rename.field.required)


def _ask_name(rename: Rename, column: RepairedColumn) -> ReadNote:
    values = f"corrigez les valeurs qui n’y conviennent pas ({listed(column.unsuited)})."
    if rename.spelt:
        detail = f"Remplacez le titre de colonne « {rename.label} » par « {rename.field.name} », et {values}"
    else:
        detail = (
            f"La colonne « {rename.label} » est-elle la colonne « {rename.field.name} » du modèle ? Si oui, "
            f"renommez-la et {values}"
        )
    return ReadNote("proposal", detail, label=rename.label, column=rename.field.name)


def _repair_batch(batch: list[Row], width: int, column: RepairedColumn, ledger: Ledger) -> None:
    # In a row that is too long or too short, a cell may be half of a number, or belong to another column.
    place = column.place
    cells: list[Any] = [row[place] if len(row) == width else None for row in batch]
    forms = column.known_forms
    if forms is None:
        forms = column.mend_all({cell for cell in cells if cell is not None})
    for index in compress(range(len(batch)), map(forms.__contains__, cells)):
        row, mended = batch[index], forms[cells[index]]
        ledger.add(mended.kind, column.name, row[place], mended.text)
        # A copy: the reader may keep the row for the next pass.
        batch[index] = [*row[:place], mended.text, *row[place + 1 :]]
