"""Exit and entry: what one catalogue holds comes whole into another, by address, by dump, and through a real CKAN."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.e2e.conftest import CommandLine
from tests.e2e.test_ckanapi_cli import Ckanapi, comparable
from tests.e2e.test_serve import start
from tests.ports import free_port

REAL = os.environ.get("ODL_TEST_CKAN_URL", "").rstrip("/")


class Place:
    """One home with a server, and its sysadmin's token."""

    def __init__(self, home: Path) -> None:
        home.mkdir()
        self.odl = CommandLine(home)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.odl("init", "essai", "--commune", "73065", "--url", self.url)
        self.token = self.odl("--json", "token", "create", "--sysadmin").json["token"]
        self.odl.env["SOURCE_TOKEN"] = self.token
        self.server = start(self.odl, self.port, workers=1)

    def call(self, action: str, data: Any = None, file: bytes = b"") -> Any:
        address = f"{self.url}/api/3/action/{action}"
        headers = {"Authorization": self.token}
        if file:
            sent = requests.post(address, data=data, files={"upload": ("a b.csv", file)}, headers=headers, timeout=60)
        else:
            sent = requests.post(address, json=data or {}, headers=headers, timeout=60)
        assert sent.status_code == 200, sent.text
        return sent.json()["result"]

    def datasets(self) -> list[Any]:
        found = self.call(
            "package_search", {"include_private": True, "include_drafts": True, "sort": "name asc", "rows": 100}
        )
        return list(found["results"])

    def stop(self) -> None:
        self.server.terminate()
        self.server.wait(60)
        assert self.server.stderr is not None
        self.server.stderr.close()


def fill(place: Place, prefix: str) -> str:
    """Make one object of each kind and return the id of the uploaded file."""
    user = f"{prefix}claire"
    place.call("user_create", {"name": user, "email": f"{user}@example.org", "password": "motdepasse", "fullname": "C"})
    organization = {
        "name": f"{prefix}aime",
        "title": "Aime",
        "extras": [{"key": "siren", "value": "217300656"}],
        "users": [{"name": user, "capacity": "editor"}],
    }
    place.call("organization_create", organization)
    place.call("group_create", {"name": f"{prefix}themes", "title": "Thèmes"})
    below = {"name": f"{prefix}finances", "title": "Finances", "groups": [{"name": f"{prefix}themes"}]}
    place.call("group_create", below)
    place.call(
        "package_create",
        {
            "name": f"{prefix}budget",
            "title": "Budget d'été",
            "owner_org": f"{prefix}aime",
            "license_id": "cc-by",
            "tags": [{"name": "eau potable"}],
            "extras": [{"key": "frequency", "value": "annuel"}],
            "groups": [{"name": f"{prefix}finances"}],
        },
    )
    place.call("package_create", {"name": f"{prefix}prive", "owner_org": f"{prefix}aime", "private": True})
    file = place.call("resource_create", {"package_id": f"{prefix}budget", "name": "Budget"}, b"a;b\n1;2\n")
    place.call("resource_create", {"package_id": f"{prefix}budget", "url": "http://example.org/a.pdf", "format": "pdf"})
    place.call("datastore_create", {"resource": {"package_id": f"{prefix}budget", "name": "Registre"}, **TABLE})
    return str(file["id"])


TABLE: dict[str, Any] = {
    "fields": [
        {"id": "code", "type": "text", "info": {"label": "Le code"}},
        {"id": "prix", "type": "numeric"},
        {"id": "le", "type": "timestamp"},
        {"id": "plus", "type": "json"},
    ],
    "records": [
        *(
            {"code": f"{number:05}", "prix": 12.5, "le": "2026-01-02T03:04:05", "plus": {"a": 1}}
            for number in range(1200)
        ),
        {"code": "73000", "prix": None, "le": None, "plus": None},
    ],
    "primary_key": ["code"],
}
"""A table that no file makes, in more than one page."""


def table_of(place: Place) -> tuple[Any, Any]:
    """Return the columns that were told, and the rows, of the one table that was written."""
    (budget,) = (dataset for dataset in place.datasets() if dataset["name"].endswith("budget"))
    (table,) = (resource["id"] for resource in budget["resources"] if resource["url_type"] == "datastore")
    info = place.call("datastore_info", {"id": table})
    found = place.call("datastore_search", {"resource_id": table, "limit": 5000, "sort": "_id"})
    columns = [
        (field["id"], field["type"], field.get("info"), field["schema"]["uniquekey"]) for field in info["fields"]
    ]
    return columns, found["records"]


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path / "depart")
    yield place
    place.stop()


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path / "arrivee")
    yield place
    place.stop()


def test_everything_comes_in_from_an_address_and_a_second_run_changes_nothing(source: Place, target: Place) -> None:
    file = fill(source, "")
    arguments = ["--json", "import", "--from", source.url, "--token-env", "SOURCE_TOKEN"]
    target.odl.env["SOURCE_TOKEN"] = source.token
    planned = target.odl(*arguments, "--dry-run").json
    assert planned["counts"]["datasets"] == {"created": 2, "updated": 0, "unchanged": 0}
    assert target.datasets() == []

    done = target.odl(*arguments).json
    assert done["counts"] == {
        "users": {"created": 1, "updated": 0, "unchanged": 0},
        "organizations": {"created": 1, "updated": 0, "unchanged": 0},
        "groups": {"created": 2, "updated": 0, "unchanged": 0},
        "vocabularies": {"created": 0, "updated": 0, "unchanged": 0},
        "datasets": {"created": 2, "updated": 0, "unchanged": 0},
        "collaborators": {"created": 0, "updated": 0, "unchanged": 0},
        "followers": {"created": 0, "updated": 0, "unchanged": 0},
    }
    assert (done["files"], done["tables"], done["refusals"]) == (1, 1, [])
    assert table_of(target) == table_of(source)
    before, after = source.datasets(), target.datasets()
    assert [d["metadata_modified"] for d in after] == [d["metadata_modified"] for d in before]
    assert comparable(after) == comparable(before)
    copy = target.call("resource_show", {"id": file})
    assert requests.get(copy["url"], timeout=60).content == b"a;b\n1;2\n"
    organization = target.call("organization_show", {"id": "aime"})
    assert {"name": "claire", "capacity": "editor"}.items() <= organization["users"][0].items()
    assert [group["name"] for group in target.call("group_show", {"id": "finances"})["groups"]] == ["themes"]
    hashes = [
        place.call("user_show", {"id": "claire", "include_password_hash": True})["password_hash"]
        for place in (source, target)
    ]
    assert hashes[0] == hashes[1]

    source.call("follow_group", {"id": "aime"})
    source.call("follow_user", {"id": "claire"})
    source.call("user_patch", {"id": "claire", "about": "Secrétaire"})
    again = target.odl(*arguments).json
    assert again["counts"]["datasets"] == {"created": 0, "updated": 0, "unchanged": 2}
    assert again["counts"]["organizations"] == {
        "created": 0,
        "updated": 0,
        "unchanged": 1,
    }  # what moves by itself is none
    assert again["files"] == 0
    source.call("package_patch", {"id": "budget", "title": "Budget voté"})
    assert target.odl(*arguments).json["counts"]["datasets"] == {"created": 0, "updated": 1, "unchanged": 1}
    assert target.call("package_show", {"id": "budget"})["title"] == "Budget voté"


def test_a_dump_with_its_files_needs_no_server_on_either_side(source: Place, tmp_path: Path) -> None:
    file = fill(source, "")
    source.stop()
    counts = source.odl("--json", "export", tmp_path / "sortie", "--files").json["counts"]
    told = {"users": 1, "organizations": 1, "groups": 2, "datasets": 2, "files": 1, "tables": 1}
    assert {kind: count for kind, count in counts.items() if count} == told
    assert (tmp_path / "sortie" / "files" / file / "a-b.csv").read_bytes() == b"a;b\n1;2\n"
    assert (tmp_path / "sortie" / "users.jsonl").stat().st_mode & 0o077 == 0
    home = tmp_path / "autre"
    home.mkdir()
    other = CommandLine(home)
    other("init", "essai", "--commune", "73065")
    done = other("--json", "import", "--from", tmp_path / "sortie").json
    assert (done["counts"]["datasets"]["created"], done["counts"]["groups"]["created"]) == (2, 2)
    assert (done["files"], done["tables"], done["refusals"]) == (1, 1, [])
    assert other("--json", "db", "check").json["problems"] == []
    second = other("--json", "import", "--from", tmp_path / "sortie").json
    assert [second["counts"][kind]["unchanged"] for kind in ("users", "organizations", "groups", "datasets")] == [
        *(1, 1, 2, 2),
    ]
    again = other("--json", "export", tmp_path / "encore", "--files").json["counts"]
    assert again == counts
    source.server = start(source.odl, source.port, workers=1)


def test_a_dump_writes_to_no_table_but_its_own(source: Place, tmp_path: Path) -> None:
    fill(source, "")
    source.odl("export", tmp_path / "sortie", "--files")
    (rows,) = (tmp_path / "sortie" / "rows").iterdir()
    first = json.loads(rows.read_text().splitlines()[0])
    for call in ({**first, "action": "user_update"}, {**first, "data": {**first["data"], "resource_id": "autre"}}):
        rows.write_text(json.dumps(call))
        home = tmp_path / uuid.uuid4().hex
        home.mkdir()
        other = CommandLine(home)
        other("init", "essai", "--commune", "73065")
        done = other("--json", "import", "--from", tmp_path / "sortie", code=6).json
        assert [each["kind"] for each in done["refusals"]] == ["rows"]
        assert done["tables"] == 0


def test_one_object_that_is_refused_stops_no_other(odl: CommandLine, tmp_path: Path) -> None:
    odl("init", "essai", "--commune", "73065")
    lines = [
        {"name": "aime", "id": str(uuid.uuid4()), "is_organization": True, "title": "Aime"},
        {"name": "x", "title": "trop court", "owner_org": "aime", "resources": []},
        {"name": "arbres", "title": "Arbres", "owner_org": "aime", "resources": [
            {"id": str(uuid.uuid4()), "url": "file:///etc/passwd", "url_type": "upload"}]},
        {"name": "bancs", "title": "Bancs", "owner_org": "aime", "resources": []},
    ]  # fmt: skip
    (tmp_path / "dump.jsonl").write_text("\n".join(map(json.dumps, lines)))
    done = odl("--json", "import", "--from", tmp_path / "dump.jsonl", code=6).json
    assert done["counts"]["datasets"]["created"] == 2
    assert [(each["kind"], each["name"].split("/")[0]) for each in done["refusals"]] == [
        ("datasets", "x"),
        ("files", "arbres"),
    ]
    assert "no address" in done["refusals"][1]["reason"]


@pytest.mark.parametrize("text", ["{", "[]", '"a"', "\x00"])
def test_what_is_no_dump_is_said_with_its_line(odl: CommandLine, tmp_path: Path, text: str) -> None:
    odl("init", "essai", "--commune", "73065")
    (tmp_path / "dump.jsonl").write_text(f"\n{text}\n")
    assert "dump.jsonl, line 2" in odl("import", "--from", tmp_path / "dump.jsonl", code=2).stderr
    assert "absent" in odl("import", "--from", tmp_path / "absent.jsonl", code=2).stderr


def test_what_holds_nothing_to_bring_is_said(odl: CommandLine, tmp_path: Path) -> None:
    odl("init", "essai", "--commune", "73065")
    (tmp_path / "other.jsonl").write_text('{"foo": 1}\n{"action": "datastore_create", "data": {}}\n')
    assert "nothing that can be brought" in odl("import", "--from", tmp_path / "other.jsonl", code=2).stderr
    (tmp_path / "folder").mkdir()
    assert "no dump" in odl("import", "--from", tmp_path / "folder", code=2).stderr
    (tmp_path / "folder" / "groups.jsonl").touch()  # of a CKAN that has none
    told = odl("import", "--from", tmp_path / "folder")
    assert "nothing to bring" in told.stderr
    assert "files:" not in odl("import", "--from", tmp_path / "folder", "--dry-run").stdout


def test_a_token_that_is_no_sysadmins_over_there_is_told(source: Place, target: Place) -> None:
    arguments = ["import", "--from", source.url, "--token-env", "SOURCE_TOKEN", "--dry-run"]
    target.odl.env["SOURCE_TOKEN"] = "expired-or-mistyped"
    told = target.odl(*arguments)
    assert "SOURCE_TOKEN" in told.stderr
    assert "not a sysadmin's" in told.stderr
    target.odl.env["SOURCE_TOKEN"] = source.token
    assert "sysadmin" not in target.odl(*arguments).stderr


def test_a_source_that_does_not_answer_asks_to_be_run_again(odl: CommandLine) -> None:
    odl("init", "essai", "--commune", "73065")
    assert "does not answer" in odl("import", "--from", f"http://127.0.0.1:{free_port()}", code=5).stderr


@pytest.mark.skipif(not REAL, reason="no real CKAN: set ODL_TEST_CKAN_URL and ODL_TEST_CKAN_TOKEN")
def test_what_we_export_loads_into_a_real_ckan_and_comes_back_without_loss(
    source: Place, target: Place, tmp_path: Path
) -> None:
    prefix = f"st-{uuid.uuid4().hex[:8]}-"
    file = fill(source, prefix)
    real = Ckanapi(REAL, os.environ["ODL_TEST_CKAN_TOKEN"])
    folder = tmp_path / "sortie"
    source.odl("export", folder, "--files")
    before = source.datasets()
    for kind in ("users", "organizations", "groups"):
        real("load", kind, "-I", str(folder / f"{kind}.jsonl"))
    real("load", "datasets", "--upload-resources", "-I", str(folder / "datasets.jsonl"))
    for rows in (folder / "rows").iterdir():
        real("batch", "-I", str(rows))
        there = real.action("datastore_search", f"resource_id={rows.stem}", "limit:5000", "sort=_id")["records"]
        assert there == table_of(source)[1]
    lines = [
        json.dumps(real.action(action, f"id={prefix}{name}", "include_password_hash:true"))
        for action, name in {
            "user_show": "claire",
            "organization_show": "aime",
            "group_show": "finances",
        }.items()
    ]
    lines.insert(0, json.dumps(real.action("group_show", f"id={prefix}themes")))
    lines += [json.dumps(real.action("package_show", f"id={prefix}{name}")) for name in ("budget", "prive")]
    (tmp_path / "retour.jsonl").write_text("\n".join(lines))
    done = target.odl("--json", "import", "--from", tmp_path / "retour.jsonl").json
    assert (done["files"], done["refusals"]) == (1, [])
    after = target.datasets()
    for dataset in (*before, *after):
        del dataset["metadata_created"]  # a CKAN gives its own date of creation to what it loads,
        for resource in dataset["resources"]:
            resource.pop("datastore_active", None)  # and the rows came after it
    assert comparable(after) == comparable(before)
    copy = target.call("resource_show", {"id": file})
    assert requests.get(copy["url"], timeout=60).content == b"a;b\n1;2\n"
    organization = target.call("organization_show", {"id": f"{prefix}aime"})
    assert organization["extras"][0]["value"] == "217300656"
    assert [user["name"] for user in organization["users"] if user["capacity"] == "editor"] == [f"{prefix}claire"]


def test_export_says_what_it_writes(odl: CommandLine, tmp_path: Path) -> None:
    odl("init", "essai", "--commune", "73065")
    done = subprocess.run(
        [sys.executable, "-m", "odl_host", "export", str(tmp_path / "s"), "--only", "datasets"],
        env=odl.env, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "0  datasets" in done.stdout
    assert sorted(file.name for file in (tmp_path / "s").iterdir()) == [
        *("datasets.jsonl", "relationships.jsonl", "views.jsonl"),
    ]
