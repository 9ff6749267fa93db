"""Nothing of a catalogue is lost on the way out and in, and what cannot come in is told by reason."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from odl_host.config import find_home
from odl_host.server.sites import Site
from odl_host.tenants import list_tenants
from odl_host.wiring import open_site
from tests.e2e.conftest import CommandLine

BESIDE = {"relationships": 1, "collaborators": 1, "followers": 3}
LOGO = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def new_home(folder: Path, **env: str) -> CommandLine:
    folder.mkdir()
    odl = CommandLine(folder)
    odl.env |= env
    odl("init", "essai", "--commune", "73065")
    manifest = folder / "tenants" / "essai.toml"
    collaborators = "\n[ckan]\nckan.auth.allow_dataset_collaborators = true\n"
    manifest.write_text(manifest.read_text("utf-8").replace("\n[ckan]\n", collaborators), "utf-8")
    return odl


def opened(odl: CommandLine) -> Site:
    (tenant,) = list_tenants(find_home(Path(odl.env["ODL_HOME"])))
    return open_site(tenant)


def fill(odl: CommandLine, logo: Path) -> None:
    """Make one of each thing that stands beside users, organizations and datasets."""
    site = opened(odl)
    call: Any = site.as_sysadmin().call_action

    def send(action: str, data: Any, field: str, name: str, content: bytes) -> Any:
        logo.write_bytes(content)
        with logo.open("rb") as stream:
            return call(action, data, {field: (name, stream, "image/png" if name.endswith("png") else "text/csv")})

    for name in ("claire", "paul"):
        kept = {"plugin_extras": {"programme": {"a": 1}}, "password": "motdepasse", "fullname": name.title()}
        call("user_create", {"name": name, "email": f"{name}@example.org", **kept})
    send("user_patch", {"id": "claire"}, "image_upload", "claire.png", LOGO)
    members = [{"name": "claire", "capacity": "editor"}, {"name": "paul", "capacity": "admin"}]
    call("organization_create", {"name": "aime", "title": "Aime", "users": members})
    call("organization_member_delete", {"id": "aime", "username": "odl-host"})
    send("organization_patch", {"id": "aime"}, "image_upload", "logo.png", LOGO)
    call("group_create", {"name": "themes", "title": "Thèmes"})
    call("group_create", {"name": "finances", "title": "Finances", "groups": [{"name": "themes"}]})
    vocabulary = call("vocabulary_create", {"name": "pays", "tags": [{"name": "France"}, {"name": "Italie"}]})
    tags = [{"name": "eau"}, {"name": "France", "vocabulary_id": vocabulary["id"]}]
    kept = {"plugin_data": {"programme": {"b": [1, 2]}}, "groups": [{"name": "finances"}], "tags": tags}
    call("package_create", {"name": "budget", "owner_org": "aime", **kept})
    call("package_create", {"name": "prive", "owner_org": "aime", "private": True})
    call("package_create", {"name": "brouillon", "owner_org": "aime", "state": "draft"})
    call("package_create", {"name": "supprime", "owner_org": "aime"})
    file = send("resource_create", {"package_id": "budget", "name": "B"}, "upload", "a b.csv", b"a;b\n1;2\n")
    with logo.with_suffix(".ods").open("w+b") as received:
        received.write(b"as a town hall sent it")
        received.seek(0)
        call("resource_patch", {"id": file["id"]}, {"original": ("Reçu été.ods", received, "text/x")})
    image = call("resource_create", {"package_id": "budget", "url": "http://example.org/a.png", "format": "PNG"})
    for view in call("resource_view_list", {"id": image["id"]}):
        call("resource_view_delete", {"id": view["id"]})  # a view that comes by itself, and is not wanted
    for kind in ("text_view", "datatables_view"):
        call("resource_view_create", {"resource_id": file["id"], "view_type": kind, "title": kind})
    send("resource_create", {"package_id": "supprime", "name": "S"}, "upload", "s.csv", b"a\n9\n")
    call("package_delete", {"id": "supprime"})
    call("package_relationship_create", {"subject": "budget", "object": "prive", "type": "depends_on", "comment": "c"})
    call("package_collaborator_create", {"id": "prive", "user_id": "claire", "capacity": "editor"})
    follow = site.as_user("claire").call_action
    for action, followed in {"follow_dataset": "budget", "follow_group": "aime", "follow_user": "paul"}.items():
        follow(action, {"id": followed})
    site.close()


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_what_is_exported_imported_and_exported_again_is_the_same(tmp_path: Path) -> None:
    first, second = new_home(tmp_path / "depart"), new_home(tmp_path / "arrivee")
    fill(first, tmp_path / "envoi")
    counts = first("--json", "export", tmp_path / "un", "--files").json["counts"]
    objects = {"users": 2, "organizations": 1, "groups": 2, "vocabularies": 1, "datasets": 4}
    assert counts == objects | {"images": 2, "files": 2, "tables": 0, "views": 2} | BESIDE
    planned = second("--json", "import", "--from", tmp_path / "un", "--dry-run").json
    done = second("--json", "import", "--from", tmp_path / "un").json
    assert planned["counts"] == done["counts"]
    assert {kind: count["created"] for kind, count in done["counts"].items()} == {
        kind: counts[kind] for kind in done["counts"]
    }
    assert (done["files"], done["views"], done["images"], done["relationships"], done["refused"]) == (2, 2, 2, 1, [])
    second("export", tmp_path / "deux", "--files")
    before, after = contents(tmp_path / "un"), contents(tmp_path / "deux")
    assert before.keys() == after.keys()
    assert {name for name in before if before[name] != after[name]} == set()
    again = second("--json", "import", "--from", tmp_path / "un").json
    assert all(count["created"] == count["updated"] == 0 for count in again["counts"].values())
    assert (again["files"], again["views"], again["images"], again["relationships"]) == (0, 0, 0, 0)
    assert second("--json", "db", "check").json["problems"] == []


def write(file: Path, *entries: dict[str, Any]) -> Path:
    file.write_text("\n".join(map(json.dumps, entries)), "utf-8")
    return file


def dataset(name: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "title": name, "resources": [], **fields}


def test_refusals_are_told_by_reason_with_what_to_do(tmp_path: Path) -> None:
    odl = new_home(tmp_path / "ici")
    organization = {"name": "aime", "title": "Aime", "is_organization": True}
    homeless = [dataset(f"sans-{number}") for number in range(5)]
    file = write(tmp_path / "dump.jsonl", organization, *homeless, dataset("x", owner_org="aime"))
    told = odl("import", "--from", file, code=6).stdout
    assert "! 5 datasets refused: package_create: owner_org: An organization must be provided" in told
    assert "sans-0, sans-1, sans-2 …" in told
    assert "--owner NAME" in told
    assert "ckan.auth.create_unowned_dataset = true" in told
    done = odl("--json", "import", "--from", file, "--owner", "aime", code=6).json
    assert done["counts"]["datasets"]["created"] == 5
    assert [(group["kind"], group["count"]) for group in done["refused"]] == [("datasets", 1)]
    assert "au moins" not in done["refused"][0]["reason"]
    assert "! 1 datasets : refus" in odl("--lang", "fr", "import", "--from", file, code=6).stdout


def test_a_dataset_of_the_same_name_and_another_id_is_not_written_over(tmp_path: Path) -> None:
    odl = new_home(tmp_path / "ici")
    organization = {"name": "aime", "title": "Aime", "is_organization": True}
    first, second = "0e5cd0d3-9b55-4d0d-9c5b-8ad4d3a5b5f1", "6d0f2c55-5d59-4b22-8a5f-1f0a5d1c7a10"
    odl("import", "--from", write(tmp_path / "dump.jsonl", organization, dataset("eau", id=first, owner_org="aime")))
    other = write(tmp_path / "autre.jsonl", organization, dataset("eau", id=second, owner_org="aime", notes="autre"))
    told = odl("import", "--from", other, code=6).stdout
    assert "already in use" in told
    assert "Rename" in told
    site = opened(odl)
    assert site.as_sysadmin().call_action("package_show", {"id": "eau"})["id"] == first
    site.close()


def test_a_view_that_is_not_known_here_keeps_nothing_else_back(tmp_path: Path) -> None:
    odl = new_home(tmp_path / "ici")
    key = "0e5cd0d3-9b55-4d0d-9c5b-8ad4d3a5b5f1"
    view = {"action": "resource_view_create", "data": {"resource_id": key, "view_type": "recline_view", "title": "t"}}
    organization = {"name": "aime", "title": "Aime", "is_organization": True}
    entry = dataset("eau", owner_org="aime", resources=[{"id": key, "url": "http://example.org/a.csv"}])
    file = write(tmp_path / "dump.jsonl", organization, entry, view)
    done = odl("--json", "import", "--from", file, code=6).json
    assert [(group["kind"], group["count"]) for group in done["refused"]] == [("views", 1)]
    assert odl("--json", "import", "--from", file).json["counts"]["datasets"]["unchanged"] == 1


@pytest.mark.parametrize("call", [{"action": "user_delete", "data": {"id": "claire"}}, {"action": "follow_user"}])
def test_a_dump_makes_no_other_calls(tmp_path: Path, call: dict[str, Any]) -> None:
    odl = new_home(tmp_path / "ici")
    file = write(tmp_path / "dump.jsonl", {"name": "claire", "fullname": "Claire", "email": "c@example.org"}, call)
    odl("--json", "import", "--from", file, code=None)
    site = opened(odl)
    assert site.as_sysadmin().call_action("user_show", {"id": "claire"})["state"] == "active"
    site.close()
