"""Files over HTTP: streamed, whole or not at all, by ranges, within limits."""

from __future__ import annotations

import hashlib
import io
import json
import random
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from odl_host.ckan import ValidationError

from .conftest import OverHttp, Server, start_server, stop_server

BOUNDARY = "limite"


@pytest.fixture(scope="module")
def ckan(server: Server, token: str) -> OverHttp:
    return OverHttp(server.url, token)


@pytest.fixture(scope="module")
def dataset(ckan: OverHttp) -> str:
    return str(ckan.new_dataset()["id"])


def stored(server: Server) -> set[str]:
    return {path.name for path in (server.home / "files").rglob("*") if path.is_file()}


def start_upload(server: Server, token: str, dataset: str, length: int) -> socket.socket:
    """Begin a multipart upload of `length` bytes and return its connection."""
    parts = urlsplit(server.url)
    connection = socket.create_connection((parts.hostname, parts.port), timeout=60)
    head = (
        f"--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"package_id\"\r\n\r\n{dataset}\r\n"
        f"--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"upload\"; filename=\"a.csv\"\r\n\r\n"
    )  # fmt: skip
    connection.sendall(
        f"POST /api/3/action/resource_create HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: {token}\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {length}\r\n\r\n{head}".encode()
    )
    return connection


def test_a_large_file_comes_back_the_same_whole_and_in_parts(ckan: OverHttp, dataset: str, server: Server) -> None:
    content = random.Random(3).randbytes(7_000_000)
    made = ckan.call(
        "resource_create",
        {"package_id": dataset, "name": "gros"},
        {"upload": ("gros fichier.bin", io.BytesIO(content))},
    )
    assert (made["size"], made["hash"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert made["url_type"] == "upload"
    assert requests.get(made["url"], timeout=60).content == content
    for header, expected in {
        "bytes=0-99": content[:100],
        "bytes=6999990-": content[-10:],
        "bytes=-5": content[-5:],
    }.items():
        part = requests.get(made["url"], headers={"Range": header}, timeout=60)
        assert (part.status_code, part.content) == (206, expected)
        assert part.headers["content-range"].endswith("/7000000")
    assert requests.get(made["url"], headers={"Range": "bytes=9000000-"}, timeout=60).status_code == 416
    again = requests.get(
        made["url"], headers={"If-None-Match": requests.head(made["url"], timeout=60).headers["etag"]}, timeout=60
    )
    assert again.status_code == 304


@pytest.mark.parametrize("more", [{}, dict.fromkeys(map(str, range(200)), ("a.csv", b"a"))], ids=["cut", "many"])
def test_a_form_that_cannot_be_read_is_the_callers_fault(server: Server, token: str, more: dict[str, object]) -> None:
    address, headers = f"{server.url}/api/3/action/resource_create", {"Authorization": token}
    if more:
        answer = requests.post(address, headers=headers, files=more, timeout=60)
    else:
        headers["Content-Type"] = f"multipart/form-data; boundary={BOUNDARY}"
        answer = requests.post(address, headers=headers, data=f"--{BOUNDARY}\r\nx y: z\r\n\r\n", timeout=60)
    assert (answer.status_code, answer.json().partition("Invalid form: ")[0]) == (400, "Bad request: ")


def test_half_an_upload_leaves_nothing(ckan: OverHttp, dataset: str, server: Server, token: str) -> None:
    files, resources = stored(server), ckan.call("package_show", {"id": dataset})["num_resources"]
    connection = start_upload(server, token, dataset, 5_000_000)
    connection.sendall(b"x" * 2_000_000)
    connection.close()
    ckan.call("package_patch", {"id": dataset, "title": "Après"})
    assert stored(server) == files
    assert ckan.call("package_show", {"id": dataset})["num_resources"] == resources


@pytest.mark.parametrize("who", ["anonymous", "stranger"])
def test_not_everyone_may_fill_the_disk(ckan: OverHttp, dataset: str, server: Server, who: str) -> None:
    files = stored(server)
    caller = "" if who == "anonymous" else ckan.new_user().token
    if who == "anonymous":
        connection = start_upload(server, caller, dataset, 64 << 20)
        assert b" 413 " in connection.recv(1000)
        connection.close()
    answer = requests.post(
        f"{server.url}/api/3/action/resource_create",
        data={"package_id": dataset},
        files={"upload": ("a.csv", b"a" * 100_000)},
        headers={"Authorization": caller},
        timeout=60,
    )
    assert answer.status_code == 403
    assert stored(server) == files


def test_a_hundred_megabytes_of_json_are_refused_before_they_are_read(server: Server, token: str) -> None:
    answer = requests.post(
        f"{server.url}/api/3/action/package_create",
        data=(b'{"notes":"' + b"x" * (33 << 20) + b'"}'),
        headers={"Authorization": token, "Content-Type": "application/json"},
        timeout=60,
    )
    assert answer.status_code in (400, 413)
    deep = "[" * 100_000 + "]" * 100_000
    for body in (deep, '{"a":' * 5000 + "1" + "}" * 5000, json.dumps({"name": "x" * 1_000_000})):
        headers = {"Authorization": token, "Content-Type": "application/json"}
        answer = requests.post(f"{server.url}/api/3/action/package_create", data=body, headers=headers, timeout=60)
        assert answer.status_code in (400, 409)


def test_what_anyone_sends_is_bounded_and_is_not_sent_back_as_long_as_it_came(server: Server) -> None:
    address = f"{server.url}/api/3/action/package_show"
    headers = {"Content-Type": "application/json"}
    answer = requests.post(address, b'{"id":[' + b"{}," * 1_000_000 + b"1]}", headers=headers, timeout=60)
    assert answer.status_code == 409 and len(answer.content) < 2_000
    assert answer.json()["error"]["id"][0].startswith("Must be a Unicode string value, not [{}, {}")
    answer = requests.post(address, b'{"id":[' + b"{}," * 2_000_000 + b"1]}", headers=headers, timeout=60)
    assert answer.status_code == 413
    assert (
        answer.json()["error"]["message"] == "The body is larger than 4 MB: more is taken with a valid API token only"
    )
    for depth, status in ((99, 200), (100, 400)):
        body = '{"q":' + "[" * depth + "]" * depth + "}"
        answer = requests.post(address.replace("show", "search"), body, headers=headers, timeout=60)
        assert answer.status_code == status


def test_a_file_above_the_limit_is_refused_in_ckans_words_and_the_one_before_stays(tmp_path: Path) -> None:
    server = start_server(tmp_path, settings={"ckan.max_resource_size": 1})
    ckan = OverHttp(server.url, server.new_token())
    try:
        made = ckan.call(
            "resource_create", {"package_id": ckan.new_dataset()["id"]}, {"upload": ("a.csv", io.BytesIO(b"a\n1\n"))}
        )
        large = {"upload": ("a.csv", io.BytesIO(b"x" * ((1 << 20) + 1)))}
        for action, sent in (
            ("resource_create", {"package_id": made["package_id"]}),
            ("resource_patch", {"id": made["id"]}),
        ):
            large["upload"][1].seek(0)
            with pytest.raises(ValidationError) as refused:
                ckan.call(action, sent, large)
            assert refused.value.error_dict == {"upload": ["File upload too large"]}
        large["upload"][1].seek(0)
        revised = {"update__resources__0__upload": large["upload"]}
        with pytest.raises(ValidationError) as refused:
            ckan.call("package_revise", {"match__id": made["package_id"]}, revised)
        assert refused.value.error_dict == {"upload": ["File upload too large"]}
        assert requests.get(made["url"], timeout=60).content == b"a\n1\n"
    finally:
        stop_server(server)
