"""Several server processes on one catalogue: what one has written, every one finds at once."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.contract.conftest import OverHttp, Server, start_server, stop_server

WORKERS = 3


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = start_server(tmp_path_factory.mktemp("workers"), workers=WORKERS)
    yield started
    stop_server(started)


def ask(server: Server, **params: Any) -> Any:
    """Search on a connection of its own: the system hands each to some process."""
    answer = requests.get(f"{server.url}/api/3/action/package_search", params=params, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json()["result"]


def processes_of(server: Server) -> int:
    process = server.process.pid
    return len(Path(f"/proc/{process}/task/{process}/children").read_text().split())


def test_a_write_is_found_by_the_next_search_of_every_process(workers: Server) -> None:
    assert processes_of(workers) >= WORKERS
    ckan = OverHttp(workers.url, workers.new_token())
    ckan.call("organization_create", {"name": "aime"})
    for number in range(15):
        ckan.call("package_create", {"name": f"jeu-{number}", "owner_org": "aime", "title": f"Relevé {number}"})
        totals = {ask(workers, q="releve")["count"] for _ in range(2 * WORKERS)}
        assert totals == {number + 1}
    ckan.call("package_patch", {"id": "jeu-3", "title": "Autrement"})
    assert {ask(workers, q="releve")["count"] for _ in range(2 * WORKERS)} == {14}
    ckan.call("package_delete", {"id": "jeu-4"})
    assert {ask(workers, q="releve")["count"] for _ in range(2 * WORKERS)} == {13}


def test_writers_in_every_process_lose_nothing_while_all_search(workers: Server) -> None:
    token = workers.new_token()
    OverHttp(workers.url, token).call("organization_create", {"name": "bourg"})
    failures: list[str] = []
    is_over = threading.Event()

    def write(writer: int) -> None:
        for number in range(12):
            fields = {"name": f"masse-{writer}-{number}", "owner_org": "bourg", "title": "Masse"}
            answer = requests.post(
                f"{workers.url}/api/3/action/package_create", json=fields, headers={"Authorization": token}, timeout=60
            )
            if answer.status_code != 200:
                failures.append(answer.text)

    def read() -> None:
        seen = 0
        while not is_over.is_set():
            found = ask(workers, q="masse", rows=0)["count"]
            if found < seen:
                failures.append(f"{found} after {seen}")
            seen = found

    with ThreadPoolExecutor(8) as pool:
        readers = [pool.submit(read) for _ in range(3)]
        for done in [pool.submit(write, writer) for writer in range(4)]:
            done.result()
        is_over.set()
        for done in readers:
            done.result()
    assert failures == []
    assert {ask(workers, q="masse", rows=0)["count"] for _ in range(2 * WORKERS)} == {48}


def test_an_upsert_is_found_by_the_next_search_of_every_process_while_all_search(workers: Server) -> None:
    ckan = OverHttp(workers.url, workers.new_token())
    ckan.call("organization_create", {"name": "conflans"})
    dataset = ckan.call("package_create", {"name": "lignes", "owner_org": "conflans"})["id"]
    fields = [{"id": "code", "type": "text"}, {"id": "n", "type": "int"}]
    records = [{"code": str(code), "n": 0} for code in range(200)]
    table = ckan.call(
        "datastore_create",
        {"resource": {"package_id": dataset}, "fields": fields, "records": records, "primary_key": "code"},
    )["resource_id"]
    failures: list[str] = []
    is_over = threading.Event()

    def search(**asked: str) -> Any:
        address = f"{workers.url}/api/3/action/datastore_search"
        answer = requests.get(address, params={"resource_id": table, **asked}, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.json()["result"]

    def read() -> None:
        seen = 0
        while not is_over.is_set():
            found = search(sort="n desc", limit="1", filters='{"code": ["7", "8", "9"]}')
            if found["total"] != 3 or found["records"][0]["n"] < seen:
                failures.append(f"{found['total']} rows, {found['records']} after {seen}")
            seen = found["records"][0]["n"]

    with ThreadPoolExecutor(3) as pool:
        readers = [pool.submit(read) for _ in range(3)]
        try:
            for turn in range(1, 9):
                changed = [{"code": str(code), "n": turn} for code in range(200)]
                ckan.call("datastore_upsert", {"resource_id": table, "method": "upsert", "records": changed})
                for _ in range(2 * WORKERS):
                    if search(filters=f'{{"n": {turn}}}', limit="1")["total"] != 200:
                        failures.append(f"not all rows have {turn}")
        finally:
            is_over.set()
        for done in readers:
            done.result()
    assert failures == []


def test_a_write_that_waits_for_another_program_keeps_no_reader_waiting(workers: Server) -> None:
    ckan = OverHttp(workers.url, workers.new_token())
    ckan.call("organization_create", {"name": "cevins"})
    other = sqlite3.connect(workers.home / "catalogue.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with ThreadPoolExecutor(WORKERS) as pool:
        fields = [{"name": f"attente-{number}", "owner_org": "cevins"} for number in range(WORKERS)]
        waiting = [
            pool.submit(OverHttp(workers.url, ckan.sysadmin.token).call, "package_create", each) for each in fields
        ]
        assert {ask(workers, q="attente", rows=0)["count"] for _ in range(4 * WORKERS)} == {0}
        assert not any(each.done() for each in waiting)
        other.close()
        assert [each.result()["name"] for each in waiting] == [each["name"] for each in fields]


def test_an_index_lost_while_the_server_runs_is_no_harm(workers: Server, tmp_path: Path) -> None:
    site = workers.open_site()
    total = site.index.rebuild()
    site.close()
    assert {ask(workers, rows=0)["count"] for _ in range(2 * WORKERS)} <= {total, total - 1}
    ckan = OverHttp(workers.url, workers.new_token())
    ckan.call("organization_create", {"name": "apres"})
    ckan.call("package_create", {"name": "apres-reconstruction", "owner_org": "apres"})
    assert {ask(workers, q="reconstruction")["count"] for _ in range(2 * WORKERS)} == {1}
