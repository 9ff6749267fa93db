"""A browser without a network: it asks the application of one site, and keeps its cookies."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit

from odl_host.server.app import create_app
from odl_host.server.sites import Site

URL = "http://portail.example.org"
HERE = {"origin": URL}


@dataclass(frozen=True)
class Answer:
    status_code: int
    headers: dict[str, str]
    text: str


class Browser:
    """Asks the application of one site, and keeps its cookies."""

    def __init__(self, site: Site) -> None:
        self.app = create_app(lambda host: site)
        self.cookies: dict[str, str] = {}
        self.address = "192.0.2.7"
        self.token = ""

    def get(self, address: str, headers: dict[str, str] | None = None) -> Answer:
        return self._ask("GET", address, b"", headers or {})

    def post(
        self, address: str, data: Any = None, json_data: Any = None, headers: dict[str, str] | None = None
    ) -> Answer:
        kind = "application/x-www-form-urlencoded" if json_data is None else "application/json"
        body = urlencode(data or {}) if json_data is None else json.dumps(json_data)
        return self._ask("POST", address, body.encode(), {"content-type": kind, **(headers or {})})

    def _ask(self, method: str, address: str, body: bytes, headers: dict[str, str]) -> Answer:
        parts = urlsplit(address)
        sent = {"host": urlsplit(URL).netloc, "content-length": str(len(body)), **headers}
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        pairs = [(name, one) for name, value in sent.items() for one in value.split("\n")]
        status, got, content = ask(self.app, method, parts, pairs, body, client=self.address)
        for name, morsel in SimpleCookie(got.get("set-cookie", "")).items():
            self.cookies[name] = morsel.value
            if morsel["max-age"] == "0":
                del self.cookies[name]
        return Answer(status, got, content.decode())


def ask(
    app: Any,
    method: str,
    address: SplitResult,
    headers: Iterable[tuple[str, str]],
    body: bytes = b"",
    *,
    client: str = "127.0.0.1",
) -> tuple[int, dict[str, str], bytes]:
    """Ask an application as its server does; return the status, the headers and the body of what it answers."""
    messages: list[Any] = []
    unsent = [body]

    async def receive() -> dict[str, Any]:
        if not unsent:
            await asyncio.Event().wait()  # for ever: who asks waits for the answer, and does not go away
        return {"type": "http.request", "body": unsent.pop(), "more_body": False}

    async def send(message: Any) -> None:
        messages.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": address.path,
        "raw_path": address.path.encode(),
        "query_string": address.query.encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers],
        "server": ("127.0.0.1", 80),
        "client": (client, 1234),
    }
    asyncio.run(app(scope, receive, send))
    got = {name.decode(): value.decode() for name, value in messages[0]["headers"]}
    return messages[0]["status"], got, b"".join(message.get("body", b"") for message in messages[1:])
