"""Where the rows of a resource come from, and what becomes of them."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from odl_host.catalogue.tables import read_table
from odl_host.ckan import NotFound, ValidationError
from odl_host.schemas.registry import load_registry
from odl_host.server.datastore import published
from odl_host.server.embedded import EmbeddedCKAN
from odl_host.server.objects.datasets import get_resource
from odl_host.server.registry import call_action
from odl_host.server.sites import Site

DELIBERATIONS = (
    "COLL_NOM,COLL_SIRET,DELIB_ID,DELIB_DATE,DELIB_OBJET,VOTE_EFFECTIF\n"
    "Aime,21730006500015,2024-01,2024-01-31,Budget primitif,15\n"
    "Aime,21730006500015,2024-02,2024-02-28,Tarifs de l’eau,14\n"
)


def publish(ckan: EmbeddedCKAN, dataset: str, content: str, **fields: Any) -> Any:
    file = ("fichier.csv", io.BytesIO(content.encode()))
    return ckan.call_action("resource_create", {"package_id": dataset, **fields}, {"upload": file})


def replace(ckan: EmbeddedCKAN, resource: str, content: str) -> Any:
    return ckan.call_action(
        "resource_patch", {"id": resource}, {"upload": ("fichier.csv", io.BytesIO(content.encode()))}
    )


def search(ckan: EmbeddedCKAN, resource: str, **parameters: Any) -> Any:
    return ckan.call_action("datastore_search", {"resource_id": resource, **parameters})


def types(answer: Any) -> dict[str, str]:
    return {field["id"]: field["type"] for field in answer["fields"]}


def written_files(site: Site) -> list[Path]:
    return [file for file in site.rows.folder.glob("written/*/*") if file.is_file()]


# Published files


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


# Written rows


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


def new_rows(ckan: EmbeddedCKAN, dataset: str, **parameters: Any) -> str:
    made = ckan.call_action("datastore_create", {"resource": {"package_id": dataset}, **parameters})
    return str(made["resource_id"])


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


def test_two_sites_see_each_others_rows_at_once(open_at: Callable[..., Site], tmp_path: Path) -> None:
    first, second = open_at(tmp_path), open_at(tmp_path)
    one, two = first.as_sysadmin(), second.as_sysadmin()
    owner = one.call_action("organization_create", {"name": "aime"})["id"]
    dataset = one.call_action("package_create", {"name": "jeu", "owner_org": owner})["id"]
    resource = new_rows(one, dataset, fields=[{"id": "a", "type": "text"}], primary_key="a")
    for turn, (writer, reader) in enumerate([(one, two), (two, one)] * 3, 1):
        change = {"resource_id": resource, "records": [{"a": f"ligne {turn}"}], "method": "upsert"}
        writer.call_action("datastore_upsert", change)
        assert search(reader, resource)["total"] == turn
        assert search(reader, resource, q=f"{turn}")["total"] == 1
    two.call_action("datastore_create", {"resource_id": resource, "fields": [{"id": "b", "type": "int"}]})
    assert "b" in types(search(one, resource))
    two.call_action("datastore_delete", {"resource_id": resource})
    with pytest.raises(NotFound):
        search(one, resource)


@pytest.mark.parametrize("is_written", [True, False])
def test_every_count_is_right_however_often_others_are_asked_for_and_whoever_writes_between(
    ckan: EmbeddedCKAN, dataset: str, open_at: Callable[..., Site], tmp_path: Path, is_written: bool
) -> None:
    """After a few counts by the same columns, the next ones are made from a copy of these."""
    lines = [f"{number},{number % 7 or ''},mot {number % 3}" for number in range(60)]
    resource = publish(ckan, dataset, "\n".join(["n,reste,texte", *lines]) + "\n")["id"]
    other = open_at(tmp_path).as_sysadmin()
    if is_written:
        ckan.call_action("datastore_upsert", {"resource_id": resource, "method": "insert", "force": True,
                                              "records": [{"n": 60, "reste": None, "texte": None}]})  # fmt: skip

    def require_counts() -> None:
        for bound in range(0, 70, 9):
            for filters in (
                {"n": {"lt": bound}},
                {"n": bound},
                {"reste": {"gte": bound % 7}},
                {"texte": [f"mot {bound % 4}", "mot 1"]},
                {"n": {"gt": bound}, "texte": "mot 0"},
                {"$or": [{"reste": bound % 7}, {"texte": {"gt": "mot 1"}}], "_id": {"lte": bound}},
            ):
                every = search(ckan, resource, filters=filters, limit=1000)
                assert search(ckan, resource, filters=filters, limit=1)["total"] == len(every["records"]), filters

    require_counts()
    if is_written:
        rows = [{"n": 5, "reste": 3, "texte": "mot 0"}] * 3
        for who in (other, ckan):
            who.call_action(
                "datastore_upsert", {"resource_id": resource, "method": "insert", "force": True, "records": rows}
            )
            assert search(ckan, resource, filters={"n": 5}, limit=1)["total"] == (4 if who is other else 7)
            require_counts()


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


def test_tables_made_at_once_lose_no_row(open_at: Callable[..., Site], tmp_path: Path) -> None:
    sites = [open_at(tmp_path), open_at(tmp_path)]
    door = sites[0].as_sysadmin()
    owner = door.call_action("organization_create", {"name": "aime"})["id"]
    dataset = door.call_action("package_create", {"name": "jeu", "owner_org": owner})["id"]
    for _ in range(5):
        made = door.call_action("resource_create", {"package_id": dataset, "url_type": "datastore"})
        start = threading.Barrier(6)

        def create(number: int, resource: str = made["id"], start: threading.Barrier = start) -> None:
            start.wait()
            records = [{"a": number if number % 3 else "refusé"}]
            fields = [{"id": "a", "type": "int"}]
            with contextlib.suppress(ValidationError):
                sites[number % 2].as_sysadmin().call_action(
                    "datastore_create", {"resource_id": resource, "fields": fields, "records": records}
                )

        threads = [threading.Thread(target=create, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(record["a"] for record in search(door, made["id"])["records"]) == [1, 2, 4, 5]


def test_a_table_that_another_writes_to_is_not_taken_away_by_who_gives_it_up(
    ckan: EmbeddedCKAN, dataset: str, site: Site, open_at: Callable[..., Site], tmp_path: Path
) -> None:
    made = ckan.call_action("resource_create", {"package_id": dataset, "url_type": "datastore"})
    with site.db.reading() as db:
        resource = get_resource(db, made["id"])
    table = site.rows.to_write(resource)
    other = open_at(tmp_path).rows
    giving_up = threading.Thread(target=other.discard_unused, args=(resource,))
    with table.writing():
        giving_up.start()
        giving_up.join(0.3)
    giving_up.join()
    assert other.find(resource) is not None


def test_many_writers_at_once_lose_no_row(ckan: EmbeddedCKAN, dataset: str, site: Site) -> None:
    resource = new_rows(ckan, dataset, fields=[{"id": "a", "type": "int"}])

    def write(thread: int) -> None:
        door = site.as_sysadmin()
        for number in range(10):
            records = [{"a": thread * 100 + number}]
            door.call_action("datastore_upsert", {"resource_id": resource, "method": "insert", "records": records})

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answer = search(ckan, resource, limit=100)
    assert sorted(record["_id"] for record in answer["records"]) == list(range(1, 61))
    assert len({record["a"] for record in answer["records"]}) == 60


WRITER = """
import sys
from pathlib import Path
from odl_host.server.sites import open_site
from odl_host.storage.local import LocalStorage
home, resource = Path(sys.argv[1]), sys.argv[2]
files = LocalStorage(home / "files")
site = open_site(name="t", title="", url="http://x", description="", data_dir=home, storage=files)
door = site.as_sysadmin()
for number in range(1, 100_000):
    door.call_action("datastore_upsert", {"resource_id": resource, "method": "insert", "records": [{"a": number}]})
    print(number, flush=True)
"""


def test_a_row_that_was_acknowledged_survives_a_kill(
    ckan: EmbeddedCKAN, dataset: str, site: Site, tmp_path: Path, open_at: Callable[..., Site]
) -> None:
    resource = new_rows(ckan, dataset, fields=[{"id": "a", "type": "int"}])
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path), resource],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )
    assert process.stdout is not None
    acknowledged = 0
    for line in process.stdout:
        acknowledged = int(line)
        if acknowledged == 25:
            process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    total = search(open_at(tmp_path).as_sysadmin(), resource)["total"]
    assert total in (acknowledged, acknowledged + 1)


def test_ids_that_are_no_file_names_stay_in_the_folder(site: Site, ckan: EmbeddedCKAN, dataset: str) -> None:
    resource = publish(ckan, dataset, "a\n1\n")["id"]
    with site.db.reading() as db:
        real = get_resource(db, resource)
    for odd in ("../../etc/passwd", "a/b", "é" * 300, "con\0"):
        path = site.rows._path(odd)
        assert path.resolve().is_relative_to(site.rows.folder.resolve())
        assert len(path.name) < 255
    assert json.loads(real.doc)["datastore_active"] is True
