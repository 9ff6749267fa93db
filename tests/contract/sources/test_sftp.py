"""Deposits on an SFTP server: who it is that answers, and what it lists."""

from __future__ import annotations

import json
import os
import time
import uuid
from pathlib import Path

import pytest

from odl_host.errors import StorageError, Unavailable
from odl_host.pipeline.sources.mirror import Mirror
from odl_host.pipeline.sources.opening import open_source
from odl_host.pipeline.sources.sftp import SftpSource
from odl_host.storage.address import SourceAddress
from tests.servers import SftpServer

from .conftest import content_of, sftp_address, sync


def test_a_file_rewritten_within_the_same_second_is_fetched_again(sftp: SftpServer, mirror: Mirror) -> None:
    """SFTP tells times by the second: of a young file, time and size do not tell that it is still the same."""
    file = sftp.folder / uuid.uuid4().hex / "73065" / "prenoms.csv"
    file.parent.mkdir(parents=True)
    address = sftp_address(sftp, file.parent.parent.name)
    second = int(time.time())
    for content in (b"a;b\n", b"a;B\n"):
        file.write_bytes(content)
        os.utime(file, (second, second))
        time.sleep(1.1)  # rclone remembers a folder for a second
        assert sync(open_source(address), mirror).fetched == ["73065/prenoms.csv"]
        assert content_of(mirror) == {"73065/prenoms.csv": content}
    os.utime(file, (second - 3_600, second - 3_600))
    time.sleep(1.1)
    sync(open_source(address), mirror)
    known = json.loads((mirror.root.parent / "state.json").read_bytes())["files"]["73065/prenoms.csv"]
    assert known["version"] == f"{second - 3_600} 4"  # an old file's word is taken


def test_an_sftp_server_whose_key_is_not_known_is_refused(sftp: SftpServer, tmp_path: Path, mirror: Mirror) -> None:
    (tmp_path / "known_hosts").write_text("")
    address = SourceAddress(
        url=f"{sftp.url}/", key_file=str(sftp.key_file), known_hosts_file=str(tmp_path / "known_hosts")
    )
    synced = sync(open_source(address), mirror)
    assert isinstance(synced.error, StorageError)
    assert "key is not known" in synced.error.message
    assert synced.error.hint.endswith(f"ssh-keyscan -p {sftp.port} 127.0.0.1 >> {tmp_path / 'known_hosts'}")


def test_an_sftp_server_with_another_key_than_the_known_one_is_refused(
    sftp: SftpServer, tmp_path: Path, mirror: Mirror
) -> None:
    from tests.servers import new_key

    (tmp_path / "known_hosts").write_text(f"[127.0.0.1]:{sftp.port} {new_key(tmp_path / 'other')}\n")
    address = SourceAddress(
        url=f"{sftp.url}/", key_file=str(sftp.key_file), known_hosts_file=str(tmp_path / "known_hosts")
    )
    synced = sync(open_source(address), mirror)
    assert synced.error is not None
    assert "not the one that is known" in synced.error.message


def test_an_sftp_server_that_refuses_the_key_or_the_path_says_so(
    sftp: SftpServer, tmp_path: Path, mirror: Mirror
) -> None:
    from tests.servers import new_key

    new_key(tmp_path / "stranger")
    stranger = SourceAddress(
        url=f"{sftp.url}/", key_file=str(tmp_path / "stranger"), known_hosts_file=str(sftp.known_hosts)
    )
    refused = sync(open_source(stranger), mirror)
    assert refused.error is not None
    assert "refused the user depot" in refused.error.message
    absent = sync(open_source(sftp_address(sftp, "nulle-part")), mirror)
    assert absent.error is not None
    assert "it is not there" in absent.error.message
    closed = SourceAddress(url="sftp://depot@127.0.0.1:9/", known_hosts_file=str(sftp.known_hosts))
    assert isinstance(sync(open_source(closed), mirror).error, Unavailable)


def test_what_is_no_file_on_an_sftp_server_is_said(tmp_path: Path) -> None:
    """As OpenSSH lists a folder; rclone, which the other tests ask, leaves out what is no file."""
    paramiko = pytest.importorskip("paramiko")

    class Folder:
        def listdir_attr(self, folder: str) -> list[object]:
            return [paramiko.SFTPAttributes.from_stat(path.lstat(), path.name) for path in Path(folder).iterdir()]

    os.mkfifo(tmp_path / "tuyau.csv")
    (tmp_path / "a.csv").write_bytes(b"a\n")
    source = SftpSource("sftp", host="localhost", port=22, user="", root=str(tmp_path))
    source._sftp = Folder()
    problems = {file.path: file.problem for file in source.iter_files()}
    assert problems["a.csv"] == ""
    assert "ni un fichier ni un dossier" in problems["tuyau.csv"]
