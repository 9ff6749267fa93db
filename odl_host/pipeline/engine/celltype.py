"""What a compiled type is: how a text is read, and a quick test that may only clear."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from odl_host.record import Record

Read: TypeAlias = Callable[[object], object]
Quick: TypeAlias = Callable[[str], object]


class CellType(Record):
    """A field's type, compiled."""

    read: Read
    quick: Quick | None = None
    identity: bool = False
    """Whether every text is its own value: nothing to read, nothing to refuse."""
