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

    def __init__(self) -> None:
        self._seen: dict[int, int] = {}
        self._looked = 0

    @property
    def full(self) -> bool:
        """Whether no other row will be looked at."""
        return self._looked >= self.LIMIT

    def find(self, rows: Sequence[Sequence[str]], first_row: int) -> Iterator[tuple[int, int]]:
        """Take consecutive rows; give (index, earlier row) of each repeated one."""
        if self.full:
            return
        self._looked += len(rows)
        seen = self._seen
        # 64 bits of hash stand for the row: a false alarm once in a billion files, and only a warning.
        keys = list(map(hash, _fold_all(rows)))
        new = dict(zip(keys, itertools.count(first_row), strict=False))
        if len(new) == len(keys) and seen.keys().isdisjoint(new):
            seen.update(new)
            return
        for index, key in enumerate(keys):
            earlier = seen.setdefault(key, first_row + index)
            if earlier != first_row + index:
                yield index, earlier


def _fold_all(rows: Sequence[Sequence[str]]) -> list[bytes]:
    """Fold each row; all at once, unless a cell holds the sign between rows."""
    folded = fold(_ROW.join(map(_CELL.join, rows))).split(_ROW.encode())
    return folded if len(folded) == len(rows) else [fold(_CELL.join(row)) for row in rows]
