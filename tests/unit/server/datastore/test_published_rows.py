"""The rows of a published file: read from it, typed by its schema, until somebody writes to them."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from odl_host.catalogue.tables import read_table
from odl_host.ckan import NotFound, ValidationError
from odl_host.schemas.registry import load_registry
from odl_host.server.datastore import published
from odl_host.server.embedded import EmbeddedCKAN
from odl_host.server.registry import call_action
from odl_host.server.sites import Site
from tests.unit.server.datastore.rows import DELIBERATIONS, publish, replace, search, types


def test_a_published_file_answers_with_its_schemas_types(ckan: EmbeddedCKAN, dataset: str) -> None:
    resource = publish(ckan, dataset, DELIBERATIONS, schema_name="scdl/deliberations", schema_version="2.1.5")
    assert resource["datastore_active"] is True
    answer = search(ckan, resource["id"], filters={"DELIB_DATE": {"gte": "2024-02-01"}}, q="eau")
    assert types(answer)["DELIB_DATE"] == "date"
    assert types(answer)["COLL_SIRET"] == "text"
    assert types(answer)["VOTE_EFFECTIF"] == "int8"
    assert answer["records"][0]["VOTE_EFFECTIF"] == 14
    assert answer["total"] == 1


@pytest.mark.parametrize("small_bytes", [1 << 20, 0])
def test_the_schema_is_the_dictionary_of_a_published_table_until_another_is_written(
    ckan: EmbeddedCKAN, dataset: str, monkeypatch: pytest.MonkeyPatch, small_bytes: int
) -> None:
    monkeypatch.setattr("odl_host.server.datastore.store.SMALL_BYTES", small_bytes)
    content = DELIBERATIONS.replace("\n", ",x\n").replace(",x\n", ",en plus\n", 1)
    resource = publish(ckan, dataset, content, schema_name="scdl/deliberations", schema_version="2.1.5")["id"]
    schema = load_registry().find_schema("scdl/deliberations@2.1.5")
    assert schema is not None
    fields = search(ckan, resource)["fields"][1:]
    for field in fields:
        column = schema.find_field(field["id"])
        title = (column.title if column else "") or field["id"]
        assert field["info"]["label"] == title
        assert field["info"].get("notes", "") == (column.description if column else "")
    assert any(field["info"].get("notes") for field in fields)
    told = ckan.call_action("datastore_info", {"id": resource})
    assert [field["info"] for field in told["fields"]] == [field["info"] for field in fields]
    assert told["meta"]["table_type"] == "FOREIGN"
    name = fields[0]["id"]
    assert not list(
        read_table(ckan, ckan.call_action("resource_show", {"id": resource}))
    )  # its file makes it elsewhere
    other = {"id": name, "info": {"label": "Autre"}}
    ckan.call_action("datastore_create", {"resource_id": resource, "fields": [other], "force": True})
    told = ckan.call_action("datastore_info", {"id": resource})
    assert [field["info"] for field in told["fields"]] == [{"label": "Autre"}, *[field["info"] for field in fields[1:]]]
    assert told["meta"]["table_type"] == "BASE TABLE"


def test_a_file_without_a_schema_is_typed_cautiously(ckan: EmbeddedCKAN, dataset: str) -> None:
    content = (
        "code;n;prix;jour;vrai;vide;mêlé;grand;instant\n"
        "01004;1;1.5;2024-01-31;true;;1;123456789012345678901;2024-01-31T10:00:00\n"
        "2A004;-20;2;2024-12-01;false;;x;1;2024-01-31 11:00:00\n"
    )
    answer = search(ckan, publish(ckan, dataset, content)["id"])
    assert types(answer) == {
        "_id": "int",
        "code": "text",
        "n": "int8",
        "prix": "numeric",
        "jour": "date",
        "vrai": "bool",
        "vide": "text",
        "mêlé": "text",
        "grand": "text",
        "instant": "timestamp",
    }
    assert answer["records"][0]["code"] == "01004"
    assert answer["records"][1]["vide"] is None
    assert answer["records"][1]["instant"] == "2024-01-31T11:00:00.000"


def test_leading_zeros_are_never_lost(ckan: EmbeddedCKAN, dataset: str) -> None:
    answer = search(ckan, publish(ckan, dataset, "insee\n01004\n73065\n")["id"])
    assert [record["insee"] for record in answer["records"]] == ["01004", "73065"]


def test_odd_headers_become_names_that_can_be_asked_for(ckan: EmbeddedCKAN, dataset: str) -> None:
    answer = search(ckan, publish(ckan, dataset, '_id, a ,a,,"b""c"\n1,2,3,4,5\n')["id"])
    assert list(types(answer)) == ["_id", "id", "a", "a 2", "colonne 4", "bc"]


@pytest.mark.parametrize("content", ["", "\n\n", "a\0b\n1\n"])
def test_a_file_that_is_no_table_has_no_rows(ckan: EmbeddedCKAN, dataset: str, content: str) -> None:
    resource = publish(ckan, dataset, content or "\n")
    with pytest.raises(NotFound):
        search(ckan, resource["id"])


def test_other_formats_have_no_rows(ckan: EmbeddedCKAN, dataset: str) -> None:
    file = ("a.pdf", io.BytesIO(b"%PDF"))
    resource = ckan.call_action("resource_create", {"package_id": dataset}, {"upload": file})
    assert resource["datastore_active"] is False
    with pytest.raises(NotFound):
        search(ckan, resource["id"])


def test_whether_rows_are_there_is_what_a_caller_says_unless_a_file_tells(ckan: EmbeddedCKAN, dataset: str) -> None:
    linked = {"package_id": dataset, "url": "http://example.org/a"}
    resource = ckan.call_action("resource_create", {**linked, "datastore_active": True})
    assert resource["datastore_active"] is True
    kept = ckan.call_action("resource_update", {"id": resource["id"], "url": "http://example.org/b"})
    assert kept["datastore_active"] is True
    changed = ckan.call_action("resource_patch", {"id": resource["id"], "datastore_active": False})
    assert changed["datastore_active"] is False
    table = publish(ckan, dataset, "a\n1\n", datastore_active=False)
    assert table["datastore_active"] is True


def test_a_new_upload_answers_at_once(ckan: EmbeddedCKAN, dataset: str) -> None:
    resource = publish(ckan, dataset, "a\n1\n")
    assert search(ckan, resource["id"])["records"] == [{"_id": 1, "a": 1}]
    replace(ckan, resource["id"], "a\n2\n")
    assert search(ckan, resource["id"])["records"] == [{"_id": 1, "a": 2}]


def test_a_large_file_answers_as_a_small_one_does(
    ckan: EmbeddedCKAN, dataset: str, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = publish(ckan, dataset, DELIBERATIONS, schema_name="scdl/deliberations")
    asked: list[dict[str, Any]] = [{}, {"q": "budget"}, {"sort": "DELIB_DATE desc"}, {"filters": {"VOTE_EFFECTIF": 14}}]
    expected = [search(ckan, small["id"], **parameters) for parameters in asked]
    monkeypatch.setattr("odl_host.server.datastore.store.SMALL_BYTES", 10)
    site.rows.close()
    site.answers.__init__()  # type: ignore[misc] # forgets what was answered
    assert [search(ckan, small["id"], **parameters) for parameters in asked] == expected
    derived = list(site.rows.folder.glob("derived/*/*"))
    assert [file.name[:64] for file in derived] == [small["hash"]]
    derived[0].unlink()  # it can be thrown away
    site.rows.close()
    assert search(ckan, small["id"], limit=1)["total"] == 2


def test_a_large_file_in_windows_encoding_is_read_too(tmp_path: Path) -> None:
    content = "nom;n\n" + "x;1\n" * 50_000 + "Hélène;2\n"
    published.derive(io.BytesIO(content.encode("cp1252")), None, tmp_path / "d.sqlite")
    table = published.open_derived(tmp_path / "d.sqlite")
    assert table.count() == 50_001
    assert [column.type.name for column in table.definition.columns] == ["text", "int8"]
    assert table.db.execute("SELECT c1 FROM rows ORDER BY _id DESC LIMIT 1").fetchone() == ("Hélène",)


def test_an_answer_names_its_fields_once(ckan: EmbeddedCKAN, dataset: str, site: Site) -> None:
    resource = publish(ckan, dataset, "a;b\n1;x\n")["id"]
    answer = call_action(site, None, "datastore_search", {"resource_id": resource, "fields": "b"})
    keys = [key for key, _ in json.loads(str(answer), object_pairs_hook=list)]
    assert sorted(keys) == sorted(set(keys))
    assert search(ckan, resource, fields="b")["fields"] == [{"id": "b", "type": "text"}]


def test_writing_to_a_published_table_begins_with_its_rows_and_ends_with_the_next_upload(
    ckan: EmbeddedCKAN, dataset: str
) -> None:
    resource = publish(ckan, dataset, "a\n1\n2\n")["id"]
    with pytest.raises(ValidationError, match="read-only"):
        ckan.call_action("datastore_upsert", {"resource_id": resource, "method": "insert", "records": [{"a": 3}]})
    change = {"resource_id": resource, "force": True, "method": "insert", "records": [{"a": 3}]}
    ckan.call_action("datastore_upsert", change)
    assert [record["a"] for record in search(ckan, resource)["records"]] == [1, 2, 3]
    replace(ckan, resource, "a\n9\n")
    assert [record["a"] for record in search(ckan, resource)["records"]] == [9]


def test_who_loads_a_published_table_as_into_a_ckan_that_reads_no_files_finds_no_row_twice(
    ckan: EmbeddedCKAN, dataset: str
) -> None:
    resource = publish(ckan, dataset, "a;b\n1;x\n2;y\n")["id"]
    fields = [{"id": "a", "type": "int"}, {"id": "nom", "type": "text"}]
    load = {"resource_id": resource, "force": True, "fields": fields, "primary_key": "a"}
    with pytest.raises(ValidationError):  # nothing of a load that is refused stays
        ckan.call_action("datastore_create", {**load, "records": [{"a": 1}, {"a": 1}]})
    assert len(search(ckan, resource)["records"]) == 2
    ckan.call_action("datastore_create", {**load, "records": [{"a": 1, "nom": "x"}]})
    ckan.call_action("datastore_create", {**load, "records": [{"a": 2, "nom": "y"}]})
    assert search(ckan, resource)["records"] == [{"_id": 1, "a": 1, "nom": "x"}, {"_id": 2, "a": 2, "nom": "y"}]


def test_the_dictionary_of_a_published_table_is_written_without_a_loss_of_rows(
    ckan: EmbeddedCKAN, dataset: str
) -> None:
    resource = publish(ckan, dataset, "a;b\n1;x\n2;y\n")["id"]
    fields = [{"id": "a", "type": "int", "info": {"label": "Le a"}}]
    ckan.call_action("datastore_create", {"resource_id": resource, "force": True, "fields": fields})
    assert [record["b"] for record in search(ckan, resource)["records"]] == ["x", "y"]


def test_a_published_table_that_was_deleted_stays_so_until_the_next_upload(ckan: EmbeddedCKAN, dataset: str) -> None:
    resource = publish(ckan, dataset, "a\n1\n")["id"]
    ckan.call_action("datastore_delete", {"resource_id": resource, "force": True})
    assert ckan.call_action("resource_show", {"id": resource})["datastore_active"] is False
    with pytest.raises(NotFound):
        search(ckan, resource)
    replace(ckan, resource, "a\n2\n")
    assert search(ckan, resource)["records"] == [{"_id": 1, "a": 2}]
    assert ckan.call_action("resource_show", {"id": resource})["datastore_active"] is True
