"""What waits once a run has ended, in the sources that it did not look at too."""

from __future__ import annotations

from pathlib import Path

from odl_host.pipeline.runs.waiting import still_waiting

ITEM = {"path": "73065/prenoms.csv", "outcome": "rejected", "reason": "", "findings": []}


def waiting_after(before: list[dict[str, object]], looked_at: list[Path], folder: Path) -> list[str]:
    found = still_waiting([], before, looked_at, mirrors=folder / "mirror", run="r2", since="2026-11-26T04:00:00")
    return [one["item"]["path"] for one in found]


def test_what_waits_in_another_folder_goes_on_waiting_until_it_is_gone(tmp_path: Path) -> None:
    file = tmp_path / "autre" / "prenoms.csv"
    file.parent.mkdir()
    file.write_text("x")
    before: list[dict[str, object]] = [{"item": ITEM, "run": "r1", "since": "", "lies": str(file)}]
    assert waiting_after(before, [tmp_path / "deposit"], tmp_path) == [ITEM["path"]]
    assert waiting_after(before, [tmp_path / "autre"], tmp_path) == [], "the run looked there, and did not find it"
    file.unlink()
    assert waiting_after(before, [tmp_path / "deposit"], tmp_path) == []


def test_what_waits_where_nobody_can_look_goes_on_waiting(tmp_path: Path) -> None:
    lies = tmp_path / ("long" * 100) / "prenoms.csv"  # as a folder without rights, or a dead mount, it cannot be asked
    before: list[dict[str, object]] = [{"item": ITEM, "run": "r1", "since": "", "lies": str(lies)}]
    assert waiting_after(before, [tmp_path / "deposit"], tmp_path) == [ITEM["path"]]


def test_a_source_that_the_manifest_names_no_more_waits_no_more(tmp_path: Path) -> None:
    failed = {**ITEM, "path": "https://mairie.example/liste.csv", "outcome": "failed"}
    before: list[dict[str, object]] = [{"item": failed, "run": "r1", "since": "", "lies": str(tmp_path / "mirror/a")}]
    one_of_them = still_waiting([], before, [tmp_path / "mirror/b"], mirrors=tmp_path / "mirror", run="r2", since="")
    assert [one["item"]["outcome"] for one in one_of_them] == ["failed"], "another run is to look at it"
    all_of_them = still_waiting(
        [], before, [tmp_path / "mirror/b"], mirrors=tmp_path / "mirror", run="r2", since="", whole=True
    )
    assert list(all_of_them) == []
