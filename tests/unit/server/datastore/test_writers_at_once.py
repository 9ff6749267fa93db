"""Several who write at once, or one that is killed: no row that was acknowledged is lost."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from odl_host.ckan import NotFound, ValidationError
from odl_host.server.embedded import EmbeddedCKAN
from odl_host.server.objects.datasets import get_resource
from odl_host.server.sites import Site
from tests.unit.server.datastore.rows import new_rows, publish, search, types


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
