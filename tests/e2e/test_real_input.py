"""The published and the official example files, deposited as a territory would deposit them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from .conftest import CommandLine

DEFAULT_CODE = "73065"


def arrange(reference: Path, kind: str, deposit: Path) -> set[str]:
    """Copy the files of one index into a deposit, and return their paths below it.

    A file goes under the commune (5 characters), the département (2 or 3) or the body (SIREN) that published it; the
    others under Chambéry, each with the folders of its source.
    """
    laid = set()
    for entry in json.loads((reference / kind / "index.json").read_text(encoding="utf-8")):
        code = str(entry.get("insee") or entry.get("siren") or DEFAULT_CODE)
        relative = f"{f'dep-{code}' if len(code) < 5 else code}/{entry['path']}"
        target = deposit / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(reference / kind / entry["path"], target)
        laid.add(relative)
    return laid


def add_members(odl: CommandLine, folders: set[str]) -> None:
    odl("add-commune", *sorted(folder for folder in folders if len(folder) == 5))
    for folder in folders:
        if len(folder) != 5:
            odl("add-member", folder.replace("dep-", "dep:"), "--name", folder)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["real", "examples"])
def test_every_file_ends_published_rejected_or_blocked_and_says_why(
    odl: CommandLine, reference_dir: Path, tmp_path: Path, kind: str
) -> None:
    deposit = tmp_path / "depot"
    laid = arrange(reference_dir, kind, deposit)
    odl("init", "france", "--france")
    odl("provision")
    odl("schema", "sync", reference_dir / "schemas")
    add_members(odl, {path.partition("/")[0] for path in laid})
    run = odl("--json", "publish", deposit, code=6).json
    items = {item["path"]: item for item in run["items"]}
    assert set(items) == laid
    assert {item["outcome"] for item in items.values()} <= {"published", "rejected", "blocked"}
    for item in items.values():
        if item["outcome"] == "rejected":
            assert item["findings"] and all(finding["message"] and finding["fix"] for finding in item["findings"])
        if item["outcome"] == "blocked":
            assert item["reason"]
        if item["outcome"] != "published":
            assert Path(item["report"]).stat().st_size > 1000
    again = odl("--json", "publish", deposit, code=6).json
    assert again["counts"]["published"] == 0
    assert again["counts"]["unchanged"] == run["counts"]["published"]
    assert run["counts"]["published"] >= {"real": 10, "examples": 60}[kind]
