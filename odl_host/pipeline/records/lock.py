"""One run at a time per tenant: a lock that dies with its process and says who holds it."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from odl_host.errors import StorageError, Unavailable


@contextmanager
def hold_lock(path: Path, *, command: str) -> Iterator[None]:
    """Hold the lock file while the block runs.

    The kernel releases it when the process ends, however it ends, so no stale lock is ever left.

    :raises Unavailable: another process holds it; the message says which, and since when.
    :raises StorageError: the lock file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise StorageError(f"Cannot write the lock {path}: {error.strerror}.") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unavailable(
                f"Another run is under way: {_holder(path)}.",
                hint="Wait until it ends, then run the same command again.",
            ) from None
        os.ftruncate(descriptor, 0)
        note = {"pid": os.getpid(), "command": command, "since": datetime.now(UTC).isoformat(timespec="seconds")}
        os.pwrite(descriptor, json.dumps(note).encode(), 0)
        yield
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def is_held(path: Path) -> bool:
    """Return whether a process holds the lock now."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _holder(path: Path) -> str:
    try:
        note = json.loads(path.read_text(encoding="utf-8"))
        return f"“{note['command']}”, process {note['pid']}, since {note['since']}"
    except (OSError, ValueError, KeyError):
        return "its process has not written its name yet"
