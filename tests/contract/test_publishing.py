"""Publishing a deposit gives the same catalogue in process, over HTTP, and on a real CKAN."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
import requests

from odl_host.errors import UsageError

from .portal import PlainCkan, Portal, prenoms


def test_a_changed_file_shows_its_rows_before_and_after_and_keeps_its_address(portal: Portal) -> None:
    portal.lay({"a/prenoms-2024.csv": prenoms(2024, "Zoé", "Ana")})
    url = portal.publish().outcomes[0].url
    portal.lay({"a/prenoms-2024.csv": prenoms(2024, "Zoé", "Ana", "Lou")})
    (step,) = portal.plan().steps()
    assert (step.action, step.rows_before, step.rows) == ("update", 2, 3)
    report = portal.publish()
    assert report.outcomes[0].url == url
    assert requests.get(url, timeout=60).text.count("\n") == 4 if url.startswith("http://127.0.0.1") else True


def test_words_of_others_and_hidden_datasets_stay_as_they_are(portal: Portal) -> None:
    portal.lay({"a/prenoms.csv": prenoms(2024)})
    portal.publish()
    (held,) = portal.datasets()
    extras = [*held["extras"], {"key": "relu_par", "value": "Jeanne"}]
    portal.catalogue.call_action("package_patch", {"id": held["id"], "private": True, "extras": extras})
    portal.set_manifest(licence="odc-odbl")
    portal.publish()
    (held,) = portal.datasets()
    assert held["private"] is True
    assert {"key": "relu_par", "value": "Jeanne"} in held["extras"]


def test_a_deposit_whose_disk_is_not_mounted_is_an_error_and_no_quiet_night(portal: Portal) -> None:
    portal.lay({"a/prenoms.csv": prenoms(2024)})
    portal.publish()
    away = portal.deposit.rename(portal.folder / "away")
    portal.deposit.mkdir()
    for prune in (False, True):
        with pytest.raises(UsageError, match="is its disk mounted"):
            portal.publish(prune=prune)
    portal.deposit.rmdir()
    away.rename(portal.deposit)
    assert portal.outcomes() == {"a/prenoms.csv": "unchanged"}


def test_a_received_workbook_stays_beside_what_is_published(portal: Portal, tmp_path: Path) -> None:
    from openpyxl import Workbook

    workbook = Workbook()
    for line in prenoms(2024).splitlines():
        cells = line.split(",")
        workbook.active.append([int(cell) if cell.isdigit() and cell != "73030" else cell for cell in cells])
    portal.path("a/x").parent.mkdir()
    workbook.save(portal.path("a/Prénoms.xlsx"))
    assert portal.outcomes() == {"a/Prénoms.xlsx": "published"}
    assert portal.outcomes() == {"a/Prénoms.xlsx": "unchanged"}
    (dataset,) = portal.datasets()
    originals = [one for one in dataset["resources"] if "original_of" in one or "original_hash" in one]
    assert len(originals) == 1
    portal.path("a/Prénoms.xlsx").unlink()
    portal.lay({"a/prenoms-2023.csv": prenoms(2023)})
    portal.publish(prune=True)
    (dataset,) = portal.datasets()
    assert [one["source_name"] for one in dataset["resources"]] == ["prenoms-2023.csv"]


def test_odd_names_are_files_like_others(portal: Portal) -> None:
    names = ["a/x..\\..\\passwd.csv", "a/ligne\nsuivante.csv", "a/naissances 🎉.csv"]
    decomposed = "a/" + unicodedata.normalize("NFD", "Prénoms été.csv")
    portal.lay({name: prenoms(2000 + n) for n, name in enumerate([*names, decomposed])})
    portal.lay({"a/~$prenoms.csv": "x", "a/PRENOMS.csv": prenoms(2014), "a/prenoms.csv": prenoms(2015)})
    report = portal.publish()
    outcomes = {portal.short(one.step.source.relative): one.outcome for one in report.outcomes}
    assert outcomes.pop("a/prenoms.csv") == "blocked"
    assert "majuscules" in portal.reasons(report)["a/prenoms.csv"]
    assert set(outcomes.values()) == {"published"} and len(outcomes) == 5
    assert "a/Prénoms été.csv" in outcomes
    for resource in portal.resources().values():
        assert ".." not in resource["url"] and "\n" not in resource["url"]
    assert set(portal.outcomes().values()) == {"unchanged", "blocked"}


def test_a_vanilla_ckan_keeps_no_received_file_of_what_was_corrected(portal: Portal) -> None:
    portal.catalogue = PlainCkan(portal.catalogue)
    portal.lay({"a/prenoms-2024.csv": "Rédigé par la mairie\n" + prenoms(2024)})
    portal.publish()
    (dataset,) = portal.datasets()
    assert [bool(one.get("original_of")) for one in dataset["resources"]] == [False, True]
    portal.lay({"a/prenoms-2024.csv": prenoms(2024)})
    assert list(portal.outcomes().values()) == ["published"]
    (dataset,) = portal.datasets()
    assert [one.get("source_name") for one in dataset["resources"]] == ["prenoms-2024.csv"], dataset["resources"]


@pytest.mark.parametrize("together", [True, False])
def test_a_draft_gets_its_tags_when_it_is_shown(portal: Portal, together: bool) -> None:
    ckan = portal.catalogue = PlainCkan(portal.catalogue)
    ckan.failing = "" if together else "package_revise"
    portal.lay({"a/prenoms-2024.csv": prenoms(2024), "a/prenoms-2023.csv": prenoms(2023)})
    assert set(portal.outcomes().values()) == {"published"}
    assert ckan.calls.count("package_patch") == (0 if together else 1)
    (dataset,) = portal.datasets()
    assert dataset["state"] == "active"
    assert dataset["tags"]
    assert not portal.plan().datasets


def test_a_draft_that_a_run_left_without_files_gets_all_that_it_is_to_say(portal: Portal) -> None:
    ckan = portal.catalogue = PlainCkan(portal.catalogue)
    ckan.refuses_files = True
    portal.lay({"a/prenoms-2024.csv": prenoms(2024)})
    assert portal.outcomes() == {"a/prenoms-2024.csv": "failed"}
    (draft,) = portal.datasets()
    assert (draft["state"], draft["resources"]) == ("draft", [])
    ckan.refuses_files = False
    assert portal.outcomes() == {"a/prenoms-2024.csv": "published"}
    (dataset,) = portal.datasets()
    assert (dataset["id"], dataset["state"]) == (draft["id"], "active")
    assert dataset["tags"]
    assert not portal.plan().datasets
