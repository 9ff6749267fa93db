"""Removing the files that nothing stands on any more, once they have been so for a day.

A file is stored before what names it is written: one without use is only noted at first.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from odl_host.storage.atomic import write_atomically
from odl_host.storage.local import Storage

GRACE = timedelta(days=1)


def remove_unused(
    storage: Storage,
    used: set[str],
    noted: Path,
    *,
    now: datetime,
    dry_run: bool = False,
    remove: Callable[[Sequence[str]], Iterable[str]] | None = None,
) -> tuple[int, int]:
    """Remove the files of a storage that are not `used`, and return how many were removed and how many wait.

    `noted` remembers since when they are without use. `remove` removes some and returns those that it did; by default
    all of them.

    What killed processes left of files that they were storing goes too, once it is as old.

    :raises StorageError: a file cannot be removed, or the note cannot be written.
    """
    before = _read(noted)
    unused = {sha256: before.get(sha256, now.isoformat()) for sha256 in storage.iter_names() if sha256 not in used}
    due = {sha256 for sha256, since in unused.items() if now - datetime.fromisoformat(since) >= GRACE}
    if not dry_run:
        storage.remove_unfinished(now - GRACE)
        if remove is not None:
            due = set(remove(sorted(due)))
        else:
            for sha256 in sorted(due):
                storage.delete(sha256)
        left = {sha256: since for sha256, since in unused.items() if sha256 not in due}
        write_atomically(noted, json.dumps(left).encode(), refusal=f"The note {noted} cannot be written")
    return len(due), len(unused) - len(due)


def _read(noted: Path) -> dict[str, str]:
    try:
        document = json.loads(noted.read_bytes())
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}
