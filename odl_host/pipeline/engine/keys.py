"""Values that may stand only once: `unique` fields and the primary key.

What is held in memory is one entry per distinct value: the only part of the engine that grows with the file.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence


class KeyTracker:
    """Remembers keys and the row that bore each last."""

    def __init__(self) -> None:
        self.seen: dict[Hashable, int] = {}

    def repeats(self, keys: Sequence[Hashable], first_row: int) -> Iterator[tuple[int, int]]:
        """Take the keys of consecutive rows, None for no key; give (index, earlier row) of each repeated one."""
        fresh = dict(zip(keys, range(first_row, first_row + len(keys)), strict=False))
        if len(fresh) == len(keys) and None not in fresh and self.seen.keys().isdisjoint(fresh):
            self.seen.update(fresh)
            return
        seen = self.seen
        for index, key in enumerate(keys):
            if key is None:
                continue
            earlier = seen.get(key)
            seen[key] = first_row + index
            if earlier is not None:
                yield index, earlier


def hashable(value: object) -> Hashable:
    """Return a key for any value; lists and objects by their text. A NaN is no other NaN, as for frictionless."""
    try:
        hash(value)
    except TypeError:
        return repr(value)
    return value if value == value else object()
