"""`odl-duplicate-row`: a row that probably repeats an earlier one: the same cells, but for case and spaces."""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

_CELL, _ROW = "\0", "\1"
_LATIN1 = bytes(range(256)).decode("latin-1")
_LOWER = "".join(char.lower() if ord(char.lower()[0]) < 256 else char for char in _LATIN1).encode("latin-1")
_SPACES = "".join(char for char in _LATIN1 if char.isspace()).encode("latin-1")
_SELDOM = 8
"""A column tells rows apart when less than one in so many repeats a cell."""
_HELD_ROWS = 1_024
"""Rows that are kept as they are: to make their text would cost more than it saves."""
_OTHER_SPACES = "\u2007\u2009\u202f"


def fold(text: str) -> bytes:
    r"""Return what identifies a text whatever its case and spaces, for the letters of Western Europe.

    >>> fold("Œuvre  DE l’Été 1\u202f200") == fold("œuvre de L’été 1 200") != fold("œuvre de l’ete 1200")
    True
    """
    if not text.isascii():
        text = text.replace("Œ", "œ").replace("Ÿ", "ÿ")
        for space in _OTHER_SPACES:
            text = text.replace(space, "")
    return text.encode("latin-1", "backslashreplace").translate(_LOWER, _SPACES)


class RepeatedRows:
    """Finds rows that repeat an earlier one, among the first `LIMIT` rows.

    Unless the schema declares it, it is not used where there is a key or a unique field, which say it better.
    """

    LIMIT = 50_000
    """Rows looked at: 4 MB, and a twentieth of a second of work, at the most."""

    WITNESSED = 8_000_000
    """Characters of the rows that are kept, and not folded, as long as one column tells nearly all of them apart, as in
    most files of a town hall."""

    def __init__(self) -> None:
        self._seen: dict[int, int] = {}
        self._looked = 0
        self._witness: _Witness | None = None

    @property
    def full(self) -> bool:
        """Whether no other row will be looked at."""
        return self._looked >= self.LIMIT

    def find(
        self, rows: Sequence[Sequence[str]], first_row: int, columns: Sequence[Sequence[str | None]] = ()
    ) -> Iterable[tuple[int, int]]:
        """Take consecutive rows, and the same as columns; give (index, earlier row) of each repeated one."""
        if self.full:
            return ()
        if not self._looked:
            self._witness = _find_witness(columns, first_row)
        self._looked += len(rows)
        if self._witness is not None:
            found = self._witness.find(rows, columns) if self._witness.kept <= self.WITNESSED else None
            if found is not None:
                return found
            self._seen = self._witness.fold_all()
            self._witness = None
        return self._find_folded(rows, first_row)

    def _find_folded(self, rows: Sequence[Sequence[str]], first_row: int) -> Iterator[tuple[int, int]]:
        seen = self._seen
        keys = _keys(rows)
        new = dict(zip(keys, itertools.count(first_row), strict=False))
        if len(new) == len(keys) and seen.keys().isdisjoint(new):
            seen.update(new)
            return
        for index, key in enumerate(keys):
            earlier_row = seen.setdefault(key, first_row + index)
            if earlier_row != first_row + index:
                yield index, earlier_row


class _Witness:
    """A column whose cells tell nearly all rows apart: only rows with the same cell there are compared."""

    def __init__(self, place: int, first_row: int) -> None:
        self.kept = 0
        """Characters."""
        self._place = place
        self._starts, self._next = [first_row], first_row
        self._batches: list[str | Sequence[Sequence[str]]] = []
        """The rows, or their text, which takes a quarter of the memory."""
        self._by_cell: dict[bytes, int] = {}
        """The first row with each cell."""
        self._alike: dict[bytes, dict[int, int]] = {}
        """The rows with a cell that came again, by what identifies them."""

    def find(
        self, rows: Sequence[Sequence[str]], columns: Sequence[Sequence[str | None]]
    ) -> Iterable[tuple[int, int]] | None:
        """Give (index, earlier row) of each row that repeats one; None when the column tells too few of them apart."""
        cells = _fold_cells([cell or "" for cell in columns[self._place]])
        first = self._next
        new = dict(zip(cells, itertools.count(first), strict=False))
        repeated = len(cells) - len(new)
        if repeated * _SELDOM > len(cells) or len(self._alike) * _SELDOM > len(self._by_cell):
            return None
        self._keep(rows)
        if not repeated and self._by_cell.keys().isdisjoint(new):
            self._by_cell.update(new)
            return ()
        return self._compare(rows, cells, first)

    def _compare(self, rows: Sequence[Sequence[str]], cells: Sequence[bytes], first: int) -> Iterator[tuple[int, int]]:
        for index, cell in enumerate(cells):
            earlier_row = self._by_cell.setdefault(cell, first + index)
            if earlier_row != first + index:
                alike = self._alike.get(cell)
                if alike is None:
                    alike = self._alike[cell] = {self._key_of(earlier_row): earlier_row}
                earlier_row = alike.setdefault(_keys([rows[index]])[0], first + index)
                if earlier_row != first + index:
                    yield index, earlier_row

    def _keep(self, rows: Sequence[Sequence[str]]) -> None:
        self._next += len(rows)
        self._starts.append(self._next)
        if self._next <= self._starts[0] + _HELD_ROWS:
            self._batches.append(rows)
            return
        text = _join(rows)
        self.kept += len(text)
        self._batches.append(text if text.count(_ROW) == len(rows) - 1 else rows)

    def _key_of(self, row: int) -> int:
        place = bisect_right(self._starts, row) - 1
        batch, index = self._batches[place], row - self._starts[place]
        return hash(fold(batch.split(_ROW)[index])) if isinstance(batch, str) else _keys([batch[index]])[0]

    def fold_all(self) -> dict[int, int]:
        """Return the first row with each key, for the search without a witness."""
        seen: dict[int, int] = {}
        for batch, first in zip(self._batches, self._starts, strict=False):
            keys = map(hash, fold(batch).split(_ROW.encode())) if isinstance(batch, str) else _keys(batch)
            for row, key in enumerate(keys, start=first):
                seen.setdefault(key, row)
        return seen


def _find_witness(columns: Sequence[Sequence[str | None]], first_row: int) -> _Witness | None:
    best, most = None, 0
    for place, cells in enumerate(columns):
        distinct = len(set(cells))
        if distinct > most:
            best, most = place, distinct
            if distinct == len(cells):
                break
    return None if best is None else _Witness(best, first_row)


def _keys(rows: Sequence[Sequence[str]]) -> list[int]:
    # 64 bits of hash stand for the row: a false alarm once in a billion files, and only a warning.
    return list(map(hash, _fold_all(rows)))


def _fold_all(rows: Sequence[Sequence[str]]) -> list[bytes]:
    return _fold_cells([_CELL.join(row) for row in rows])


def _fold_cells(texts: Sequence[str]) -> list[bytes]:
    """Fold each text; all at once, unless one holds the sign between rows."""
    folded = fold(_ROW.join(texts)).split(_ROW.encode())
    return folded if len(folded) == len(texts) else [fold(text) for text in texts]


def _join(rows: Sequence[Sequence[str]]) -> str:
    return _ROW.join(map(_CELL.join, rows))
