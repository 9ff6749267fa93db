"""Behind nginx, with the configuration of deploy/."""

from __future__ import annotations

import io
import os
import random
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.ports import free_port

from .conftest import OverHttp, Server, start_server, stop_server

EXAMPLE = Path(__file__).resolve().parents[2] / "deploy" / "nginx.conf"
NAME = "donnees.agglo.example"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = start_server(tmp_path_factory.mktemp("behind"))
    yield started
    stop_server(started)


@pytest.fixture(scope="module")
def proxy(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an nginx that passes on to the server, without TLS and IPv6: neither is what is tested."""
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if nginx is None:
        pytest.skip("nginx is not installed")
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    text = "\n".join(line for line in lines if "ssl_certificate" not in line and "[::]" not in line)
    for before, after in {
        "127.0.0.1:8000": server.url.removeprefix("http://"),
        "listen 443 ssl http2": f"listen 127.0.0.1:{port}",
        "listen 80": f"listen 127.0.0.1:{free_port()}",
        NAME: "127.0.0.1",  # the name under which the server knows its portal
    }.items():
        assert before in text
        text = text.replace(before, after)
    places = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    settings = f"daemon off; pid {folder}/pid; error_log {folder}/log; events {{}}"
    (folder / "nginx.conf").write_text(f"{settings} http {{ access_log off; {places} {text} }}", encoding="utf-8")
    running = subprocess.Popen([nginx, "-c", str(folder / "nginx.conf"), "-e", str(folder / "log")])
    try:
        deadline = time.monotonic() + 60
        while running.poll() is None and time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.05)
        assert running.poll() is None, (folder / "log").read_text()
        yield f"http://127.0.0.1:{port}"
    finally:
        running.terminate()
        running.wait(30)


def test_pages_calls_and_files_pass(server: Server, proxy: str) -> None:
    ckan = OverHttp(proxy, server.new_token())
    ckan.call("organization_create", {"name": "aime", "title": "Aime-la-Plagne"})
    dataset = ckan.call("package_create", {"name": "arbres", "owner_org": "aime"})
    content = random.Random(5).randbytes(6_000_000)
    fields = {"package_id": dataset["id"], "name": "photos"}
    made = ckan.call("resource_create", fields, {"upload": ("photos.zip", io.BytesIO(content))})
    place = made["url"].replace(server.url, proxy)
    whole = requests.get(place, timeout=60)
    assert (whole.content, whole.headers["content-length"]) == (content, str(len(content)))
    assert requests.get(place, headers={"Range": "bytes=10-19"}, timeout=60).content == content[10:20]
    page = requests.get(f"{proxy}/dataset/arbres", timeout=60)
    assert "Aime-la-Plagne" in page.text
    assert page.headers["content-encoding"] == "gzip"
    found = requests.get(f"{proxy}/api/3/action/package_show?id=arbres", timeout=60)
    assert found.json()["result"]["num_resources"] == 1
    assert found.headers["content-encoding"] == "gzip"
