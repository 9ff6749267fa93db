"""Calls that may take seconds: few at once, so that all others are answered meanwhile."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest
from starlette.requests import Request
from starlette.types import Message

from odl_host.server import registry
from odl_host.server.http import api
from odl_host.server.params import Params
from odl_host.server.permissions import anyone
from odl_host.server.registry import Context, action
from odl_host.server.sites import Site

AT_ONCE = 2
MANY = 100
"""More than there are threads."""


class NoParams(Params):
    """None."""


@pytest.fixture
def go() -> Iterator[threading.Event]:
    """Ends the calls of `wait_long`, an action that there is only meanwhile."""
    registry.all_actions()
    event = threading.Event()

    @action(params=NoParams, allow=anyone, reads=True, at_once=AT_ONCE)
    def wait_long(ctx: Context, params: NoParams) -> int:
        """Wait."""
        return int(event.wait(300))

    yield event
    event.set()
    del registry._actions["wait_long"]
    api._turns.cache_clear()


async def ask(site: Site, name: str) -> int:
    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {"type": "http", "method": "GET", "path": f"/api/3/action/{name}", "query_string": b"", "headers": []}
    return (await api.answer(site, Request(scope, receive), name)).status_code


def test_others_are_answered_while_calls_that_may_take_seconds_wait(site: Site, go: threading.Event) -> None:
    async def run() -> None:
        waiting = [asyncio.create_task(ask(site, "wait_long")) for _ in range(MANY)]
        await asyncio.sleep(0)
        assert await ask(site, "package_search") == 200
        assert not any(task.done() for task in waiting)
        go.set()
        assert set(await asyncio.gather(*waiting)) == {200}

    asyncio.run(run())


def test_a_call_whose_turn_does_not_come_is_refused_and_the_others_go_on(
    site: Site, go: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "TURN_S", 0.05)

    async def run() -> None:
        first = [asyncio.create_task(ask(site, "wait_long")) for _ in range(AT_ONCE)]
        await asyncio.sleep(0)
        assert await ask(site, "wait_long") == 503
        go.set()
        assert await asyncio.gather(*first) == [200] * AT_ONCE
        assert await ask(site, "wait_long") == 200

    asyncio.run(run())


def test_queries_take_fewer_threads_than_searches_and_both_leave_half_of_them() -> None:
    sql, search = (registry.get_action(f"datastore_search{end}").at_once for end in ("_sql", ""))
    assert 0 < sql < search
    assert sql + search <= 20
