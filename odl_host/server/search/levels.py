"""How the index stays in few pieces while it is written a few datasets at a time.

Each commit makes a piece (a segment) of what it writes. The engine joins pieces by itself as soon as there are eight of
less than 10,000 datasets, all of them into one: beside constant writes that is thousands of datasets again and again,
for the sake of a few. So a commit writes the datasets of such earlier pieces once more as are not larger than itself by
their order of magnitude; these are then empty, and the engine drops them. There are never eight, and what a commit
costs depends on what has changed, not on how much there is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

FACTOR = 5
"""Between one order of magnitude and the next."""

LARGEST = 10_000
"""From this number of datasets on a piece is let be. Source: `min_layer_size` of tantivy's LogMergePolicy."""


class Level(NamedTuple):
    """A piece of the index: what was changed `after` this number, until the next level; `size` is in datasets."""

    after: int
    size: int


def add_level(levels: Iterable[Level], new: Level) -> list[Level]:
    """Return the levels with a new one, which holds those that it takes in: it is the last, and what to write.

    >>> add_level([Level(0, 7), Level(20, 3)], Level(40, 1))
    [Level(after=0, size=7), Level(after=20, size=4)]
    >>> add_level([Level(0, 7), Level(20, 4)], Level(40, 1))
    [Level(after=0, size=12)]
    """
    kept = [level for level in levels if level.size < LARGEST]
    after, size = new
    while kept and _magnitude(kept[-1].size) <= _magnitude(size):
        after, taken = kept.pop()
        size += taken
    return [*kept, Level(after, size)]


def _magnitude(count: int) -> int:
    return 0 if count < FACTOR else 1 + _magnitude(count // FACTOR)
