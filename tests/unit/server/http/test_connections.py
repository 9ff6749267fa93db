from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from uvicorn import Config, Server

from odl_host.server.http import connections

ASKED = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


LONG = 32 << 20


async def answer(scope: Any, receive: Any, send: Any) -> None:
    body = b"x" * LONG if scope["path"] == "/long" else b"ok"
    if scope["path"] == "/echo":
        body = scope["query_string"] + (await receive()).get("body", b"")
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    if scope["path"] == "/late":
        await asyncio.sleep(0.2)
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
def client() -> Iterator[socket.socket]:
    """A connection to a server that answers every request."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = Config(answer, http=connections.Connection, lifespan="off", log_config=None, log_level="error")
    server = Server(config)
    serving = threading.Thread(target=server.run, args=([listening],))
    serving.start()
    with socket.create_connection(listening.getsockname(), timeout=60) as connected:
        yield connected
    server.should_exit = True
    serving.join()


def receive(client: socket.socket) -> bytes:
    """Return what comes next, of which there must be something."""
    came = client.recv(1 << 20)
    assert came
    return came


def is_answered(client: socket.socket, end: bytes = b"ok") -> bool:
    """Read until an answer is there, whose head and body may come apart."""
    came = b""
    while not came.endswith(end) and (piece := client.recv(1000)):
        came += piece
    return came.endswith(end)


def is_let_go(client: socket.socket) -> bool:
    try:
        return client.recv(1000) == b""
    except ConnectionResetError:
        return True


def test_a_client_that_says_nothing_is_let_go(monkeypatch: pytest.MonkeyPatch, client: socket.socket) -> None:
    monkeypatch.setattr(connections, "HEAD_S", 0.2)
    with socket.create_connection(client.getpeername(), timeout=60) as silent:
        assert is_let_go(silent)


def test_a_client_that_trickles_its_head_is_let_go(monkeypatch: pytest.MonkeyPatch, client: socket.socket) -> None:
    client.sendall(ASKED)
    assert is_answered(client)
    monkeypatch.setattr(connections, "HEAD_S", 0.3)
    with pytest.raises(OSError, match=r"Broken pipe|reset"):
        for letter in ASKED[:-2] * 100:
            client.sendall(bytes([letter]))
            time.sleep(0.02)


def test_a_head_without_end_is_not_kept(client: socket.socket) -> None:
    with pytest.raises(OSError, match=r"Broken pipe|reset"):
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX: ")
        for _ in range(1000):
            client.sendall(b"a" * connections.MAX_HEAD_BYTES)
            time.sleep(0.001)


def test_a_head_in_pieces_and_the_requests_after_it_are_answered(
    monkeypatch: pytest.MonkeyPatch, client: socket.socket
) -> None:
    def passes(head_s: float) -> bool:
        monkeypatch.setattr(connections, "HEAD_S", head_s)
        with suppress(OSError), socket.create_connection(client.getpeername(), timeout=60) as patient:
            for piece in (ASKED[:5], ASKED[5:20], ASKED[20:]):
                patient.sendall(piece)
                time.sleep(head_s / 10)
            first = is_answered(patient)
            time.sleep(head_s * 1.4)
            patient.sendall(ASKED)
            return first and is_answered(patient)
        return False

    assert any(passes(head_s) for head_s in (0.5, 1, 2)), "a busy machine may be slow once"


@pytest.mark.parametrize("rest", [b"a", b"\r\n"], ids=["of a body that is not read", "an empty line"])
def test_a_client_that_falls_silent_after_what_begins_no_request_is_let_go(
    monkeypatch: pytest.MonkeyPatch, client: socket.socket, rest: bytes
) -> None:
    client.sendall(ASKED if rest.isspace() else b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n")
    assert is_answered(client)
    monkeypatch.setattr(connections, "HEAD_S", 0.2)
    client.sendall(rest)
    assert is_let_go(client)


def ask_for_long(client: socket.socket, pause_s: float) -> int:
    """Return how many bytes of a long answer come to a client that rests before each of its first readings."""
    read_bytes = 0
    with socket.create_connection(client.getpeername(), timeout=60) as reader:
        reader.sendall(b"GET /long HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        try:
            for reading in range(1_000_000):
                time.sleep(pause_s if reading < 4 else 0)
                if not (piece := reader.recv(4 << 20)):
                    break
                read_bytes += len(piece)
        except ConnectionResetError:
            pass
    return read_bytes


def test_a_client_that_reads_no_more_of_a_long_answer_is_let_go(
    monkeypatch: pytest.MonkeyPatch, client: socket.socket
) -> None:
    monkeypatch.setattr(connections, "UNREAD_S", 0.2)
    came = [ask_for_long(client, pause_s=0.6)]
    if came[-1] >= LONG:  # a busy machine may have been slow to look
        came.append(ask_for_long(client, pause_s=5))
    assert 0 < came[-1] < LONG


def test_a_client_that_reads_slowly_gets_all_of_a_long_answer(
    monkeypatch: pytest.MonkeyPatch, client: socket.socket
) -> None:
    def gets_all(unread_s: float) -> bool:
        monkeypatch.setattr(connections, "UNREAD_S", unread_s)
        return ask_for_long(client, pause_s=unread_s * 0.4) > LONG

    assert any(gets_all(unread_s) for unread_s in (1, 4, 16)), "a busy machine may make it too slow once"


def test_a_body_is_never_lost_to_another_protocol(client: socket.socket) -> None:
    wishes = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAA\r\n"
    client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n" + wishes + b"\r\n")
    assert is_answered(client)
    client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\n" + wishes + b"Content-Length: 2\r\n\r\n{}")
    assert is_answered(client, connections.BODY_WITH_UPGRADE.encode())
    assert is_let_go(client)


def test_many_requests_at_once_are_answered_though_the_last_comes_in_two_pieces(client: socket.socket) -> None:
    together = 5 * connections.MAX_HEAD_BYTES // len(ASKED)
    client.sendall(ASKED * together + ASKED[:10])
    answers = b""
    while answers.count(b"ok") < together:
        answers += receive(client)
    client.sendall(ASKED[10:])
    assert is_answered(client)


def test_the_head_of_an_answer_comes_with_its_body(client: socket.socket) -> None:
    client.sendall(ASKED.replace(b"/", b"/late", 1))
    answer = client.recv(1000)
    assert (answer[:15], answer[-6:]) == (b"HTTP/1.1 200 OK", b"\r\n\r\nok")


def test_an_answer_without_a_body_comes_and_so_does_the_next_one(client: socket.socket) -> None:
    client.sendall(ASKED.replace(b"GET", b"HEAD"))
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += receive(client)
    assert b"content-length: 2" in head
    client.sendall(ASKED)
    assert is_answered(client)


def test_a_client_that_waits_to_be_told_to_continue_is_told(client: socket.socket) -> None:
    client.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
    told = b""
    while not told.endswith(b"\r\n\r\n"):
        told += receive(client)
    assert told == b"HTTP/1.1 100 Continue\r\n\r\n"
    client.sendall(b"{}")
    assert is_answered(client, b"{}")


def test_an_address_with_accents_as_they_are_is_answered_as_if_they_were_encoded(client: socket.socket) -> None:
    for query in ("q=zoé".encode(), "q=zoé".encode("latin-1")):
        client.sendall(b"GET /echo?" + query + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        assert is_answered(client, b"q=zo" + b"".join(b"%%%02X" % byte for byte in query[4:]))


def test_what_is_no_address_is_not_touched(client: socket.socket) -> None:
    body = "POST /é HTTP/1.1\r\n".encode()
    client.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body))
    time.sleep(0.05)
    client.sendall(body + ASKED)
    answers = b""
    while not answers.endswith(b"ok"):
        answers += client.recv(1000)
    assert answers.count(b"200 OK") == 2
    assert body in answers
