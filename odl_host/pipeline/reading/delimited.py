"""Delimited text: which separator, and the records as `csv.reader` gives them."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections import Counter
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from odl_host.pipeline.reading.encoding import REMOVE_CONTROLS, TextForm, decode, open_text
from odl_host.pipeline.reading.names import name_key
from odl_host.pipeline.reading.parts import END, Span, find_cuts
from odl_host.pipeline.reading.refusals import RefusedFile

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

    from odl_host.pipeline.reading.limits import ReadLimits

DELIMITERS = (";", ",", "\t", "|")
_BUFFER_BYTES = 1 << 16
_FIRST_CHARS = 1 << 12
"""Cut first: who looks for the header needs no more."""
_HEAD_CHARS = 1 << 16
_SELDOM = 4
"""Where more than one line in so many holds a quotation mark, `csv.reader` takes all."""
_HEAD_RECORDS = 60
_SEPARATOR_LINE = r'"?sep=(.)"?[ \t;,]*\r?\n?'


class DelimitedSource:
    """The records of one text file, from its first line, streamed and as often as one likes."""

    format = "csv"

    def __init__(
        self, path: Path, form: TextForm, limits: ReadLimits, *, columns: Collection[str] = (), repair: bool = True
    ) -> None:
        self._path, self._form, self._limits = path, form, limits
        self._clean = repair and form.controls > 0
        self._span: tuple[int, int] | None = None
        self._is_cut = False
        with open_text(path, form) as text:
            head = text.read(_HEAD_CHARS if form.content is None else -1)
        self.skipped = 0
        announced = re.match(_SEPARATOR_LINE, head, re.I) if "sep=" in head[:5].lower() else None
        if announced and repair:
            self.skipped = 1
            self.delimiter = announced.group(1)
        else:
            self.delimiter = find_delimiter(head.translate(REMOVE_CONTROLS) if form.controls else head, columns)
        self.spaced = has_spaced_separators(head, self.delimiter)
        """Whether a space follows each separator, and belongs to no cell."""
        self._held: list[list[str]] | None = None
        """All records of a small file."""
        if form.content is not None:
            self._held = self._hold(head)

    @contextmanager
    def records(self) -> Iterator[Iterator[list[str]]]:
        """Open every record of the file, as `csv.reader` gives them.

        :raises csv.Error: a cell is longer than the limit (the caller knows the row)
        """
        if self._held is not None:
            yield iter(self._held)
        else:
            with self._stream() as records:
                yield records

    @contextmanager
    def _stream(self) -> Iterator[Iterator[list[str]]]:
        # The limit is the whole process's: the one setting of the csv module that cannot be given to a reader.
        csv.field_size_limit(self._limits.max_cell_chars)
        with self._open() as text:
            lines: Iterator[str] = text
            if self._clean:
                lines = (line.translate(REMOVE_CONTROLS) for line in text)
            if self.skipped:
                next(lines, "")
            ends = iter((END,) if self._is_cut else ())  # once: a record that does not end here swallows it
            if self._clean or self.spaced:
                yield self._parse(itertools.chain(lines, ends))
            else:
                yield itertools.chain.from_iterable(self._split(text, ends))

    def _hold(self, text: str) -> list[list[str]] | None:
        """Return the records of a whole text; None where a cell is too long: who reads as far as that knows its row."""
        if '"' in text or self.spaced or len(text) > self._limits.max_cell_chars:
            try:
                with self._stream() as records:
                    return list(records)
            except csv.Error:
                return None
        if self._clean:
            text = text.translate(REMOVE_CONTROLS)
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        lines = text.split("\n")
        if not lines[-1]:
            lines.pop()
        delimiter = self.delimiter
        return [line.split(delimiter) if line else [] for line in lines[self.skipped :]]

    def _parse(self, lines: Iterable[str]) -> Iterator[list[str]]:
        return csv.reader(lines, delimiter=self.delimiter, skipinitialspace=self.spaced)

    def _split(self, text: IO[str], ends: Iterator[str]) -> Iterator[Iterable[list[str]]]:
        """Give the records many at a time: without a quotation mark, cells are what separators stand between."""
        size, most = _FIRST_CHARS, self._limits.max_cell_chars
        while lines := text.readlines(size):
            size = _BUFFER_BYTES
            quoted = sum('"' in line for line in lines) if '"' in "".join(lines) else 0
            if quoted * _SELDOM > len(lines) or max(map(len, lines)) > most:
                yield self._parse(itertools.chain(lines, text, ends))
                return
            more = itertools.chain(text, ends)
            yield from self._split_around_quotes(lines, more) if quoted else (self._cells_of(lines),)
        yield self._parse(ends)

    def _split_around_quotes(self, lines: list[str], more: Iterable[str]) -> Iterator[list[list[str]]]:
        """Give the records of lines of which few hold a quotation mark; the last one may go on in `more`."""
        start = 0
        for place in [place for place, line in enumerate(lines) if '"' in line]:
            if place >= start:  # else it belongs to the record before
                yield self._cells_of(lines[start:place])
                reader = csv.reader(itertools.chain(lines[place:], more), delimiter=self.delimiter)
                yield [next(reader)]
                start = place + reader.line_num
        yield self._cells_of(lines[start:])

    def _cells_of(self, lines: list[str]) -> list[list[str]]:
        delimiter = self.delimiter
        return [line.split(delimiter) if (line := ended.rstrip("\r\n")) else [] for ended in lines]

    def _open(self) -> IO[str]:
        if self._span is None:
            return open_text(self._path, self._form)
        return decode(io.BufferedReader(Span(self._path, *self._span), _BUFFER_BYTES), self._form)

    def cut(self, count: int) -> list[DelimitedSource]:
        """Cut the file into at most `count` sources of about one size, each with the records of its part.

        All but the last give one record more, `[END]`: see `parts.py`. :raises OSError: the file cannot be read
        """
        import copy

        size = self._path.stat().st_size
        bounds = [self._form.mark_bytes, *find_cuts(self._path, self._form, count), size]
        parts: list[DelimitedSource] = []
        for start, end in itertools.pairwise(bounds):
            part = copy.copy(self)
            part._span, part._held = (start, end), None
            part._is_cut = end < size
            part.skipped = 0 if parts else self.skipped
            parts.append(part)
        return parts

    def refuse(self, row: int) -> RefusedFile:
        """Turn an error of `csv.reader` on a row (1-based) into the refusal that names it."""
        return RefusedFile("cell-too-long", self._path, detail=str(row), bound=str(self._limits.max_cell_chars))


def find_delimiter(head: str, columns: Collection[str] = ()) -> str:
    r"""Decide the separator on the beginning of a file.

    A row that shows the most known column names decides; without one, the separator that cuts the first records into
    the same number of cells, at least two. A file of one column gets a comma.

    >>> find_delimiter("nom;montant\nCAF;1,5\nUDAF;2,5\n")
    ';'
    """
    candidates = [delimiter for delimiter in DELIMITERS if delimiter in head]
    if len(candidates) < 2:
        return candidates[0] if candidates else ","
    line = head[: head.find("\n")]
    cut: dict[str, list[list[str]]] = {}
    known: dict[str, int] = {}
    # The likeliest first: most often its header leaves no doubt, and the others are not tried.
    for delimiter in sorted(candidates, key=line.count, reverse=True):
        _, sure = _best_match(_first_record(head, delimiter), columns)
        if sure:
            return delimiter
        records = cut[delimiter] = _head_records(head, delimiter, _HEAD_RECORDS)
        known[delimiter], sure = _best_match(records, columns)
        if sure:
            return delimiter
    if columns:
        best = max(known.values())
        winners = [delimiter for delimiter in candidates if known[delimiter] == best]
        if best >= 2 and len(winners) == 1:
            return winners[0]
        if best >= 2:
            candidates = winners
    return max(candidates, key=lambda delimiter: _consistency(cut[delimiter]))


def has_spaced_separators(head: str, delimiter: str) -> bool:
    r"""Say whether a space follows every separator of the line that has most of them, which is the header or like it.

    With such a file a quotation mark opens a cell only if the space before it is left out.

    >>> has_spaced_separators('nom, lieu\nMairie, "1, rue"\n', ","), has_spaced_separators("nom, lieu,date\n", ",")
    (True, False)
    """
    head = "\n".join(head.split("\n", _HEAD_RECORDS)[:_HEAD_RECORDS])
    if f"{delimiter} " not in head:
        return False
    lines = head.splitlines()[:_HEAD_RECORDS]
    line = max(lines, key=lambda one: one.count(delimiter), default="")
    return 0 < line.count(delimiter) == line.count(f"{delimiter} ")


def _first_record(head: str, delimiter: str) -> list[list[str]]:
    line, ended, _ = head.partition("\n")
    if not ended or '"' in line or "\r" in line[:-1]:
        return _head_records(head, delimiter, 1)
    return [line.removesuffix("\r").split(delimiter)]


def _head_records(head: str, delimiter: str, most: int) -> list[list[str]]:
    csv.field_size_limit(max(csv.field_size_limit(), _HEAD_CHARS))
    reader = csv.reader(_lines(head), delimiter=delimiter)
    records = list(itertools.islice(reader, most + 1))
    if len(records) > 1 and (len(records) > most or len(head) >= _HEAD_CHARS):
        # The last record may have been cut by the end of the head.
        records.pop()
    return records


def _lines(text: str) -> Iterator[str]:
    """Give the lines with their ends, as an open file does; only those that are asked for are cut off."""
    if text.count("\r") != text.count("\r\n"):
        yield from io.StringIO(text, newline="")
        return
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield text[start:end]
        start = end


def _best_match(records: list[list[str]], columns: Collection[str]) -> tuple[int, bool]:
    """Return the most known names that a row shows, and whether they are more than half of its cells."""
    best = 0
    for record in records[:25] if columns else ():
        cells = [cell for cell in record if cell]
        found = sum(name_key(cell) in columns for cell in cells)
        if found > 1 and found * 2 > len(cells):
            return found, True
        best = max(best, found)
    return best, False


def _consistency(records: list[list[str]]) -> tuple[float, int]:
    widths = Counter(len(record) for record in records if any(record))
    if not widths:
        return (0.0, 0)
    # A title above the header has one cell with any separator: only rows that were cut can agree or disagree.
    width, agreeing = max(
        ((w, n) for w, n in widths.items() if w > 1), key=lambda item: (item[1], item[0]), default=(1, 0)
    )
    return (agreeing / widths.total(), width)
