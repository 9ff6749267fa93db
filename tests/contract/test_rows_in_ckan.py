"""The rows of published tables are loaded into the DataStore of a CKAN that has one, typed, and again after a failure.

Our own server answers rows from the file; here it passes for a CKAN, and so does the code that a real one meets.
"""

from __future__ import annotations

import dataclasses
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from odl_host.catalogue.client import RemoteCatalogue
from odl_host.config import Secret
from odl_host.errors import CatalogueError
from odl_host.pipeline.writing import rows
from odl_host.tenants import CatalogueAddress

from .conftest import Server
from .portal import PlainCkan, Portal, prenoms


@pytest.fixture(params=["http", *(["real ckan"] if os.environ.get("ODL_TEST_CKAN_URL") else [])])
def portal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Portal]:
    if request.param == "http":
        server: Server = request.getfixturevalue("server")
        catalogue = RemoteCatalogue(server.url, Secret(request.getfixturevalue("token")), timeout_s=30)
    else:
        token = Secret(os.environ["ODL_TEST_CKAN_TOKEN"])
        catalogue = RemoteCatalogue(os.environ["ODL_TEST_CKAN_URL"].rstrip("/"), token, timeout_s=60)
    portal = Portal(
        tmp_path, PlainCkan(catalogue, frozenset({"datastore"})), f"rangs-{uuid.uuid4().hex[:8]}", catalogue.url
    )
    yield portal
    for dataset in portal.datasets():
        catalogue.call_action("dataset_purge", {"id": dataset["id"]})
    for siren in (portal.a, portal.b):
        for name in catalogue.call_action("organization_autocomplete", {"q": siren}):
            catalogue.call_action("organization_purge", {"id": name["id"]})


def door(portal: Portal) -> PlainCkan:
    assert isinstance(portal.catalogue, PlainCkan)
    return portal.catalogue


def found(portal: Portal, source: str) -> dict[str, Any]:
    resource_id = portal.resources()[source]["id"]
    answer = portal.catalogue.call_action("datastore_search", {"resource_id": resource_id, "sort": "_id"})
    assert isinstance(answer, dict)
    return answer


def names(portal: Portal, source: str) -> list[str]:
    return [record["ENFANT_PRENOM"] for record in found(portal, source)["records"]]


def test_rows_are_loaded_with_the_types_of_the_schema_and_replaced_with_the_file(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "BATCH_ROWS", 2)
    portal.lay({"a/prenoms-2024.csv": prenoms(2024, "Zoé", "Ana", "Lou", "Éva", "Max")})
    assert portal.outcomes() == {"a/prenoms-2024.csv": "published"}
    table = found(portal, "prenoms-2024.csv")
    types = {field["id"]: field["type"] for field in table["fields"]}
    assert {types["NOMBRE_OCCURRENCES"], types["COLL_INSEE"]} <= {"int", "int4", "text"}
    assert (types["COLL_INSEE"], types["ENFANT_PRENOM"]) == ("text", "text")
    assert [record["NOMBRE_OCCURRENCES"] for record in table["records"]] == [3, 4, 5, 6, 7]
    assert names(portal, "prenoms-2024.csv") == ["Zoé", "Ana", "Lou", "Éva", "Max"]
    labels = {field["id"]: (field.get("info") or {}).get("label") for field in table["fields"]}
    assert labels["ENFANT_PRENOM"]
    assert not portal.plan().datasets
    portal.lay({"a/prenoms-2024.csv": prenoms(2024, "Léo", "Zoé", "Ana")})
    assert portal.outcomes() == {"a/prenoms-2024.csv": "published"}
    assert names(portal, "prenoms-2024.csv") == ["Léo", "Zoé", "Ana"]
    portal.lay({"a/prenoms-2024.csv": None, "a/prenoms-2023.csv": prenoms(2023)})
    resource_id = portal.resources()["prenoms-2024.csv"]["id"]
    portal.outcomes(prune=True)
    with pytest.raises(CatalogueError):
        portal.catalogue.call_action("datastore_search", {"resource_id": resource_id})


@pytest.mark.parametrize("failing", ["datastore_create", "datastore_upsert", "datastore_delete"])
def test_a_load_that_fails_stops_no_publication_and_the_next_run_does_only_the_load(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    monkeypatch.setattr(rows, "BATCH_ROWS", 2)
    portal.lay({"a/prenoms-2024.csv": prenoms(2024, "Zoé", "Ana", "Lou")})
    door(portal).failing = failing
    report = portal.publish()
    assert [one.outcome for one in report.outcomes] == ["published"]
    assert "disk of the database is full" in report.outcomes[0].detail
    assert "next run" in report.outcomes[0].detail
    door(portal).failing = ""
    (step,) = portal.plan().steps()
    assert (step.action, step.reason) == ("describe", "its rows are to be loaded into the DataStore")
    assert portal.outcomes() == {"a/prenoms-2024.csv": "updated"}
    assert names(portal, "prenoms-2024.csv") == ["Zoé", "Ana", "Lou"]
    assert not portal.plan().datasets


def test_a_file_put_back_after_a_load_that_failed_is_loaded_again(portal: Portal) -> None:
    first, second = prenoms(2024, "Zoé"), prenoms(2024, "Ana", "Lou")
    portal.lay({"a/prenoms-2024.csv": first})
    portal.publish()
    door(portal).failing = "datastore_create"
    for content in (second, first):
        portal.lay({"a/prenoms-2024.csv": content})
        portal.publish()
    door(portal).failing = ""
    assert portal.outcomes() == {"a/prenoms-2024.csv": "updated"}
    assert names(portal, "prenoms-2024.csv") == ["Zoé"]


def test_a_table_that_a_sidecar_makes_a_plain_file_leaves_no_rows_and_is_settled(portal: Portal) -> None:
    portal.lay({"a/prenoms-2024.csv": prenoms(2024)})
    portal.publish()
    resource_id = portal.resources()["prenoms-2024.csv"]["id"]
    portal.lay({"a/prenoms-2024.csv": prenoms(2024, "Léo"), "a/prenoms-2024.csv.toml": 'schema = "aucun"\n'})
    portal.publish()
    portal.publish()
    assert not portal.plan().datasets
    if not portal.resources()["prenoms-2024.csv"].get("datastore_active"):
        with pytest.raises(CatalogueError):
            portal.catalogue.call_action("datastore_search", {"resource_id": resource_id})


def test_the_manifest_switches_the_load_off(portal: Portal) -> None:
    address = CatalogueAddress(kind="ckan", url=portal.tenant.url, datastore=False)
    portal.tenant = dataclasses.replace(
        portal.tenant, manifest=dataclasses.replace(portal.tenant.manifest, catalogue=address)
    )
    portal.lay({"a/prenoms-2024.csv": prenoms(2024)})
    assert portal.outcomes() == {"a/prenoms-2024.csv": "published"}
    assert not [name for name in door(portal).calls if name.startswith("datastore_")]
    assert not portal.plan().datasets
