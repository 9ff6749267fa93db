"""What the body of a request may cost: its bytes, and the time that a slow client takes to send it.

A client that falls silent, or trickles, is let go; what it had sent lies in a temporary file that goes with it.
"""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message, Receive

IDLE_S = 30.0
"""Longest silence within a body."""

GRACE_S = 60.0
MIN_BYTES_PER_S = 1_000
"""Least average speed of a body that has taken longer than the grace; a bad line in the mountains has ten times it."""

TOO_SLOW = 408
TOO_LARGE = 413


def bounded(request: Request, max_bytes: int, *, advice: str = "") -> Request:
    """Return the request with a body that ends with HTTPException 408 or 413 where it is too slow or too large.

    `advice` is added to what is said of one that is too large.

    :raises HTTPException: 413, when its own header already says that it is too large.
    """
    length = announced_bytes(request)
    if length is not None and length > max_bytes:
        raise _too_large(max_bytes, advice)
    return Request(request.scope, _Bounded(request.receive, max_bytes, advice))


def _too_large(max_bytes: int, advice: str) -> HTTPException:
    return HTTPException(TOO_LARGE, f"The body is larger than {max_bytes >> 20} MB{advice}")


def announced_bytes(request: Request) -> int | None:
    """Return how long the body is, as its own header says; None where it does not."""
    text = request.headers.get("content-length", "")
    return int(text) if text.isdigit() else None


class _Bounded:
    """Receives the messages of one body."""

    def __init__(self, receive: Receive, max_bytes: int, advice: str) -> None:
        self._receive = receive
        self._max_bytes = max_bytes
        self._advice = advice
        self._size = 0
        self._started = monotonic()
        self._is_over = False
        self._has_given_up = False

    async def __call__(self) -> Message:
        """Return the next message; after the body's end there is no limit to the waiting."""
        if self._is_over:
            return await self._receive()
        message = await self._next()
        self._size += len(message.get("body", b""))
        self._is_over = message["type"] != "http.request" or not message.get("more_body", False)
        if self._size > self._max_bytes:
            raise _too_large(self._max_bytes, self._advice)
        elapsed = monotonic() - self._started
        if elapsed > GRACE_S and self._size / elapsed < MIN_BYTES_PER_S and not self._is_over:
            raise HTTPException(TOO_SLOW, "The body comes too slowly")
        return message

    async def _next(self) -> Message:
        """Receive within `IDLE_S`, as `asyncio.timeout` would: that takes a twentieth of a short call's time."""
        task = asyncio.current_task()
        assert task is not None
        timer = asyncio.get_running_loop().call_later(IDLE_S, self._give_up, task)
        try:
            return await self._receive()
        except asyncio.CancelledError:
            if not self._has_given_up or task.uncancel() > 0:
                raise
            raise HTTPException(TOO_SLOW, f"Nothing of the body has come for {IDLE_S:.0f} seconds") from None
        finally:
            timer.cancel()

    def _give_up(self, task: asyncio.Task[Any]) -> None:
        self._has_given_up = True
        task.cancel()
