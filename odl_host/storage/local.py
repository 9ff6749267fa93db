"""The storage protocol, and its form on a local disk.

A blob is named by the SHA-256 of its bytes: the same file published twice is kept once, a version is never altered,
and a half-written file can never be taken for a whole one.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from odl_host.errors import NotStored, StorageError
from odl_host.storage.atomic import begin_flush, sync_file, sync_folder

CHUNK_BYTES = 1 << 18
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


@dataclass(frozen=True, slots=True)
class Blob:
    """What is stored: the SHA-256 of the bytes in hexadecimal, and their count."""

    sha256: str
    size_bytes: int


class Storage(Protocol):
    """Keeps blobs under the SHA-256 of their content."""

    def put_stream(self, chunks: Iterable[bytes]) -> Blob:
        """Store the bytes of `chunks` and return their name. :raises StorageError: when they cannot be kept."""

    def put_all(self, sources: Iterable[Iterable[bytes] | Path]) -> list[Blob]:
        """Store several, each as `put_stream` does; a path is that of a file that nobody alters any more.

        :raises StorageError: one of them cannot be kept.
        """

    def open(self, sha256: str) -> BinaryIO:
        """Open a blob for reading; it can be sought. :raises NotStored: it is absent. :raises StorageError: refused."""

    def path(self, sha256: str) -> Path | None:
        """Return the blob's place on this machine's disk, or None when it lies elsewhere or is absent."""

    def link(self, sha256: str, *, disposition: str, media_type: str) -> str | None:
        """Return an address where readers fetch the blob by themselves, or None where they are sent the bytes."""

    def exists(self, sha256: str) -> bool:
        """Return whether the blob is stored."""

    def delete(self, sha256: str) -> None:
        """Forget the blob; one that is absent is no error."""

    def iter_names(self) -> Iterator[str]:
        """Yield the SHA-256 of every blob, in no order."""

    def remove_unfinished(self, before: datetime) -> None:
        """Remove what killed processes left of files that they were storing, if older than `before`.

        :raises StorageError: it cannot be removed.
        """


class LocalStorage:
    """Blobs as files `ab/abcdef…` under one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._incoming = folder / "incoming"
        self._making_folders = threading.Lock()

    def put_stream(self, chunks: Iterable[bytes]) -> Blob:
        """Write to a temporary file, flush it to the disk, then rename it into place."""
        return self.put_all([chunks])[0]

    def put_all(self, sources: Iterable[Iterable[bytes] | Path]) -> list[Blob]:
        """Write all to temporary files, flush these, then rename them into place: the disk works on all at once.

        A file that nobody alters is not copied: it gets a second name.
        """
        blobs: list[Blob] = []
        waiting: list[Path] = []
        try:
            self._incoming.mkdir(parents=True, exist_ok=True)
            try:
                for source in sources:
                    temporary = self._incoming / f"{os.getpid()}-{secrets.token_hex(8)}"
                    waiting.append(temporary)
                    blobs.append(_link(temporary, source) if isinstance(source, Path) else _write(temporary, source))
                self._take(dict(zip((blob.sha256 for blob in blobs), waiting, strict=True)))
            finally:
                for temporary in waiting:
                    temporary.unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(f"Cannot store a file under {self.folder}: {error.strerror or error}.") from error
        return blobs

    def _take(self, incoming: Mapping[str, Path]) -> None:
        """Flush files to the disk and rename them into place; those that are there already are not flushed again."""
        places = {sha256: self._place(sha256) for sha256 in incoming}
        new = [sha256 for sha256, place in places.items() if not place.exists()]
        for sha256 in new:
            sync_file(incoming[sha256])
        folders = {place.parent for place in places.values()}
        with self._making_folders:  # one that is there is on the disk too
            missing = [folder for folder in folders if not folder.exists()]
            for folder in missing:
                folder.mkdir(exist_ok=True)
            if missing:
                sync_folder(self.folder)
        for sha256 in new:
            incoming[sha256].replace(places[sha256])
        # Also where the file was there: who put it there may be about to flush its name.
        for folder in folders:
            sync_folder(folder)

    def open(self, sha256: str) -> BinaryIO:
        """Open a blob for reading."""
        try:
            return self._place(sha256).open("rb")
        except FileNotFoundError as error:
            raise NotStored(f"The stored file {sha256} is not in {self.folder}.") from error
        except OSError as error:
            raise StorageError(f"The stored file {sha256} cannot be read: {error.strerror or error}.") from error

    def path(self, sha256: str) -> Path | None:
        """Return the blob's file."""
        place = self._place(sha256)
        return place if place.is_file() else None

    def link(self, sha256: str, *, disposition: str, media_type: str) -> str | None:  # noqa: ARG002 - the protocol's
        """Return None: a file on this disk has no address of its own."""
        return None

    def exists(self, sha256: str) -> bool:
        """Return whether the blob's file is there."""
        return self._place(sha256).is_file()

    def delete(self, sha256: str) -> None:
        """Remove the blob's file."""
        try:
            self._place(sha256).unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(f"The stored file {sha256} cannot be removed: {error.strerror or error}.") from error

    def iter_names(self) -> Iterator[str]:
        """Yield the name of every blob file."""
        for folder in self.folder.glob("[0-9a-f][0-9a-f]"):
            for file in folder.iterdir():
                if is_blob_name(file.name):
                    yield file.name

    def remove_unfinished(self, before: datetime) -> None:
        """Remove temporary files."""
        try:
            for file in self._incoming.glob("*"):
                with suppress(FileNotFoundError):  # its process has just ended with it
                    if file.stat().st_mtime < before.timestamp():
                        file.unlink()
        except OSError as error:
            raise StorageError(f"Cannot clean {self._incoming}: {error.strerror or error}.") from error

    def _place(self, sha256: str) -> Path:
        return self.folder / blob_place(sha256)


def _link(path: Path, source: Path) -> Blob:
    try:
        path.hardlink_to(source)
    except OSError:  # another disk, or one that knows no second names
        with source.open("rb") as file:
            return _write(path, iter_chunks(file))
    with path.open("rb") as file:
        return Blob(hashlib.file_digest(file, "sha256").hexdigest(), os.fstat(file.fileno()).st_size)


def _write(path: Path, chunks: Iterable[bytes]) -> Blob:
    digest = hashlib.sha256()
    size = 0
    with path.open("xb") as file:
        for chunk in chunks:
            digest.update(chunk)
            size += len(chunk)
            file.write(chunk)
        begin_flush(file)
    return Blob(digest.hexdigest(), size)


def is_blob_name(name: str) -> bool:
    """Return whether this is a SHA-256 in hexadecimal."""
    return _SHA256.match(name) is not None


def blob_place(sha256: str) -> str:
    """Return a blob's place below its storage's root. :raises StorageError: this is no blob's name."""
    if not is_blob_name(sha256):
        raise StorageError(f"“{sha256}” is not the name of a stored file.")
    return f"{sha256[:2]}/{sha256}"


def iter_chunks(file: BinaryIO) -> Iterator[bytes]:
    """Yield the rest of `file` in pieces of 256 KiB."""
    while chunk := file.read(CHUNK_BYTES):
        yield chunk
