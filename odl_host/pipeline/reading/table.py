"""A file read as a table of text: its header, and its data rows as often as one likes."""

from __future__ import annotations

import csv
import itertools
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from odl_host.pipeline.reading.batch import Batch, columns_of, is_blank
from odl_host.pipeline.reading.notes import ReadNote, places, plural
from odl_host.pipeline.reading.odd_rows import count_below, has_split_decimal, swallows_rows
from odl_host.pipeline.reading.parts import without_end
from odl_host.pipeline.reading.refusals import RefusedFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from odl_host.pipeline.reading.batch import Row

BATCH_ROWS = 512
"""Rows that are handed over at once: 256 to 512 stay in the processor's cache; 4,096 are twice as slow (measured)."""
KEPT_CELLS = 300_000
"""Cells of a table that is kept in memory between passes: 20 MB at the most, for honest cells."""
_NOTED_ROWS = 10
_TAIL_ROWS = 12
"""Rows at the end among which a total and remarks are looked for."""


class Source(Protocol):
    """Where records come from: a text file, a sheet, a table of a web page."""

    format: str
    skipped: int
    """Lines of the file before the first record that `records` yields."""

    def records(self) -> AbstractContextManager[Iterator[Row]]:
        """Open every record, header and rows above it included; leaving the context closes the file."""

    def refuse(self, row: int) -> RefusedFile:
        """Turn a `csv.Error` met near a row (1-based) into a refusal."""


@runtime_checkable
class CutSource(Source, Protocol):
    """A source that can be read in parts."""

    def cut(self, count: int) -> Sequence[Source]:
        """Return at most `count` sources with the records of the parts, in order; all but the last end with `END`."""


class Table:
    """A readable file. `header` is as in the file; rows are as long or short as they are there.

    The place of the data row `i` (from 0) in the file, as a spreadsheet shows it, is `header_row + 1 + i`.
    """

    def __init__(
        self,
        path: Path,
        source: Source,
        *,
        header: Sequence[str],
        header_row: int,
        repair: bool,
        notes: tuple[ReadNote, ...] = (),
        encoding: str | None = None,
        delimiter: str | None = None,
        sheet: str | None = None,
        plain: bytes | None = None,
    ) -> None:
        self.path, self.format = path, source.format
        self.plain = plain
        """All bytes of a small file whose cells are, sign for sign, what stands between its separators or in quotes."""
        self.encoding, self.delimiter, self.sheet = encoding, delimiter, sheet
        self.header_row, self.repair = header_row, repair
        self._source, self._notes = source, notes
        self._blank_columns = _trailing_blanks(header) if repair and any(map(str.strip, header)) else 0
        self.header: tuple[str, ...] = tuple(header[: len(header) - self._blank_columns])
        self._rows: int | None = None
        self._pass_notes: tuple[ReadNote, ...] = ()
        self._kept: list[Batch] | None = None
        self._above = header_row - source.skipped
        """Records above the data."""
        self._ends = True
        """Whether the rows end where those of the file do."""
        self.survey: PassSurvey | None = None
        """What the last pass noticed, once it came to the end of the rows."""

    @property
    def rows(self) -> int:
        """The exact number of data rows; reads the file once if it was not read to its end before."""
        if self._rows is None:
            for _ in self.iter_batches():
                pass
        assert self._rows is not None
        return self._rows

    @property
    def notes(self) -> tuple[ReadNote, ...]:
        """What was noticed on opening and, once the rows were read to the end, what was noticed there."""
        return self._notes + self._pass_notes

    def iter_rows(self) -> Iterator[Row]:
        """Stream the data rows; on a clean file they are the very lists of `csv.reader`, at its speed.

        :raises RefusedFile: a cell is longer than the limit, or the file changes meanwhile
        """
        return itertools.chain.from_iterable(self.iter_batches())

    def iter_above(self) -> Iterator[Row]:
        """Stream the rows that stand above the header: titles, dates, who to call.

        :raises RefusedFile: the file changed meanwhile
        """
        try:
            with self._source.records() as records:
                yield from itertools.islice(records, max(0, self._above - 1))
        except csv.Error as error:
            raise self._source.refuse(1) from error
        except (UnicodeError, OSError) as error:
            raise RefusedFile("changed", self.path, detail=str(error)) from error

    def iter_batches(self) -> Iterator[list[Row]]:
        """Stream the data rows in batches of about `BATCH_ROWS`, never empty.

        With `repair`, blank rows at the end are left out, and so are the cells of nameless blank columns on the right;
        blank rows between data stay, since a row's place must be its place in the file.
        """
        if self._kept is not None:
            return map(Batch, self._kept)
        batches = self._surveyed_batches()
        # Read as it is, a table is judged in one pass; the memory would cost as much as a tenth of that pass.
        return self._keep_small(batches) if self.repair and self._ends else batches

    def _surveyed_batches(self) -> Iterator[Batch]:
        survey = PassSurvey(self)
        count = 0
        held = _HeldRows()
        for rows in self._raw_batches():
            if self._blank_columns:
                self._cut_blank_columns(rows)
            if self.repair:
                blank = _trailing_blank_rows(rows)
                if blank:
                    tail = rows[-blank:]
                    del rows[-blank:]
                    if rows:
                        rows = held.release() + rows
                    held.add(tail)
                    if not rows:
                        continue
                elif held.count:
                    rows = held.release() + rows
            batch = Batch(rows)
            survey.look(batch, count)
            count += len(batch)
            yield batch
        if held.count and not self._ends:
            batch = Batch(held.release())
            survey.look(batch, count)
            count += len(batch)
            yield batch
        survey.trailing = held.count
        self._finish(survey, count)

    def _finish(self, survey: PassSurvey, rows: int) -> None:
        self.survey, self._rows = survey, rows
        self._pass_notes = survey.notes(rows) if self._ends else ()

    # -- in parts -----------------------------------------------------------------------------------------------------

    def cut(self, count: int) -> list[Table]:
        """Cut a large delimited file into tables whose rows, one after the other, are its rows; else an empty list.

        The cuts are guesses: reading a part raises `BrokenCut` where its end was not that of a row.
        """
        import copy

        sources = self._source.cut(count) if isinstance(self._source, CutSource) else []
        parts: list[Table] = []
        for source in sources if len(sources) > 1 else ():
            part = copy.copy(self)
            part._source = source
            part._above = 0 if parts else self._above
            part._ends = source is sources[-1]
            parts.append(part)
        return parts

    def join(self, surveys: Sequence[PassSurvey], rows: Sequence[int]) -> None:
        """Take what the passes over all parts noticed and counted as that of one pass over the file."""
        whole, count = PassSurvey(self), 0
        for survey, more in zip(surveys, rows, strict=True):
            whole.absorb(survey, count)
            count += more
        self._finish(whole, count)

    def _raw_batches(self) -> Iterator[list[Row]]:
        return self._read_batches() if self._ends else without_end(self._read_batches())

    def _keep_small(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """Keep the rows of a small table for the passes to come: there are several where something is wrong."""
        kept: list[Batch] = []
        room = KEPT_CELLS // max(1, len(self.header))
        for batch in batches:
            room -= len(batch)
            if room >= 0:
                kept.append(Batch(batch))
            else:
                kept.clear()
            yield batch
        if room >= 0:
            self._kept = kept

    def _read_batches(self) -> Iterator[list[Row]]:
        row = self.header_row
        try:
            with self._source.records() as records:
                for _ in itertools.islice(records, self._above):
                    pass
                while batch := list(itertools.islice(records, BATCH_ROWS)):
                    row += len(batch)
                    yield batch
        except csv.Error as error:
            # The rows of the batch before the faulty one are lost with it: its place is that of the batch.
            raise self._source.refuse(row + 1) from error
        except (UnicodeError, OSError) as error:
            raise RefusedFile("changed", self.path, detail=str(error)) from error

    def _cut_blank_columns(self, batch: list[Row]) -> None:
        width = len(self.header)
        for row in batch:
            if len(row) > width and not any(cell and not cell.isspace() for cell in row[width:]):
                del row[width:]


class _HeldRows:
    """Blank rows that may turn out to be the end of the data; alike ones are counted, not kept."""

    def __init__(self) -> None:
        self.count = 0
        self._runs: list[tuple[Row, int]] = []

    def add(self, rows: list[Row]) -> None:
        self.count += len(rows)
        for row, group in itertools.groupby(rows):
            number = sum(1 for _ in group)
            if self._runs and self._runs[-1][0] == row:
                self._runs[-1] = (row, self._runs[-1][1] + number)
            else:
                self._runs.append((row, number))

    def release(self) -> list[Row]:
        rows = [list(row) for row, number in self._runs for _ in range(number)]
        self._runs.clear()
        self.count = 0
        return rows


class PassSurvey:
    """What one pass over the rows notices, at a cost of nanoseconds a row on a clean file."""

    def __init__(self, table: Table) -> None:
        self._header = list(table.header)
        self._width = len(table.header)
        self._first = table.header_row + 1
        self._delimiter = table.delimiter
        self._repair = table.repair
        self.trailing = 0
        self.is_square = True
        """Whether every row, blank ones too, is as long as the header."""
        self._ragged = self._split = self._repeated = 0
        self._ragged_rows: list[int] = []
        self._split_rows: list[int] = []
        self._repeated_rows: list[int] = []
        self._open_quotes: list[int] = []
        self._last: tuple[int, Row] | None = None
        self._tail: list[Row] = []

    def look(self, batch: Batch, offset: int) -> None:
        """Look at the next rows, `offset` rows behind the first."""
        if batch:
            self._last = (self._first + offset + len(batch) - 1, batch[-1])
            self._tail = [*self._tail, *batch[-_TAIL_ROWS:]][-_TAIL_ROWS:]
        if columns_of(batch, self._width) is None:
            self.is_square = False
            self._look_at_widths(batch, offset)
        if self._header in batch:
            for index, row in enumerate(batch):
                if row == self._header:
                    self._repeated += 1
                    _keep(self._repeated_rows, self._first + offset + index)

    def _look_at_widths(self, batch: list[Row], offset: int) -> None:
        for index, row in enumerate(batch):
            if len(row) == self._width or not any(row):
                continue
            self._ragged += 1
            _keep(self._ragged_rows, self._first + offset + index)
            self._look_for_open_quote(self._first + offset + index, row)
            if self._delimiter == "," and len(row) > self._width and has_split_decimal(row):
                self._split += 1
                _keep(self._split_rows, self._first + offset + index)

    def _look_for_open_quote(self, place: int, row: Row) -> None:
        delimiter = self._delimiter
        if delimiter and place not in self._open_quotes and swallows_rows(row, delimiter, self._width):
            _keep(self._open_quotes, place)

    def absorb(self, other: PassSurvey, offset: int) -> None:
        """Take what a pass over the rows behind the first `offset` noticed."""
        self.is_square = self.is_square and other.is_square
        self._ragged += other._ragged
        self._split += other._split
        self._repeated += other._repeated
        for mine, its in (
            (self._ragged_rows, other._ragged_rows),
            (self._split_rows, other._split_rows),
            (self._repeated_rows, other._repeated_rows),
            (self._open_quotes, other._open_quotes),
        ):
            for place in its:
                _keep(mine, place + offset)
        if other._last:
            self._last = (other._last[0] + offset, other._last[1])
            self._tail = [*self._tail, *other._tail][-_TAIL_ROWS:]
        self.trailing = other.trailing

    def notes(self, rows: int) -> tuple[ReadNote, ...]:
        """Say what was noticed, when `rows` data rows were looked at."""
        if self._last:
            self._look_for_open_quote(*self._last)
        found: list[ReadNote] = []
        if self._last and self._repair and (below := count_below(self._tail)):
            found.append(_rows_below(self._tail[-below:], self._last[0]))
        if self._open_quotes:
            where = tuple(self._open_quotes)
            detail = (
                f"Un guillemet est ouvert et jamais refermé ({places(where, len(where))}) : les lignes qui suivent ont "
                "été lues comme une seule cellule. Fermez ou supprimez ce guillemet."
            )
            found.append(ReadNote("open-quote", detail, len(where), where))
        if self.trailing and self._repair:
            said = plural(self.trailing, "ligne vide", "lignes vides")
            detail = f"{said} à la fin du tableau, laissée{'s' if self.trailing > 1 else ''} de côté."
            found.append(ReadNote("trailing-blank-rows", detail, self.trailing, (self._first + rows,)))
        if self._split:
            where = tuple(self._split_rows)
            detail = (
                "Le fichier est séparé par des virgules, et des nombres à virgule n’y sont pas entre guillemets : "
                f"leurs décimales tombent dans la colonne suivante ({places(where, self._split)}). "
                "Exportez-le de nouveau avec le point-virgule comme séparateur, ou déposez le classeur d’origine "
                "(XLSX, ODS)."
            )
            found.append(ReadNote("unquoted-decimal-comma", detail, self._split, where))
        if self._ragged:
            where = tuple(self._ragged_rows)
            said = plural(self._ragged, "ligne n’a", "lignes n’ont")
            detail = f"{said} pas autant de cellules que la ligne des titres ({places(where, self._ragged)})."
            found.append(ReadNote("ragged-rows", detail, self._ragged, where))
        if self._repeated:
            where = tuple(self._repeated_rows)
            detail = f"La ligne des titres se répète parmi les données ({places(where, self._repeated)})."
            found.append(ReadNote("repeated-header", detail, self._repeated, where))
        return tuple(found)


def _trailing_blank_rows(batch: list[Row]) -> int:
    count = 0
    for row in reversed(batch):
        if not is_blank(row):
            break
        count += 1
    return count


def _trailing_blanks(header: Sequence[str]) -> int:
    return sum(1 for _ in itertools.takewhile(lambda label: not label.strip(), reversed(header)))


def _rows_below(rows: Sequence[Row], last: int) -> ReadNote:
    """Say that the last rows, the last of them at `last`, are no data."""
    first = last - len(rows) + 1
    text = " ".join(next(cell for row in rows for cell in row if cell and not cell.isspace()).split())
    named = f"« {text[:40]}{'…' if len(text) > 40 else ''} »"
    if first == last:
        detail = (
            f"La ligne {last}, sous le tableau ({named}), ne semble pas être une donnée : supprimez-la, ou "
            "complétez-la si c’en est une."
        )
    else:
        where = f"Les lignes {first} à {last}, sous le tableau ({named}…),"
        detail = f"{where} ne semblent pas être des données : supprimez-les, ou complétez-les si c’en sont."
    return ReadNote("rows-below", detail, len(rows), (first,))


def _keep(rows: list[int], row: int) -> None:
    if len(rows) < _NOTED_ROWS:
        rows.append(row)
