"""Runs a schema over the rows of a file, a batch at a time.

Each batch is turned into columns; columns say which of their texts are bad; only the rows that hold one, or that are
ragged, blank or repeated, are visited one by one, in the order of frictionless: cells, extra and missing cells, unique
values, primary key, then custom checks.
"""

from __future__ import annotations

import gc
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import compress, islice
from typing import TYPE_CHECKING, TypeAlias

from odl_host.pipeline.engine.column import BASELINE, Column
from odl_host.pipeline.engine.keys import KeyTracker, hashable
from odl_host.pipeline.engine.layout import find_layout
from odl_host.pipeline.engine.points import BoundPoints, bind_points
from odl_host.pipeline.engine.report import Report, Tally
from odl_host.pipeline.engine.rowchecks import BoundRowCheck
from odl_host.pipeline.reading.batch import columns_of
from odl_host.schemas.checks import Problem
from odl_host.schemas.checks.repeats import RepeatedRows
from odl_host.schemas.findings import Finding

if TYPE_CHECKING:
    from odl_host.pipeline.engine.header import HeaderMatch
    from odl_host.schemas.findings import Severity
    from odl_host.schemas.registry import Schema

BATCH_ROWS = 512
"""Rows per batch: larger ones fall out of the processor's cache and are two to four times slower."""

Texts = tuple[str | None, ...]
AcrossColumns: TypeAlias = BoundRowCheck | BoundPoints


def batched(rows: Iterable[list[str]]) -> Iterator[list[list[str]]]:
    """Cut a stream of rows into batches."""
    stream = iter(rows)
    while batch := list(islice(stream, BATCH_ROWS)):
        yield batch


class Engine:
    """A schema compiled for one header."""

    def __init__(
        self, schema: Schema, header: Sequence[str], *, strict_validata: bool, max_findings: int, today: date
    ) -> None:
        self.schema = schema
        self.tally = Tally(max_findings)
        self.rows = 0
        layout = find_layout(schema, tuple(header), None if strict_validata else today)
        match, checks = layout.match, layout.checks
        self._labels = match.labels
        self.width = len(match.labels)
        self.readable = match.readable
        self.tally.extend(
            finding for finding in checks.findings if strict_validata or finding.code != "deprecated-check"
        )
        self.tally.extend(match.findings)
        self._missing = layout.missing
        self.columns = [column for column in layout.columns if column is not None]
        """The columns of the file that the schema knows, in the file's order."""
        for column in self.columns:
            self.tally.extend(column.findings)
        by_name = {column.name: column for column in self.columns}
        points = bind_points(layout.points, by_name, checks.ours)
        self._row_checks: list[AcrossColumns] = [*layout.row_checks, *points]
        if match.readable:
            self.tally.extend(layout.absent)
        if not strict_validata:
            self.tally.extend(_unchecked_references(schema, match))
        self._sifted = [column for column in by_name.values() if not column.idle]
        self._unique = [(column, KeyTracker()) for column in by_name.values() if column.field.constraints.get("unique")]
        names = schema.primary_key
        self._key = [by_name[name] for name in names] if names and all(name in by_name for name in names) else []
        self._keys = KeyTracker()
        default: Severity | None = None if strict_validata or self._unique or self._key else "warning"
        self._repeat_severity = checks.ours.get(("odl-duplicate-row", ""), default)
        self._repeated = RepeatedRows() if self._repeat_severity else None
        self._witness = 0
        self._stopped: set[int] = set()

    # -- in parts -----------------------------------------------------------------------------------------------------

    def begin_part(self) -> None:
        """Make ready for rows in the middle of the file, which are numbered as if they were the first."""
        self.tally = Tally(self.tally.max_findings)
        self._repeated = None

    @property
    def trackers(self) -> list[KeyTracker]:
        """What remembers the values that may stand only once."""
        return [*(tracker for _, tracker in self._unique), *([self._keys] if self._key else [])]

    @property
    def is_whole(self) -> bool:
        """Whether nothing was found that is found once for all rows, and so depends on those before."""
        return not self._stopped and not any(
            column.pattern is not None and column.pattern.given_up for column in self._sifted
        )

    @property
    def settled(self) -> bool:
        """Whether the search for repeated rows is over, and what follows needs no memory of these rows."""
        return self._repeated is None or self._repeated.full

    # -- running ------------------------------------------------------------------------------------------------------

    def run(self, batches: Iterable[list[list[str]]]) -> None:
        """Judge batches of rows to the end."""
        collecting = gc.isenabled()
        # A million short-lived lists make the collector run for nothing: it doubles the time.
        gc.disable()
        try:
            for batch in batches:
                if self.readable:
                    self._judge_batch(batch, self.rows + 2)
                self.rows += len(batch)
        finally:
            if collecting:
                gc.enable()

    def report(self) -> Report:
        """Return the report on what was run."""
        for column in self._sifted:
            if column.pattern is not None and column.pattern.given_up:
                self.tally.add("pattern-not-checked", "warning", None, column.name, column.position, None)
        return self.tally.report(self.schema, self.rows)

    def _judge_batch(self, rows: list[list[str]], first_row: int) -> None:
        ragged: dict[int, list[str]] = {}
        columns: Sequence[Texts] = columns_of(rows, self.width) or self._square(rows, ragged)
        count = range(len(rows))
        marks: dict[int, list[tuple[Column, int, Problem]]] = {}
        for column in self._sifted:
            cells = columns[column.position - 1]
            bad = column.sift(cells)
            if bad:
                for index in compress(count, map(bad.__contains__, cells)):
                    entry = marks.setdefault(index, [])
                    entry += [(column, rank, problem) for rank, problem in bad[cells[index]]]
        customs = self._judge_rows(columns, len(rows))
        blank = self._find_blank(columns, len(rows))
        repeats = self._find_repeats(columns, first_row)
        if self._repeated is not None and self._repeat_severity is not None:
            for index, earlier in self._repeated.find(rows, first_row, columns):
                if index not in blank:
                    problem = Problem("odl-duplicate-row", {"row": str(earlier)}, self._repeat_severity)
                    customs.setdefault(index, []).append((None, problem))
        visited = marks.keys() | ragged.keys() | blank | repeats.keys() | customs.keys()
        for index in sorted(visited):
            self._visit(
                first_row + index,
                rows[index],
                marks.get(index, ()),
                ragged.get(index),
                index in blank,
                repeats.get(index, ()),
                customs.get(index, ()),
            )

    def _square(self, rows: list[list[str]], ragged: dict[int, list[str]]) -> list[Texts]:
        """Return rows of several lengths by column, None for a cell that is not there, and put aside the odd ones."""
        width = self.width
        batch: list[Sequence[str | None]] = list(rows)
        for index, row in enumerate(rows):
            if len(row) != width:
                ragged[index] = row
                batch[index] = [*row[:width], *[None] * (width - len(row))]
        return list(zip(*batch, strict=True))

    def _visit(
        self,
        row: int,
        cells: Sequence[str],
        marks: Sequence[tuple[Column, int, Problem]],
        ragged: list[str] | None,
        blank: bool,
        repeats: Sequence[tuple[Column | None, Problem]],
        customs: Sequence[tuple[AcrossColumns | None, Problem]],
    ) -> None:
        add = self.tally.add
        if blank:
            add("blank-row", "error", row, None, None, None)
        else:
            for column, rank, problem in marks:
                if rank == BASELINE:
                    self._add(row, column, cells, problem)
            if ragged is not None:
                self._add_ragged(row, ragged)
        for bearer, problem in repeats:
            if bearer is None:
                add(problem.code, problem.severity, row, None, None, None, problem.params)
            else:
                self._add(row, bearer, cells, problem)
        if not blank:
            for column, rank, problem in marks:
                if rank != BASELINE:
                    self._add(row, column, cells, problem)
        for check, problem in customs:
            if check is None or check.whole_row:
                add(problem.code, problem.severity, row, None, None, None, problem.params)
            elif problem.code == "error":
                self._add_untyped(check, problem)
            else:
                place = check.places[0]
                cell = None if place is None or place >= len(cells) else cells[place]
                position = None if place is None else place + 1
                add(problem.code, problem.severity, row, check.name, position, cell, problem.params)

    def _add(self, row: int, column: Column, cells: Sequence[str], problem: Problem) -> None:
        if problem.code == "error":
            self._add_untyped(column, problem)
            return
        place = column.position
        cell = cells[place - 1] if place <= len(cells) else None
        self.tally.add(problem.code, problem.severity, row, column.name, place, cell, problem.params)

    def _add_untyped(self, source: object, problem: Problem) -> None:
        # Validata's run ends at the first such value: one finding for each check, without a place.
        if id(source) not in self._stopped:
            self._stopped.add(id(source))
            self.tally.add("error", "error", None, None, None, None, problem.params)

    def _add_ragged(self, row: int, cells: list[str]) -> None:
        for place in range(self.width, len(cells)):
            self.tally.add("extra-cell", "error", row, "", place + 1, cells[place])
        for place in range(len(cells), self.width):
            self.tally.add("missing-cell", "error", row, self._labels[place], place + 1, None)

    # -- what concerns whole rows -------------------------------------------------------------------------------------

    def _judge_rows(
        self, columns: Sequence[Texts], count: int
    ) -> dict[int, list[tuple[AcrossColumns | None, Problem]]]:
        found: dict[int, list[tuple[AcrossColumns | None, Problem]]] = {}
        for check in self._row_checks:
            for index, problem in check.find(columns, count):
                found.setdefault(index, []).append((check, problem))
        return found

    def _find_blank(self, columns: Sequence[Texts], count: int) -> set[int]:
        missing = self._missing[self._witness]
        cells = columns[self._witness]
        if missing.isdisjoint(cells):
            return set()
        suspects = [index for index, text in enumerate(cells) if text in missing]
        often = len(suspects) > count // 8
        for place, others in enumerate(columns):
            missing = self._missing[place]
            suspects = [index for index in suspects if others[index] in missing]
            if not suspects:
                if often:
                    # A column that is seldom empty is the better witness of blank rows.
                    self._witness = place
                break
        return set(suspects)

    def _find_repeats(self, columns: Sequence[Texts], first_row: int) -> dict[int, list[tuple[Column | None, Problem]]]:
        found: dict[int, list[tuple[Column | None, Problem]]] = {}
        for column, tracker in self._unique:
            for index, earlier in tracker.repeats(_keys(column, columns), first_row):
                problem = Problem("unique-error", {"row": str(earlier)})
                found.setdefault(index, []).append((column, problem))
        if self._key:
            names = ", ".join(column.name for column in self._key)
            keys = list(zip(*(_keys(column, columns) for column in self._key), strict=True))
            for index, key in enumerate(keys):
                if all(value is None for value in key):
                    keys[index] = None  # type: ignore[call-overload]  # an empty key is no key
                    problem = Problem("primary-key", {"columns": names, "empty": "oui"})
                    found.setdefault(index, []).append((None, problem))
            for index, earlier in self._keys.repeats(keys, first_row):
                problem = Problem("primary-key", {"columns": names, "row": str(earlier)})
                found.setdefault(index, []).append((None, problem))
        return found


def _unchecked_references(schema: Schema, match: HeaderMatch) -> Iterator[Finding]:
    """Say which columns of the file refer to another table, which is not there to be looked into."""
    for key in schema.foreign_keys:
        names = key.get("fields")
        listed = [names] if isinstance(names, str) else names if isinstance(names, list) else []
        reference = key.get("reference")
        other = reference.get("resource") if isinstance(reference, Mapping) else ""
        for name in listed:
            if name in match.labels:
                params = {"other": str(other or "")}
                place = match.labels.index(name) + 1
                yield Finding("foreign-key-not-checked", "warning", column=name, position=place, params=params)


def _keys(column: Column, columns: Sequence[Texts]) -> Sequence[Hashable]:
    cells = columns[column.position - 1]
    if not column.type.identity:
        return [hashable(column.value(text)) for text in cells]
    if column.missing.isdisjoint(cells):
        return cells
    return [None if text in column.missing else text for text in cells]
