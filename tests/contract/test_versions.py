"""Earlier files of a resource: kept once, each with an address, restored, forgotten, cleaned up."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from odl_host.ckan import NotAuthorized, NotFound
from odl_host.server.cleanup import clean_site
from odl_host.server.sites import open_site
from odl_host.storage.local import Blob, LocalStorage

from .conftest import ANONYMOUS, Catalogue, InProcess, OverHttp, Server


@pytest.fixture
def served(server: Server, token: str) -> Catalogue:
    return OverHttp(server.url, token)


def put(ckan: Catalogue, action: str, content: str, **fields: Any) -> dict[str, Any]:
    return dict(ckan.call(action, fields, {"upload": ("jeu.csv", io.BytesIO(content.encode()))}))


def new_resource(ckan: Catalogue, *contents: str, **dataset: Any) -> dict[str, Any]:
    """A resource that had these files, one after the other."""
    organization = ckan.new_organization()["id"]
    package = ckan.new_dataset(organization, **dataset)
    resource = put(ckan, "resource_create", contents[0], package_id=package["id"], rows=len(contents[0]))
    for content in contents[1:]:
        resource = put(ckan, "resource_patch", content, id=resource["id"], rows=len(content))
    return resource


def test_each_file_of_a_resource_is_a_version_with_its_own_address(served: Catalogue) -> None:
    resource = new_resource(served, "a\n1\n", "a\n2\n")
    first, second = served.call("odl_version_list", {"id": resource["id"]}, by=ANONYMOUS)
    assert (first["version"], second["version"]) == (1, 2)
    assert (first["is_current"], second["is_current"]) == (False, True)
    assert second["hash"] == resource["hash"]
    assert requests.get(first["url"], timeout=60).text == "a\n1\n"
    assert requests.get(second["url"], timeout=60).text == "a\n2\n"
    assert requests.get(resource["url"], timeout=60).text == "a\n2\n"
    absent = first["url"].replace("/version/1/", "/version/99999999999999999999/")
    assert absent != first["url"] and requests.get(absent, timeout=60).status_code == 404


def test_what_is_said_of_a_file_and_the_same_file_again_make_no_version(ours: Catalogue) -> None:
    resource = new_resource(ours, "a\n1\n", "a\n1\n")
    ours.call("resource_patch", {"id": resource["id"], "description": "autre"})
    assert len(ours.call("odl_version_list", {"id": resource["id"]})) == 1


def test_an_earlier_version_comes_back_under_the_same_address(served: Catalogue) -> None:
    resource = new_resource(served, "a\n1\n", "a\n22\n")
    restored = served.call("odl_version_restore", {"id": resource["id"], "version": 1})
    assert (restored["id"], restored["url"]) == (resource["id"], resource["url"])
    assert str(restored["rows"]) == "4"
    assert requests.get(resource["url"], timeout=60).text == "a\n1\n"
    versions = served.call("odl_version_list", {"id": resource["id"]})
    assert [version["version"] for version in versions] == [1, 2, 3]
    with pytest.raises(NotFound):
        served.call("odl_version_restore", {"id": resource["id"], "version": 9})


def test_versions_of_a_deleted_resource_are_for_who_may_bring_it_back(served: Catalogue) -> None:
    resource = new_resource(served, "a\n1\n")
    address = served.call("odl_version_list", {"id": resource["id"]})[0]["url"]
    served.call("resource_delete", {"id": resource["id"]})
    assert requests.get(address, timeout=60).status_code == 404
    with pytest.raises(NotAuthorized):
        served.call("odl_version_list", {"id": resource["id"]}, by=ANONYMOUS)
    restored = served.call("odl_version_restore", {"id": resource["id"], "version": 1})
    assert restored["id"] == resource["id"]
    assert requests.get(address, timeout=60).text == "a\n1\n"


def test_versions_of_a_private_dataset_are_private(served: Catalogue) -> None:
    resource = new_resource(served, "a\n1\n", "a\n2\n", private=True)
    address = served.call("odl_version_list", {"id": resource["id"]})[0]["url"]
    assert requests.get(address, timeout=60).status_code == 403
    with pytest.raises(NotAuthorized):
        served.call("odl_version_list", {"id": resource["id"]}, by=ANONYMOUS)


def test_a_purge_of_the_dataset_or_of_the_versions_leaves_none(ours: Catalogue) -> None:
    resource = new_resource(ours, "a\n1\n", "a\n2\n", "a\n3\n")
    assert ours.call("odl_version_purge", {"id": resource["id"], "keep": 1}) == {"forgotten": 2}
    assert [one["version"] for one in ours.call("odl_version_list", {"id": resource["id"]})] == [3]
    ours.call("dataset_purge", {"id": resource["package_id"]})
    with pytest.raises(NotFound):
        ours.call("odl_version_list", {"id": resource["id"]})


def test_unused_files_go_after_a_day_and_used_ones_never(in_process: Catalogue, tmp_path: Path) -> None:
    site = in_process.site  # type: ignore[attr-defined]
    resource = new_resource(in_process, "a\nun\n", "a\ndeux\n", "a\ntrois\n")
    hashes = [one["hash"] for one in in_process.call("odl_version_list", {"id": resource["id"]})]
    noted, now = tmp_path / "noted.json", datetime.now(UTC)
    clean_site(site, noted, keep=0, now=now)
    assert all(map(site.storage.exists, hashes))
    assert clean_site(site, noted, keep=2, now=now)["versions"] >= 1
    assert site.storage.exists(hashes[0])
    clean_site(site, noted, keep=2, now=now + timedelta(days=2), dry_run=True)
    assert site.storage.exists(hashes[0])
    clean_site(site, noted, keep=2, now=now + timedelta(days=2))
    assert [site.storage.exists(sha256) for sha256 in hashes] == [False, True, True]
    assert site.storage.exists(resource["hash"])


class CleanedMeanwhile(LocalStorage):
    """A storage in which a clean-up runs between an upload's arrival and the row that names it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.meanwhile: Callable[[], object] = dict

    def put_all(self, sources: Iterable[Iterable[bytes] | Path]) -> list[Blob]:
        blobs = super().put_all(sources)
        self.meanwhile()
        return blobs


def test_a_file_that_is_sent_again_while_it_is_cleaned_up_is_there_afterwards(tmp_path: Path) -> None:
    storage = CleanedMeanwhile(tmp_path / "files")
    site = open_site(
        name="t", title="Essai", url="http://portail.example.org", description="", data_dir=tmp_path, storage=storage
    )
    ckan, noted, now = InProcess(site), tmp_path / "noted.json", datetime.now(UTC)
    try:
        resource = new_resource(ckan, "a\nun\n")
        ckan.call("odl_version_purge", {"id": resource["id"]})
        ckan.call("resource_delete", {"id": resource["id"]})
        assert clean_site(site, noted, keep=0, now=now)["waiting"] == 1
        storage.meanwhile = lambda: clean_site(site, noted, keep=0, now=now + timedelta(days=2))
        again = new_resource(ckan, "a\nun\n")
        storage.meanwhile = dict
        assert again["hash"] == resource["hash"]
        assert storage.exists(again["hash"])
        assert clean_site(site, noted, keep=0, now=now + timedelta(days=9))["removed"] == 0
    finally:
        site.close()
