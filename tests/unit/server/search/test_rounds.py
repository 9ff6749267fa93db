"""Searches beside writes: many wait for the index together, none misses what was written before it came."""

from __future__ import annotations

import asyncio
import fcntl
import json
import threading
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.types import Message

from odl_host.server.http import api
from odl_host.server.registry import call_action
from odl_host.server.search.rounds import Rounds
from odl_host.server.sites import Site
from tests.sites import site_in

MANY = 150
"""More than there are threads."""


async def ask(site: Site, call: str) -> Any:
    """Answer a call of the public over HTTP, without a network."""
    name, _, query = call.partition("?")

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    path = f"/api/3/action/{name}"
    scope = {"type": "http", "method": "GET", "path": path, "query_string": query.encode(), "headers": []}
    answer = await api.answer(site, Request(scope, receive), name)
    return json.loads(bytes(answer.body))["result"]


def test_all_who_ask_while_a_round_is_under_way_share_the_next_one() -> None:
    begun, go = threading.Event(), threading.Event()
    rounds_made: list[int] = []

    def work() -> int:
        rounds_made.append(len(rounds_made))
        begun.set()
        go.wait(30)
        return rounds_made[-1]

    async def run() -> None:
        rounds = Rounds(work, "test")
        first = asyncio.create_task(rounds.next())
        await asyncio.to_thread(begun.wait, 30)
        others = [asyncio.create_task(rounds.next()) for _ in range(MANY)]
        await asyncio.sleep(0)
        others.pop().cancel()  # who goes away calls off nothing of the others
        go.set()
        assert await first == 0
        assert set(await asyncio.gather(*others)) == {1}

    asyncio.run(run())


def test_what_makes_a_round_fail_is_said_to_all_who_wait_and_the_next_one_goes_on() -> None:
    is_broken = True

    def work() -> int:
        if is_broken:
            raise OSError("no disk")
        return 1

    async def run() -> None:
        nonlocal is_broken
        rounds = Rounds(work, "test")
        found = await asyncio.gather(*(rounds.next() for _ in range(5)), return_exceptions=True)
        assert {str(each) for each in found} == {"no disk"}
        is_broken = False
        assert await rounds.next() == 1

    asyncio.run(run())


def test_searches_that_wait_for_the_index_leave_the_threads_to_others(filled: Site) -> None:
    async def run() -> None:
        assert (await ask(filled, "package_search?q=*:*"))["count"] == 3
        filled.as_sysadmin().call_action("package_create", {"name": "nouveau", "owner_org": "aime"})
        with (filled.index.folder / "writer.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # another process is writing the index
            waiting = [asyncio.create_task(ask(filled, f"package_search?q=*:*&start={at}")) for at in range(MANY)]
            shown = await asyncio.wait_for(ask(filled, "package_autocomplete?q=nouveau"), 30)
            assert [each["name"] for each in shown] == ["nouveau"]
            assert not any(task.done() for task in waiting)
        assert {found["count"] for found in await asyncio.gather(*waiting)} == {4}

    asyncio.run(run())


@pytest.mark.parametrize("is_another", [False, True])
def test_a_search_finds_whatever_was_written_before_it_came(filled: Site, tmp_path: Path, is_another: bool) -> None:
    """While others search and write all the time, in this process or through another one's catalogue."""
    searching = site_in(tmp_path) if is_another else filled
    is_over = threading.Event()
    missed: list[str] = []

    async def search_on() -> None:
        while not is_over.is_set():
            await ask(searching, "package_search?q=jeu")
            await asyncio.sleep(0.005)

    def write(number: int) -> None:
        for at in range(6):
            name = f"jeu-{number}-{at}"
            filled.as_sysadmin().call_action("package_create", {"name": name, "owner_org": "aime"})
            found = asyncio.run(ask(searching, f"package_search?q=name:{name}"))
            missed.extend([name] * (found["count"] != 1))

    async def run() -> None:
        noise = [asyncio.create_task(search_on()) for _ in range(10)]
        await asyncio.gather(*(asyncio.to_thread(write, number) for number in range(4)))
        is_over.set()
        await asyncio.gather(*noise)

    try:
        asyncio.run(run())
        assert missed == []
        assert asyncio.run(ask(searching, "package_search?q=jeu"))["count"] == 24
    finally:
        if is_another:
            searching.close()


def test_what_was_made_private_after_the_index_was_read_is_not_shown(filled: Site) -> None:
    found = filled.as_anonymous().call_action("package_search", {"q": "*:*"})
    with filled.db.reading() as db:
        seen = int(db.exec_driver_sql("SELECT value FROM counters WHERE name = 'seq'").scalar_one())
    hidden, gone, left = (each["name"] for each in found["results"])
    filled.as_sysadmin().call_action("package_patch", {"id": hidden, "private": True})
    filled.as_sysadmin().call_action("package_delete", {"id": gone})
    for fields in ({"q": "*:*"}, {"q": "*:*", "fl": "name"}):
        answer = json.loads(call_action(filled, None, "package_search", fields, index_seq=seen))
        assert [each["name"] for each in answer["results"]] == [left]
