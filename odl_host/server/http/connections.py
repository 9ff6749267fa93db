"""One client's connection: how long it may take, and how much it may send, before the head of a request is there.

uvicorn waits for ever for a head, keeps whatever comes of it, and waits as long for a client that reads no more of its
answer: a few hundred silent clients would hold every file handle of the process. What a body may cost is in `bodies`.
An answer leaves in one piece.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_S = 30.0
"""Longest time from the opening of a connection, or the first byte of a request, to the end of its head."""

MAX_HEAD_BYTES = 64 << 10
"""Most of a head that is kept while its end has not come, after the piece in which it begins."""

UNREAD_S = 120.0
"""Longest time in which a client takes nothing of a long answer; the slowest line takes a part of it by then."""

BODY_WITH_UPGRADE = "A request with a body asks for no other protocol (Upgrade): send it as HTTP/1.1."
"""The parser leaves such a body out, so that the call would be another; Java's client sends it unless told not to."""

_ANSWERS = tuple(b"HTTP/1.1 %d" % kind for kind in (2, 3, 4, 5))
"""What the head of an answer begins with; 100 Continue is none: nothing follows until the client has read it."""

_NOT_ASCII = re.compile(rb"[\x80-\xff]")


class Connection(HttpToolsProtocol):
    """Lets go of a client that does not end the head of its request in time, or at all, or that reads no more."""

    _head_timer: asyncio.TimerHandle | None = None
    _reading_timer: asyncio.TimerHandle | None = None
    _is_in_head = False
    _begins_head = False
    """Whether the head began in the piece that came last, of which it is no more than a part."""
    _head_bytes = 0
    _refusal = ""
    _is_between_requests = True
    """Whether what comes next begins a head; never true within a body, whose bytes must stay as they are."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a first request."""
        super().connection_made(_Joining(transport))  # type: ignore[arg-type]
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        """Take what came; most heads come in one piece and need no watching."""
        self._begins_head = False
        if self._is_between_requests and not data.isascii():
            data = with_encoded_address(data)
        super().data_received(data)
        if self._is_in_head and not self._begins_head:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self.transport.close()
                return
        # What comes when nothing is being answered stops uvicorn's own clock, even if it begins no request: the rest of
        # a body that nobody reads, an empty line.
        is_answering = self.cycle is not None and not self.cycle.response_complete
        if self._head_timer is None and (self._is_in_head or not is_answering):
            self._wait_for_head()

    def on_message_begin(self) -> None:
        """Note that a head has begun."""
        super().on_message_begin()
        self._is_between_requests = False
        self._is_in_head = self._begins_head = True
        self._head_bytes = 0

    def on_headers_complete(self) -> None:
        """Note that the head is there."""
        self._is_in_head = False
        self._stop_waiting()
        if self.parser.should_upgrade() and any(_announces_body(*header) for header in self.headers):
            self._refusal = BODY_WITH_UPGRADE
            raise ValueError(BODY_WITH_UPGRADE)  # the parser makes its own error of it, which uvicorn answers
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Note that another request may follow."""
        self._is_between_requests = True
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Send the head of an answer that has no body."""
        self.transport.write(b"")
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """Say what is wrong with the request."""
        super().send_400_response(self._refusal or msg)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop_waiting()
        self._stop_watching()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Watch whether the client takes its answer, of which more waits than the system holds."""
        super().pause_writing()
        self._watch_reader(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        """Watch no more."""
        self._stop_watching()
        super().resume_writing()

    def _wait_for_head(self) -> None:
        self._head_timer = self.loop.call_later(HEAD_S, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _watch_reader(self, unread_bytes: int) -> None:
        self._reading_timer = self.loop.call_later(UNREAD_S, self._require_reader, unread_bytes)

    def _require_reader(self, before: int) -> None:
        unread_bytes = self.transport.get_write_buffer_size()
        if unread_bytes < before:
            self._watch_reader(unread_bytes)
        else:
            self.transport.abort()  # to close it would wait until all is read

    def _stop_watching(self) -> None:
        if self._reading_timer is not None:
            self._reading_timer.cancel()
            self._reading_timer = None


class _Joining:
    """A transport that sends the head of an answer together with the first piece of its body.

    uvicorn writes them apart: the client wakes for half an answer, and a short call costs a twentieth more.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head = b""
        self.is_closing = transport.is_closing  # asked at every answer

    def __getattr__(self, name: str) -> Any:
        """Do all else as the transport itself."""
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send `data` after the head that waits, or let it wait where it is one."""
        if self._head:
            self._transport.write(self._head + data)
            self._head = b""
        elif data.endswith(b"\r\n\r\n") and data.startswith(_ANSWERS):
            self._head = data
        elif data:
            self._transport.write(data)

    def close(self) -> None:
        """Close once everything is sent."""
        self.write(b"")
        self._transport.close()


def with_encoded_address(head: bytes) -> bytes:
    """Percent-encode the letters beyond ASCII in the first line of `head`, its address, which the parser refuses.

    `curl 'URL?q=délibération'` sends them as they are, and so do scripts; CKAN's servers take them.
    """
    address, end, rest = head.partition(b"\n")
    return _NOT_ASCII.sub(lambda found: b"%%%02X" % ord(found[0]), address) + end + rest


def _announces_body(name: bytes, value: bytes) -> bool:
    return name == b"transfer-encoding" or (name == b"content-length" and value != b"0")
