"""Deposits on real servers (a bucket, an SFTP server, a web server), and the mirror that they are fetched into."""

from __future__ import annotations

import functools
import http.server
import io
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from odl_host.pipeline.sources.mirror import Mirror, Synced
from odl_host.pipeline.sources.model import Source
from odl_host.pipeline.sources.opening import open_source
from odl_host.pipeline.sources.s3 import S3Source
from odl_host.storage.address import SourceAddress
from odl_host.storage.bucket import Bucket
from tests.servers import SftpServer, rclone_s3, rclone_sftp


@dataclass
class Deposit:
    """A deposit on a real server: files are put and removed behind the source's back."""

    open: Callable[[], Source]
    put: Callable[[str, bytes], None]
    remove: Callable[[str], None]
    url: str = ""


class Pages(http.server.SimpleHTTPRequestHandler):
    """Serves a folder; answers what `trouble` says for a path instead of its file."""

    trouble: dict[str, Callable[[http.server.SimpleHTTPRequestHandler], None]] = {}  # noqa: RUF012 - one per server
    asked: list[tuple[str, int]] = []  # noqa: RUF012 - one per server

    def do_GET(self) -> None:
        if trouble := self.trouble.get(self.path):
            trouble(self)
            return
        super().do_GET()

    def send_response(self, code: int, message: str | None = None) -> None:
        self.asked.append((self.path, code))
        super().send_response(code, message)

    def log_message(self, *args: object) -> None:
        pass


@dataclass
class WebServer:
    folder: Path
    url: str
    trouble: dict[str, Callable[[http.server.SimpleHTTPRequestHandler], None]]
    asked: list[tuple[str, int]]
    lines: list[str] = field(default_factory=list)

    def write_list(self) -> None:
        (self.folder / "liste.csv").write_text("member;url;name\n" + "".join(f"{line}\n" for line in self.lines))


@pytest.fixture
def web(tmp_path: Path) -> Iterator[WebServer]:
    folder = tmp_path / "web"
    folder.mkdir()
    trouble: dict[str, Callable[[http.server.SimpleHTTPRequestHandler], None]] = {}
    asked: list[tuple[str, int]] = []
    kind = type("OneServer", (Pages,), {"trouble": trouble, "asked": asked})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(kind, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield WebServer(folder, f"http://127.0.0.1:{server.server_address[1]}", trouble, asked)
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="session")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    with rclone_s3(tmp_path_factory.mktemp("s3") / "objects") as running:
        yield running.new_bucket("depots-savoie")


@pytest.fixture(scope="session")
def sftp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SftpServer]:
    pytest.importorskip("paramiko")
    folder = tmp_path_factory.mktemp("sftp")
    with rclone_sftp(folder / "depot", folder / "keys") as running:
        yield running


def sftp_address(server: SftpServer, path: str) -> SourceAddress:
    return SourceAddress(
        url=f"{server.url}/{path}", key_file=str(server.key_file), known_hosts_file=str(server.known_hosts)
    )


@pytest.fixture(params=["s3", "sftp", "list"])
def deposit(request: pytest.FixtureRequest) -> Deposit:
    name = uuid.uuid4().hex
    if request.param == "s3":
        held: Bucket = request.getfixturevalue("bucket")
        return Deposit(
            open=lambda: S3Source("s3", held, name),
            put=lambda path, content: held.put(f"{name}/{path}", io.BytesIO(content), len(content)),
            remove=lambda path: held.delete(f"{name}/{path}"),
        )
    if request.param == "sftp":
        server: SftpServer = request.getfixturevalue("sftp")
        folder = server.folder / name
        folder.mkdir()

        def wait_until_seen() -> None:
            time.sleep(1.1)  # rclone remembers a folder for a second

        def put(path: str, content: bytes) -> None:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)

        def opened() -> Source:
            wait_until_seen()
            return open_source(sftp_address(server, name))

        return Deposit(open=opened, put=put, remove=lambda path: (folder / path).unlink())
    web: WebServer = request.getfixturevalue("web")
    web.write_list()

    def put_and_list(path: str, content: bytes) -> None:
        member, _, rest = path.partition("/")
        (web.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (web.folder / path).write_bytes(content)
        # The server tells dates by the second: a file changed within one would be taken as the same.
        stamp = next(_clock)
        os.utime(web.folder / path, (stamp, stamp))
        line = f"{member};{web.url}/{path};{rest}"
        if line not in web.lines:
            web.lines.append(line)
        web.write_list()

    def remove_and_list(path: str) -> None:
        web.lines[:] = [line for line in web.lines if f"/{path};" not in line]
        web.write_list()

    address = SourceAddress(url=f"{web.url}/liste.csv")
    return Deposit(open=lambda: open_source(address), put=put_and_list, remove=remove_and_list)


_clock = iter(range(1_700_000_000, 1_700_001_000, 10))


def sync(deposit: Deposit | Source, mirror: Mirror) -> Synced:
    source = deposit.open() if isinstance(deposit, Deposit) else deposit
    try:
        return mirror.sync(source)
    finally:
        source.close()


@pytest.fixture
def mirror(tmp_path: Path) -> Mirror:
    return Mirror(tmp_path / "mirror", max_file_bytes=1_000_000)


def content_of(mirror: Mirror) -> dict[str, bytes]:
    return {
        file.relative_to(mirror.files).as_posix(): file.read_bytes()
        for file in sorted(mirror.files.rglob("*"))
        if file.is_file()
    }
