"""A plan says what a run does, and one that was kept does exactly that or nothing."""

from __future__ import annotations

import pytest

from odl_host.errors import PlanMoved, UsageError
from odl_host.pipeline.plans.planfile import read_plan

from .portal import Portal, keep, prenoms


def test_a_plan_says_what_the_run_then_does(portal: Portal) -> None:
    portal.lay({"a/prenoms-2024.csv": prenoms(2024), "b/prenoms.csv": prenoms(2023), "b/notes.csv": "x,y\n1,2\n"})
    before = portal.plan()
    assert portal.actions(before) == {"a/prenoms-2024.csv": "create", "b/prenoms.csv": "create", "b/notes.csv": "block"}
    report = portal.publish()
    assert {one.step.resource_id for one in report.outcomes} == {step.resource_id for step in before.steps()}
    assert {one.url for one in report.outcomes if one.url} == {step.url for step in before.steps() if step.url}
    after = portal.plan()
    assert set(portal.actions(after).values()) == {"unchanged", "block"}
    assert not after.datasets


def test_a_plan_says_why_a_file_is_rejected(portal: Portal) -> None:
    portal.lay({"a/prenoms.csv": prenoms(2024).replace(",3,", ",trois,")})
    (item,) = portal.plan().as_json()["items"]
    assert (item["action"], item["schema"]) == ("reject", "scdl/prenoms@1.1.6")
    assert item["reason"].startswith("NOMBRE_OCCURRENCES : ") and "trois" not in item["reason"]


def test_a_kept_plan_is_applied_while_the_world_stays_as_it_was(portal: Portal) -> None:
    portal.lay({"a/prenoms-2024.csv": prenoms(2024)})
    kept = read_plan(keep(portal), tenant=portal.tenant.name)
    assert [one.outcome for one in portal.publish(kept=kept).outcomes] == ["published"]


def test_a_kept_plan_is_refused_when_the_deposit_or_the_catalogue_moved(portal: Portal) -> None:
    portal.lay({"a/prenoms-2024.csv": prenoms(2024)})
    kept = read_plan(keep(portal), tenant=portal.tenant.name)
    portal.lay({"a/prenoms-2024.csv": prenoms(2024, "Max")})
    with pytest.raises(PlanMoved, match=r"prenoms-2024\.csv has another content") as refused:
        portal.publish(kept=kept)
    assert refused.value.exit_code == 7
    assert portal.datasets() == []
    portal.publish()
    portal.lay({"a/prenoms-2024.csv": prenoms(2024, "Léo")})
    kept = read_plan(keep(portal), tenant=portal.tenant.name)
    (dataset,) = portal.datasets()
    portal.catalogue.call_action("package_patch", {"id": dataset["id"], "version": "2"})
    with pytest.raises(PlanMoved, match="changed in the catalogue"):
        portal.publish(kept=kept)


def test_an_altered_plan_is_no_plan(portal: Portal) -> None:
    portal.lay({"a/prenoms-2024.csv": prenoms(2024)})
    file = keep(portal)
    file.write_text(file.read_text().replace('"create"', '"update"'))
    with pytest.raises(UsageError, match="altered"):
        read_plan(file, tenant=portal.tenant.name)


def test_without_any_memory_the_next_run_reaches_the_same_plan(portal: Portal) -> None:
    portal.lay({"a/prenoms-2024.csv": prenoms(2024), "b/prenoms-2023.csv": prenoms(2023)})
    portal.publish()
    portal.lay({"a/prenoms-2024.csv": prenoms(2024, "Max"), "a/prenoms-2022.csv": prenoms(2022)})
    planned = portal.plan().as_json()
    for record in (portal.context.seen, *portal.context.runs.iterdir()):
        record.unlink(missing_ok=True)
    assert portal.plan().as_json() == planned
