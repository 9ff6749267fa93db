"""Taking back what was published: a night, a file, what a night removed; and what the next night makes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .conftest import CommandLine
from .test_main_job import PRENOMS, by_path, deposit
from .test_quarantine import show_resource

FILE, OTHER = "73065/prenoms.csv", "73029/prenoms.csv"
SECOND = PRENOMS.replace(";3;", ";30;")
THIRD = PRENOMS.replace(";3;", ";33;")


def night(savoie: CommandLine, folder: Path, *options: str, code: int = 0) -> dict[str, Any]:
    return dict(savoie("--json", "publish", folder, *options, code=code).json)


def test_a_night_is_taken_back_in_one_command_and_does_not_come_again(savoie: CommandLine, tmp_path: Path) -> None:
    folder = deposit(tmp_path / "depot", {FILE: PRENOMS})
    first = by_path(night(savoie, folder))[FILE]
    before = show_resource(savoie, first["resource_id"])
    deposit(folder, {FILE: SECOND, OTHER: PRENOMS.replace("73065", "73029").replace("Chambéry", "Barberaz")})
    run = night(savoie, folder)["run"]

    plan = savoie("--json", "rollback", run, "--dry-run").json["items"]
    assert savoie("--json", "rollback", "last", "--dry-run").json["items"] == plan
    assert sorted((item["action"], item["version"]) for item in plan) == [("remove", None), ("restore", 1)]
    assert "--yes" in savoie("rollback", run, code=2).stderr
    savoie("rollback", run, "--reason", "export faux", "--by", "agate", "--yes")

    after = show_resource(savoie, first["resource_id"])
    assert (after["hash"], after["url"], after["source_hash"]) == (before["hash"], before["url"], before["source_hash"])
    again = by_path(night(savoie, folder, code=6))
    assert {path: item["outcome"] for path, item in again.items()} == {FILE: "blocked", OTHER: "blocked"}
    assert "redéposez un fichier corrigé" in again[FILE]["reason"]
    assert "agate (export faux)" in again[FILE]["reason"]

    deposit(folder, {FILE: THIRD})
    corrected = by_path(night(savoie, folder, code=6))[FILE]
    assert (corrected["outcome"], corrected["resource_id"]) == ("published", first["resource_id"])
    versions = savoie("--json", "history", corrected["dataset"]).json["files"][0]["versions"]
    assert [version["is_current"] for version in versions] == [False, False, False, True]


def test_a_file_goes_back_to_a_version_of_choice(savoie: CommandLine, tmp_path: Path) -> None:
    folder = deposit(tmp_path / "depot", {FILE: PRENOMS})
    item = by_path(night(savoie, folder))[FILE]
    first = show_resource(savoie, item["resource_id"])
    for content in (SECOND, THIRD):
        deposit(folder, {FILE: content})
        night(savoie, folder)
    savoie("rollback", item["dataset"], "--to", "1", "--yes")
    assert show_resource(savoie, item["resource_id"])["hash"] == first["hash"]
    assert "no version 9" in savoie("rollback", item["dataset"], "--to", "9", "--yes", code=2).stderr
    assert "no run, dataset or file" in savoie("rollback", "absent", "--yes", code=2).stderr


def test_what_a_night_removed_comes_back_under_its_address(savoie: CommandLine, tmp_path: Path) -> None:
    folder = deposit(tmp_path / "depot", {FILE: PRENOMS})
    item = by_path(night(savoie, folder))[FILE]
    before = show_resource(savoie, item["resource_id"])
    (folder / FILE).unlink()
    run = night(savoie, folder, "--prune")["run"]
    savoie("rollback", run, "--yes")
    after = show_resource(savoie, item["resource_id"])
    assert (after["url"], after["hash"]) == (before["url"], before["hash"])


def test_a_later_change_is_not_undone_with_an_earlier_night(savoie: CommandLine, tmp_path: Path) -> None:
    folder = deposit(tmp_path / "depot", {FILE: PRENOMS})
    run = night(savoie, folder)["run"]
    deposit(folder, {FILE: SECOND})
    night(savoie, folder)
    items = savoie("--json", "rollback", run, "--yes").json["items"]
    assert [(item["action"], item["reason"]) for item in items] == [("keep", "it changed since")]


def test_gc_keeps_what_is_online_and_the_versions_that_the_manifest_keeps(savoie: CommandLine, tmp_path: Path) -> None:
    folder = deposit(tmp_path / "depot", {FILE: PRENOMS})
    for content in (PRENOMS, SECOND, THIRD):
        deposit(folder, {FILE: content})
        item = by_path(night(savoie, folder))[FILE]
    assert savoie("--json", "gc", "--dry-run").json == {"versions": 0, "removed": 0, "waiting": 0, "dry_run": True}
    assert savoie("--quiet", "gc").stdout == ""
    manifest = savoie.home / "tenants" / "savoie.toml"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace("keep_versions = 0", "keep_versions = 2"), encoding="utf-8")
    done = savoie("--json", "gc").json
    assert (done["versions"], done["removed"]) == (1, 0)
    assert done["waiting"] >= 1
    assert len(savoie("--json", "history", item["dataset"]).json["files"][0]["versions"]) == 2
