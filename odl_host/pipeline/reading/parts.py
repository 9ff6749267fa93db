r"""Cutting a large delimited file between two records, so that its parts are read at the same time.

Where a record ends is known for certain only by reading all that is before it: a line end may stand inside a quoted
cell, and a quotation mark may mean nothing. So a cut is a guess (an even number of quotation marks before it), and the
reader of each part finds out whether it was right: behind its last line it is given one more, `END`, which comes out as
a record of its own only where a record had ended.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from pathlib import Path

from odl_host.pipeline.reading.encoding import TextForm

END = "\ue000fin\ue000"
"""A line that no file holds: private characters, no quotation mark."""
_CHUNK = 1 << 20
_SEARCHED = 1 << 22
"""Bytes looked at behind the place where a cut would be fair; a record is hardly ever longer."""
_FIRST_SHARE = 0.85
"""What the first part has of another's size: its process has surveyed the whole file before."""
_NARROW = frozenset({"ascii", "utf-8", "utf-8-sig", "cp1252", "mac-roman", "cp850", "utf-8+cp1252"})
"""Encodings where the byte of a line end or of a quotation mark is never part of another character."""


class BrokenCut(Exception):
    """A part does not end where a record ends: the file must be read as one."""


def find_cuts(path: Path, form: TextForm, count: int) -> list[int]:
    """Return where to cut a file into `count` parts for equal work: fewer places where none is found.

    :raises OSError: the file cannot be read
    """
    if form.encoding not in _NARROW:
        return []
    size = path.stat().st_size
    cuts: list[int] = []
    with path.open("rb") as file:
        file.seek(form.mark_bytes)
        place, quotes = form.mark_bytes, 0
        for number in range(1, count):
            fair = int(size * (number - 1 + _FIRST_SHARE) / (count - 1 + _FIRST_SHARE))
            while place < fair:
                chunk = file.read(min(_CHUNK, fair - place))
                if not chunk:
                    return cuts
                place += len(chunk)
                quotes += chunk.count(b'"')
            while place < fair + _SEARCHED and (line := file.readline(_CHUNK)):
                place += len(line)
                quotes += line.count(b'"')
                if line.endswith(b"\n") and quotes % 2 == 0:
                    if place < size:
                        cuts.append(place)
                    break
    return cuts


class Span(io.RawIOBase):
    """The bytes of a file from one place to another, as a file."""

    def __init__(self, path: Path, start: int, end: int) -> None:
        self._file = path.open("rb", buffering=0)
        self._file.seek(start)
        self._left = end - start

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # a buffer of any kind, says the base
        """Fill a buffer with the next bytes; return how many."""
        count = self._file.readinto(memoryview(buffer)[: self._left]) or 0
        self._left -= count
        return count

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()


def without_end(batches: Iterable[list[list[str]]]) -> Iterator[list[list[str]]]:
    """Take the record `END` off the last batch. :raises BrokenCut: it is not there, or part of another record."""
    held: list[list[str]] = []
    for batch in batches:
        if held:
            yield held
        held = batch
    if not held or held.pop() != [END]:
        raise BrokenCut
    if held:
        yield held
