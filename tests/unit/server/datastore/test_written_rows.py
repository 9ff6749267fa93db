"""Rows that were written: they go with their resource, and every count and word follows each change."""

from __future__ import annotations

import json
from typing import Any

import pytest

from odl_host.ckan import NotFound, ValidationError
from odl_host.server.embedded import EmbeddedCKAN
from odl_host.server.objects.datasets import get_resource
from odl_host.server.sites import Site
from tests.unit.server.datastore.rows import new_rows, publish, search, written_files


@pytest.mark.parametrize("how", ["resource_delete", "dataset_purge", "package_update"])
def test_the_rows_of_a_resource_go_with_it(ckan: EmbeddedCKAN, dataset: str, site: Site, how: str) -> None:
    resource = new_rows(ckan, dataset, records=[{"a": 1}])
    assert written_files(site)
    if how == "resource_delete":
        ckan.call_action("resource_delete", {"id": resource})
    elif how == "dataset_purge":
        ckan.call_action("dataset_purge", {"id": dataset})
    else:
        shown = ckan.call_action("package_show", {"id": dataset})
        ckan.call_action("package_update", {**shown, "resources": []})
    assert not written_files(site)


def test_rows_left_over_are_swept_and_never_shown(ckan: EmbeddedCKAN, dataset: str, site: Site) -> None:
    resource = new_rows(ckan, dataset, records=[{"a": 1}])
    kept = new_rows(ckan, dataset, records=[{"a": 2}])
    site.rows.close()
    left = site.rows._path(resource)
    content = left.read_bytes()
    ckan.call_action("resource_delete", {"id": resource})
    left.write_bytes(content)  # as if the process had been killed before
    ckan.call_action("resource_create", {"package_id": dataset, "id": resource, "url": "http://example.org"})
    with pytest.raises(NotFound):
        search(ckan, resource)  # a resource of the same id is another one
    ckan.call_action("resource_delete", {"id": resource})
    left.write_bytes(content)
    with site.db.reading() as db:
        assert site.rows.sweep(db) > 0
    assert not left.exists()
    assert search(ckan, kept)["total"] == 1


def test_a_deletion_that_is_taken_back_keeps_the_rows(ckan: EmbeddedCKAN, dataset: str, site: Site) -> None:
    resource = new_rows(ckan, dataset, records=[{"a": 1}])
    shown = ckan.call_action("package_show", {"id": dataset})
    with pytest.raises(ValidationError):
        ckan.call_action("package_update", {**shown, "resources": [], "name": "NON"})
    assert search(ckan, resource)["total"] == 1


def test_words_follow_every_change(ckan: EmbeddedCKAN, dataset: str) -> None:
    resource = new_rows(ckan, dataset, records=[{"a": "un chat"}, {"a": "deux chiens"}])

    def found(words: str) -> list[int]:
        return [record["_id"] for record in search(ckan, resource, q=words)["records"]]

    assert found("chat") == [1]
    change = {"resource_id": resource, "method": "update", "records": [{"_id": 1, "a": "un lapin"}]}
    ckan.call_action("datastore_upsert", change)
    assert (found("chat"), found("lapin")) == ([], [1])
    ckan.call_action("datastore_upsert", {"resource_id": resource, "method": "insert", "records": [{"a": "lapin"}]})
    assert found("lapin") == [1, 3]
    ckan.call_action("datastore_delete", {"resource_id": resource, "filters": {"_id": 1}})
    assert found("lapin") == [3]
    fields = [{"id": "b", "type": "text"}]
    ckan.call_action("datastore_create", {"resource_id": resource, "fields": fields, "delete_fields": True})
    assert found("lapin") == []


def test_a_table_may_have_a_thousand_columns(ckan: EmbeddedCKAN, dataset: str) -> None:
    record = {f"c{number}": f"valeur {number}" for number in range(1000)}
    written = new_rows(ckan, dataset, records=[record])
    lines = [",".join(record), ",".join(record.values())]
    uploaded = publish(ckan, dataset, "\n".join(lines) + "\n")["id"]
    for resource in (written, uploaded):
        answer = search(ckan, resource, q="999", filters={"c1": "valeur 1"})
        assert answer["total"] == 1
        assert len(answer["records"][0]) == 1002
    with pytest.raises(ValidationError, match="at most"):
        ckan.call_action("datastore_create", {"resource_id": written, "records": [{"encore": 1}]})


@pytest.mark.parametrize(
    "filters", [{"$or": [{"a": number} for number in range(5000)]}, [{"a": number} for number in range(5000)]]
)
def test_more_conditions_than_can_be_read_are_refused(ckan: EmbeddedCKAN, dataset: str, filters: Any) -> None:
    resource = new_rows(ckan, dataset, records=[{"a": 1}])
    with pytest.raises(ValidationError):
        search(ckan, resource, filters=filters)
    with pytest.raises(ValidationError):
        ckan.call_action("datastore_delete", {"resource_id": resource, "filters": {"$or": [{"a": 1}] * 5000}})
    assert search(ckan, resource)["total"] == 1
    assert search(ckan, resource, filters={"a": list(range(5000))})["total"] == 1


def test_ids_that_are_no_file_names_stay_in_the_folder(site: Site, ckan: EmbeddedCKAN, dataset: str) -> None:
    resource = publish(ckan, dataset, "a\n1\n")["id"]
    with site.db.reading() as db:
        real = get_resource(db, resource)
    for odd in ("../../etc/passwd", "a/b", "é" * 300, "con\0"):
        path = site.rows._path(odd)
        assert path.resolve().is_relative_to(site.rows.folder.resolve())
        assert len(path.name) < 255
    assert json.loads(real.doc)["datastore_active"] is True
