"""Blobs in a bucket of an S3 server, laid out as on a disk: `PREFIX/ab/abcdef…`."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from odl_host.errors import NotStored, StorageError
from odl_host.storage.bucket import Bucket
from odl_host.storage.local import Blob, blob_place, is_blob_name, iter_chunks

MEMORY_BYTES = 8 << 20
"""Up to this size a file waits in memory for its hash, above on the disk: an object's name is known only at its end."""


class S3Storage:
    """Blobs as objects of a bucket; `incoming` is a folder of this machine for what is on its way.

    With `links_valid_s`, readers are sent to the bucket by a signed address that lives so long; 0 sends them the bytes.
    """

    def __init__(self, bucket: Bucket, prefix: str, incoming: Path, *, links_valid_s: int = 0) -> None:
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._incoming = incoming
        self._links_valid_s = links_valid_s

    def put_stream(self, chunks: Iterable[bytes]) -> Blob:
        """Hash the bytes on their way to a temporary file, then send it, unless the bucket holds it already."""
        digest = hashlib.sha256()
        size = 0
        try:
            self._incoming.mkdir(parents=True, exist_ok=True)
            with tempfile.SpooledTemporaryFile(MEMORY_BYTES, dir=str(self._incoming)) as file:
                for chunk in chunks:
                    digest.update(chunk)
                    size += len(chunk)
                    file.write(chunk)
                blob = Blob(digest.hexdigest(), size)
                key = self._key(blob.sha256)
                held = self._bucket.find(key)
                if held is None or held.size_bytes != size:
                    file.seek(0)
                    self._bucket.put(key, file, size)
        except OSError as error:
            raise StorageError(f"Cannot keep a file on its way to the storage: {error.strerror or error}.") from error
        return blob

    def put_all(self, sources: Iterable[Iterable[bytes] | Path]) -> list[Blob]:
        """Send one after the other."""
        return [self._put_file(source) if isinstance(source, Path) else self.put_stream(source) for source in sources]

    def _put_file(self, path: Path) -> Blob:
        try:
            with path.open("rb") as file:
                return self.put_stream(iter_chunks(file))
        except OSError as error:  # put_stream's own are ours already
            raise StorageError(f"Cannot keep a file on its way to the storage: {error.strerror or error}.") from error

    def open(self, sha256: str) -> BinaryIO:
        """Open a blob for reading; read from its beginning, its last bytes are given only if its hash is right."""
        stored = self._bucket.find(self._key(sha256))
        if stored is None:
            raise NotStored(f"The stored file {sha256} is not in the bucket.")
        return self._bucket.open(stored, sha256=sha256)

    def path(self, sha256: str) -> Path | None:
        """Return None: the blob lies elsewhere."""
        self._key(sha256)
        return None

    def link(self, sha256: str, *, disposition: str, media_type: str) -> str | None:
        """Return a signed address of the blob, or None where readers are sent the bytes."""
        if not self._links_valid_s:
            return None
        return self._bucket.sign_link(
            self._key(sha256), disposition=disposition, media_type=media_type, valid_s=self._links_valid_s
        )

    def exists(self, sha256: str) -> bool:
        """Return whether the bucket holds the blob."""
        return self._bucket.find(self._key(sha256)) is not None

    def delete(self, sha256: str) -> None:
        """Remove the blob."""
        self._bucket.delete(self._key(sha256))

    def iter_names(self) -> Iterator[str]:
        """Yield the name of every blob."""
        for stored in self._bucket.iter_objects(self._prefix):
            name = stored.key.rpartition("/")[2]
            if is_blob_name(name) and stored.key == self._key(name):
                yield name

    def remove_unfinished(self, before: datetime) -> None:
        """Do nothing: what waits on this machine's disk has no name there, and ends with its process."""

    def _key(self, sha256: str) -> str:
        return f"{self._prefix}{blob_place(sha256)}"
