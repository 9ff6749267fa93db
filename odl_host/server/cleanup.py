"""Removing what nothing stands on any more: old versions, then the files that no resource, version or image has.

A file is stored before the row that names it is written. So one without use is only noted at first, and goes a day
later if it still has none.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from odl_host.server.sites import Site
from odl_host.server.versions import forget_versions, list_versions, referenced_blobs, versioned_resources
from odl_host.storage.atomic import write_atomically

GRACE = timedelta(days=1)
_AT_ONCE = 50
"""Files removed in one transaction: in a bucket each takes some hundredths of a second, and uploads wait meanwhile."""


def clean_site(site: Site, noted: Path, *, keep: int, now: datetime, dry_run: bool = False) -> dict[str, int]:
    """Forget versions beyond the last `keep` of each file (0: none), and remove files without use for a day.

    `noted` remembers since when files are without use. Returns the counts: `versions` forgotten, files `removed`,
    files `waiting`.

    :raises StorageError: a file cannot be removed, or the note cannot be written.
    """
    forgotten = _forget(site, keep, dry_run=dry_run) if keep else 0
    with site.db.reading() as db:
        used = referenced_blobs(db)
    before = _read(noted)
    unused = {sha256: before.get(sha256, now.isoformat()) for sha256 in site.storage.iter_names() if sha256 not in used}
    due = {sha256 for sha256, since in unused.items() if now - datetime.fromisoformat(since) >= GRACE}
    if not dry_run:
        due = _remove(site, sorted(due))
        left = {sha256: since for sha256, since in unused.items() if sha256 not in due}
        write_atomically(noted, json.dumps(left).encode(), refusal=f"The note {noted} cannot be written")
    return {"versions": forgotten, "removed": len(due), "waiting": len(unused) - len(due)}


def _remove(site: Site, due: Sequence[str]) -> set[str]:
    """Remove the files that are still without use, and return them.

    While some are removed nothing else writes: a call that brings the same bytes meanwhile finds them gone when its
    turn comes, and stores them again.
    """
    removed: set[str] = set()
    for some in (due[start : start + _AT_ONCE] for start in range(0, len(due), _AT_ONCE)):
        with site.db.writing(is_news=False) as db:
            unused = set(some) - referenced_blobs(db)
            for sha256 in unused:
                site.storage.delete(sha256)
        removed |= unused
    return removed


def _forget(site: Site, keep: int, *, dry_run: bool) -> int:
    forgotten = 0
    with site.db.reading() as db:
        candidates = versioned_resources(db)
        if dry_run:
            return sum(max(0, len(list_versions(db, resource_id)) - keep) for resource_id in candidates)
    for resource_id in candidates:
        with site.db.writing() as db:
            forgotten += forget_versions(db, resource_id, keep=keep)
    return forgotten


def _read(noted: Path) -> dict[str, str]:
    try:
        document = json.loads(noted.read_bytes())
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}
