"""The hashes of files seen before, so that a night without changes reads no file again.

Only an accelerator: a file is taken as the same when its inode, size and times are those of last time, and hashed
otherwise. Deleting the record makes the next run slower and changes nothing else.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable
from pathlib import Path

from odl_host.errors import StorageError
from odl_host.pipeline.examining.examine import hash_file
from odl_host.storage.atomic import write_atomically

FORMAT = 1
SETTLED_S = 2.0
"""A file written less than this long ago may change again within one tick of the clock: its hash is not kept."""


class SeenFiles:
    """Hashes files, or remembers their hash; keeps only what it was asked for since it was opened."""

    def __init__(self, record: Path) -> None:
        self._record = record
        self._before = _load(record)
        self._now: dict[str, list[str]] = {}

    def hash_all(self, paths: Iterable[Path]) -> dict[Path, str]:
        """Return the SHA-256 of each file; "" for one that cannot be read."""
        hashes: dict[Path, str] = {}
        for path in paths:
            try:
                hashes[path] = self._hash(path)
            except OSError:
                hashes[path] = ""
        return hashes

    def save(self) -> None:
        """Write the record, when it changed; one that cannot be written is no error, since it only saves time."""
        if self._now == self._before:
            return
        content = json.dumps({"format": FORMAT, "files": self._now}, separators=(",", ":")).encode()
        try:
            write_atomically(self._record, content)
        except StorageError:
            return

    def _hash(self, path: Path) -> str:
        status = path.stat()
        stamp = f"{status.st_dev}.{status.st_ino}.{status.st_size}.{status.st_mtime_ns}.{status.st_ctime_ns}"
        key = os.fsencode(path).decode("utf-8", "backslashreplace")
        known = self._before.get(key)
        if known is not None and known[0] == stamp:
            self._now[key] = known
            return known[1]
        sha256 = hash_file(path)
        if abs(time.time() - max(status.st_mtime, status.st_ctime)) > SETTLED_S:
            self._now[key] = [stamp, sha256]
        return sha256


def _load(record: Path) -> dict[str, list[str]]:
    try:
        document = json.loads(record.read_bytes())
        if document["format"] == FORMAT:
            files: dict[str, list[str]] = document["files"]
            return files
    except (OSError, ValueError, KeyError, TypeError):
        pass  # there is none, or it cannot be used: files are hashed again
    return {}
