"""Loading the official catalogue into the cache, from folders and over HTTP."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from odl_host.errors import StorageError, Unavailable, UnknownSchema, UnreadableFile
from odl_host.schemas import sources
from odl_host.schemas.registry import load_registry, version_key
from odl_host.schemas.sync import SyncReport, load_descriptor, summarise, sync_catalogue

TABLE = {"name": "essai", "title": "Essai", "version": "1.0", "fields": [{"name": "a", "type": "integer"}]}


def put(path: Path, document: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document if isinstance(document, str) else json.dumps(document), "utf-8")
    return path


def entry(name: str, *versions: tuple[str, str], kind: str = "tableschema") -> dict[str, Any]:
    listed = [{"version_name": version, "schema_url": url} for version, url in versions]
    return {"name": name, "title": f"Titre {name}", "schema_type": kind, "homepage": "", "versions": listed}


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Path, list[str]]]:
    """A web server on a folder: its address, the folder, and the paths asked for."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    asked: list[str] = []

    class Handler(SimpleHTTPRequestHandler):
        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            asked.append(self.path)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the parent's parameter
            """Keep the test's output clean."""

        def do_GET(self) -> None:
            if self.path == "/to-a-file.json":
                self.send_response(302)
                self.send_header("Location", f"file://{folder}/catalogue.json")
                self.end_headers()
            elif (folder / "any-page.html").exists() and not (folder / self.path.lstrip("/")).exists():
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"<!doctype html><title>Accueil</title>")
            else:
                super().do_GET()

    folder = tmp_path / "web"
    folder.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", folder, asked
        server.shutdown()
        thread.join()


def test_every_reference_table_schema_loads_and_frictionless_accepts_it(reference_dir: Path, tmp_path: Path) -> None:
    from frictionless import Schema as TableSchema

    index = json.loads((reference_dir / "schemas" / "index.json").read_bytes())
    report = sync_catalogue(reference_dir / "schemas", tmp_path)
    registry = load_registry(tmp_path)
    tables = [one for one in index if one["type"] in ("tableschema", "other")]
    assert len(tables) == 153
    for one in tables:
        schema = registry.get_schema(f"{one['name']}@{one['version']}")
        table = TableSchema.from_descriptor(schema.descriptor)
        assert len(table.fields) == len(json.loads((reference_dir / "schemas" / one["path"]).read_bytes())["fields"])
    refused = [f"{one['name']}@{one['version']}" for one in tables if one.get("frictionless_5_21", "ok") != "ok"]
    assert len(refused) == 7
    assert set(refused) <= report.repaired.keys()
    assert registry.problems == ()
    others = {f"{one['name']}@{one['version']}" for one in index if one["type"] in ("jsonschema", "datapackage")}
    assert others <= set(report.others)
    assert set(report.skipped.values()) == {"the catalogue names it, the folder does not hold it"}
    for schema in registry.iter_versions():
        TableSchema.from_descriptor(schema.descriptor)


def test_a_second_synchronisation_changes_nothing(reference_dir: Path, tmp_path: Path) -> None:
    first = sync_catalogue(reference_dir / "schemas", tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    second = sync_catalogue(reference_dir / "schemas", tmp_path)
    assert (second.added, second.updated) == ((), ())
    assert second.unchanged == first.added
    assert second.repaired == first.repaired
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_changed_descriptor_is_updated_and_a_new_version_added(tmp_path: Path) -> None:
    source, cache = tmp_path / "source", tmp_path / "cache"
    put(source / "tableschema/x/essai/1.0/schema.json", TABLE)
    put(source / "catalogue.json", {"schemas": [entry("x/essai", ("1.0", "https://ailleurs.fr/x/1.0.json"))]})
    assert sync_catalogue(source, cache).added == ("x/essai@1.0",)
    put(source / "tableschema/x/essai/1.0/schema.json", {**TABLE, "primaryKey": "a"})
    put(source / "tableschema/x/essai/1.1/schema.json", TABLE)
    report = sync_catalogue(source, cache)
    assert (report.updated, report.added, report.unchanged) == (("x/essai@1.0",), ("x/essai@1.1",), ())
    registry = load_registry(cache)
    assert registry.get_schema("essai").version == "1.1"
    old = registry.get_schema("essai@1.0")
    assert (old.primary_key, old.url) == (("a",), "https://ailleurs.fr/x/1.0.json")


def test_progress_is_told_after_each_version(tmp_path: Path) -> None:
    for version in ("1.0", "1.1", "1.2"):
        put(tmp_path / f"source/x/essai/{version}/schema.json", TABLE)
    told: list[tuple[int, int, str]] = []
    sync_catalogue(tmp_path / "source", tmp_path / "cache", progress=lambda *step: told.append(step))
    assert told == [(1, 3, "x/essai@1.0"), (2, 3, "x/essai@1.1"), (3, 3, "x/essai@1.2")]


def test_an_interrupted_run_leaves_a_cache_that_works_and_the_next_completes_it(tmp_path: Path) -> None:
    for version in ("1.0", "1.1", "1.2"):
        put(tmp_path / f"source/x/essai/{version}/schema.json", TABLE)

    def stop(done: int, total: int, reference: str) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sync_catalogue(tmp_path / "source", tmp_path / "cache", progress=stop)
    assert load_registry(tmp_path / "cache").get_schema("essai").version == "1.1"
    report = sync_catalogue(tmp_path / "source", tmp_path / "cache")
    assert (report.added, len(report.unchanged)) == (("x/essai@1.2",), 2)
    assert not list((tmp_path / "cache").rglob("*.tmp"))


def test_a_folder_without_catalogue_and_a_single_descriptor_are_sources_too(tmp_path: Path) -> None:
    put(tmp_path / "source/mon-schema.json", {"fields": [{"name": "a"}]})
    put(tmp_path / "source/sous/dossier/schema.json", {**TABLE, "version": "v2.1"})
    put(tmp_path / "source/package.json", {"name": "npm"})
    put(tmp_path / "source/.git/x.json", TABLE)
    report = sync_catalogue(str(tmp_path / "source"), tmp_path / "cache")
    assert set(report.added) == {"local/mon-schema@0", "local/essai@2.1"}
    assert report.skipped == {}
    alone = sync_catalogue(tmp_path / "source" / "mon-schema.json", tmp_path / "other")
    assert alone.added == ("local/mon-schema@0",)


@pytest.mark.parametrize(
    ("raw", "note"),
    [
        (b"\xef\xbb\xbf" + json.dumps(TABLE).encode(), ""),
        (json.dumps(TABLE, indent="\t").replace("\n", "\r\n").encode(), ""),
        (json.dumps({**TABLE, "title": "Été"}, ensure_ascii=False).encode("cp1252"), "Windows-1252"),
        (json.dumps(TABLE).encode("utf-16"), ""),
        (b'{"fields": [{"name": "a, ]", "type": "integer",},],}', "commas"),
        (b'{"fields": [{"name": "a", "description": "une\ttabulation\net une ligne"}]}', ""),
    ],
)
def test_descriptors_are_read_whatever_their_encoding_tabs_and_commas(tmp_path: Path, raw: bytes, note: str) -> None:
    path = tmp_path / "essai.json"
    path.write_bytes(raw)
    schema = load_descriptor(path)
    assert schema.fields[0].name in ("a", "a, ]")
    assert note in " ".join(schema.notes)
    assert bool(schema.notes) == bool(note)


def test_of_many_columns_that_were_mended_the_first_are_said() -> None:
    notes = (f"key `exemple` read as `example` ({', '.join(f'c{number}' for number in range(90))})", "b (x, y)")
    said = summarise(SyncReport("s", repaired={"x/y@1": notes}))
    assert said.endswith("(c0, c1, c2, c3, c4 and 85 more); b (x, y)")


def test_what_is_no_table_schema_is_skipped_with_its_reason_and_the_rest_is_loaded(tmp_path: Path) -> None:
    source = tmp_path / "source"
    put(source / "tableschema/x/bon/1.0/schema.json", TABLE)
    put(source / "tableschema/x/vide/1.0/schema.json", {"fields": []})
    put(source / "tableschema/x/casse/1.0/schema.json", '{"fields": [')
    put(source / "tableschema/x/liste/1.0/schema.json", [1])
    put(source / "tableschema/x/profond/1.0/schema.json", "[" * 100_000)
    put(source / "jsonschema/x/objet/1.0/schema.json", {"properties": {}, "title": "Objet"})
    report = sync_catalogue(source, tmp_path / "cache")
    assert report.added == ("x/bon@1.0",)
    assert report.others == ("x/objet@1.0",)
    assert len(report.skipped) == 4
    assert "not a Table Schema" in report.skipped["x/vide@1.0"]
    assert "1 added" in summarise(report)
    assert "1 ajoutés" in summarise(report, "fr")
    assert json.loads(json.dumps(report.as_dict()))["skipped"] == report.skipped
    with pytest.raises(UnknownSchema, match="describes no table"):
        load_registry(tmp_path / "cache").get_schema("objet")


def test_the_tables_of_a_data_package_are_loaded(tmp_path: Path) -> None:
    package = {
        "name": "lot",
        "resources": [
            {"name": "dedans", "schema": {"fields": [{"name": "a"}]}},
            {"name": "a-cote", "schema": "tables/a-cote.json"},
            {"name": "dehors", "schema": "../../../../../etc/passwd"},
            {"name": "sans-schema"},
        ],
    }
    put(tmp_path / "source/datapackage/x/lot/2.0/schema.json", package)
    put(tmp_path / "source/datapackage/x/lot/2.0/tables/a-cote.json", TABLE)
    report = sync_catalogue(tmp_path / "source", tmp_path / "cache")
    assert {"x/dedans@2.0", "x/a-cote@2.0"} <= set(report.added)
    assert report.others == ("x/lot@2.0",)


def test_an_official_catalogue_is_loaded_from_the_addresses_it_gives(
    web: tuple[str, Path, list[str]], tmp_path: Path
) -> None:
    address, folder, _ = web
    put(folder / "n/essai-1.0.json", TABLE)
    schemas = [
        entry("x/essai", ("1.0", f"{address}/n/essai-1.0.json"), ("1.1", f"{address}/n/absent.json")),
        entry("x/ailleurs", ("1.0", "ftp://exemple.fr/x.json"), ("1.1", "")),
        entry("x/objet", ("1.0", f"{address}/n/objet.json"), kind="jsonschema"),
        "rien",
    ]
    put(folder / "schemas.json", {"version": 1, "schemas": schemas})
    report = sync_catalogue(f"{address}/schemas.json", tmp_path / "cache")
    assert report.added == ("x/essai@1.0",)
    assert report.others == ("x/objet@1.0",)
    assert set(report.skipped) == {"x/essai@1.1", "x/ailleurs@1.0", "x/ailleurs@1.1"}
    assert "404" in report.skipped["x/essai@1.1"]
    schema = load_registry(tmp_path / "cache").get_schema("essai")
    assert schema.url == f"{address}/n/essai-1.0.json"
    assert sync_catalogue(f"{address}/schemas.json", tmp_path / "cache").unchanged == ("x/essai@1.0",)


def test_a_catalogue_file_alone_falls_back_to_the_addresses(web: tuple[str, Path, list[str]], tmp_path: Path) -> None:
    address, folder, _ = web
    put(folder / "essai.json", TABLE)
    put(tmp_path / "seul/catalogue.json", {"schemas": [entry("x/essai", ("1.0", f"{address}/essai.json"))]})
    assert sync_catalogue(tmp_path / "seul", tmp_path / "cache").added == ("x/essai@1.0",)
    assert sync_catalogue(tmp_path / "seul/catalogue.json", tmp_path / "cache").unchanged == ("x/essai@1.0",)


def test_a_copy_of_the_official_folders_on_the_web_is_read_beside_its_catalogue(
    web: tuple[str, Path, list[str]], tmp_path: Path
) -> None:
    address, folder, asked = web
    put(folder / "tableschema/x/essai/1.0/schema.json", TABLE)
    put(folder / "tableschema/x/essai/1.1/schema.json", TABLE)
    schemas = [entry("x/essai", ("1.0", f"{address}/officiel/1.0.json"), ("1.1", f"{address}/officiel/1.1.json"))]
    put(folder / "catalogue.json", {"schemas": schemas})
    report = sync_catalogue(f"{address}/", tmp_path / "cache")
    assert report.added == ("x/essai@1.0", "x/essai@1.1")
    assert not [path for path in asked if path.startswith("/officiel")]


def test_a_site_that_answers_a_page_for_what_is_absent_does_not_mislead(
    web: tuple[str, Path, list[str]], tmp_path: Path
) -> None:
    address, folder, _ = web
    put(folder / "any-page.html", "")
    put(folder / "n/essai.json", TABLE)
    versions = (("1.0", f"{address}/n/essai.json"), ("1.1", f"{address}/n/absent.json"))
    put(folder / "schemas.json", {"schemas": [entry("x/essai", *versions)]})
    report = sync_catalogue(f"{address}/schemas.json", tmp_path / "cache")
    assert report.added == ("x/essai@1.0",)
    assert "is no JSON" in report.skipped["x/essai@1.1"]


def test_a_descriptor_at_an_address_keeps_the_name_of_its_place(web: tuple[str, Path, list[str]]) -> None:
    address, folder, _ = web
    put(folder / "schemas/scdl/essai/3.0/schema.json", TABLE)
    schema = load_descriptor(f"{address}/schemas/scdl/essai/3.0/schema.json")
    assert (schema.reference, schema.url) == ("scdl/essai@3.0", f"{address}/schemas/scdl/essai/3.0/schema.json")


def test_the_latest_address_takes_the_declared_version(tmp_path: Path) -> None:
    path = put(tmp_path / "schemas/scdl/essai/latest/schema.json", {**TABLE, "version": "v4.2"})
    assert load_descriptor(path).reference == "scdl/essai@4.2"


def test_a_redirection_never_leads_to_a_local_file(web: tuple[str, Path, list[str]]) -> None:
    address, folder, _ = web
    put(folder / "catalogue.json", TABLE)
    with pytest.raises(Unavailable):
        load_descriptor(f"{address}/to-a-file.json")


def test_an_answer_that_is_too_large_is_refused(
    web: tuple[str, Path, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, folder, _ = web
    path = put(folder / "grand.json", TABLE)
    monkeypatch.setattr(sources, "LIMIT_BYTES", 50)
    for place in (f"{address}/grand.json", path):
        with pytest.raises(UnreadableFile, match="larger than"):
            load_descriptor(place)


@pytest.mark.parametrize("place", ["http://127.0.0.1:9/catalogue.json", "http://127.0.0.1:9", "http://[::bad"])
def test_a_source_that_does_not_answer_is_unavailable(place: str, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="does not answer"):
        sync_catalogue(place, tmp_path)


@pytest.mark.parametrize("document", ["{", [1], {"a": 1}, {"properties": {}}])
def test_a_source_that_is_no_schema_is_refused(document: Any, tmp_path: Path) -> None:
    path = put(tmp_path / "source.json", document)
    with pytest.raises(UnreadableFile):
        sync_catalogue(path, tmp_path / "cache")
    with pytest.raises((UnreadableFile, UnknownSchema)):
        load_descriptor(path)


def test_an_absent_source_is_said(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="cannot be read"):
        sync_catalogue(tmp_path / "nowhere", tmp_path / "cache")


def test_a_cache_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    put(tmp_path / "essai.json", TABLE)
    put(tmp_path / "cache", "a file where the folder should be")
    with pytest.raises(StorageError, match="cannot be written"):
        sync_catalogue(tmp_path / "essai.json", tmp_path / "cache")


def test_known_schemas_that_describe_no_table_add_up_over_several_sources(tmp_path: Path) -> None:
    for name in ("un", "deux"):
        put(tmp_path / name / f"jsonschema/x/{name}/1.0/schema.json", {"properties": {}})
        sync_catalogue(tmp_path / name, tmp_path / "cache")
    assert {one["name"] for one in load_registry(tmp_path / "cache").list_others()} == {"x/un", "x/deux"}


def test_a_version_is_found_in_the_folder_however_its_number_is_written(tmp_path: Path) -> None:
    put(tmp_path / "source/other/x/essai/1.5/schema.json", TABLE)
    put(tmp_path / "source/catalogue.json", {"schemas": [entry("x/essai", ("1.5.0", ""), kind="other")]})
    assert sync_catalogue(tmp_path / "source", tmp_path / "cache").added == ("x/essai@1.5.0",)
    assert version_key(load_registry(tmp_path / "cache").get_schema("x/essai@1.5").version) == version_key("1.5")
