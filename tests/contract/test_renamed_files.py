"""A file that has another name is known again, by its content or by its schema and its period."""

from __future__ import annotations

from .portal import Portal, prenoms


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
