"""The resource proxy: off unless the manifest asks for it, and no way into a private network."""

from __future__ import annotations

import asyncio
import io
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from odl_host.ckan_settings import merge_settings
from odl_host.errors import ConfigError
from odl_host.server.http.public_web import Fetched, Refused, fetch, is_public
from odl_host.server.sites import Site
from tests.sites import site_in
from tests.unit.server.browser import URL, Browser

UNOWNED = {"ckan.auth.create_unowned_dataset": True}
PROXYING = {"ckan.plugins": ["resource_proxy"], "ckan.views.default_views": ["text_view"], **UNOWNED}


class Elsewhere(BaseHTTPRequestHandler):
    """Another site; what it answers is in its paths."""

    seen: list[dict[str, str]]

    def do_GET(self) -> None:
        self.server.seen.append(dict(self.headers))  # type: ignore[attr-defined]
        kind = self.path.partition("?")[0].strip("/")
        if kind == "json":
            self._answer(200, {"Content-Type": "application/json", "Content-Length": "2", "Set-Cookie": "a=b"}, b"{}")
        elif kind == "page":
            self._answer(200, {"Content-Type": "text/html"}, b"<script>alert(1)</script>")
        elif kind == "untyped":
            self._answer(200, {}, b"a;b")
        elif kind == "moved":
            self._answer(302, {"Location": "/json", "Content-Length": "0"})
        elif kind == "inside":
            self._answer(302, {"Location": "http://169.254.169.254/latest/meta-data/"})
        elif kind == "disk":
            self._answer(302, {"Location": "file:///etc/passwd"})
        elif kind == "loop":
            self._answer(302, {"Location": "/loop"})
        elif kind == "announced":
            self._answer(200, {"Content-Length": "5000"})
        elif kind == "endless":
            self._answer(200, {}, b"x" * 5000)
        elif kind == "cut":
            self._answer(200, {"Content-Length": "50"}, b"x")
        elif kind == "slow":
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            for _ in range(30):  # a header now and then: never silent, never done
                self.wfile.write(b"X-A: b\r\n")
                time.sleep(0.1)
        elif kind == "babble":
            self.wfile.write(b"\x00\x01 no HTTP\r\n\r\n")
        else:
            self._answer(int(kind), {"Content-Length": "0"})

    def _answer(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def elsewhere() -> Iterator[tuple[str, list[dict[str, str]]]]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    server.seen = []  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", server.seen  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def other() -> Iterator[tuple[str, list[dict[str, str]]]]:
    with elsewhere() as found:
        yield found


def get(url: str, *, timeout_s: float = 60, admits: Any = lambda address, port: address == "127.0.0.1") -> Fetched:
    return asyncio.run(fetch(url, most_bytes=1000, timeout_s=timeout_s, admits=admits))


def refusal(url: str, **more: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        get(url, **more)
    return caught.value


def test_a_file_of_another_site_is_fetched_without_what_the_caller_sent(
    other: tuple[str, list[dict[str, str]]],
) -> None:
    url, seen = other
    assert get(f"{url}/json?q=été&r=a b") == Fetched("application/json", "", b"{}")
    assert set(seen[-1]) == {"Host", "User-Agent", "Accept", "Accept-Encoding", "Connection"}
    assert get(f"{url}/moved").content == b"{}"
    assert get(f"{url}/untyped").media_type == ""


@pytest.mark.parametrize(
    ("path", "status", "reason"),
    [
        ("404", 409, "404"),
        ("500", 409, "500"),
        ("204", 409, "204"),
        ("loop", 409, "leads elsewhere"),
        ("announced", 409, "too large"),
        ("endless", 409, "too large"),
        ("cut", 502, "connection error"),
        ("babble", 502, "connection error"),
        ("inside", 409, "Invalid URL"),
        ("disk", 409, "Invalid URL"),
    ],
)
def test_what_another_site_refuses_or_sends_wrong_is_said(
    other: tuple[str, list[dict[str, str]]], path: str, status: int, reason: str
) -> None:
    refused = refusal(f"{other[0]}/{path}")
    assert refused.status == status
    assert reason in str(refused)


def test_a_site_that_trickles_is_given_up_after_the_whole_time(other: tuple[str, list[dict[str, str]]]) -> None:
    refused = refusal(f"{other[0]}/slow", timeout_s=0.3)
    assert refused.status == 504
    assert "timed out" in str(refused)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "file:///etc/passwd",
            "ftp://example.org/x",
            "gopher://127.0.0.1/",
            "javascript:alert(1)",
            "//x",
            "",
            "http://",
        ),
        *("http:invalid_url", "http://a b/", "http://[::1", "http://127.0.0.1:99999/", f"http://{'x' * 70}.example/"),
        *("http://marie:secret@127.0.0.1/", "http://127.0.0.1:0/"),
        *(
            "http://127.0.0.1/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0/",
            "http://[::1]/",
        ),
        *("http://localhost/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:a00:1]/"),
        *("http://10.0.0.1/", "http://192.168.1.1/", "http://172.16.3.4/", "http://169.254.169.254/latest/meta-data/"),
        *("http://100.64.0.1/", "http://[fe80::1]/", "http://[fd00::1]/", "http://[64:ff9b::7f00:1]/"),
        *("http://[2002:7f00:1::]/", "http://224.0.0.1/", "http://255.255.255.255/", "http://[ff02::1]/"),
        *("http://1.1.1.1:22/", "http://1.1.1.1:6379/"),
    ],
)
def test_nothing_but_the_public_web_is_asked(url: str) -> None:
    refused = refusal(url, admits=is_public)
    assert refused.status == 409
    assert "Invalid URL" in str(refused)


def test_the_address_that_was_examined_is_the_one_that_is_asked(other: tuple[str, list[dict[str, str]]]) -> None:
    """A name is resolved once: one that leads elsewhere the second time leads nowhere else."""
    examined: list[str] = []

    def admits(address: str, port: int) -> bool:
        examined.append(address)
        return True

    port = other[0].rpartition(":")[2]
    assert get(f"http://localhost:{port}/json", admits=admits).content == b"{}"
    assert "127.0.0.1" in examined
    assert other[1][-1]["Host"] == f"localhost:{port}"


def test_a_name_that_is_none_is_a_connection_error() -> None:
    refused = refusal("http://nonexistent.invalid/x", admits=is_public)
    assert refused.status == 502
    assert "connection error" in str(refused)


def test_public_addresses_of_the_web_are_admitted() -> None:
    assert is_public("1.1.1.1", 443)
    assert is_public("2606:4700::1111", 80)
    assert not is_public("1.1.1.1", 25)


@pytest.mark.parametrize(
    "address",
    ["::127.0.0.1", "fec0::1", "64:ff9b:1::a00:1", "64:ff9b::a00:1", "::ffff:10.0.0.1", "2002:a00:1::", "::1"],
)
def test_no_form_of_ipv6_leads_to_a_private_network(address: str) -> None:
    assert not is_public(address, 80)


@pytest.fixture(scope="module")
def proxying(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = site_in(tmp_path_factory.mktemp("proxying"), url=URL, settings=PROXYING)
    yield site
    site.close()


def resource_of(site: Site, url: str, *, kind: str = "", **dataset: Any) -> str:
    resources = [{"url": url, "format": kind}]
    data = {"name": f"d-{time.monotonic_ns()}", **dataset, "resources": resources}
    made = site.as_sysadmin().call_action("package_create", data)
    return f"/dataset/{made['id']}/resource/{made['resources'][0]['id']}/proxy"


def test_a_private_address_is_refused_and_a_file_of_this_site_led_to(proxying: Site) -> None:
    browser = Browser(proxying)
    path = resource_of(proxying, "http://127.0.0.1/")
    answer = browser.get(path)
    assert (answer.status_code, "Invalid URL" in answer.text) == (409, True)
    file = ("à lire.csv", io.BytesIO(b"a;b"), "text/csv")
    proxying.as_sysadmin().call_action("resource_patch", {"id": path.split("/")[4]}, {"upload": file})
    answer = browser.get(path)
    assert answer.status_code == 307
    assert browser.get(answer.headers["location"]).text == "a;b"
    assert browser.get("/dataset/x/resource/nope/proxy").status_code == 404


def test_only_who_may_read_a_resource_has_it_fetched(proxying: Site) -> None:
    ckan = proxying.as_sysadmin()
    organization = ckan.call_action("organization_create", {"name": "aime"})
    path = resource_of(proxying, "http://127.0.0.1/", private=True, owner_org=organization["id"])
    browser = Browser(proxying)
    assert browser.get(path).status_code == 403
    token = ckan.call_action("api_token_create", {"user": "odl-host", "name": "essai"})["token"]
    assert browser.get(path, headers={"authorization": token}).status_code == 409


def test_without_the_setting_there_is_no_proxy(tmp_path: Path) -> None:
    site = site_in(tmp_path, url=URL, settings=UNOWNED)
    try:
        assert Browser(site).get(resource_of(site, "http://127.0.0.1/")).status_code == 404
        assert "resource_proxy" not in site.as_anonymous().call_action("status_show", {})["extensions"]
    finally:
        site.close()


def test_texts_of_other_sites_get_their_view_where_they_can_be_fetched(proxying: Site) -> None:
    assert "resource_proxy" in proxying.as_anonymous().call_action("status_show", {})["extensions"]
    made = resource_of(proxying, "http://example.org/a", kind="TXT")
    views = proxying.as_sysadmin().call_action("resource_view_list", {"id": made.split("/")[4]})
    assert [view["view_type"] for view in views] == ["text_view"]


def test_a_plugin_is_one_that_is_here() -> None:
    assert merge_settings({"ckan.plugins": "activity datastore"})["ckan.activity_streams_enabled"] is True
    both = {"ckan.plugins": "activity", "ckan.activity_streams_enabled": False}
    assert merge_settings(both)["ckan.activity_streams_enabled"] is False
    with pytest.raises(ConfigError, match=r"must be one of activity, .*, not 'harvest'"):
        merge_settings({"ckan.plugins": ["harvest"]})
