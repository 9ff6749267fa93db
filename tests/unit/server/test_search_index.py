from __future__ import annotations

import contextlib
import io
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from odl_host.ckan import SearchError
from odl_host.server.sites import Site


def count(site: Site, q: str, **params: Any) -> int:
    found: int = site.as_anonymous().call_action("package_search", {"q": q, **params})["count"]
    return found


@pytest.fixture
def filled(site: Site) -> Site:
    ckan = site.as_sysadmin()
    ckan.call_action("organization_create", {"name": "aime", "title": "Commune d'Aime-la-Plagne"})
    datasets = [
        {"name": "deliberations", "title": "Délibérations du conseil", "notes": "Séances de l'école"},
        {"name": "budget-2024", "title": "Budget", "notes": "Délibérations budgétaires", "tag_string": "Eau potable"},
        {"name": "arbres", "title": "Arbres", "extras": [{"key": "siren", "value": "217300656"}], "license_id": "lov2"},
    ]
    for dataset in datasets:
        ckan.call_action("package_create", {"owner_org": "aime", **dataset})
    return site


@pytest.mark.parametrize(
    ("query", "total"),
    [
        ("délibérations", 2),
        ("deliberation", 2),
        ("DELIBERATION", 2),
        ("ecole", 1),
        ("l'école", 1),
        ("title:delibération", 1),
        ("arbre", 1),
        ("aime plagne", 3),
        ('"conseil délibérations"', 0),
        ('"délibérations du conseil"', 1),
        ("délibér*", 2),
        ("title:arb*", 1),
        ("name:budget-2024", 1),
        ("name:budget*", 1),
        ('tags:"Eau potable"', 1),
        ("tags:eau", 0),
        ("extras_siren:217300656", 1),
        ("extras_siren:*", 1),
        ("license_id:lov2 OR tags:[* TO *]", None),
        ("license_id:lov2 OR name:budget-2024", 2),
        ("-name:arbres", 2),
        ("*:* -name:arbres", 2),
        ("organization:aime AND NOT (name:arbres OR name:deliberations)", 1),
        ("metadata_modified:[NOW-1DAY TO NOW]", 3),
        ("metadata_created:[2000-01-01T00:00:00Z TO 2001]", 0),
        ("private:false", 3),
        ("colour:blue", 0),
        ("zebre", 0),
        ("budget (2024", None),
    ],
)
def test_queries_find_what_people_mean(filled: Site, query: str, total: int | None) -> None:
    if total is None:
        with contextlib.suppress(SearchError):
            count(filled, query)
    else:
        assert count(filled, query) == total


def test_a_hit_in_the_title_comes_before_one_in_the_text(filled: Site) -> None:
    found = filled.as_anonymous().call_action("package_search", {"q": "délibérations"})
    assert [entry["name"] for entry in found["results"]] == ["deliberations", "budget-2024"]


def test_results_can_be_sorted(filled: Site) -> None:
    def names(sort: str) -> list[str]:
        found = filled.as_anonymous().call_action("package_search", {"q": "*:*", "sort": sort})
        return [entry["name"] for entry in found["results"]]

    assert names("name asc") == ["arbres", "budget-2024", "deliberations"]
    assert names("title_string desc") == ["deliberations", "budget-2024", "arbres"]
    assert names("metadata_created asc") == ["deliberations", "budget-2024", "arbres"]
    assert names("score desc, name asc") == ["arbres", "budget-2024", "deliberations"]


def test_extras_can_be_counted(filled: Site) -> None:
    found = filled.as_anonymous().call_action("package_search", {"facet.field": ["extras_siren"], "rows": 0})
    assert found["facets"] == {"extras_siren": {"217300656": 1}}
    assert found["results"] == []


def test_no_page_lies_beyond_the_results(filled: Site) -> None:
    found = filled.as_anonymous().call_action("package_search", {"start": 1000})
    assert (found["count"], found["results"]) == (3, [])


def test_a_lost_index_is_built_anew(filled: Site, tmp_path: Path, open_at: Callable[..., Site]) -> None:
    assert count(filled, "*:*") == 3
    filled.close()
    shutil.rmtree(tmp_path / "index")
    assert count(open_at(tmp_path), "*:*") == 3


def test_a_damaged_index_is_built_anew(filled: Site, tmp_path: Path, open_at: Callable[..., Site]) -> None:
    assert count(filled, "*:*") == 3
    filled.close()
    (tmp_path / "index" / "v1" / "meta.json").write_text("{")
    assert count(open_at(tmp_path), "*:*") == 3


def test_an_index_ahead_of_a_restored_database_is_built_anew(
    filled: Site, tmp_path: Path, open_at: Callable[..., Site]
) -> None:
    filled.close()
    shutil.copy(tmp_path / "catalogue.sqlite", tmp_path / "sauvegarde")
    later = open_at(tmp_path)
    later.as_sysadmin().call_action("package_create", {"name": "apres", "owner_org": "aime"})
    assert count(later, "*:*") == 4
    later.close()
    shutil.copy(tmp_path / "sauvegarde", tmp_path / "catalogue.sqlite")
    assert count(open_at(tmp_path), "*:*") == 3


def test_rebuild_says_how_many_datasets_it_read(filled: Site) -> None:
    assert filled.index.rebuild() == 3
    assert count(filled, "*:*") == 3


def test_what_another_process_writes_is_seen_by_the_next_search(filled: Site, tmp_path: Path) -> None:
    assert count(filled, "ailleurs") == 0
    program = f"""
from pathlib import Path
from odl_host.server.sites import open_site
from odl_host.storage.local import LocalStorage
folder = Path({str(tmp_path)!r})
storage = LocalStorage(folder / "files")
site = open_site(name="t", title="", url="http://x", description="", data_dir=folder, storage=storage)
site.as_sysadmin().call_action("package_create", {{"name": "ailleurs", "owner_org": "aime"}})
assert site.as_anonymous().call_action("package_search", {{"q": "ailleurs"}})["count"] == 1
site.close()
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
    assert count(filled, "ailleurs") == 1


def test_a_moved_site_shows_its_new_address_without_a_rewrite(tmp_path: Path, open_at: Callable[..., Site]) -> None:
    first = open_at(tmp_path)
    ckan = first.as_sysadmin()
    ckan.call_action("organization_create", {"name": "aime"})
    ckan.call_action("package_create", {"name": "a-propos", "owner_org": "aime"})
    ckan.call_action("resource_create", {"package_id": "a-propos"}, {"upload": ("a.csv", io.BytesIO(b"a"))})
    first.close()
    moved = open_at(tmp_path, "https://donnees.example.fr/")
    shown = moved.as_anonymous().call_action("package_show", {"id": "a-propos"})
    assert shown["resources"][0]["url"].startswith("https://donnees.example.fr/dataset/")
