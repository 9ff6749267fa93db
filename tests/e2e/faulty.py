"""A network that fails: a proxy of real sockets in front of a catalogue, which loses, delays, cuts and refuses."""

from __future__ import annotations

import http.client
import random
import socket
import struct
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

FAULTS = (
    "refused",  # 503, and the request never reached the catalogue
    "reset before",  # the connection ends before anything reached it
    "reset after",  # the catalogue did it, and the answer is lost
    "too late",  # the same, by a time-out
    "cut short",  # half an answer
    "bad gateway",  # the catalogue did it, and a proxy says that it failed
)


class FaultyProxy:
    """Passes requests on to `target`; each fails with the probability `rate`, in one of the ways of `FAULTS`.

    After `silent_after` requests no answer comes any more.
    """

    def __init__(self, target: str, *, delay_s: float, seed: int) -> None:
        self.rate = 0.0
        self.silent_after = 10**9
        self.happened: Counter[str] = Counter()
        self._place = urlsplit(target).netloc
        self._delay_s = delay_s
        self._chance = random.Random(seed)
        self._lock = threading.Lock()
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                proxy.handle(self)

            do_POST = do_GET  # noqa: N815 - the name that http.server calls

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> FaultyProxy:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        with self._lock:
            fault = self._chance.choice(FAULTS) if self._chance.random() < self.rate else ""
            if self.happened.total() >= self.silent_after:
                fault = "reset before"
            self.happened[fault] += 1
        if fault == "refused":
            self._answer(request, 503, "text/html", b"<h1>Service Unavailable</h1>")
            return
        if fault == "reset before":
            self._reset(request)
            return
        status, kind, content = self._forward(request, body)
        if fault == "reset after":
            self._reset(request)
        elif fault == "too late":
            time.sleep(self._delay_s)
            self._reset(request)
        elif fault == "cut short":
            request.send_response(status)
            request.send_header("Content-Type", kind)
            request.send_header("Content-Length", str(len(content)))
            request.end_headers()
            request.wfile.write(content[: len(content) // 2])
            self._reset(request)
        elif fault == "bad gateway":
            self._answer(request, 502, "text/html", b"<h1>Bad Gateway</h1>")
        else:
            self._answer(request, status, kind, content)

    def _forward(self, request: BaseHTTPRequestHandler, body: bytes) -> tuple[int, str, bytes]:
        connection = http.client.HTTPConnection(self._place, timeout=60)
        try:
            headers = {name: value for name, value in request.headers.items() if name.lower() != "connection"}
            connection.request(request.command, request.path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers["Content-Type"], answer.read()
        finally:
            connection.close()

    def _answer(self, request: BaseHTTPRequestHandler, status: int, kind: str, content: bytes) -> None:
        request.send_response(status)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    def _reset(self, request: BaseHTTPRequestHandler) -> None:
        """End the connection so that the other side gets "connection reset by peer"."""
        request.close_connection = True
        request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.connection.close()
