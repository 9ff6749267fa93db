"""Resources and their files are made, changed and given back as on a real CKAN, in the process and over HTTP."""

from __future__ import annotations

import hashlib
import io

import pytest
import requests

from odl_host.ckan import BadRequest, NotFound, ValidationError
from odl_host.server.files.lookup import find_file

from .conftest import Catalogue, InProcess, OverHttp, csv_file


def download(ckan: Catalogue, url: str) -> bytes:
    if isinstance(ckan, OverHttp):
        response = requests.get(url, allow_redirects=False, timeout=60)
        assert response.status_code == 200
        return response.content
    assert isinstance(ckan, InProcess)
    kind, resource_id = url.split("/")[-2], url.split("/")[-3]
    file = find_file(ckan.site, None, resource_id, is_original=kind == "original")
    with ckan.site.storage.open(file.sha256) as stream:
        return stream.read()


class TestResources:
    def test_an_uploaded_file_is_described_and_comes_back(self, ckan: Catalogue) -> None:
        dataset = ckan.new_dataset()
        fields = {"package_id": dataset["id"], "name": "Délibérations"}
        resource = ckan.call("resource_create", fields, {"upload": csv_file()})
        assert resource["url_type"] == "upload"
        assert (resource["format"], resource["mimetype"], resource["size"]) == ("CSV", "text/csv", 8)
        assert resource["last_modified"]
        folder = f"{ckan.url}/dataset/{dataset['id']}/resource/{resource['id']}/download/"
        assert resource["url"] == folder + "deliberations-2024.csv"
        assert download(ckan, resource["url"]) == b"a;b\n1;2\n"

    def test_the_hash_of_an_upload_is_its_sha256(self, ours: Catalogue) -> None:
        dataset = ours.new_dataset()
        resource = ours.call("resource_create", {"package_id": dataset["id"]}, {"upload": csv_file("x;y\n")})
        assert resource["hash"] == hashlib.sha256(b"x;y\n").hexdigest()

    def test_a_replaced_file_keeps_the_id_and_the_url(self, ckan: Catalogue) -> None:
        dataset = ckan.new_dataset()
        first = ckan.call("resource_create", {"package_id": dataset["id"], "name": "f"}, {"upload": csv_file()})
        second = ckan.call("resource_patch", {"id": first["id"]}, {"upload": csv_file("a;b\n3;4\n5;6\n")})
        assert (second["id"], second["url"], second["name"]) == (first["id"], first["url"], "f")
        assert second["size"] == 12
        assert download(ckan, second["url"]) == b"a;b\n3;4\n5;6\n"

    def test_the_file_stays_when_other_fields_change(self, ckan: Catalogue) -> None:
        dataset = ckan.new_dataset()
        first = ckan.call("resource_create", {"package_id": dataset["id"]}, {"upload": csv_file()})
        ckan.call("resource_patch", {"id": first["id"], "description": "Séances du conseil"})
        shown = ckan.call("package_show", {"id": dataset["id"]})
        ckan.call("package_update", {**shown, "title": "Autre titre"})
        after = ckan.call("resource_show", {"id": first["id"]})
        assert (after["url"], after["hash"], after["description"]) == (
            first["url"],
            first["hash"],
            "Séances du conseil",
        )
        assert download(ckan, after["url"]) == b"a;b\n1;2\n"

    def test_an_update_drops_the_extras_that_are_not_sent(self, ckan: Catalogue) -> None:
        dataset = ckan.new_dataset(resources=[{"url": "http://example.org/a", "couleur": "bleu"}])
        resource_id = dataset["resources"][0]["id"]
        updated = ckan.call("resource_update", {"id": resource_id, "url": "http://example.org/b"})
        assert "couleur" not in updated

    def test_positions_follow_the_order_after_a_deletion(self, ckan: Catalogue) -> None:
        dataset = ckan.new_dataset(resources=[{"url": f"http://example.org/{n}"} for n in range(3)])
        ckan.call("resource_delete", {"id": dataset["resources"][0]["id"]})
        left = ckan.call("package_show", {"id": dataset["id"]})["resources"]
        assert [(r["position"], r["url"]) for r in left] == [(0, "http://example.org/1"), (1, "http://example.org/2")]
        with pytest.raises(NotFound):
            ckan.call("resource_show", {"id": dataset["resources"][0]["id"]})

    def test_an_id_that_is_used_or_no_path_segment_is_refused(self, ckan: Catalogue) -> None:
        dataset = ckan.new_dataset(resources=[{"url": "http://example.org/a"}])
        for bad in (dataset["resources"][0]["id"], "../../etc/passwd", "x" * 101, "court"):
            with pytest.raises(ValidationError) as refused:
                ckan.call("resource_create", {"package_id": dataset["id"], "url": "http://example.org", "id": bad})
            assert "id" in refused.value.error_dict

    def test_errors_of_nested_resources_stand_at_their_place(self, ckan: Catalogue) -> None:
        with pytest.raises(ValidationError) as refused:
            ckan.new_dataset(resources=[{"url": "http://example.org"}, {"url": "http://example.org", "size": "grand"}])
        assert refused.value.error_dict["resources"] == [{}, {"size": ["Invalid integer"]}]

    def test_the_original_is_kept_beside_the_published_file(self, ours: Catalogue) -> None:
        dataset = ours.new_dataset()
        original = ("Délibérations.xlsx", io.BytesIO(b"PK classeur"))
        sent = {"upload": csv_file(), "original": original}
        resource = ours.call("resource_create", {"package_id": dataset["id"]}, sent)
        assert resource["original_name"] == "Délibérations.xlsx"
        assert resource["original_size"] == 11
        assert resource["original_hash"] == hashlib.sha256(b"PK classeur").hexdigest()
        assert resource["original_url"].endswith(f"/resource/{resource['id']}/original/deliberations.xlsx")
        assert download(ours, resource["original_url"]) == b"PK classeur"
        patched = ours.call("resource_patch", {"id": resource["id"], "name": "Séances"})
        assert patched["original_url"] == resource["original_url"]

    def test_a_new_file_without_original_drops_the_old_one(self, ours: Catalogue) -> None:
        dataset = ours.new_dataset()
        sent = {"upload": csv_file(), "original": ("a.xlsx", io.BytesIO(b"PK"))}
        resource = ours.call("resource_create", {"package_id": dataset["id"]}, sent)
        replaced = ours.call("resource_patch", {"id": resource["id"]}, {"upload": csv_file("n;v\n")})
        assert "original_url" not in replaced

    def test_next_to_a_file_only_plain_values_are_accepted(self, in_process: Catalogue) -> None:
        dataset = in_process.new_dataset()
        with pytest.raises(BadRequest):
            in_process.call("resource_create", {"package_id": dataset["id"], "x": {"y": 1}}, {"upload": csv_file()})
