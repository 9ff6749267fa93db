"""Whether a column holds a text: the searches that are no full-text ones."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

LONGEST = 5_000
"""In characters. SQLite takes patterns of 50,000 bytes, and each character may be four of them, and escaped."""


def holds(column: sa.Column[Any] | sa.ColumnElement[Any], text: str) -> sa.ColumnElement[bool]:
    """Return whether a column holds a text, in whatever capitals; one that is too long to look for is in none."""
    return column.icontains(text, autoescape=True) if len(text) <= LONGEST else sa.false()
