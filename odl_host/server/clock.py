"""The time as CKAN writes it: UTC, no zone, microseconds."""

from __future__ import annotations

from datetime import UTC, datetime

_CHARACTERS = len("2026-01-31T08:15:30.123456")
"""As much of an instant as stands before its zone."""


def now() -> str:
    """Return the present instant, as in `2026-01-31T08:15:30.123456`."""
    return datetime.now(UTC).isoformat(timespec="microseconds")[:_CHARACTERS]
