"""What every storage promises; a new one is added to the list and passes."""

from __future__ import annotations

import hashlib
import io
import os
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from odl_host.errors import NotStored, StorageError, Unavailable
from odl_host.storage.bucket import Bucket
from odl_host.storage.local import LocalStorage, Storage
from odl_host.storage.s3 import S3Storage
from odl_host.storage.unused import remove_unused
from tests.servers import S3Server, Wire, rclone_s3, seaweed_s3

PART_BYTES = 5 << 20


@pytest.fixture(scope="module", params=["local", "rclone", "seaweedfs"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server | None]:
    if request.param == "local":
        yield None
        return
    start = {"rclone": rclone_s3, "seaweedfs": seaweed_s3}[request.param]
    with start(tmp_path_factory.mktemp("s3") / "objects") as running:
        yield running


@pytest.fixture(scope="module")
def shared_bucket(server: S3Server | None) -> Bucket | None:
    return new_bucket(server) if server else None


@pytest.fixture
def storage(shared_bucket: Bucket | None, tmp_path: Path) -> Storage:
    if shared_bucket is None:
        return LocalStorage(tmp_path / "files")
    return S3Storage(shared_bucket, f"portail/{uuid.uuid4()}", tmp_path / "incoming")


def new_bucket(server: S3Server) -> Bucket:
    return server.new_bucket(f"fichiers-{uuid.uuid4().hex[:8]}", part_bytes=PART_BYTES)


def test_a_blob_is_named_by_its_content_and_read_back(storage: Storage) -> None:
    blob = storage.put_stream([b"code;", b"nom\n", b""])
    assert blob.sha256 == hashlib.sha256(b"code;nom\n").hexdigest()
    assert blob.size_bytes == 9
    with storage.open(blob.sha256) as file:
        assert file.read() == b"code;nom\n"
    assert storage.exists(blob.sha256)


def test_the_same_bytes_are_kept_once(storage: Storage) -> None:
    first, second = storage.put_stream([b"abc"]), storage.put_stream([b"a", b"bc"])
    assert first == second
    assert list(storage.iter_names()) == [first.sha256]


def test_several_are_stored_at_once_the_same_bytes_once(storage: Storage, tmp_path: Path) -> None:
    known = storage.put_stream([b"connu"])
    copy = tmp_path / "copie.csv"
    copy.write_bytes(b"ab")
    blobs = storage.put_all([[b"a", b"b"], [b"connu"], copy, []])
    copy.unlink()
    assert [blob.size_bytes for blob in blobs] == [2, 5, 2, 0]
    assert blobs[1] == known
    assert blobs[0] == blobs[2]
    assert sorted(storage.iter_names()) == sorted({blob.sha256 for blob in blobs})


def test_a_file_that_is_gone_when_it_is_stored_is_said_as_a_failure_of_the_storage(
    storage: Storage, tmp_path: Path
) -> None:
    with pytest.raises(StorageError, match="No such file"):
        storage.put_all([[b"a"], tmp_path / "absent.csv"])


def test_an_empty_blob_is_a_blob(storage: Storage) -> None:
    blob = storage.put_stream([])
    with storage.open(blob.sha256) as file:
        assert file.read() == b""


def test_a_large_blob_is_read_back_whole_and_from_any_place(storage: Storage) -> None:
    content = os.urandom(2 * PART_BYTES + 12_345)
    blob = storage.put_stream([content[:100], content[100:]])
    assert blob.size_bytes == len(content)
    with storage.open(blob.sha256) as file:
        assert file.read() == content
    with storage.open(blob.sha256) as file:
        assert file.seek(0, os.SEEK_END) == len(content)
        file.seek(PART_BYTES - 5)
        assert file.read(10) == content[PART_BYTES - 5 : PART_BYTES + 5]
        file.seek(-3, os.SEEK_END)
        assert file.read() == content[-3:]
        file.seek(0)
        assert file.read(4) == content[:4]


def test_a_stream_that_breaks_leaves_nothing(storage: Storage, tmp_path: Path) -> None:
    def broken() -> object:
        yield b"half"
        raise OSError(28, "No space left on device")

    with pytest.raises(StorageError, match="No space left"):
        storage.put_stream(broken())  # type: ignore[arg-type]
    assert list(storage.iter_names()) == []
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []


def test_what_a_killed_process_was_storing_goes_with_the_unused_once_a_day_old(tmp_path: Path) -> None:
    storage, noted = LocalStorage(tmp_path / "files"), tmp_path / "unused.json"
    kept = storage.put_stream([b"tout"]).sha256
    left = tmp_path / "files" / "incoming" / "123-abc"
    left.write_bytes(b"la moi")
    now = datetime.now(UTC)
    remove_unused(storage, {kept}, noted, now=now)
    remove_unused(storage, {kept}, noted, now=now + timedelta(days=2), dry_run=True)
    assert left.exists()
    remove_unused(storage, {kept}, noted, now=now + timedelta(days=2))
    assert not left.exists() and storage.exists(kept)


def test_a_deleted_blob_is_gone_and_deleting_twice_is_no_error(storage: Storage) -> None:
    blob = storage.put_stream([b"abc"])
    storage.delete(blob.sha256)
    storage.delete(blob.sha256)
    assert not storage.exists(blob.sha256)
    with pytest.raises(NotStored):
        storage.open(blob.sha256)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "ab/cd", "0" * 63])
def test_a_name_that_is_no_hash_never_reaches_the_disk(storage: Storage, name: str) -> None:
    for ask in (storage.open, storage.path, storage.exists, storage.delete):
        with pytest.raises(StorageError, match="not the name"):
            ask(name)


# What can go wrong between this machine and a bucket.


@pytest.fixture(scope="module")
def rclone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with rclone_s3(tmp_path_factory.mktemp("s3") / "objects") as running:
        yield running


def object_file(server: S3Server, bucket: Bucket, sha256: str) -> Path:
    assert server.folder is not None
    return server.folder / bucket.address.bucket / sha256[:2] / sha256


def test_a_blob_that_was_altered_in_the_bucket_is_never_given_whole(rclone: S3Server, tmp_path: Path) -> None:
    bucket = new_bucket(rclone)
    storage = S3Storage(bucket, "", tmp_path)
    blob = storage.put_stream([b"montant;1000\n" * 100_000])
    file = object_file(rclone, bucket, blob.sha256)
    file.write_bytes(file.read_bytes()[:-2] + b"9\n")
    received = b""
    with pytest.raises(StorageError, match="damaged"), storage.open(blob.sha256) as stream:
        while chunk := stream.read(1000):
            received += chunk
    assert len(received) < blob.size_bytes


def test_an_answer_that_breaks_off_is_taken_up_where_it_broke(rclone: S3Server, tmp_path: Path) -> None:
    bucket = new_bucket(rclone)
    content = os.urandom(3_000_000)
    blob = S3Storage(bucket, "", tmp_path).put_stream([content])
    limits = iter([1_000_000, 700_000])
    with Wire(rclone.url, cut_after=lambda: next(limits, None)) as wire:
        far = Bucket(rclone.address(bucket.address.bucket, url=wire.url))
        with S3Storage(far, "", tmp_path).open(blob.sha256) as stream:
            assert stream.read() == content
        assert wire.cuts == 2


def test_an_answer_that_always_breaks_off_is_an_error_and_not_a_shorter_file(rclone: S3Server, tmp_path: Path) -> None:
    bucket = new_bucket(rclone)
    blob = S3Storage(bucket, "", tmp_path).put_stream([os.urandom(3_000_000)])
    with Wire(rclone.url, cut_after=lambda: 50_000) as wire:
        far = Bucket(rclone.address(bucket.address.bucket, url=wire.url))
        with pytest.raises(Unavailable), S3Storage(far, "", tmp_path).open(blob.sha256) as stream:
            stream.read()


@pytest.mark.parametrize("size", [1_000, 2 * PART_BYTES])
def test_bytes_that_change_on_their_way_are_refused(rclone: S3Server, tmp_path: Path, size: int) -> None:
    bucket = new_bucket(rclone)
    with Wire(rclone.url, alter=lambda piece: piece.replace(b"VALEUR", b"VALEUX")) as wire:
        far = Bucket(rclone.address(bucket.address.bucket, url=wire.url), part_bytes=PART_BYTES)
        with pytest.raises(Unavailable, match="BadDigest"):
            S3Storage(far, "", tmp_path).put_stream([b"VALEUR" * (size // 6)])
    assert list(S3Storage(bucket, "", tmp_path).iter_names()) == []


def test_a_put_whose_answer_is_lost_ends_with_the_blob_stored(rclone: S3Server, tmp_path: Path) -> None:
    bucket = new_bucket(rclone)
    limits = iter([0, 0])
    with Wire(rclone.url, cut_after=lambda: next(limits, None)) as wire:
        far = Bucket(rclone.address(bucket.address.bucket, url=wire.url))
        far.put("a", io.BytesIO(b"abc"), 3)
    assert [stored.key for stored in bucket.iter_objects()] == ["a"]


def test_a_server_that_is_down_a_wrong_key_and_a_missing_bucket_are_told_apart(rclone: S3Server) -> None:
    with pytest.raises(Unavailable, match="does not answer"):
        Bucket(rclone.address("fichiers", url="http://127.0.0.1:9")).find("a")
    with pytest.raises(StorageError, match="refused") as refusal:
        list(Bucket(rclone.address("fichiers", secret="un-autre-secret")).iter_objects())
    assert "un-autre-secret" not in f"{refusal.value} {refusal.value.hint}"
    with pytest.raises(NotStored, match="no such bucket"):
        list(Bucket(rclone.address("absent")).iter_objects())


def test_no_key_shows_in_what_a_bucket_prints(rclone: S3Server) -> None:
    address = rclone.address("fichiers")
    assert address.secret_key is not None
    assert address.secret_key.reveal() not in f"{address!r} {Bucket(address)!r} {Bucket(address)}"
