"""What is taken down or taken back is reachable nowhere, and does not come back by any way but a decision."""

from __future__ import annotations

import pytest
import requests

from odl_host.catalogue import upsert
from odl_host.catalogue.members import held_members
from odl_host.catalogue.versions import list_versions
from odl_host.errors import CatalogueNotFound
from odl_host.pipeline.deciding.rollback import apply_returns, plan_reference, plan_run
from odl_host.pipeline.deciding.takedown import find_target, take_down
from odl_host.pipeline.records.decisions import Decision, Decisions

from .portal import Portal, prenoms

PATH = "a/prenoms-2024.csv"
MESSY = "Prénoms de la commune;;;;;\n" + prenoms(2024).replace(",", ";")


def decisions_of(portal: Portal) -> Decisions:
    return Decisions.load(portal.tenant.decisions)


def take(portal: Portal, reference: str) -> None:
    decisions = decisions_of(portal)
    take_down(portal.catalogue, find_target(portal.catalogue, reference), decisions, reason="demande", by="agate")


def test_no_address_of_a_dataset_that_was_taken_down_answers_even_if_it_is_brought_back(portal: Portal) -> None:
    portal.lay({PATH: MESSY})
    (first,) = portal.publish().outcomes
    portal.lay({PATH: MESSY.replace("Ana", "Lou")})
    portal.publish()
    (dataset,) = portal.datasets()
    addresses = [
        first.url,
        f"{portal.catalogue.url}/dataset/{dataset['name']}",
        f"{portal.catalogue.url}/dataset/{dataset['id']}.jsonld",
    ]
    for resource in dataset["resources"]:
        addresses += [resource["url"], resource.get("original_url") or resource["url"]]
        addresses.append(f"{portal.catalogue.url}/dataset/{dataset['id']}/resource/{resource['id']}")
        addresses.append(f"{portal.catalogue.url}/datastore/dump/{resource['id']}")
        addresses += [one["url"] for one in list_versions(portal.catalogue, resource["id"]) if one["url"]]
    take(portal, dataset["name"])
    brought_back = False
    while True:
        if portal.catalogue.url.startswith("http://127.0.0.1"):
            answers = {url: requests.get(url, timeout=60).status_code for url in addresses}
            files = {url: status for url, status in answers.items() if "/resource/" in url or "/datastore/" in url}
            assert set(files.values()) <= {403, 404}
            assert brought_back or set(answers.values()) <= {403, 404}
        for resource in dataset["resources"]:
            with pytest.raises(CatalogueNotFound):
                portal.catalogue.call_action("resource_show", {"id": resource["id"]})
            with pytest.raises(CatalogueNotFound):
                portal.catalogue.call_action("datastore_search", {"resource_id": resource["id"]})
            with pytest.raises(CatalogueNotFound):
                list_versions(portal.catalogue, resource["id"])
        if brought_back:
            break
        assert portal.datasets() == []
        portal.catalogue.call_action("package_patch", {"id": dataset["id"], "state": "active"})
        brought_back = True


def test_a_file_that_was_taken_down_does_not_come_back_under_another_name(portal: Portal) -> None:
    portal.lay({PATH: prenoms(2024), "a/prenoms-2023.csv": prenoms(2023)})
    published = {portal.short(one.step.source.relative): one for one in portal.publish().outcomes}
    take(portal, published[PATH].resource_id)
    assert portal.outcomes() == {PATH: "blocked", "a/prenoms-2023.csv": "unchanged"}
    portal.lay({PATH: None, "a/listes/naissances.csv": prenoms(2024)})
    assert portal.outcomes()["a/listes/naissances.csv"] == "blocked"
    assert list(portal.resources()) == ["prenoms-2023.csv"]


def test_a_dismissal_does_not_undo_a_takedown_nor_publish_what_was_set_aside(portal: Portal) -> None:
    from odl_host.pipeline.deciding.quarantine import decide, find_held, list_held

    portal.lay({PATH: prenoms(2024)})
    take(portal, portal.publish().outcomes[0].resource_id)
    wrong = prenoms(2023).replace("Ana,4", "Ana,quatre")
    portal.lay({"b/prenoms-2023.csv": wrong})
    portal.publish()
    decisions = decisions_of(portal)
    held = list_held(portal.context.runs, decisions)
    for path in (PATH, "b/prenoms-2023.csv"):
        file = find_held(held, str(portal.path(path).relative_to(portal.deposit)))
        decide("dismiss", file, decisions, reason="ne pas publier", by="agate")
    portal.set_manifest(policy="tolerant")
    assert portal.outcomes() == {PATH: "blocked", "b/prenoms-2023.csv": "blocked"}
    assert portal.resources() == {}


def test_the_next_run_ends_a_takedown_that_was_stopped(portal: Portal) -> None:
    portal.lay({PATH: prenoms(2024), "a/prenoms-2023.csv": prenoms(2023), "b/prenoms.csv": prenoms(2022)})
    portal.publish()

    members = {member.siren: member.key for member in held_members(upsert.list_organizations(portal.catalogue))}
    for path in (PATH, "b/prenoms.csv"):  # the command was killed once its decision was on the disk
        folder, name = path.split("/")
        key = members[{"a": portal.a, "b": portal.b}[folder]]
        decisions_of(portal).add(Decision.make("takedown", key, name, holds=(), reason="demande", by="agate"))
    assert len(portal.resources()) == 3
    assert portal.actions() == {PATH: "remove", "a/prenoms-2023.csv": "unchanged", "b/prenoms.csv": "remove"}
    assert portal.outcomes()[PATH] == "removed"
    assert list(portal.resources()) == ["prenoms-2023.csv"]
    assert portal.outcomes() == {PATH: "blocked", "a/prenoms-2023.csv": "unchanged", "b/prenoms.csv": "blocked"}


def test_rolling_back_twice_does_not_bring_the_wrong_file_back(portal: Portal) -> None:
    portal.lay({PATH: prenoms(2024)})
    (outcome,) = portal.publish().outcomes
    portal.lay({PATH: prenoms(2024, "Erreur")})
    portal.publish()
    for actions in (["restore"], ["keep"]):
        decisions = decisions_of(portal)
        plan = plan_reference(portal.catalogue, outcome.resource_id, None, decisions)
        assert [one.action for one in plan] == actions
        apply_returns(portal.catalogue, plan, decisions, reason="export faux", by="agate")
    assert portal.outcomes() == {PATH: "blocked"}
    # A person may ask for that very version: that decides anew.
    decisions = decisions_of(portal)
    plan = plan_reference(portal.catalogue, outcome.resource_id, 2, decisions)
    apply_returns(portal.catalogue, plan, decisions, reason="il était juste", by="agate")
    # In the DataStore of a CKAN, its rows come back with the next run.
    assert portal.outcomes() == {PATH: "updated" if portal.context.loads_rows else "unchanged"}


def test_taking_back_a_night_does_not_bring_back_what_was_taken_down_since(portal: Portal) -> None:
    portal.lay({PATH: prenoms(2024), "a/prenoms-2023.csv": prenoms(2023)})
    published = {portal.short(one.step.source.relative): one for one in portal.publish().outcomes}
    portal.lay({"a/prenoms-2023.csv": None})
    run = portal.publish(prune=True).run
    (dataset,) = portal.datasets()
    take(portal, dataset["name"])
    decisions = decisions_of(portal)
    plan = plan_run(portal.catalogue, portal.context.runs, run, decisions)
    apply_returns(portal.catalogue, plan, decisions, reason="trop retiré", by="agate")
    assert list(portal.resources()) == ["prenoms-2023.csv"]
    assert published[PATH].resource_id not in {one["id"] for one in portal.resources().values()}


def test_a_run_that_was_killed_is_taken_back_like_any_other(portal: Portal) -> None:
    portal.lay({PATH: prenoms(2024), "b/prenoms.csv": prenoms(2022)})
    portal.publish()
    portal.lay({PATH: prenoms(2024, "Erreur"), "a/prenoms-2023.csv": prenoms(2023), "b/prenoms.csv": None})
    run = portal.publish(prune=True).run
    journal = portal.context.runs / f"{run}.jsonl"
    lines = journal.read_text(encoding="utf-8").splitlines(keepends=True)
    journal.write_text("".join(line for line in lines if '"event": "end"' not in line), encoding="utf-8")
    decisions = decisions_of(portal)
    plan = plan_run(portal.catalogue, portal.context.runs, run, decisions)
    assert sorted(one.action for one in plan) == ["remove", "restore", "restore"]
    apply_returns(portal.catalogue, plan, decisions, reason="export faux", by="agate")
    assert sorted(portal.resources()) == ["prenoms-2024.csv", "prenoms.csv"]
    assert portal.outcomes() == {PATH: "blocked", "a/prenoms-2023.csv": "blocked"}


def test_a_run_under_way_does_not_publish_what_is_taken_down_meanwhile(portal: Portal) -> None:
    from odl_host.pipeline.run import publish_deposit

    portal.lay({PATH: prenoms(2024), "b/prenoms.csv": prenoms(2022)})
    published = {portal.short(one.step.source.relative): one for one in portal.publish().outcomes}
    portal.lay({PATH: prenoms(2024, "Lou"), "b/prenoms.csv": prenoms(2022, "Lou")})
    taken: list[str] = []

    def take_once(stage: str, _done: int, _total: int) -> None:
        if stage == "examine" and not taken:  # the first file was examined: nothing is written yet
            taken.append(published[PATH].resource_id)
            decisions = decisions_of(portal)
            target = find_target(portal.catalogue, taken[0])
            take_down(portal.catalogue, target, decisions, reason="référé", by="agate")

    report = publish_deposit(portal.context, portal.deposit, command="test", progress=take_once)
    ends = {portal.short(one.step.source.relative): one.outcome for one in report.outcomes}
    assert ends[PATH] == "blocked"
    assert list(portal.resources()) == ["prenoms.csv"]
