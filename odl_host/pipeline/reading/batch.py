"""Rows as they are handed over, and the same column by column: what is found out once serves everyone who looks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

Row = list[str]
Cell = TypeVar("Cell", str, "str | None")


class Cells(tuple[str, ...]):
    """The cells of a column in a batch."""

    @cached_property
    def distinct(self) -> frozenset[str]:
        """Its texts, each once."""
        return frozenset(self)


class Batch(list[Row]):
    """Consecutive rows. `columns` is None where they are not equally long.

    Who changes rows makes a plain list of them before: the columns would not follow.
    """

    __slots__ = ("columns",)

    def __init__(self, rows: Sequence[Row]) -> None:
        super().__init__(rows)
        self.columns: list[Cells] | None
        if isinstance(rows, Batch):
            self.columns = rows.columns
        else:
            try:
                self.columns = list(map(Cells, zip(*rows, strict=True)))
            except ValueError:
                self.columns = None


def columns_of(rows: Sequence[Row], width: int) -> list[Cells] | None:
    """Return rows by column; None where not all are of this width."""
    columns = (rows if isinstance(rows, Batch) else Batch(rows)).columns
    return columns if columns is not None and len(columns) == width else None


def cells_of(rows: Sequence[Row], place: int) -> Sequence[str]:
    """Return the cells of one column; rows that are too short to have one are passed over."""
    columns = rows.columns if isinstance(rows, Batch) else None
    if columns is not None and place < len(columns):
        return columns[place]
    return [row[place] for row in rows if len(row) > place]


def distinct_of(cells: Sequence[Cell]) -> AbstractSet[Cell]:
    """Return the texts of some cells, each once; the set is not the caller's to change."""
    return cells.distinct if isinstance(cells, Cells) else set(cells)


def is_blank(row: Row) -> bool:
    """Tell whether no cell of a row shows anything."""
    return not any(row) or not "".join(row).strip()
