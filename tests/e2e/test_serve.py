"""The server as a process: two tenants, two workers, what travels over HTTP."""

from __future__ import annotations

import http.client
import io
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.ports import free_port

from .conftest import CommandLine


@dataclass(frozen=True)
class Served:
    """Two tenants on one server: `url` answers for the first, the host `autre.example` for the second."""

    url: str
    port: int
    token: str
    other_token: str
    process: subprocess.Popen[str]

    def api(self, name: str, **kwargs: Any) -> requests.Response:
        kwargs.setdefault("headers", {"Authorization": self.token})
        return requests.post(f"{self.url}/api/3/action/{name}", timeout=60, **kwargs)

    def result(self, name: str, **kwargs: Any) -> Any:
        answer = self.api(name, **kwargs).json()
        assert answer["success"], answer
        return answer["result"]

    def upload(self, content: bytes = b"a;b\n1;2\n", name: str = "Fichier à part.csv") -> Any:
        dataset = self.dataset()
        fields = {"package_id": dataset["id"]}
        return self.result("resource_create", data=fields, files={"upload": (name, io.BytesIO(content))})

    def dataset(self, **fields: Any) -> Any:
        return self.result("package_create", json={"name": f"jeu-{uuid.uuid4().hex}", "owner_org": "aime", **fields})


def start(odl: CommandLine, port: int, *, workers: int) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        odl.arguments("serve", "--port", str(port), "--workers", str(workers)),
        env=odl.env,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    while "Ctrl-C" not in (line := process.stderr.readline()):
        assert line, "the server ended at once"
    return process


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    odl = CommandLine(tmp_path_factory.mktemp("home"))
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    odl("init", "savoie", "--commune", "73065", "--url", url)
    odl("init", "autre", "--commune", "73029", "--url", "http://autre.example")
    tokens = [odl("--json", "-t", name, "token", "create", "--sysadmin").json["token"] for name in ("savoie", "autre")]
    process = start(odl, port, workers=2)
    served = Served(url, port, tokens[0], tokens[1], process)
    served.result("organization_create", json={"name": "aime", "title": "Aime"})
    yield served
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0
    assert process.stderr is not None
    process.stderr.close()


def test_each_host_has_its_own_catalogue_and_its_own_tokens(served: Served) -> None:
    dataset = served.dataset()
    other = {"Host": "autre.example"}
    address = f"{served.url}/api/3/action/package_show?id={dataset['id']}"
    assert requests.get(address, timeout=60).status_code == 200
    assert requests.get(address, headers=other, timeout=60).status_code == 404
    body = {"name": "ailleurs"}
    refused = served.api("organization_create", json=body, headers={**other, "Authorization": served.token})
    assert refused.status_code == 403
    accepted = served.api("organization_create", json=body, headers={**other, "Authorization": served.other_token})
    assert accepted.status_code == 200


def test_an_unknown_host_is_404_even_for_a_sysadmin(served: Served) -> None:
    answer = served.api("status_show", headers={"Host": "inconnu.example", "Authorization": served.token})
    assert answer.status_code == 404


def test_every_worker_sees_a_write_at_once(served: Served) -> None:
    word = f"mot{uuid.uuid4().hex}"
    served.dataset(title=word)
    # Each connection may reach another worker.
    for _ in range(10):
        found = requests.get(f"{served.url}/api/3/action/package_search", params={"q": word}, timeout=60).json()
        assert found["result"]["count"] == 1


def test_workers_write_at_the_same_time_without_losing_anything(served: Served) -> None:
    prefix = uuid.uuid4().hex
    statuses: list[int] = []

    def write(part: int) -> None:
        for n in range(15):
            body = {"name": f"{prefix}-{part}-{n}", "owner_org": "aime"}
            statuses.append(served.api("package_create", json=body).status_code)

    threads = [threading.Thread(target=write, args=(part,)) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 60
    names = served.result("package_list", json={})
    assert len([name for name in names if name.startswith(prefix)]) == 60


@pytest.mark.parametrize("path", ["/api/3/action/status_show", "/api/action/status_show"])
def test_the_envelope_is_ckans(served: Served, path: str) -> None:
    answer = requests.get(served.url + path, timeout=60)
    assert answer.headers["content-type"] == "application/json;charset=utf-8"
    assert set(answer.json()) == {"help", "success", "result"}
    assert answer.json()["help"].endswith("help_show?name=status_show")


@pytest.mark.parametrize(
    "request_",
    [
        {"data": "{"},
        {"data": "[1, 2]"},
        {"data": '"texte"'},
        {"data": b"\xff\xfe"},
        {"data": "[" * 100_000},
        {"data": '{"a":' * 5_000 + "1" + "}" * 5_000},
        {"data": "a=1", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
    ],
)
def test_a_body_that_is_no_object_is_a_bad_request(served: Served, request_: dict[str, Any]) -> None:
    request_ = {"headers": {"Content-Type": "application/json"}, **request_}
    answer = requests.post(f"{served.url}/api/3/action/package_show", timeout=60, **request_)
    assert answer.status_code == 400
    assert answer.json().startswith("Bad request: ")


def test_a_body_too_large_is_refused_before_it_is_read(served: Served) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
    connection.putrequest("POST", "/api/3/action/package_create")
    connection.putheader("Content-Length", str(1 << 40))
    connection.endheaders()
    try:
        for _ in range(40):
            connection.send(b" " * (1 << 20))
    except (BrokenPipeError, ConnectionResetError):
        pass
    assert connection.getresponse().status == 413
    connection.close()


def test_get_is_for_reading_only(served: Served) -> None:
    answer = requests.get(f"{served.url}/api/3/action/package_create?name=x", timeout=60)
    assert answer.status_code == 400
    assert answer.json().startswith("Bad request")
    assert requests.head(f"{served.url}/api/3/action/status_show", timeout=60).status_code == 200


def test_an_action_that_does_not_exist_is_a_bad_request(served: Served) -> None:
    answer = served.api("no_such_action", json={})
    assert (answer.status_code, answer.json()) == (400, "Bad request: Action name not known: no_such_action")


def test_forms_and_query_strings_carry_parameters_too(served: Served) -> None:
    name = served.dataset()["name"]
    assert served.result("package_show", data={"id": name})["name"] == name
    answer = requests.get(f"{served.url}/api/3/action/package_show", params={"id": name}, timeout=60)
    assert answer.json()["result"]["name"] == name
    search = {"q": f"name:{name}", "facet.field": '["organization"]', "rows": "1"}
    found = requests.get(f"{served.url}/api/3/action/package_search", params=search, timeout=60).json()["result"]
    assert found["facets"] == {"organization": {"aime": 1}}


def test_jsonp_is_anonymous_and_for_get_only(served: Served) -> None:
    private = served.dataset(private=True)
    address = f"{served.url}/api/3/action/package_show?callback=voici&id={private['id']}"
    answer = requests.get(address, headers={"Authorization": served.token}, timeout=60)
    assert answer.status_code == 403
    assert answer.json()["success"] is False  # as in CKAN, what is refused is no script
    public = requests.get(f"{served.url}/api/3/action/license_list?callback=voici", timeout=60)
    assert public.text.startswith('voici({"help":')
    assert public.headers["content-type"] == "application/javascript;charset=utf-8"
    posted = served.api("package_show?callback=voici", json={"id": private["id"]})
    assert posted.json()["success"] is True
    odd = requests.get(f"{served.url}/api/3/action/status_show?callback=a;alert(1)//", timeout=60)
    assert odd.json()["result"]["ckan_version"]


def test_the_token_is_accepted_under_both_names_and_a_wrong_one_is_anonymous(served: Served) -> None:
    private = served.dataset(private=True)
    for header in ("Authorization", "X-CKAN-API-Key"):
        assert served.api("package_show", json={"id": private["id"]}, headers={header: served.token}).ok
    refused = served.api("package_show", json={"id": private["id"]}, headers={"Authorization": "faux"})
    assert refused.status_code == 403
    assert refused.json()["error"]["__type"] == "Authorization Error"
    assert refused.json()["error"]["message"].startswith("Access denied: ")


def test_a_download_has_ranges_a_tag_and_no_redirect(served: Served) -> None:
    content = b"0123456789" * 1000
    url = served.upload(content)["url"]
    whole = requests.get(url, allow_redirects=False, timeout=60)
    assert (whole.status_code, whole.content) == (200, content)
    assert whole.headers["content-type"].startswith("text/csv")
    part = requests.get(url, headers={"Range": "bytes=10-19"}, timeout=60)
    assert (part.status_code, part.content) == (206, b"0123456789")
    assert part.headers["content-range"] == "bytes 10-19/10000"
    beyond = requests.get(url, headers={"Range": "bytes=20000-"}, timeout=60)
    assert beyond.status_code == 416
    head = requests.head(url, timeout=60)
    assert (head.status_code, head.headers["content-length"], head.content) == (200, "10000", b"")
    again = requests.get(url, headers={"If-None-Match": whole.headers["etag"]}, timeout=60)
    assert (again.status_code, again.content) == (304, b"")
    dated = requests.get(url, headers={"If-Modified-Since": whole.headers["last-modified"]}, timeout=60)
    assert (dated.status_code, dated.content) == (304, b"")
    later = {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}  # of another file that stood there meanwhile
    assert requests.get(url, headers=later, timeout=60).content == content


def test_a_download_of_a_link_leads_to_what_it_links_to(served: Served) -> None:
    package = served.dataset()
    far = "https://donnees.example.org/a.csv?b=é"
    link = served.result("resource_create", json={"package_id": package["id"], "url": far})
    address = f"{served.url}/dataset/{package['id']}/resource/{link['id']}/download"
    for method in ("GET", "HEAD"):
        answer = requests.request(method, address, allow_redirects=False, timeout=60)
        assert (answer.status_code, answer.headers["location"]) == (302, "https://donnees.example.org/a.csv?b=%C3%A9")
    served.result("package_patch", json={"id": package["id"], "private": True})
    assert requests.get(address, allow_redirects=False, timeout=60).status_code == 403


def test_a_slash_too_many_changes_nothing(served: Served) -> None:
    dataset = served.dataset()
    for address in (f"//api/3/action/package_show?id={dataset['name']}", f"//dataset//{dataset['name']}"):
        assert requests.get(served.url + address, allow_redirects=False, timeout=60).status_code == 200


def test_scripts_that_look_for_text_in_an_answer_find_it(served: Served) -> None:
    help_of = f'{{"help": "{served.url}/api/3/action/help_show?name='
    assert served.api("package_list").text.startswith(f'{help_of}package_list", "success": true, "result": ')
    refused = served.api("package_show", json={"id": "personne"}).text
    assert refused.startswith(f'{help_of}package_show", "error": {{"__type": "Not Found Error", ')
    assert refused.endswith('"success": false}')


def test_an_uploaded_page_is_never_run_by_a_browser(served: Served) -> None:
    answer = requests.get(served.upload(b"<script>alert(1)</script>", "page.html")["url"], timeout=60)
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_file_of_a_private_dataset_is_for_its_members(served: Served) -> None:
    resource = served.upload()
    served.result("package_patch", json={"id": resource["package_id"], "private": True})
    assert requests.get(resource["url"], timeout=60).status_code == 403
    assert requests.get(resource["url"], headers={"Authorization": served.token}, timeout=60).status_code == 200


def test_a_large_upload_is_streamed(served: Served) -> None:
    content = os.urandom(1 << 20) * 24
    resource = served.upload(content, "gros.zip")
    assert resource["size"] == len(content)
    assert requests.get(resource["url"], timeout=60).content == content


def test_a_half_upload_leaves_nothing(served: Served) -> None:
    dataset = served.dataset()
    head = (
        "POST /api/3/action/resource_create HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Authorization: {served.token}\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 100000\r\n\r\n"
        f'--x\r\nContent-Disposition: form-data; name="package_id"\r\n\r\n{dataset["id"]}\r\n'
        '--x\r\nContent-Disposition: form-data; name="upload"; filename="a.csv"\r\n\r\na;b\r\n'
    )
    with socket.create_connection(("127.0.0.1", served.port), timeout=60) as half:
        half.sendall(head.encode())
        time.sleep(0.2)
    assert served.result("package_show", json={"id": dataset["id"]})["resources"] == []


def test_no_parameters_of_any_type_break_an_action(served: Served) -> None:
    from odl_host.server.registry import all_actions

    odd: list[Any] = [None, [], {}, [[]], [{}], {"a": []}, True, -1, 1e308, "", "\x00", "é" * 300, "*", "' OR 1=1 --"]
    keys = ("id", "name", "q", "fq", "rows", "limit", "resources", "tags", "extras", "users", "groups", "owner_org")
    keys += ("package_id", "object", "object_type", "capacity", "email", "password", "user", "sort", "facet.field")
    broken: list[Any] = []
    session = requests.Session()
    session.headers["Authorization"] = served.token
    for number, name in enumerate(all_actions()):
        for value in odd:
            body = json.dumps(dict.fromkeys(keys[number % 3 :], value) | {"id": "aime" if number % 2 else value})
            answer = session.post(f"{served.url}/api/3/action/{name}", data=body, timeout=60)
            if answer.status_code >= 500:
                broken.append((name, value))
    assert broken == []


def test_a_server_told_to_stop_does_not_wait_for_a_write_whose_turn_does_not_come(tmp_path: Path) -> None:
    odl, port = CommandLine(tmp_path), free_port()
    odl("init", "savoie", "--commune", "73065", "--url", f"http://127.0.0.1:{port}")
    headers = {"Authorization": odl("--json", "token", "create", "--sysadmin").json["token"]}
    hurried = "from odl_host.server import serve; serve.STOP_TIMEOUT_S = serve.LEAVE_S = 1"
    program = f"import sys; {hurried}; from odl_host.cli.main import main; sys.exit(main(sys.argv[1:]))"
    server = subprocess.Popen(
        [sys.executable, "-c", program, "serve", "--port", str(port)], env=odl.env, stderr=subprocess.PIPE, text=True
    )
    assert server.stderr is not None
    while "Ctrl-C" not in server.stderr.readline():
        assert server.poll() is None
    other = sqlite3.connect(tmp_path / "data" / "savoie" / "catalogue.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        lines = ["POST /api/3/action/organization_create HTTP/1.1", "Host: 127.0.0.1", *map(": ".join, headers.items())]
        body = json.dumps({"name": "aime"})
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}", "", body]
        client.sendall("\r\n".join(lines).encode())
        time.sleep(0.5)
        server.terminate()
        assert server.wait(25) == 0  # the write would wait for half a minute
    other.close()
    server.stderr.close()


def test_a_server_killed_at_once_frees_its_port_and_loses_nothing(tmp_path: Path) -> None:
    odl = CommandLine(tmp_path)
    port = free_port()
    odl("init", "savoie", "--commune", "73065", "--url", f"http://127.0.0.1:{port}")
    headers = {"Authorization": odl("--json", "token", "create", "--sysadmin").json["token"]}
    address = f"http://127.0.0.1:{port}/api/3/action/"
    first = start(odl, port, workers=1)
    created = requests.post(address + "organization_create", json={"name": "aime"}, headers=headers, timeout=60)
    assert created.status_code == 200
    first.kill()
    first.wait()
    assert first.stderr is not None
    first.stderr.close()
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            requests.get(address + "status_show", timeout=60)
        except requests.ConnectionError:
            break
        time.sleep(0.1)
    second = start(odl, port, workers=1)
    assert requests.get(address + "organization_list", timeout=60).json()["result"] == ["aime"]
    second.terminate()
    second.wait(60)
    assert second.stderr is not None
    second.stderr.close()
