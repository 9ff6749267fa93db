"""Replacing a small file in one step: a reader sees the old one or the new one, never a part."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from odl_host.errors import StorageError


def begin_flush(file: BinaryIO) -> None:
    """Have the disk begin to write what a file holds, without waiting: several files then take the time of one.

    Source: posix_fadvise(2); Linux starts to write the pages that are still to be written.
    """
    file.flush()
    if sys.platform == "linux":
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def sync_file(path: Path) -> None:
    """Wait until what a file holds is on the disk, so that it survives a power cut."""
    _sync(path)


def sync_folder(folder: Path) -> None:
    """Make a new name in a folder survive a power cut: the folder's own entry must reach the disk too."""
    _sync(folder)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_atomically(path: Path, content: bytes, *, refusal: str = "") -> None:
    """Replace a file, making its folder when it is absent.

    :raises StorageError: it cannot be written; the message is `refusal` (by default "Cannot write PATH") and why
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                os.fchmod(handle, 0o644)  # mkstemp makes a file that only its owner reads
                file.write(content)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StorageError(f"{refusal or f'Cannot write {path}'}: {error.strerror or error}.") from error


@contextlib.contextmanager
def written_beside(path: Path, *, refusal: str) -> Iterator[Path]:
    """Give the name of a file to write beside `path`, which it replaces when the block ends well.

    :raises StorageError: it cannot be written; the message is `refusal` and why
    """
    beside = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield beside
        beside.replace(path)
    except OSError as error:
        raise StorageError(f"{refusal}: {error.strerror or error}.") from error
    finally:
        with contextlib.suppress(OSError):  # there is nothing to take away where nothing can be written
            beside.unlink()
