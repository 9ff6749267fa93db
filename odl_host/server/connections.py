"""One client's connection: how long it may take, and how much it may send, before the head of a request is there.

uvicorn waits for ever for a head and keeps whatever comes of it: a few hundred silent clients would hold every file
handle of the process. What a body may cost is in `bodies`.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_S = 30.0
"""Longest time from the opening of a connection, or the first byte of a request, to the end of its head."""

MAX_HEAD_BYTES = 64 << 10
"""Most of a head that is kept while its end has not come; the last piece may be longer."""


class Connection(HttpToolsProtocol):
    """Lets go of a client that does not end the head of its request in time, or at all."""

    _head_timer: asyncio.TimerHandle | None = None
    _is_in_head = False
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a first request."""
        super().connection_made(transport)
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        """Take what came; most heads come in one piece and need no watching."""
        super().data_received(data)
        if self._is_in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self.transport.close()
            elif self._head_timer is None:
                self._wait_for_head()

    def on_message_begin(self) -> None:
        """Note that a head has begun."""
        super().on_message_begin()
        self._is_in_head, self._head_bytes = True, 0

    def on_headers_complete(self) -> None:
        """Note that the head is there."""
        self._is_in_head = False
        self._stop_waiting()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait_for_head(self) -> None:
        self._head_timer = self.loop.call_later(HEAD_S, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
