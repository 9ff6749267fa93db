"""A CKAN keeps no file but the last: those that it was sent come back from the tenant's own storage."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from odl_host.catalogue.client import Sending, Upload
from odl_host.catalogue.shelf import Shelf
from odl_host.catalogue.versions import list_versions, purge_versions
from odl_host.errors import UsageError
from odl_host.pipeline.deciding.rollback import apply_returns, plan_reference, plan_run
from odl_host.pipeline.records.decisions import Decisions
from odl_host.storage.local import LocalStorage

from .portal import PlainCkan, Portal, prenoms

PATH = "a/prenoms-2024.csv"
FIRST, SECOND = prenoms(2024, "Zoé"), prenoms(2024, "Zoé", "Ana")
MESSY = "Rédigé par la mairie;;;;;\n" + prenoms(2024, "Lou").replace(",", ";")


@pytest.fixture
def plain(portal: Portal) -> PlainCkan:
    """The portal's catalogue as a CKAN that keeps no versions, with a shelf beside it."""
    ckan = portal.catalogue = PlainCkan(portal.catalogue)
    ckan.shelf = Shelf(LocalStorage(portal.folder / "files"), portal.folder / "versions.jsonl")
    return ckan


def publish(portal: Portal, content: str | None) -> str:
    """Lay a file, or take it away, publish, and return the run."""
    portal.lay({PATH: content})
    return portal.publish(prune=True).run


def versions(portal: Portal, resource_id: str) -> list[tuple[int, bool]]:
    found = list_versions(portal.catalogue, resource_id)
    return [(one["version"], one["is_current"]) for one in found]


def take_back(portal: Portal, *, run: str = "", resource_id: str = "", to: int | None = None) -> list[str]:
    decisions = Decisions.load(portal.tenant.decisions)
    if run:
        plan = plan_run(portal.catalogue, portal.context.runs, run, decisions)
    else:
        plan = plan_reference(portal.catalogue, resource_id, to, decisions)
    done = apply_returns(portal.catalogue, plan, decisions, reason="export faux", by="agate")
    assert not [error for _, error in done if error]
    return [one.action for one in plan]


def online(portal: Portal) -> dict[str, Any]:
    (resource,) = portal.resources().values()
    return resource


def read(portal: Portal) -> str | None:
    """The file that a reader gets, where there is an HTTP server behind the portal."""
    url = str(online(portal)["url"])
    return requests.get(url, timeout=60).content.decode() if url.startswith("http://127.0.0.1") else None


def test_a_file_goes_back_under_its_id_and_address_and_does_not_come_again(portal: Portal, plain: PlainCkan) -> None:
    publish(portal, FIRST)
    first, text = online(portal), read(portal)
    run = publish(portal, SECOND)
    assert versions(portal, first["id"]) == [(1, False), (2, True)]
    assert take_back(portal, run=run) == ["restore"]
    back = online(portal)
    for key in ("id", "url", "source_hash", "hash", "rows", "name", "schema_name"):
        assert back[key] == first[key], key
    assert read(portal) == text
    assert versions(portal, first["id"]) == [(1, False), (2, False), (3, True)]
    assert portal.outcomes() == {PATH: "blocked"}
    assert take_back(portal, resource_id=first["id"], to=2) == ["restore"]
    assert portal.outcomes() == {PATH: "unchanged"}


def test_the_received_file_goes_back_with_the_one_made_from_it(portal: Portal, plain: PlainCkan) -> None:
    publish(portal, MESSY)
    (dataset,) = portal.datasets()
    originals = {one["id"]: one["name"] for one in dataset["resources"] if one.get("original_of")}
    assert len(originals) == 1
    run = publish(portal, FIRST)
    (dataset,) = portal.datasets()
    assert not [one for one in dataset["resources"] if one.get("original_of")]
    take_back(portal, run=run)
    (dataset,) = portal.datasets()
    assert {one["id"]: one["name"] for one in dataset["resources"] if one.get("original_of")} == originals


def test_the_address_of_the_received_file_stays_when_its_name_changes(portal: Portal, plain: PlainCkan) -> None:
    publish(portal, MESSY)
    resources = [portal.datasets()[0]["resources"]]
    portal.lay({PATH: None, "a/naissances-2024.csv": MESSY.replace("Lou", "Ana")})
    assert portal.outcomes(prune=True) == {"a/naissances-2024.csv": "published"}
    resources.append(portal.datasets()[0]["resources"])
    before, after = ([(one["id"], one["url"]) for one in some] for some in resources)
    assert before == after and len(before) == 2


def test_what_a_night_removed_comes_back_and_what_it_created_goes(portal: Portal, plain: PlainCkan) -> None:
    portal.lay({"b/prenoms.csv": prenoms(2022)})
    publish(portal, FIRST)
    before = portal.resources()
    portal.lay({"b/prenoms.csv": None, "a/prenoms-2023.csv": prenoms(2023)})
    run = publish(portal, None)
    assert list(portal.resources()) == ["prenoms-2023.csv"]
    assert sorted(take_back(portal, run=run)) == ["remove", "restore", "restore"]
    after = portal.resources()
    assert {name: (one["id"], one["url"]) for name, one in after.items()} == {
        name: (one["id"], one["url"]) for name, one in before.items()
    }


def test_a_file_that_was_refused_is_no_version(portal: Portal, plain: PlainCkan) -> None:
    publish(portal, FIRST)
    resource_id = online(portal)["id"]
    plain.refuses_files = True
    publish(portal, SECOND)
    assert versions(portal, resource_id) == [(1, True)]
    plain.refuses_files = False
    publish(portal, MESSY)
    assert versions(portal, resource_id) == [(1, False), (2, True)]


def test_a_file_that_never_arrived_is_not_shown_and_a_line_cut_off_costs_nothing(
    portal: Portal, plain: PlainCkan
) -> None:
    publish(portal, FIRST)
    resource_id, journal = online(portal)["id"], portal.folder / "versions.jsonl"
    kept = journal.read_bytes()
    publish(portal, SECOND)
    lines = journal.read_bytes()
    take_back(portal, resource_id=resource_id)
    sent_by_a_run_that_was_killed = lines.removeprefix(kept)
    journal.write_bytes(kept + sent_by_a_run_that_was_killed + sent_by_a_run_that_was_killed[:100])
    assert versions(portal, resource_id) == [(1, True)]
    publish(portal, MESSY)
    assert versions(portal, resource_id)[-1] == (3, True)


def test_old_versions_are_forgotten_and_their_files_go_after_a_day(portal: Portal, plain: PlainCkan) -> None:
    assert plain.shelf is not None
    storage, noted, now = LocalStorage(portal.folder / "files"), portal.folder / "noted.json", datetime.now(UTC)
    for content in (FIRST, SECOND, MESSY):
        publish(portal, content)
    resource_id = online(portal)["id"]
    before = set(storage.iter_names())
    assert plain.shelf.clean(noted, keep=0, now=now) == {"versions": 0, "removed": 0, "waiting": 0}
    assert plain.shelf.clean(noted, keep=1, now=now, dry_run=True)["versions"] == 2
    assert plain.shelf.clean(noted, keep=1, now=now) == {"versions": 2, "removed": 0, "waiting": 2}
    assert plain.shelf.clean(noted, keep=1, now=now + timedelta(days=2))["removed"] == 2
    assert len(before - set(storage.iter_names())) == 2
    assert versions(portal, resource_id) == [(3, True)]
    purge_versions(plain, resource_id)
    plain.shelf.clean(noted, keep=0, now=now)
    plain.shelf.clean(noted, keep=0, now=now + timedelta(days=2))
    assert not set(storage.iter_names())
    publish(portal, FIRST)
    assert versions(portal, resource_id) == [(4, True)]


def test_the_journal_is_written_anew_without_what_was_forgotten(tmp_path: Path) -> None:
    file, journal = tmp_path / "x.csv", tmp_path / "versions.jsonl"
    shelf = Shelf(LocalStorage(tmp_path / "files"), journal)

    def keep(resource: str, *contents: str, on: Shelf = shelf) -> None:
        for content in contents:
            file.write_text(content, encoding="utf-8")
            on.keep("p", [Sending({"id": resource, "name": content}, Upload(file, "x.csv"))])

    keep("r", "one", "two", "two", "three")
    keep("gone", "four", "five")
    shelf.forget("gone", keep=0)
    keep("refused", "six", "seven")
    shelf.strike_out([Sending({"id": "refused", "name": "seven"}, Upload(file, "x.csv"))])
    before = {name: shelf.versions_of(name) for name in ("r", "gone", "refused")}
    noted, now = tmp_path / "unused.json", datetime(2026, 11, 26, tzinfo=UTC)
    other = Shelf(LocalStorage(tmp_path / "files"), journal)  # as a rollback's, that waits for its confirmation
    assert {name: other.versions_of(name) for name in before} == before
    shelf.clean(noted, keep=0, now=now, dry_run=True)
    assert len(journal.read_text().splitlines()) == 10
    shelf.clean(noted, keep=0, now=now)
    assert len(journal.read_text().splitlines()) == 5  # one, two and three of r, the last number of gone, and six
    for known in (shelf, other, Shelf(LocalStorage(tmp_path / "files"), journal)):
        assert {name: known.versions_of(name) for name in before} == before
    shelf.clean(noted, keep=2, now=now)
    keep("r", "three", "eight")
    keep("gone", "five")
    for known in (shelf, Shelf(LocalStorage(tmp_path / "files"), journal)):
        assert [one.number for one in known.versions_of("r")] == [2, 3, 4]
        assert [one.number for one in known.versions_of("gone")] == [3]


def test_a_file_that_was_online_before_any_was_kept_is_not_removed_by_a_rollback(
    portal: Portal, plain: PlainCkan
) -> None:
    shelf, plain.shelf = plain.shelf, None
    publish(portal, FIRST)
    plain.shelf = shelf
    assert list_versions(plain, online(portal)["id"]) == []
    run = publish(portal, SECOND)
    assert take_back(portal, run=run) == ["keep"]
    assert versions(portal, online(portal)["id"]) == [(1, True)]


def test_without_a_shelf_the_next_thing_to_do_is_said(portal: Portal, plain: PlainCkan) -> None:
    publish(portal, FIRST)
    plain.shelf = None
    with pytest.raises(UsageError, match="keeps no earlier versions") as raised:
        list_versions(plain, online(portal)["id"])
    assert "Deposit the earlier file again" in raised.value.hint


def test_a_copy_of_ours_is_kept_without_another_and_a_file_of_others_with_one(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours.csv", tmp_path / "theirs.csv"
    ours.write_text("a\n1\n", encoding="utf-8")
    theirs.write_text("a;1\n", encoding="utf-8")
    storage = LocalStorage(tmp_path / "files")
    shelf = Shelf(storage, tmp_path / "versions.jsonl")
    shelf.keep("p", [Sending({"id": "r", "name": "x"}, Upload(ours, "x.csv", is_ours=True), Upload(theirs, "y.csv"))])
    (kept,) = shelf.versions_of("r")
    places = [storage.path(sha256) for sha256 in (kept.sha256, kept.original)]
    assert [place and place.samefile(file) for place, file in zip(places, (ours, theirs), strict=True)] == [True, False]
    ours.unlink()
    theirs.write_text("another", encoding="utf-8")
    with shelf.taken_out(kept) as sending:
        assert sending.file.path.read_text("utf-8") == "a\n1\n"
        assert sending.original and sending.original.path.read_text("utf-8") == "a;1\n"


def test_several_writers_may_ask_at_once_what_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    storage, journal = LocalStorage(tmp_path / "files"), tmp_path / "versions.jsonl"
    shelf = Shelf(storage, journal)
    for number in range(40):
        file.write_text(f"a\n{number}\n", encoding="utf-8")
        sendings = [Sending({"id": f"r{key}", "name": "x"}, Upload(file, "x.csv")) for key in range(25)]
        shelf.keep("p", sendings)
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(5):
            late = Shelf(storage, journal)
            with ThreadPoolExecutor(4) as pool:
                found = list(pool.map(lambda key, on=late: len(on.versions_of(f"r{key}")), range(25)))
            assert found == [40] * 25
    finally:
        sys.setswitchinterval(before)
