"""One catalogue behind several doors: on SQLite, on PostgreSQL, over HTTP, and a real CKAN.

The real one is asked where `ODL_TEST_CKAN_URL` names it.

A real CKAN also needs `ODL_TEST_CKAN_TOKEN`, the API token of a sysadmin.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO

import pytest
import requests

from odl_host.catalogue.client import Catalogue as ToolkitCatalogue
from odl_host.catalogue.client import EmbeddedCatalogue, RemoteCatalogue
from odl_host.catalogue.shelf import Shelf
from odl_host.ckan import (
    BadRequest,
    NotAuthorized,
    NotFound,
    SearchError,
    SearchQueryError,
    ValidationError,
    WireError,
)
from odl_host.config import Secret
from odl_host.server.sites import Site
from odl_host.storage.local import LocalStorage
from tests.ports import free_port
from tests.sites import site_in

from . import replay
from .portal import Portal

SERVER = """
import json, os, sys
from pathlib import Path

def application():
    from odl_host.server.app import create_app
    from odl_host.server.sites import open_site
    from odl_host.storage.local import LocalStorage
    home = Path(os.environ["ODL_HOME"])
    site = open_site(name="t", title="Essai", url=os.environ["TEST_URL"], description="", data_dir=home,
                     storage=LocalStorage(home / "files"),
                     settings={"ckan.datastore.sqlsearch.enabled": True, **json.loads(os.environ["TEST_SETTINGS"])})
    return create_app(lambda host: site if host == "127.0.0.1" else None)

if __name__ == "__main__":
    from odl_host.server.serve import serve
    serve("served:application", home=Path(os.environ["ODL_HOME"]), host="127.0.0.1", port=int(sys.argv[1]),
          workers=int(sys.argv[2]), ready=lambda: print("ready", flush=True))
"""

Files = Mapping[str, tuple[str, BinaryIO]]


@dataclass(frozen=True)
class Caller:
    """Who calls: a user's name and API token; neither is anonymous."""

    name: str = ""
    token: str = ""


ANONYMOUS = Caller()


class Catalogue:
    """What the tests speak to."""

    is_ours = True

    def __init__(self, url: str, sysadmin: Caller) -> None:
        self.url = url
        self.sysadmin = sysadmin

    def call(self, name: str, data: Any = None, files: Files | None = None, *, by: Caller | None = None) -> Any:
        raise NotImplementedError

    def new_user(self, **more: Any) -> Caller:
        name = unique("user")
        fields = {"name": name, "email": f"{name}@example.org", "password": "motdepasse", "with_apitoken": True, **more}
        return Caller(name, self.call("user_create", fields)["token"])

    def new_organization(self, **fields: Any) -> Any:
        return self.call("organization_create", {"name": unique("org"), **fields})

    def new_dataset(self, owner_org: str | None = None, *, by: Caller | None = None, **fields: Any) -> Any:
        owner_org = owner_org or self.new_organization()["id"]
        return self.call("package_create", {"name": unique("dataset"), "owner_org": owner_org, **fields}, by=by)


class InProcess(Catalogue):
    def __init__(self, site: Site) -> None:
        super().__init__(site.url, Caller(site.as_sysadmin().user_name or ""))
        self.site = site

    def call(self, name: str, data: Any = None, files: Files | None = None, *, by: Caller | None = None) -> Any:
        who = self.sysadmin if by is None else by
        door = self.site.as_user(who.name) if who.name else self.site.as_anonymous()
        return door.call_action(name, data or {}, files)


class OverHttp(Catalogue):
    def __init__(self, url: str, token: str, *, is_ours: bool = True) -> None:
        self.session = requests.Session()
        super().__init__(url, Caller("sysadmin", token))
        self.is_ours = is_ours

    def call(self, name: str, data: Any = None, files: Files | None = None, *, by: Caller | None = None) -> Any:
        who = self.sysadmin if by is None else by
        headers = {"Authorization": who.token} if who.token else {}
        address = f"{self.url}/api/3/action/{name}"
        if files:
            form = {key: str(value) for key, value in (data or {}).items() if value is not None}
            response = self.session.post(address, data=form, files=dict(files), headers=headers, timeout=60)
        else:
            response = self.session.post(address, json=data or {}, headers=headers, timeout=60)
        return unwrap(response)


def unwrap(response: requests.Response) -> Any:
    """Return the result of an answer, or raise what it says."""
    assert response.headers["content-type"].replace(" ", "").lower() == "application/json;charset=utf-8"
    answer = response.json()
    if isinstance(answer, str):
        assert response.status_code == 400
        raise BadRequest(answer.removeprefix("Bad request: "))
    if answer["success"]:
        assert response.status_code == 200
        return answer["result"]
    error = answer["error"]
    kinds: dict[str, type[WireError]] = {
        "Not Found Error": NotFound,
        "Authorization Error": NotAuthorized,
        "Search Query Error": SearchQueryError,
        "Search Error": SearchError,
    }
    if error["__type"] == "Validation Error":
        assert response.status_code == 409
        raise ValidationError({key: value for key, value in error.items() if key != "__type"})
    assert response.status_code == kinds[error["__type"]].status
    raise kinds[error["__type"]](error["message"].split(": ", 1)[-1])


def unique(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:10]}"


def csv_file(text: str = "a;b\n1;2\n", name: str = "Délibérations 2024.csv") -> tuple[str, io.BytesIO]:
    """Return a small file as `files` of a call takes one."""
    return name, io.BytesIO(text.encode())


@dataclass
class Server:
    """A server process on loopback."""

    url: str
    home: Path
    process: subprocess.Popen[str]

    def open_site(self) -> Site:
        return site_in(self.home, self.url)

    def new_token(self) -> str:
        from odl_host.server.sites import create_token, ensure_sysadmin

        site = self.open_site()
        try:
            return create_token(site, ensure_sysadmin(site), "tests")
        finally:
            site.close()


def start_server(
    home: Path, *, workers: int = 1, port: int | None = None, settings: Mapping[str, object] = MappingProxyType({})
) -> Server:
    port = port or free_port()
    url = f"http://127.0.0.1:{port}"
    (home / "served.py").write_text(SERVER)
    process = subprocess.Popen(
        [sys.executable, "served.py", str(port), str(workers)],
        cwd=home,
        env={
            **os.environ,
            "ODL_HOME": str(home),
            "TEST_URL": url,
            "TEST_SETTINGS": json.dumps(dict(settings)),
            "PYTHONPATH": f"{home}:{Path.cwd()}",
        },
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    # The web server may first say what it thinks of the number of workers.
    assert "ready\n" in iter(process.stdout.readline, "")
    return Server(url, home, process)


def stop_server(server: Server) -> None:
    server.process.terminate()
    server.process.wait(60)
    assert server.process.stdout is not None
    server.process.stdout.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = start_server(tmp_path_factory.mktemp("served"))
    yield started
    stop_server(started)


@pytest.fixture(scope="session")
def token(server: Server) -> str:
    return server.new_token()


@pytest.fixture(scope="session")
def in_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    settings = {"ckan.datastore.sqlsearch.enabled": True, "ckan.files.storage.default.type": "odl-host"}
    site = site_in(tmp_path_factory.mktemp("embedded"), settings=settings)
    yield InProcess(site)
    site.close()


@pytest.fixture(scope="session")
def on_postgresql(tmp_path_factory: pytest.TempPathFactory, new_postgresql: Callable[[], str]) -> Iterator[Catalogue]:
    site = site_in(tmp_path_factory.mktemp("postgresql"), database=new_postgresql())
    yield InProcess(site)
    site.close()


@pytest.fixture(scope="session")
def real_ckan() -> tuple[str, str]:
    """Return the address and the token of the real CKAN, once it is known to be set up as the one that was recorded."""
    if "ODL_TEST_CKAN_URL" not in os.environ:
        pytest.skip("no real CKAN: set ODL_TEST_CKAN_URL and _TOKEN")
    url, token = os.environ["ODL_TEST_CKAN_URL"].rstrip("/"), os.environ["ODL_TEST_CKAN_TOKEN"]
    if unset := replay.find_unset(url, token):
        pytest.skip(
            f"{url} is a CKAN that is not set up for the corpus ({', '.join(unset)}): merge "
            "what `python scripts/record_ckan.py --settings` prints into its file, with `ckan config-tool FILE -f`"
        )
    return url, token


BACK_ENDS = ["in process", "postgresql", "http", *(["real ckan"] if os.environ.get("ODL_TEST_CKAN_URL") else [])]


@pytest.fixture(scope="session", params=BACK_ENDS)
def ckan(request: pytest.FixtureRequest) -> Catalogue:
    if request.param == "in process":
        return request.getfixturevalue("in_process")
    if request.param == "postgresql":
        return request.getfixturevalue("on_postgresql")
    if request.param == "http":
        return OverHttp(request.getfixturevalue("server").url, request.getfixturevalue("token"))
    return OverHttp(os.environ["ODL_TEST_CKAN_URL"].rstrip("/"), os.environ["ODL_TEST_CKAN_TOKEN"], is_ours=False)


@pytest.fixture
def ours(ckan: Catalogue) -> Catalogue:
    if not ckan.is_ours:
        pytest.skip("this is odl-host's own addition")
    return ckan


@pytest.fixture(scope="session", params=BACK_ENDS)
def back_end(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[ToolkitCatalogue, str]]:
    """A catalogue as the toolkit sees it, and the address that its portal has."""
    if request.param in {"in process", "postgresql"}:
        behind = request.getfixturevalue("in_process" if request.param == "in process" else "on_postgresql")
        assert isinstance(behind, InProcess)
        yield EmbeddedCatalogue(behind.site.as_sysadmin(), behind.url), behind.url
    elif request.param == "http":
        server: Server = request.getfixturevalue("server")
        yield RemoteCatalogue(server.url, Secret(request.getfixturevalue("token")), timeout_s=60), server.url
    else:
        url = os.environ["ODL_TEST_CKAN_URL"].rstrip("/")
        folder = tmp_path_factory.mktemp("shelf")
        shelf = Shelf(LocalStorage(folder / "files"), folder / "versions.jsonl")
        token = Secret(os.environ["ODL_TEST_CKAN_TOKEN"])
        yield RemoteCatalogue(url, token, timeout_s=60, shelf=shelf), url


@pytest.fixture
def portal(back_end: tuple[ToolkitCatalogue, str], tmp_path: Path) -> Portal:
    catalogue, url = back_end
    return Portal(tmp_path, catalogue, f"essai-{uuid.uuid4().hex[:8]}", url)
