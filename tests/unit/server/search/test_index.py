from __future__ import annotations

import io
import json
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from odl_host.errors import StorageError
from odl_host.server.sites import Site
from tests.sites import site_in


def count(site: Site, q: str, **params: Any) -> int:
    found: int = site.as_anonymous().call_action("package_search", {"q": q, **params})["count"]
    return found


def test_nothing_but_a_search_moves_what_a_process_sees_of_the_index(filled: Site) -> None:
    """The engine would reload by itself, and may then put what it read before a write in place of what came after."""
    assert count(filled, "*:*") == 3
    other = site_in(filled.index.folder.parent)
    try:
        other.as_sysadmin().call_action("package_delete", {"id": "arbres"})
        assert count(other, "*:*") == 2
    finally:
        other.close()
    seen = filled.index._index.searcher().num_docs
    time.sleep(1.2)  # the engine looks for a commit every half second
    assert filled.index._index.searcher().num_docs == seen
    assert count(filled, "*:*") == 2


def test_an_index_of_another_database_is_built_anew(filled: Site, tmp_path: Path, open_at: Callable[..., Site]) -> None:
    assert count(filled, "*:*") == 3
    other = open_at(tmp_path / "other")
    other.as_sysadmin().call_action("organization_create", {"name": "bourg"})
    for number in range(9):
        other.as_sysadmin().call_action("package_create", {"name": f"jeu-{number}", "owner_org": "bourg"})
    other.close()
    filled.close()
    for file in tmp_path.glob("catalogue.sqlite*"):
        file.unlink()
    shutil.copy(tmp_path / "other" / "catalogue.sqlite", tmp_path / "catalogue.sqlite")
    assert count(open_at(tmp_path), "*:*") == 9


def test_an_index_that_lacks_datasets_is_built_anew(filled: Site, tmp_path: Path, open_at: Callable[..., Site]) -> None:
    assert count(filled, "*:*") == 3
    assert filled.index.check() == []
    with filled.db.writing() as db:  # as a restored backup of the database would, at the same number
        db.exec_driver_sql(
            "INSERT INTO packages SELECT 'x', 'x', title, type, state, private, owner_org, creator_user_id,"
            " metadata_modified, seq, replace(doc, id, 'x') FROM packages LIMIT 1"
        )
    assert filled.index.check() != []
    filled.close()
    assert count(open_at(tmp_path), "*:*") == 4


def test_a_lost_index_is_built_anew(filled: Site, tmp_path: Path, open_at: Callable[..., Site]) -> None:
    assert count(filled, "*:*") == 3
    filled.close()
    shutil.rmtree(tmp_path / "index")
    assert count(open_at(tmp_path), "*:*") == 3


def test_a_damaged_index_is_built_anew(filled: Site, tmp_path: Path, open_at: Callable[..., Site]) -> None:
    assert count(filled, "*:*") == 3
    filled.close()
    for meta in (tmp_path / "index").glob("*/meta.json"):
        meta.write_text("{")
    assert count(open_at(tmp_path), "*:*") == 3


@pytest.mark.parametrize("kept", [0, 20])
def test_an_index_with_a_damaged_file_is_built_anew(
    filled: Site, tmp_path: Path, open_at: Callable[..., Site], kept: int
) -> None:
    assert count(filled, "*:*") == 3
    filled.close()
    for suffix in ("store", "idx", "fast"):
        for file in (tmp_path / "index").glob(f"v*/*.{suffix}"):
            file.write_bytes(file.read_bytes()[:kept])
    assert count(open_at(tmp_path), "budget") == 1


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


def test_an_index_that_the_disk_does_not_take_is_said_with_what_to_do(filled: Site) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        with pytest.raises(StorageError, match=r"search index in .* cannot be written") as refused:
            filled.index.rebuild()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "free space" in refused.value.hint
    assert filled.index.rebuild() > 0


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


def test_words_are_found_in_the_first_pages_of_a_text_that_is_endless(filled: Site) -> None:
    notes = "glacier " + "neige " * 40_000 + "avalanche"
    filled.as_sysadmin().call_action("package_patch", {"id": "arbres", "notes": notes})
    assert [count(filled, word) for word in ("glacier", "neige", "avalanche")] == [1, 1, 0]
    shown = filled.as_anonymous().call_action("package_show", {"id": "arbres"})
    assert shown["notes"] == notes


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


def segments(site: Site) -> dict[str, int]:
    """Return the pieces of the index by their ids, with how many datasets each was written with."""
    (meta,) = site.index.folder.glob("v*/meta.json")
    return {piece["segment_id"]: piece["max_doc"] for piece in json.loads(meta.read_text())["segments"]}


def test_an_index_that_is_written_bit_by_bit_stays_in_few_pieces_and_is_never_written_whole(site: Site) -> None:
    ckan = site.as_sysadmin()
    ckan.call_action("organization_create", {"name": "aime"})
    for number in range(40):
        ckan.call_action("package_create", {"name": f"jeu-{number}", "owner_org": "aime"})
    assert count(site, "*:*") == 40
    (first,) = segments(site)
    for number in range(60):
        ckan.call_action("package_patch", {"id": f"jeu-{number % 30}", "title": f"Révision {number}"})
        if number % 20 == 19:
            ckan.call_action("dataset_purge", {"id": f"jeu-{39 - number // 20}"})
        assert count(site, f'title:"Révision {number}"') == 1
        assert first in segments(site)
        assert len(segments(site)) < 8
    assert count(site, "*:*") == 37
    assert site.index.check() == []
