"""A file that has another name is known again, by its content or by its schema and its period."""

from __future__ import annotations

from pathlib import Path

import pytest

from odl_host.catalogue.client import EmbeddedCatalogue
from odl_host.server.search import index as search_index
from tests.sites import site_in

from .portal import Portal, prenoms

URL = "http://portail.example.org"


def test_a_renamed_file_is_known_again_by_its_content(portal: Portal) -> None:
    portal.lay({"a/prenoms.csv": prenoms(2024)})
    first = portal.publish().outcomes[0]
    portal.lay({"a/prenoms.csv": None, "a/Prénoms de Barby.csv": prenoms(2024)})
    (step,) = portal.plan().steps()
    assert (step.action, step.renamed_from) == ("describe", "prenoms.csv")
    (outcome,) = portal.publish().outcomes
    assert (outcome.outcome, outcome.resource_id, outcome.url) == ("updated", first.resource_id, first.url)
    assert portal.resources()["Prénoms de Barby.csv"]["name"] == "Prénoms de Barby.csv"
    assert portal.outcomes() == {"a/Prénoms de Barby.csv": "unchanged"}


def test_a_renamed_and_corrected_file_is_known_again_by_schema_and_period(portal: Portal) -> None:
    portal.lay({"a/prenoms 2024.csv": prenoms(2024), "a/prenoms 2023.csv": prenoms(2023)})
    first = {one.step.source.name: one for one in portal.publish().outcomes}
    portal.lay({"a/prenoms 2024.csv": None, "a/naissances.csv": prenoms(2024, "Lou", "Max")})
    step = next(step for step in portal.plan().steps() if step.source.name == "naissances.csv")
    assert (step.action, step.renamed_from, step.period) == ("update", "prenoms 2024.csv", "2024")
    outcome = next(one for one in portal.publish().outcomes if one.step.source.name == "naissances.csv")
    assert (outcome.resource_id, outcome.url) == (first["prenoms 2024.csv"].resource_id, first["prenoms 2024.csv"].url)
    assert portal.resources()["naissances.csv"]["temporal_start"] == "2024-01-01"


def test_a_copy_beside_the_published_file_is_another_file(portal: Portal) -> None:
    portal.lay({"a/prenoms.csv": prenoms(2024)})
    portal.publish()
    portal.lay({"a/copie.csv": prenoms(2024)})
    assert portal.actions() == {"a/copie.csv": "create", "a/prenoms.csv": "unchanged"}


def test_files_are_known_again_though_the_search_index_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = site_in(tmp_path / "site", URL)
    portal = Portal(tmp_path / "home", EmbeddedCatalogue(site.as_sysadmin(), URL), "essai", URL)

    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    portal.lay({"b/prenoms.csv": prenoms(2023)})
    portal.publish()
    assert site.as_sysadmin().call_action("package_search", {})["count"] == 1
    monkeypatch.setattr(search_index, "write_changes", refuse)
    portal.lay({"a/prenoms.csv": prenoms(2024)})
    first = next(one for one in portal.publish().outcomes if one.outcome == "published")
    assert site.as_sysadmin().call_action("package_search", {})["count"] == 1
    assert portal.outcomes() == {"a/prenoms.csv": "unchanged", "b/prenoms.csv": "unchanged"}
    portal.lay({"a/prenoms.csv": None, "a/Prénoms de Barby.csv": prenoms(2024)})
    outcome = next(one for one in portal.publish().outcomes if one.outcome != "unchanged")
    assert (outcome.outcome, outcome.resource_id, outcome.url) == ("updated", first.resource_id, first.url)
    site.close()
