"""`odl-duplicate-row`: a row that probably repeats an earlier one: the same cells, but for case and spaces."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

_CELL, _ROW = "\0", "\1"
_LATIN1 = bytes(range(256)).decode("latin-1")
_LOWER = "".join(char.lower() if ord(char.lower()[0]) < 256 else char for char in _LATIN1).encode("latin-1")
_SPACES = "".join(char for char in _LATIN1 if char.isspace()).encode("latin-1")
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

    WAITING = 1_024
    """Rows that need not be folded as long as one column tells them all apart, as in most files of a town hall."""

    def __init__(self) -> None:
        self._seen: dict[int, int] = {}
        self._looked = 0
        self._waiting: list[tuple[int, Sequence[Sequence[str]]]] | None = []
        self._place: int | None = None
        self._told_apart: set[bytes] = set()

    @property
    def full(self) -> bool:
        """Whether no other row will be looked at."""
        return self._looked >= self.LIMIT

    def find(
        self, rows: Sequence[Sequence[str]], first_row: int, columns: Sequence[Sequence[str | None]] = ()
    ) -> Iterator[tuple[int, int]]:
        """Take consecutive rows, and the same as columns; give (index, earlier row) of each repeated one."""
        if self.full:
            return
        self._looked += len(rows)
        if self._waiting is not None:
            if self._looked <= self.WAITING and self._tell_apart(columns):
                self._waiting.append((first_row, rows))
                return
            for earlier_row, earlier in self._waiting:
                self._seen.update(zip(_keys(earlier), itertools.count(earlier_row), strict=False))
            self._waiting = None
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

    def _tell_apart(self, columns: Sequence[Sequence[str | None]]) -> bool:
        """Say whether a column of these rows repeats no cell, neither here nor in the rows that wait."""
        for place in range(len(columns)) if self._place is None else (self._place,):
            cells = set(columns[place])
            if len(cells) == len(columns[place]) and None not in cells:
                folded = set(_fold_all([(cell,) for cell in cells if cell is not None]))
                if len(folded) == len(cells) and folded.isdisjoint(self._told_apart):
                    self._place = place
                    self._told_apart |= folded
                    return True
        return False


def _keys(rows: Sequence[Sequence[str]]) -> list[int]:
    # 64 bits of hash stand for the row: a false alarm once in a billion files, and only a warning.
    return list(map(hash, _fold_all(rows)))


def _fold_all(rows: Sequence[Sequence[str]]) -> list[bytes]:
    """Fold each row; all at once, unless a cell holds the sign between rows."""
    folded = fold(_ROW.join(map(_CELL.join, rows))).split(_ROW.encode())
    return folded if len(folded) == len(rows) else [fold(_CELL.join(row)) for row in rows]
