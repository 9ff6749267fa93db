"""What every kind of source promises: only what changed is fetched, and a failure is never a removal."""

from __future__ import annotations

import functools
import http.server
import io
import json
import os
import shutil
import ssl
import threading
import time
import unicodedata
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from odl_host.errors import StorageError, Unavailable
from odl_host.pipeline.sources.mirror import Mirror, Synced
from odl_host.pipeline.sources.model import Source
from odl_host.pipeline.sources.opening import open_source
from odl_host.pipeline.sources.s3 import S3Source
from odl_host.pipeline.sources.sftp import SftpSource
from odl_host.storage.address import SourceAddress
from odl_host.storage.bucket import Bucket
from tests.servers import SftpServer, Wire, rclone_s3, rclone_sftp, self_signed


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


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    with rclone_s3(tmp_path_factory.mktemp("s3") / "objects") as running:
        yield running.new_bucket("depots-savoie")


@pytest.fixture(scope="module")
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


def test_only_what_changed_is_fetched_and_removals_are_seen(deposit: Deposit, mirror: Mirror) -> None:
    deposit.put("73065/prenoms.csv", b"a;b\n")
    deposit.put("73065/sous dossier/Délibérations 2024.csv", b"c;d\n" * 100_000)
    deposit.put("73029/prenoms.csv", b"e;f\n")
    first = sync(deposit, mirror)
    assert (first.error, sorted(first.fetched)) == (
        None,
        ["73029/prenoms.csv", "73065/prenoms.csv", "73065/sous dossier/Délibérations 2024.csv"],
    )
    stamps = {path: (mirror.files / path).stat().st_mtime_ns for path in content_of(mirror)}

    again = sync(deposit, mirror)
    assert (again.fetched, again.removed, again.kept) == ([], [], 3)

    deposit.put("73065/prenoms.csv", b"a;B\n")
    deposit.remove("73029/prenoms.csv")
    third = sync(deposit, mirror)
    assert (third.fetched, third.removed, third.kept) == (["73065/prenoms.csv"], ["73029/prenoms.csv"], 1)
    held = content_of(mirror)
    assert held["73065/prenoms.csv"] == b"a;B\n"
    assert "73029/prenoms.csv" not in held
    untouched = "73065/sous dossier/Délibérations 2024.csv"
    assert (mirror.files / untouched).stat().st_mtime_ns == stamps[untouched]


def test_a_mirror_that_was_deleted_or_altered_is_made_true_again(deposit: Deposit, mirror: Mirror) -> None:
    deposit.put("73065/a.csv", b"vrai\n")
    deposit.put("73065/b.csv", b"vrai aussi\n")
    sync(deposit, mirror)
    (mirror.files / "73065/a.csv").write_bytes(b"faux\n")
    (mirror.files / "73065/b.csv").unlink()
    (mirror.files / "73065/intrus.csv").write_bytes(b"x")
    sync(deposit, mirror)
    assert content_of(mirror) == {"73065/a.csv": b"vrai\n", "73065/b.csv": b"vrai aussi\n"}
    shutil.rmtree(mirror.root.parent)
    assert len(sync(deposit, mirror).fetched) == 2


def test_a_source_that_lists_nothing_any_more_removes_nothing(deposit: Deposit, mirror: Mirror) -> None:
    deposit.put("73065/a.csv", b"a\n")
    sync(deposit, mirror)
    deposit.remove("73065/a.csv")
    emptied = sync(deposit, mirror)
    assert emptied.error is not None
    assert "no file any more" in emptied.error.message
    assert content_of(mirror) == {"73065/a.csv": b"a\n"}


def test_a_file_that_is_too_large_is_told_and_the_others_arrive(deposit: Deposit, mirror: Mirror) -> None:
    deposit.put("73065/gros.csv", b"x" * 1_000_001)
    deposit.put("73065/petit.csv", b"x")
    synced = sync(deposit, mirror)
    assert list(synced.problems) == ["73065/gros.csv"]
    assert "trop lourd" in synced.problems["73065/gros.csv"]
    assert list(content_of(mirror)) == ["73065/petit.csv"]


def test_unfinished_and_hidden_files_wait(deposit: Deposit, mirror: Mirror) -> None:
    for name in ("a.csv.part", ".cache", "~$b.xlsx", "c.csv"):
        deposit.put(f"73065/{name}", b"x")
    sync(deposit, mirror)
    assert list(content_of(mirror)) == ["73065/c.csv"]


# S3: names that no disk would take as they are.


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


# SFTP: who it is that answers.


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


# Lists of addresses: what a web server may do.


def test_a_certificate_that_is_not_trusted_says_why_and_how_to_trust_it(
    web: WebServer, mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    (web.folder / "a.csv").write_bytes(b"a")
    web.lines.append("73065;a.csv")
    web.write_list()
    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Pages, directory=str(web.folder))
    ) as secure:
        secure.socket = context.wrap_socket(secure.socket, server_side=True)
        threading.Thread(target=secure.serve_forever, daemon=True).start()
        address = SourceAddress(url=f"https://localhost:{secure.server_address[1]}/liste.csv")
        refused = sync(open_source(address), mirror).error
        assert isinstance(refused, StorageError) and "is not trusted: self-signed certificate." in refused.message
        assert "REQUESTS_CA_BUNDLE" in refused.hint
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        assert sync(open_source(address), mirror).fetched == ["73065/a.csv"]
        secure.shutdown()
    plain = sync(open_source(SourceAddress(url=web.url.replace("http:", "https:") + "/liste.csv")), mirror).error
    assert plain is not None and "does not speak TLS" in plain.message


def test_a_file_of_a_list_that_fails_stops_no_other_and_keeps_its_last_copy(web: WebServer, mirror: Mirror) -> None:
    for name in ("a", "b", "c"):
        (web.folder / f"{name}.csv").write_bytes(name.encode())
    web.lines += [f"73065;{name}.csv" for name in ("a", "b", "c")] + ["73065;absent.csv", "73065;ftp://x/y.csv"]
    web.write_list()
    source = open_source(SourceAddress(url=f"{web.url}/liste.csv"))
    first = sync(source, mirror)
    assert sorted(first.fetched) == ["73065/a.csv", "73065/b.csv", "73065/c.csv"]
    assert list(first.failures) == ["73065/absent.csv"]
    assert "404" in first.failures["73065/absent.csv"]
    assert list(first.problems) == ["73065/y.csv"]

    def broken(handler: http.server.SimpleHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"half")

    web.trouble["/b.csv"] = broken
    second = sync(source, mirror)
    assert sorted(second.failures) == ["73065/absent.csv", "73065/b.csv"]
    assert content_of(mirror)["73065/b.csv"] == b"b"
    assert not any(mirror.root.parent.glob("incoming/*"))


def test_a_server_is_asked_only_for_what_changed(web: WebServer, mirror: Mirror) -> None:
    (web.folder / "a.csv").write_bytes(b"a")
    web.lines.append("73065;a.csv")
    web.write_list()
    source = open_source(SourceAddress(url=f"{web.url}/liste.csv"))
    sync(source, mirror)
    sync(source, mirror)
    assert [code for path, code in web.asked if path == "/a.csv"] == [200, 304]


def test_a_list_reads_as_text_json_or_one_members_own(web: WebServer, tmp_path: Path) -> None:
    (web.folder / "a.csv").write_bytes(b"a")
    (web.folder / "liste.json").write_text('[{"member": "73065", "url": "a.csv", "name": "nom.csv"}]')
    (web.folder / "liste.txt").write_text("# les fichiers de la commune\n\n/a.csv\n")
    for number, (address, path) in enumerate(
        [
            (SourceAddress(url=f"{web.url}/liste.json"), "73065/nom.csv"),
            (SourceAddress(url=f"{web.url}/liste.txt", member="73065"), "73065/a.csv"),
        ]
    ):
        mirror = Mirror(tmp_path / str(number), max_file_bytes=100, below=address.member)
        assert sync(open_source(address), mirror).error is None
        assert (mirror.root / path).read_bytes() == b"a"


def test_a_list_of_one_members_own_may_name_that_member_on_each_line(web: WebServer, mirror: Mirror) -> None:
    (web.folder / "a.csv").write_bytes(b"a")
    list_file = web.folder / "liste.csv"
    list_file.write_text("73065;a.csv\n73065;a.csv;nom.csv\na.csv;seul.csv\n")
    source = SourceAddress(url=f"{web.url}/liste.csv", member="73065")
    assert sync(open_source(source), mirror).error is None
    assert list(content_of(mirror)) == ["a.csv", "nom.csv", "seul.csv"]
    list_file.write_text("73029;a.csv\n")
    error = sync(open_source(source), mirror).error
    assert error is not None and "73029" in error.message


def test_addresses_that_are_none_and_hosts_that_are_none_stop_no_other_file(web: WebServer, mirror: Mirror) -> None:
    (web.folder / "a.csv").write_bytes(b"a")
    odd = ["http://[x/b.csv", "http://h:port/c.csv", "file:///etc/passwd", "http://a:b@h/d.csv"]
    gone = [f"http://{'x' * 70}.example/e.csv", "http://127.0.0.1:9/f.csv"]
    web.lines += [f"73065;{url}" for url in ["a.csv", *odd, *gone]]
    web.write_list()

    def elsewhere(handler: http.server.SimpleHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", "file:///etc/passwd")
        handler.end_headers()

    web.trouble["/g.csv"] = elsewhere
    web.lines.append("73065;g.csv")
    web.write_list()
    synced = sync(open_source(SourceAddress(url=f"{web.url}/liste.csv")), mirror)
    assert synced.error is None
    assert list(content_of(mirror)) == ["73065/a.csv"]
    assert sorted(synced.problems) == ["73065/b.csv", "73065/c.csv", "73065/d.csv", "73065/passwd"]
    assert sorted(synced.failures) == ["73065/e.csv", "73065/f.csv", "73065/g.csv"]


@pytest.mark.parametrize("content", ["<html><a href=a.csv>a</a></html>", '{"x": 1}', "73065\n", b"\xff\xfe"])
def test_what_is_no_list_is_an_error_that_shows_the_form(web: WebServer, mirror: Mirror, content: str | bytes) -> None:
    (web.folder / "liste.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    synced = sync(open_source(SourceAddress(url=f"{web.url}/liste.csv")), mirror)
    assert synced.error is not None
    assert "73065" in synced.error.hint


def test_a_token_goes_to_the_lists_own_server_only(
    web: WebServer, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, str | None] = {}

    def note(handler: http.server.SimpleHTTPRequestHandler) -> None:
        seen[handler.path] = handler.headers.get("Authorization")
        handler.send_response(200)
        handler.send_header("Content-Length", "1")
        handler.end_headers()
        handler.wfile.write(b"x")

    web.trouble |= {"/a.csv": note, "/b.csv": note}
    web.lines += ["73065;a.csv", f"73065;{web.url.replace('127.0.0.1', 'localhost')}/b.csv"]
    web.write_list()
    monkeypatch.setenv("ODL_TEST_TOKEN", "jeton")
    sync(open_source(SourceAddress(url=f"{web.url}/liste.csv", token_env="ODL_TEST_TOKEN")), mirror)
    assert seen == {"/a.csv": "Bearer jeton", "/b.csv": None}
