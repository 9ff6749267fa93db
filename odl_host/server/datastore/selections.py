"""Which rows a search found, and in which order: kept while the rows stay as they are, for its next pages."""

from __future__ import annotations

import math
import threading
from array import array
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

MAX_BYTES = 32 << 20
MAX_ROWS = 500_000
"""More rows than this are looked for again for each page."""
FIRST_ROWS = 100
"""So many rows of an order are found at first: it takes hardly longer than to find ten."""
KEY_BYTES = 2_000
"""What a selection takes beside its rows, about."""

Key = Hashable
"""The version of the rows, and everything that decides which of them are found and how they are ordered."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The numbers of rows in the order of a search, and for each of its ranks those of the rows."""

    ids: Sequence[int]
    ranks: Sequence[Sequence[float]] = ()
    is_whole: bool = True
    """Whether these are all; if not, they are the first."""

    def part(self, offset: int, limit: int) -> Selection:
        """Return one page of it."""
        here = slice(offset, offset + limit)
        return Selection(self.ids[here], [ranks[here] for ranks in self.ranks])


def first_ids(rows: Iterable[tuple[int]], limit: float = math.inf) -> Selection:
    """Return the selection of rows, each its number, of which no more than `limit` were asked for."""
    ids = array("q", chain.from_iterable(rows))
    return Selection(ids, is_whole=len(ids) < limit)


def ranked(rows: Iterable[Sequence[float]], ranks: int) -> Selection:
    """Return the selection of rows, each a number and so many ranks."""
    ids = array("q")
    columns = [array("d") for _ in range(ranks)]
    for row in rows:
        ids.append(row[0])  # type: ignore[arg-type]
        for column, rank in zip(columns, row[1:], strict=True):
            column.append(rank)
    return Selection(ids, columns)


class KeptSelections:
    """The selections of one site's tables, the one used longest ago forgotten first; safe to share between threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Key, Selection] = OrderedDict()
        self.size_bytes = 0
        self._lock = threading.Lock()

    def find(self, key: Key) -> Selection | None:
        """Return the selection of this key, or None."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def keep(self, key: Key, selection: Selection) -> None:
        """Keep a selection, unless it is too large."""
        if len(selection.ids) > MAX_ROWS:
            return
        with self._lock:
            before = self._kept.pop(key, None)
            self.size_bytes += _size(selection) - (_size(before) if before else 0)
            self._kept[key] = selection
            while self.size_bytes > MAX_BYTES and len(self._kept) > 1:
                _, oldest = self._kept.popitem(last=False)
                self.size_bytes -= _size(oldest)


def _size(selection: Selection) -> int:
    return KEY_BYTES + 8 * len(selection.ids) * (1 + len(selection.ranks))
