"""What left the deposit leaves the catalogue when that is asked for, and nothing else ever does."""

from __future__ import annotations

import pytest

from odl_host.errors import UsageError
from odl_host.pipeline.plans.planfile import read_plan

from .portal import Portal, keep, prenoms


def test_what_left_the_deposit_leaves_the_catalogue_only_when_asked(portal: Portal) -> None:
    portal.lay({"a/prenoms-2024.csv": prenoms(2024), "a/prenoms-2023.csv": prenoms(2023), "b/p.csv": prenoms(2022)})
    portal.publish()
    portal.lay({"a/prenoms-2023.csv": None, "b/p.csv": None})
    assert "remove" not in portal.actions().values()
    assert portal.outcomes() == {"a/prenoms-2024.csv": "unchanged"}
    assert portal.actions(prune=True) == {
        "a/prenoms-2024.csv": "unchanged", "a/prenoms-2023.csv": "remove", "b/p.csv": "remove",
    }  # fmt: skip
    assert portal.outcomes(prune=True)["b/p.csv"] == "removed"
    assert set(portal.resources()) == {"prenoms-2024.csv"}
    assert len(portal.datasets()) == 1


def test_a_file_renamed_and_spoilt_takes_nothing_offline(portal: Portal) -> None:
    portal.lay({"a/prenoms-2024.csv": prenoms(2024), "a/prenoms-2023.csv": prenoms(2023)})
    portal.publish()
    wrong = prenoms(2024).replace(",3,", ",trois,")
    portal.lay({"a/prenoms-2024.csv": None, "a/naissances-2024.csv": wrong})
    assert "remove" not in portal.actions(prune=True).values()
    portal.lay({"a/naissances-2024.csv": prenoms(2024, "Max")})
    assert portal.actions(prune=True) == {"a/naissances-2024.csv": "update", "a/prenoms-2023.csv": "unchanged"}


def test_a_removed_dataset_comes_back_with_its_ids(portal: Portal) -> None:
    portal.lay({"a/prenoms-2024.csv": prenoms(2024), "b/prenoms-2024.csv": prenoms(2024)})
    first = [(one["path"], one["resource_id"], one["url"]) for one in portal.publish().as_json()["items"]]
    portal.lay({"a/prenoms-2024.csv": None})
    assert portal.outcomes(prune=True)["a/prenoms-2024.csv"] == "removed"
    portal.lay({"a/prenoms-2024.csv": prenoms(2024)})
    assert [(one["path"], one["resource_id"], one["url"]) for one in portal.publish().as_json()["items"]] == first
    assert len(portal.datasets()) == 2


def test_a_member_whose_folder_is_gone_loses_nothing(portal: Portal) -> None:
    portal.lay({"a/prenoms-2024.csv": prenoms(2024), "b/prenoms-2024.csv": prenoms(2024)})
    portal.publish()
    portal.lay({"b/prenoms-2024.csv": None})
    portal.path("b/x").parent.rmdir()
    assert portal.outcomes(prune=True) == {"a/prenoms-2024.csv": "unchanged"}
    assert len(portal.datasets()) == 2


def test_an_emptied_deposit_is_not_pruned_without_a_plan_that_was_read(portal: Portal) -> None:
    names = [f"a/prenoms-{year}.csv" for year in range(2000, 2012)]
    portal.lay({name: prenoms(2000 + n) for n, name in enumerate(names)})
    portal.publish()
    portal.lay(dict.fromkeys(names[1:]))
    with pytest.raises(UsageError, match="11 of 12"):
        portal.publish(prune=True)
    assert len(portal.resources()) == 12
    kept = read_plan(keep(portal, prune=True), tenant=portal.tenant.name)
    portal.publish(prune=True, kept=kept)
    assert len(portal.resources()) == 1


def test_a_renamed_file_that_its_sidecar_holds_back_is_not_pruned(portal: Portal) -> None:
    portal.lay({"a/prenoms-2024.csv": prenoms(2024), "a/prenoms-2023.csv": prenoms(2023)})
    portal.publish()
    portal.lay({"a/prenoms-2024.csv": None, "a/b/naissances.csv": prenoms(2024), "a/b/naissances.csv.toml": "titre ="})
    assert "remove" not in portal.actions(prune=True).values()
