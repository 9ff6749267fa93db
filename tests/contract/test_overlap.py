"""A run writes what it has examined while it examines the rest, and does to each file exactly what `plan` said."""

from __future__ import annotations

import dataclasses
import time
from itertools import pairwise
from typing import Any

import pytest

from odl_host.catalogue import upsert
from odl_host.errors import ConfigError
from odl_host.pipeline.plans.quotas import count_usage
from odl_host.pipeline.run import publish_deposit
from odl_host.pipeline.runs.outcomes import RunReport
from odl_host.tenants import Quotas

from .portal import Portal, prenoms

YEARS = (2021, 2022, 2023)
DONE = {"create": "published", "update": "published", "block": "blocked", "reject": "rejected", "remove": "removed"}


def set_tenant_files(portal: Portal, most: int) -> None:
    """Leave room for so many files in the tenant; others may share the catalogue."""
    others = sum(one.files for one in count_usage(upsert.iter_datasets(portal.catalogue)).values())
    manifest = dataclasses.replace(portal.tenant.manifest, quotas=Quotas(tenant_files=others + most))
    portal.tenant = dataclasses.replace(portal.tenant, manifest=manifest)


def publish_as_planned(portal: Portal, *, prune: bool = False) -> RunReport:
    """Publish, and hold each file's end against the plan made just before."""
    plan = portal.plan(prune=prune)
    report = portal.publish(prune=prune)
    assert [one.step.as_json() for one in report.outcomes] == [step.as_json() for step in plan.steps()]
    assert [one.outcome for one in report.outcomes] == [DONE[step.action] for step in plan.steps()]
    return report


def test_a_member_is_online_before_the_last_file_of_the_next_is_examined(portal: Portal) -> None:
    first, last = sorted((portal.a, portal.b))
    portal.lay({f"{first}/prenoms-{year}.csv": prenoms(year) for year in YEARS})
    portal.lay({f"{last}/naissances-{year}.csv": prenoms(year) for year in YEARS})
    online: list[int] = []

    def look(stage: str, done: int, total: int) -> None:
        if stage == "examine" and done == total:
            deadline = time.monotonic() + 60
            while not (found := portal.resources()) and time.monotonic() < deadline:
                time.sleep(0.05)
            online.append(len(found))

    publish_deposit(portal.context, portal.deposit, command="test", progress=look)
    assert online == [3]
    assert len(portal.resources()) == 6


def test_a_quota_that_bites_in_the_middle_blocks_what_the_plan_said(portal: Portal) -> None:
    portal.lay({f"{member}/prenoms-{year}.csv": prenoms(year) for member in "ab" for year in YEARS})
    portal.lay({"a/faux.csv": prenoms().replace("2024", "hier"), "b/autre.csv": "inconnu\n1\n"})
    set_tenant_files(portal, 4)
    report = publish_as_planned(portal)
    assert report.counts == {**dict.fromkeys(report.counts, 0), "published": 4, "blocked": 3, "rejected": 1}
    last = max(portal.a, portal.b)
    blocked = [one.step.source.relative for one in report.outcomes if "le portail dépasserait" in one.detail]
    assert blocked == [f"{last}/prenoms-{year}.csv" for year in YEARS[1:]]


def test_what_leaves_of_a_later_member_makes_room_for_an_earlier_one(portal: Portal) -> None:
    first, last = sorted((portal.a, portal.b))
    portal.lay({f"{last}/prenoms-{year}.csv": prenoms(year) for year in YEARS})
    portal.publish()
    set_tenant_files(portal, 0)
    portal.lay({f"{last}/prenoms-2021.csv": None, f"{first}/prenoms-2024.csv": prenoms(2024)})
    portal.lay({f"{first}/prenoms-2025.csv": prenoms(2025)})
    portal.lay({f"{last}/prenoms-{year}.csv": prenoms(year, "Lou") for year in YEARS[1:]})
    report = publish_as_planned(portal, prune=True)
    assert report.counts == {**dict.fromkeys(report.counts, 0), "published": 3, "removed": 1, "blocked": 1}


def test_a_slow_catalogue_holds_the_examining_back_and_copies_leave_once_they_are_sent(portal: Portal) -> None:
    """With one writer eight datasets may wait: of twelve, four are written before the next member's turn comes."""
    portal.settings = portal.settings.but(writers=1)
    first, last = sorted((portal.a, portal.b))
    for number in range(12):
        portal.lay({f"{first}/{number:02}.csv": prenoms(), f"{first}/{number:02}.csv.toml": f'title = "Jeu {number}"'})
    portal.lay({f"{last}/prenoms.csv": prenoms()})
    told: list[tuple[str, int, int]] = []
    left: list[int] = []

    def note(stage: str, done: int, total: int) -> None:
        told.append((stage, done, total))
        if stage == "publish":
            left.append(len(list(portal.context.spool.iterdir())))

    publish_deposit(portal.context, portal.deposit, command="test", progress=note)
    assert told.index(("publish", 4, 12)) < told.index(("examine", 13, 13))
    assert told[-1] == ("publish", 13, 13)
    assert all(done < after for stage in ("examine", "publish") for done, after in pairwise(_counted(told, stage)))
    assert left[-1] == 0


def test_a_dataset_that_was_given_to_another_member_has_one_writer(portal: Portal) -> None:
    portal.lay({"a/prenoms.csv": prenoms(2024)})
    portal.publish()
    (dataset,) = portal.datasets()
    other = next(
        one["id"]
        for one in upsert.list_organizations(portal.catalogue)
        if {"key": "siren", "value": portal.b} in [{k: e[k] for k in ("key", "value")} for e in one.get("extras", [])]
    )
    portal.catalogue.call_action("package_patch", {"id": dataset["id"], "owner_org": other})
    portal.lay({"a/prenoms.csv": prenoms(2024, "Lou"), "b/prenoms.csv": prenoms(2023, "Zoé")})
    report = portal.publish()
    assert sorted(one.outcome for one in report.outcomes) == ["failed", "published"]
    (reason,) = [one.detail for one in report.outcomes if one.outcome == "failed"]
    assert dataset["name"] in reason
    assert "give it back to its own" in reason


def test_an_error_that_nobody_foresaw_costs_one_dataset_its_files(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    call, broken = portal.catalogue.call_action, portal.a

    def stumble(name: str, data_dict: Any = None, files: Any = None) -> Any:
        if name == "package_create" and broken in str(data_dict):
            raise LookupError("odd answer")
        return call(name, data_dict, files)

    portal.lay({"a/prenoms.csv": prenoms(), "b/prenoms.csv": prenoms()})
    monkeypatch.setattr(portal.catalogue, "call_action", stumble)
    report = portal.publish()
    ended = {portal.short(one.step.source.relative): (one.outcome, one.detail) for one in report.outcomes}
    assert ended == {"a/prenoms.csv": ("failed", "LookupError: odd answer"), "b/prenoms.csv": ("published", "")}
    monkeypatch.undo()
    assert portal.outcomes() == {"a/prenoms.csv": "published", "b/prenoms.csv": "unchanged"}


def test_a_template_that_cannot_be_filled_stops_a_run_before_the_first_write(portal: Portal) -> None:
    own = portal.folder / "templates" / "datasets" / "deliberations.md.j2"
    own.parent.mkdir(parents=True)
    own.write_text("{% block title %}Actes {{ of_nobody }}{% endblock %}", "utf-8")
    portal.lay({"a/prenoms.csv": prenoms(), "b/prenoms.csv": prenoms()})
    with pytest.raises(ConfigError, match=r"deliberations.md.j2 cannot be used: 'of_nobody' is undefined"):
        portal.publish()
    assert not portal.resources()


def _counted(told: list[tuple[str, int, int]], stage: str) -> list[int]:
    return [done for one, done, _ in told if one == stage]
