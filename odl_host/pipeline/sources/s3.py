"""A deposit in a bucket: `s3://BUCKET/PREFIX`."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import BinaryIO

from odl_host.pipeline.sources.model import Fetched, RemoteFile
from odl_host.storage.bucket import Bucket
from odl_host.storage.local import CHUNK_BYTES


class S3Source:
    """The objects of a bucket below a prefix; a version is the object's tag, which changes with its content."""

    parallel = 8

    def __init__(self, name: str, bucket: Bucket, prefix: str) -> None:
        self.name = name
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""

    def iter_files(self) -> Iterator[RemoteFile]:
        """Yield the objects; a key that ends with a slash stands for a folder."""
        for stored in self._bucket.iter_objects(self._prefix):
            if not stored.key.endswith("/"):
                yield RemoteFile(
                    stored.key.removeprefix(self._prefix),
                    f"{stored.etag} {stored.size_bytes}",
                    stored.size_bytes,
                    stored,
                )

    def fetch(self, file: RemoteFile, known_version: str, sink: BinaryIO) -> Fetched:  # noqa: ARG002 - the listing told
        """Copy an object; one that is replaced meanwhile is an error."""
        with self._bucket.open(file.key) as stream:
            shutil.copyfileobj(stream, sink, CHUNK_BYTES)
        return Fetched(file.version)

    def close(self) -> None:
        """Do nothing: the connections end with the bucket."""
