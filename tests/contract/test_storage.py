"""What every storage promises; a new one is added to the list and passes."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from odl_host.errors import StorageError
from odl_host.storage.local import LocalStorage, Storage


@pytest.fixture(params=["local"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    return {"local": LocalStorage}[request.param](tmp_path / "files")


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


def test_a_stream_that_breaks_leaves_nothing(storage: Storage) -> None:
    def broken() -> object:
        yield b"half"
        raise OSError(28, "No space left on device")

    with pytest.raises(StorageError, match="No space left"):
        storage.put_stream(broken())  # type: ignore[arg-type]
    assert list(storage.iter_names()) == []


def test_a_deleted_blob_is_gone_and_deleting_twice_is_no_error(storage: Storage) -> None:
    blob = storage.put_stream([b"abc"])
    storage.delete(blob.sha256)
    storage.delete(blob.sha256)
    assert not storage.exists(blob.sha256)
    with pytest.raises(StorageError):
        storage.open(blob.sha256)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "ab/cd", "0" * 63])
def test_a_name_that_is_no_hash_never_reaches_the_disk(storage: Storage, name: str) -> None:
    with pytest.raises(StorageError, match="not the name"):
        storage.open(name)
