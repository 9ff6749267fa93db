"""A portal with something published and a deposit in which everything happens, for tests that disturb a run."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import requests

from odl_host.ckan import extras_dict
from odl_host.config import Home
from odl_host.tenants import load_tenant
from odl_host.wiring import open_site

from .conftest import CommandLine

HEADER = "COMMUNE_NOM,COLL_INSEE,ENFANT_SEXE,ENFANT_PRENOM,NOMBRE_OCCURRENCES,ANNEE\n"
PDF = "%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"


def prenoms(year: int, *names: str) -> str:
    return HEADER + "".join(f"Barby,73030,F,{name},{3 + n},{year}\n" for n, name in enumerate(names or ("Zoé", "Ana")))


def first_night() -> dict[str, str]:
    """What is deposited and published before anything goes wrong."""
    files = {f"73065/prenoms-{year}.csv": prenoms(year) for year in range(2001, 2008)}
    files |= {f"73029/prenoms-{year}.csv": prenoms(year) for year in range(2001, 2004)}
    files |= {"73030/plu/dataset.toml": 'title = "PLU"\n', "73030/plu/reglement.pdf": PDF}
    return files


def second_night(files: dict[str, str]) -> dict[str, str]:
    """The deposit a day later: files added, corrected, removed, renamed, and a sidecar that says something else."""
    files = dict(files)
    for year in (2001, 2002):
        files[f"73065/prenoms-{year}.csv"] = prenoms(year, "Zoé", "Ana", "Lou")
    files["73065/naissances-2003.csv"] = files.pop("73065/prenoms-2003.csv")
    files |= {f"73065/prenoms-{year}.csv": prenoms(year).replace(",", ";") for year in range(2010, 2013)}
    files |= {f"73030/prenoms-{year}.csv": prenoms(year).replace(",", ";") for year in range(2010, 2013)}
    del files["73029/prenoms-2001.csv"], files["73065/prenoms-2007.csv"]
    files["73029/faux.csv"] = prenoms(2020).replace(",3,", ",trois,")
    files["73030/plu/dataset.toml"] = 'title = "Plan local d’urbanisme"\nlicence = "odc-odbl"\n'
    files["73030/carte.geojson"] = json.dumps({"type": "FeatureCollection", "features": []})
    files["73030/carte.geojson.toml"] = 'title = "Carte"\n'
    return files


def lay(deposit: Path, files: dict[str, str]) -> None:
    """Make a deposit hold exactly these files, each with the code of its own commune."""
    files = {name: text.replace("73030", name[:5]) for name, text in files.items()}
    for path in sorted(deposit.rglob("*"), reverse=True):
        if path.is_file() and path.name != "README.txt" and path.relative_to(deposit).as_posix() not in files:
            path.unlink()
    for name, text in files.items():
        path = deposit / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


class Door:
    """One way to the catalogue of a home: how `publish` is called there, and how the catalogue is looked at."""

    def __init__(self, odl: CommandLine, home: Path) -> None:
        self.odl = CommandLine(home)
        self.home = home
        self.deposit = home / "data" / "savoie" / "deposit"
        self.catalogue_home = home

    def publish(self, *, code: int | None = 6) -> Any:
        return self.odl("--json", "publish", "--prune", "--jobs", "1", code=code).json

    def start(self, **env: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self.odl.arguments("publish", "--prune", "--jobs", "1"),
            env={**self.odl.env, **env},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def catalogue(self) -> dict[str, Any]:
        """All that the catalogue shows, but for its dates; and every file that it shows is there, whole."""
        site = open_site(load_tenant(Home(self.catalogue_home), "savoie"))
        try:
            found = site.as_sysadmin().call_action(
                "package_search", {"rows": 1000, "include_drafts": True, "include_private": True}
            )
            shown = {}
            for dataset in found["results"]:
                resources = {}
                for resource in dataset["resources"]:
                    with site.storage.open(resource["hash"]) as file:
                        assert hashlib.sha256(file.read()).hexdigest() == resource["hash"]
                    kept = ("id", "name", "url", "hash", "source_name", "source_hash", "rows", "period", "format")
                    resources[resource["id"]] = {key: resource.get(key) for key in kept}
                assert resources or dataset["state"] != "active", f"{dataset['name']} is shown without a file"
                kept = ("name", "title", "notes", "license_id", "state", "private", "num_resources")
                shown[dataset["id"]] = {key: dataset[key] for key in kept}
                shown[dataset["id"]] |= {"extras": extras_dict(dataset), "resources": resources}
        finally:
            site.close()
        return shown


class HttpDoor(Door):
    """The same through a server: the run knows its address and a token, and nothing else of it."""

    def __init__(self, odl: CommandLine, home: Path, port: int) -> None:
        super().__init__(odl, home)
        self.catalogue_home = home / "server"
        self.url = f"http://127.0.0.1:{port}"
        self.port = port

    @contextmanager
    def serving(self) -> Iterator[None]:
        server = CommandLine(self.catalogue_home)
        process = subprocess.Popen(
            server.arguments("serve", "--port", str(self.port)),
            env=server.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            while True:
                assert process.poll() is None, "the server ended at once"
                try:
                    requests.get(f"{self.url}/api/3/action/status_show", timeout=60)
                    break
                except requests.RequestException:
                    time.sleep(0.1)
            yield
        finally:
            process.terminate()
            process.wait(60)


def build_template(odl: CommandLine, *, over_http: bool, port: int) -> None:
    """Publish the first night in a home, then lay the second night's deposit."""
    odl("init", "savoie", "--department", "73", "--url", f"http://127.0.0.1:{port}")
    odl("provision")
    odl("add-commune", "73065", "73029", "73030")
    deposit = odl.home / "data" / "savoie" / "deposit"
    lay(deposit, first_night())
    odl("publish")
    lay(deposit, second_night(first_night()))
    if over_http:
        _put_behind_a_server(odl, port)


def _put_behind_a_server(odl: CommandLine, port: int) -> None:
    """Move the catalogue into a home of its own, which a server will serve; the first home keeps the deposit."""
    token = odl("--json", "token", "create", "--sysadmin").json["token"]
    server = odl.home / "server"
    (server / "data").mkdir(parents=True)
    shutil.move(odl.home / "data" / "savoie", server / "data" / "savoie")
    shutil.copytree(odl.home / "tenants", server / "tenants")
    (odl.home / "data" / "savoie").mkdir()
    shutil.move(server / "data" / "savoie" / "deposit", odl.home / "data" / "savoie" / "deposit")
    manifest = odl.home / "tenants" / "savoie.toml"
    text = manifest.read_text(encoding="utf-8")
    point = f'kind = "ckan"\nurl = "http://127.0.0.1:{port}"\ntoken_file = "{odl.home / "token"}"\n'
    manifest.write_text(text.replace('kind = "embedded"\n', point, 1), encoding="utf-8")
    (odl.home / "token").write_text(token)


def open_door(odl: CommandLine, template: Path, home: Path, *, over_http: bool, port: int) -> Door:
    """Copy a template to a new home and return its door."""
    shutil.copytree(template, home)
    if not over_http:
        return Door(odl, home)
    manifest = home / "tenants" / "savoie.toml"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace(str(template), str(home)), encoding="utf-8")
    return HttpDoor(odl, home, port)


def journal_lines(home: Path) -> int:
    """How many lines the journals of a home hold."""
    return sum(path.read_bytes().count(b"\n") for path in (home / "data" / "savoie" / "runs").glob("*.jsonl"))


def start_logged(odl: CommandLine, *arguments: str | Path, **env: str) -> subprocess.Popen[bytes]:
    """Start a run that logs its steps, and gets no further than a page of its log beyond what is read of it.

    So what is done to it in its midst comes in its midst, however slow the machine is.
    """
    process = subprocess.Popen(
        odl.arguments(*arguments, "--log-format", "json"),
        env={**odl.env, **env}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
    )  # fmt: skip
    assert process.stderr is not None
    fcntl.fcntl(process.stderr, fcntl.F_SETPIPE_SZ, 4096)  # what a pipe holds; a writer waits for who reads
    return process


def read_log(process: subprocess.Popen[bytes], event: str, count: int = 1) -> None:
    """Read the log of a run until something was logged so many times."""
    assert process.stderr is not None
    while count:
        line = process.stderr.readline()
        assert line, "the run ended before"
        count -= json.loads(line)["event"] == event


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a run and all that it started, as a power switch would."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(60)
