"""Deposits as lists of addresses: what a web server may do, and what a list may say."""

from __future__ import annotations

import functools
import http.server
import ssl
import threading
from pathlib import Path

import pytest

from odl_host.errors import StorageError
from odl_host.pipeline.sources.mirror import Mirror
from odl_host.pipeline.sources.opening import open_source
from odl_host.storage.address import SourceAddress
from tests.servers import self_signed

from .conftest import Pages, WebServer, content_of, sync


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
