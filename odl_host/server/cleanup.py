"""Removing what nothing stands on any more: old versions, then the files that nothing has.

What has files: resources and their versions, images, and those of `file_create`.

A file is stored before the row that names it is written: one without use goes a day later if it still has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from odl_host.server.files.versions import forget_versions, list_versions, referenced_blobs, versioned_resources
from odl_host.server.sites import Site
from odl_host.storage.unused import remove_unused

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
    removed, waiting = remove_unused(
        site.storage, used, noted, now=now, dry_run=dry_run, remove=lambda due: _remove(site, due)
    )
    return {"versions": forgotten, "removed": removed, "waiting": waiting}


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
