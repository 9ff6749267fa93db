"""A server whose disk takes no more: who reads is answered, who writes is told, and all goes on when there is room.

A limit to the size of files stands for a full disk: the kernel refuses the write in the same place.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
import requests

from .conftest import CommandLine

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the files of a running process")

ROWS = "nom,texte\n" + "".join(f"commune {number},{'x' * 60}\n" for number in range(20_000))
"""More than a megabyte: above that, rows are read into a database file of their own."""


class Served:
    """A running server, and who calls it."""

    def __init__(self, url: str, process: subprocess.Popen[str], token: str) -> None:
        self.url, self.process, self.token = url, process, token

    def write(self, action: str, data: object) -> requests.Response:
        headers = {"Authorization": self.token}
        return requests.post(f"{self.url}/api/3/action/{action}", json=data, headers=headers, timeout=60)

    def read(self, path: str, token: str = "") -> requests.Response:
        return requests.get(self.url + path, headers={"Authorization": token} if token else {}, timeout=60)

    def upload(self) -> requests.Response:
        address, form = f"{self.url}/api/3/action/resource_create", {"package_id": "avant", "format": "CSV"}
        headers = {"Authorization": self.token}
        return requests.post(address, form, files={"upload": ("c.csv", ROWS)}, headers=headers, timeout=60)

    def log_in(self) -> requests.Response:
        form = {"login": "paul", "password": "motdepasse"}
        headers = {"Origin": self.url}
        return requests.post(f"{self.url}/user/login", form, headers=headers, allow_redirects=False, timeout=60)

    @contextmanager
    def full_disk(self) -> Iterator[None]:
        soft, hard = resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (1, hard))
        try:
            yield
        finally:
            resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def served(savoie: CommandLine, free_port: Callable[[], int]) -> Iterator[Served]:
    port = free_port()
    token = savoie("token", "create", "--sysadmin").stdout.split()[-1]
    process = subprocess.Popen(
        savoie.arguments("serve", "--port", str(port)), env=savoie.env, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    try:
        for line in process.stderr:
            if "Ctrl-C" in line:
                break
        yield Served(f"http://127.0.0.1:{port}", process, token)
    finally:
        process.terminate()
        _, said = process.communicate(timeout=60)
        assert "Traceback" not in said


def test_readers_are_answered_while_the_disk_is_full_and_writers_are_told(served: Served, savoie: CommandLine) -> None:
    unused = savoie("token", "create", "--sysadmin").stdout.split()[-1]
    assert served.write("user_create", {"name": "paul", "email": "p@x.fr", "password": "motdepasse"}).ok
    owner = served.read("/api/3/action/organization_list").json()["result"][0]
    assert served.write("package_create", {"name": "avant", "owner_org": owner}).ok
    file = served.upload().json()["result"]
    count = "/api/3/action/package_search?q=title:*"
    assert served.read("/api/3/action/package_search").json()["result"]["count"] == 1
    assert served.write("package_create", {"name": "apres", "owner_org": owner}).ok
    with served.full_disk():
        assert served.read("/api/3/action/package_search").json()["result"]["count"] == 1
        for path in (
            count,
            "/api/3/action/package_show?id=apres",
            f"/api/3/action/datastore_search?resource_id={file['id']}&q=commune",
            f"/api/3/action/datastore_info?id={file['id']}",
            f"/datastore/dump/{file['id']}",
            urlsplit(file["url"]).path,
            *("/", "/dataset/?q=avant", "/dataset/avant", f"/dataset/avant/resource/{file['id']}", "/organization/"),
            *(f"/organization/{owner}", "/feeds/dataset.atom", "/sitemap.xml", "/user/login"),
        ):
            assert served.read(path).status_code == 200, path
        assert served.read("/api/3/action/package_show?id=avant", unused).status_code == 200
        refused = served.write("package_create", {"name": "trop", "owner_org": owner})
        assert (refused.status_code, refused.json()["success"]) == (507, False)
        assert served.upload().status_code == 507
        page = served.log_in()
        assert page.status_code == 507 and "rien n’a été enregistré" in page.text
    until = time.monotonic() + 30
    while served.read("/api/3/action/package_search").json()["result"]["count"] != 2:  # asked again in the same words
        assert time.monotonic() < until
        time.sleep(0.1)
    assert served.log_in().status_code == 303
    assert served.write("package_create", {"name": "encore", "owner_org": owner}).ok
    assert served.read("/api/3/action/package_search").json()["result"]["count"] == 3
    assert "sound" in savoie("db", "check").stdout
