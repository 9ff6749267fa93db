"""What repairs the texts of one column: it looks at all of them first, then answers for each one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from odl_host.record import Record


class Mended(Record):
    """A repaired text and the kind of the repair."""

    text: str
    kind: str


class Mender(Protocol):
    """A repair that a column may need. Texts come without outer white space.

    `mend` must give the one possible reading or None; whether the field accepts it is judged by the caller.
    """

    @property
    def usual(self) -> Callable[[str], object] | None:
        """The shape of accepted texts that prove nothing any more, once enough of them were looked at."""
        return None

    def look(self, text: str, *, good: bool) -> None:
        """Take one distinct text of the column as evidence; `good`: the field accepts it as it is."""

    def mend(self, text: str) -> Mended | None:
        """Return the only thing that the text can mean, given the whole column, or None."""

    def doubts(self, text: str, /) -> bool:
        """Tell whether the text has this repair's shape: what is not repaired of it deserves a question."""

    def question(self, texts: Sequence[str], count: int, /) -> str:
        """Ask, in French, what is meant by these texts (distinct, in the file's order), found in `count` cells."""
