"""Deposits in a bucket: names that no disk would take as they are, and a server that is down."""

from __future__ import annotations

import io
import unicodedata
import uuid
from collections.abc import Iterator
from pathlib import Path

from odl_host.errors import Unavailable
from odl_host.pipeline.sources.mirror import Mirror
from odl_host.pipeline.sources.s3 import S3Source
from odl_host.storage.bucket import Bucket
from tests.servers import Wire

from .conftest import content_of, sync


def test_odd_keys_of_a_bucket_never_leave_the_mirror(bucket: Bucket, mirror: Mirror, tmp_path: Path) -> None:
    class Listing:
        """The keys that a server may list, whatever it lets be written; the objects are real."""

        name, parallel = "s3", 1

        def __init__(self, source: S3Source, keys: list[str]) -> None:
            self.source, self.keys = source, keys

        def iter_files(self) -> Iterator[object]:
            (real,) = self.source.iter_files()
            for key in self.keys:
                yield type(real)(key, real.version, real.size_bytes, real.key)

        def fetch(self, *arguments: object) -> object:
            return self.source.fetch(*arguments)  # type: ignore[arg-type]

        def close(self) -> None:
            pass

    name = uuid.uuid4().hex
    bucket.put(f"{name}/vrai.csv", io.BytesIO(b"a\n"), 2)
    nfd = unicodedata.normalize("NFD", "73065/été.csv")
    keys = [
        "../dehors.csv", "73065/../../dehors.csv", "/etc/cron.d/x", "73065/a\nb.csv", "73065/" + "é" * 150,
        "73065/a", "73065/a/b.csv", "73065/Prenoms.csv", "73065/prenoms.csv", "73065/😀.csv", nfd, "73065//double.csv",
    ]  # fmt: skip
    synced = sync(Listing(S3Source("s3", bucket, name), keys), mirror)  # type: ignore[arg-type]
    assert len(synced.problems) == 6
    assert all("renommez" in said or "redéposez" in said for said in synced.problems.values())
    assert not any("\n" in path for path in synced.problems)
    assert list(content_of(mirror)) == sorted(
        ["73065/Prenoms.csv", "73065/a/b.csv", "73065/double.csv", nfd, "73065/prenoms.csv", "73065/😀.csv"]
    )
    outside = {path.name for path in tmp_path.iterdir()} - {"mirror"}
    assert outside == set()


def test_a_file_becomes_a_folder_and_back(bucket: Bucket, mirror: Mirror) -> None:
    name = uuid.uuid4().hex
    source = S3Source("s3", bucket, name)
    bucket.put(f"{name}/73065/a", io.BytesIO(b"1"), 1)
    bucket.put(f"{name}/73065/z", io.BytesIO(b"1"), 1)
    sync(source, mirror)
    bucket.delete(f"{name}/73065/a")
    bucket.put(f"{name}/73065/a/b", io.BytesIO(b"2"), 1)
    sync(source, mirror)
    assert content_of(mirror) == {"73065/a/b": b"2", "73065/z": b"1"}
    bucket.delete(f"{name}/73065/a/b")
    bucket.put(f"{name}/73065/a", io.BytesIO(b"3"), 1)
    sync(source, mirror)
    assert content_of(mirror) == {"73065/a": b"3", "73065/z": b"1"}


def test_a_bucket_that_is_down_leaves_the_mirror_as_it_was(bucket: Bucket, mirror: Mirror) -> None:
    name = uuid.uuid4().hex
    bucket.put(f"{name}/73065/a.csv", io.BytesIO(b"a\n"), 2)
    sync(S3Source("s3", bucket, name), mirror)
    with Wire(bucket.address.endpoint, cut_after=lambda: 0) as wire:
        import dataclasses

        far = Bucket(dataclasses.replace(bucket.address, endpoint=wire.url))
        synced = sync(S3Source("s3", far, name), mirror)
    assert isinstance(synced.error, Unavailable)
    assert content_of(mirror) == {"73065/a.csv": b"a\n"}
