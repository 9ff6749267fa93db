"""The real `ckanapi` command line works on the embedded catalogue."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.ports import free_port

from .conftest import CommandLine
from .test_serve import start


class Ckanapi:
    """Runs `ckanapi` on one site."""

    def __init__(self, url: str, token: str) -> None:
        self.site = ["-r", url, "-a", token]

    def __call__(self, *arguments: str, stdin: bytes = b"") -> bytes:
        program = str(Path(sys.executable).with_name("ckanapi"))
        done = subprocess.run(
            [program, *arguments, *self.site],
            input=stdin,
            capture_output=True,
            timeout=120,
            check=False,
            env={"PATH": str(Path(sys.executable).parent)},
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    def action(self, name: str, *arguments: str) -> Any:
        return json.loads(self("action", name, "-j", *arguments))

    def dump(self, thing: str, *options: str) -> list[Any]:
        return [json.loads(line) for line in self("dump", thing, "--all", *options).splitlines()]

    def load(self, thing: str, objects: list[Any], *options: str) -> None:
        lines = "\n".join(json.dumps(entry) for entry in objects)
        self("load", thing, *options, stdin=lines.encode())


@pytest.fixture
def two_sites(tmp_path: Path) -> Any:
    made: list[tuple[Ckanapi, str]] = []
    running = []
    for name in ("depart", "arrivee"):
        home = tmp_path / name
        home.mkdir()
        odl = CommandLine(home)
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        odl("init", name, "--commune", "73065", "--url", url)
        token = odl("--json", "token", "create", "--sysadmin").json["token"]
        running.append(start(odl, port, workers=1))
        made.append((Ckanapi(url, token), url))
    yield made
    for process in running:
        process.terminate()
        process.wait(60)
        process.stderr.close()


def test_what_is_dumped_from_one_site_loads_into_another_without_loss(two_sites: Any, tmp_path: Path) -> None:
    (source, _), (target, target_url) = two_sites
    source.action("organization_create", "name=aime", "title=Aime", 'extras:[{"key":"siren","value":"217300656"}]')
    source.action(
        "package_create",
        "name=budget",
        "title=Budget",
        "owner_org=aime",
        "license_id=lov2",
        'tags:[{"name":"eau potable"}]',
        'extras:[{"key":"frequency","value":"annuel"}]',
    )
    file = tmp_path / "budget 2024.csv"
    file.write_bytes(b"a;b\n1;2\n")
    uploaded = source.action("resource_create", "package_id=budget", "name=Budget 2024", f"upload@{file}")
    source.action("resource_create", "package_id=budget", "url=http://example.org/a.pdf")

    target.load("organizations", source.dump("organizations"))
    datasets = source.dump("datasets")
    target.load("datasets", datasets, "--upload-resources")

    assert comparable(target.dump("datasets")) == comparable(datasets)
    copy = target.action("resource_show", f"id={uploaded['id']}")
    assert copy["url"].startswith(target_url)
    assert requests.get(copy["url"], timeout=60).content == b"a;b\n1;2\n"
    # Loading again updates the same objects.
    target.load("datasets", datasets)
    assert target.action("package_search")["count"] == 1


def comparable(datasets: list[Any]) -> list[Any]:
    """Return datasets without what another site gives anew: who made them, when files came, its own address."""
    for dataset in datasets:
        for key in ("creator_user_id", "metadata_modified"):
            dataset.pop(key)
        dataset["organization"].pop("created")
        for resource in dataset["resources"]:
            for key in ("created", "metadata_modified", "last_modified"):
                resource.pop(key)
            if resource["url_type"] == "upload":
                resource["url"] = resource["url"].split("/dataset/")[1]
            elif resource["url_type"] == "datastore":
                resource["url"] = resource["url"].split("/datastore/")[1]
    return datasets


def test_users_move_with_their_passwords(two_sites: Any) -> None:
    (source, _), (target, _) = two_sites
    source.action("user_create", "name=claire", "email=claire@example.org", "password=motdepasse", "fullname=Claire")
    target.load("users", source.dump("users"))
    before, after = (site.action("user_show", "id=claire", "include_password_hash:true") for site in (source, target))
    assert (after["id"], after["password_hash"], after["email"]) == (
        before["id"],
        before["password_hash"],
        "claire@example.org",
    )


def test_errors_reach_the_command_line(two_sites: Any) -> None:
    (source, _), _ = two_sites
    with pytest.raises(AssertionError, match=r"NotFound|not found"):
        source.action("package_show", "id=absent")
