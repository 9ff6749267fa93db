"""A disk that takes no more: readers search what the index held before, and it follows by itself when there is room."""

from __future__ import annotations

import resource
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from odl_host.errors import StorageError
from odl_host.server.sites import Site


def count(site: Site, q: str = "*:*") -> int:
    return int(site.as_anonymous().call_action("package_search", {"q": q})["count"])


@contextmanager
def full_disk() -> Iterator[None]:
    """No file may grow beyond a few bytes: the kernel refuses the write in the same place."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def wait_for(wanted: int, site: Site) -> None:
    until = time.monotonic() + 30
    while count(site) != wanted:
        assert time.monotonic() < until
        time.sleep(0.05)


def test_searches_go_on_with_what_the_index_held_and_find_the_rest_when_there_is_room(
    filled: Site, caplog: pytest.LogCaptureFixture
) -> None:
    assert count(filled) == 3
    filled.as_sysadmin().call_action("package_create", {"name": "lu-plus-tard", "owner_org": "aime"})
    with full_disk():
        assert [count(filled) for _ in range(3)] == [3, 3, 3]
        (said,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
        assert "1 changed dataset" in said and str(filled.index.folder) in said and "Free some space" in said
        (found,) = filled.index.check()
        assert "1 changed dataset" in found and "Free some space" in found
    wait_for(4, filled)
    assert filled.index.check() == []


def test_a_write_that_succeeds_is_found_at_once_though_an_earlier_one_could_not_be_read(filled: Site) -> None:
    ckan = filled.as_sysadmin()
    assert count(filled) == 3
    ckan.call_action("package_create", {"name": "lu-plus-tard", "owner_org": "aime"})
    with full_disk():
        assert count(filled) == 3
    ckan.call_action("package_create", {"name": "il-y-a-de-la-place", "owner_org": "aime"})
    assert count(filled) == 5


def test_what_became_private_or_was_purged_is_not_shown_by_an_index_that_knows_it_as_public(filled: Site) -> None:
    assert count(filled) == 3
    ckan = filled.as_sysadmin()
    ckan.call_action("package_patch", {"id": "arbres", "private": True})
    ckan.call_action("dataset_purge", {"id": "budget-2024"})
    with full_disk():
        answer = filled.as_anonymous().call_action(
            "package_search", {"facet.field": ["name", "tags", "siren"], "facet.limit": -1}
        )
        seen_by_all = filled.as_sysadmin().call_action("package_search", {"include_private": True})
    assert [dataset["name"] for dataset in answer["results"]] == ["deliberations"]
    assert answer["count"] == 1
    assert answer["facets"] == {"name": {"deliberations": 1}, "tags": {}, "siren": {}}
    assert {dataset["name"] for dataset in seen_by_all["results"]} == {"deliberations", "arbres"}
    assert seen_by_all["count"] == 2


def test_a_page_that_an_index_behind_its_database_gives_is_as_long_as_another(filled: Site) -> None:
    assert count(filled) == 3
    filled.as_sysadmin().call_action("package_patch", {"id": "arbres", "private": True})
    with full_disk():
        asked = {"rows": 2, "sort": "name asc"}
        page = filled.as_anonymous().call_action("package_search", asked)
    assert [dataset["name"] for dataset in page["results"]] == ["budget-2024", "deliberations"]


def test_a_server_that_starts_on_a_full_disk_searches_the_index_that_is_there(
    filled: Site, tmp_path: Path, open_at: Callable[..., Site]
) -> None:
    assert count(filled) == 3
    filled.as_sysadmin().call_action("package_create", {"name": "lu-plus-tard", "owner_org": "aime"})
    started = open_at(tmp_path)
    with full_disk():
        assert count(started) == 3
    wait_for(4, started)


def test_where_there_is_no_index_at_all_a_full_disk_is_said(
    filled: Site, tmp_path: Path, open_at: Callable[..., Site]
) -> None:
    started = open_at(tmp_path)
    with full_disk():
        with pytest.raises(StorageError, match="search index"):
            count(started)
        (found,) = started.index.check()
        assert "search index" in found and "Free some space" in found
    wait_for_any(3, started)


def wait_for_any(wanted: int, site: Site) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            assert count(site) == wanted
            return
        except StorageError:
            assert time.monotonic() < until
            time.sleep(0.05)


def test_an_index_that_vanished_while_serving_is_built_anew(filled: Site) -> None:
    assert count(filled) == 3
    shutil.rmtree(filled.index.folder)
    filled.as_sysadmin().call_action("package_create", {"name": "apres", "owner_org": "aime"})
    assert count(filled) == 4
    filled.as_sysadmin().call_action("package_create", {"name": "encore", "owner_org": "aime"})
    assert count(filled) == 5
    assert filled.index.check() == []


def test_an_index_that_is_damaged_while_serving_is_built_anew(filled: Site) -> None:
    assert count(filled) == 3
    for file in filled.index.folder.glob("v*/*"):
        file.write_bytes(b"{")
    filled.as_sysadmin().call_action("package_create", {"name": "apres", "owner_org": "aime"})
    assert count(filled) == 4
    assert filled.index.check() == []


def test_an_index_whose_place_is_no_folder_any_more_is_searched_as_it_was(filled: Site) -> None:
    """A file in the place of the folder stands for a file system that was mounted for reading only."""
    assert count(filled) == 3
    shutil.rmtree(filled.index.folder)
    filled.index.folder.write_text("")
    filled.as_sysadmin().call_action("package_create", {"name": "apres", "owner_org": "aime"})
    assert count(filled) == 3
    filled.index.folder.unlink()
    wait_for(4, filled)
