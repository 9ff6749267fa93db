"""`odl-duplicate-row`: a row that probably repeats an earlier one: the same cells, but for case and spaces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


class RepeatedRows:
    """Finds rows that repeat an earlier one, among the first `LIMIT` rows.

    Unless the schema declares it, it is not used where there is a key or a unique field, which say it better.
    """

    LIMIT = 100_000
    """Rows looked at: 8 MB, and two tenths of a second of work, at the most."""

    def __init__(self) -> None:
        self._seen: dict[int, int] = {}
        self._looked = 0

    @property
    def full(self) -> bool:
        """Whether no other row will be looked at."""
        return self._looked >= self.LIMIT

    def find(self, rows: Sequence[Sequence[str]], first_row: int) -> Iterator[tuple[int, int]]:
        """Take consecutive rows; give (index, earlier row) of each repeated one."""
        seen = self._seen
        if self.full:
            return
        self._looked += len(rows)
        for index, row in enumerate(rows):
            # 64 bits of hash stand for the row: a false alarm once in a billion files, and only a warning.
            key = hash("".join("\0".join(row).casefold().split()))
            earlier = seen.setdefault(key, first_row + index)
            if earlier != first_row + index:
                yield index, earlier
