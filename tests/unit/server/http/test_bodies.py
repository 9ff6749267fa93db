from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request

from odl_host.server.app import create_app
from odl_host.server.http import bodies
from odl_host.server.sites import Site


def read(pieces: list[tuple[float, bytes]], max_bytes: int = 1000, length: str = "") -> bytes:
    """Return the body that comes in these pieces, each after some seconds."""
    coming = iter(pieces)

    async def receive() -> dict[str, Any]:
        try:
            delay, piece = next(coming)
        except StopIteration:
            return {"type": "http.request", "body": b"", "more_body": False}
        await asyncio.sleep(delay)
        return {"type": "http.request", "body": piece, "more_body": True}

    headers = [(b"content-length", length.encode())] if length else []
    request = Request({"type": "http", "method": "POST", "headers": headers}, receive)
    return asyncio.run(bodies.bounded(request, max_bytes).body())


def test_a_body_that_comes_in_time_is_whole() -> None:
    assert read([(0.01, b"a"), (0.01, b"b"), (0, b"c")]) == b"abc"


def test_a_client_that_falls_silent_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "IDLE_S", 0.05)
    with pytest.raises(HTTPException) as caught:
        read([(0, b"a"), (60, b"b")])
    assert caught.value.status_code == 408


def test_a_client_that_trickles_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "GRACE_S", 0.05)
    with pytest.raises(HTTPException) as caught:
        read([(0.02, b"a")] * 20)
    assert caught.value.status_code == 408


@pytest.mark.parametrize(("pieces", "length"), [([(0.0, b"x" * 600)] * 2, ""), ([], "1001")])
def test_a_body_beyond_its_limit_is_refused(pieces: list[tuple[float, bytes]], length: str) -> None:
    with pytest.raises(HTTPException) as caught:
        read(pieces, 1000, length)
    assert caught.value.status_code == 413


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "application/json"])
def test_a_client_that_goes_away_amid_a_body_is_no_failure_of_the_server(
    site: Site, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    coming = iter([{"type": "http.request", "body": b"--x\r\n", "more_body": True}, {"type": "http.disconnect"}])
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return next(coming)

    async def send(message: Any) -> None:
        sent.append(message)

    path = "/api/3/action/package_show"
    headers = [(b"host", b"x"), (b"content-type", kind.encode()), (b"content-length", b"1000")]
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": headers}
    asyncio.run(create_app(lambda host: site)(scope, receive, send))
    assert sent[0]["status"] == 400
    assert caplog.records == []
