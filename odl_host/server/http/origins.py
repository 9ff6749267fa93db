"""What a browser asks before a page of another site may read an answer (CORS), and `OPTIONS` on any address.

Source: CKAN 2.12, observed; its settings `ckan.cors.origin_allow_all` and `ckan.cors.origin_whitelist`.
"""

from __future__ import annotations

from collections.abc import Iterable

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from odl_host.server.sites import Site

METHODS = "POST, PUT, GET, DELETE, OPTIONS"
HEADERS = "Authorization, Content-Type"


class Origins:
    """Answers `OPTIONS`, and tells browsers which other sites' pages may read what is answered."""

    def __init__(self, app: ASGIApp, routes: Iterable[BaseRoute]) -> None:
        self.app = app
        self.routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        origin = next((value for key, value in scope["headers"] if key == b"origin"), b"").decode("latin-1")
        send = _announcing(send, scope["state"]["site"], origin)
        allowed = methods_of(self.routes, scope) if scope["method"] == "OPTIONS" else []
        if allowed:
            response = Response(headers={"allow": ", ".join(allowed), "content-type": "text/html; charset=utf-8"})
            await response(scope, receive, send)
            return
        await self.app(scope, receive, send)


def methods_of(routes: Iterable[BaseRoute], scope: Scope) -> list[str]:
    """Return the methods that an address answers to, `OPTIONS` with them; none where there is no such address."""
    found = {
        method
        for route in routes
        if isinstance(route, Route) and route.matches(scope)[0] != Match.NONE
        for method in route.methods or ()
    }
    return sorted(found | {"OPTIONS"}) if found else []


def _announcing(send: Send, site: Site, origin: str) -> Send:
    """Return `send` with the headers of CORS where the site lets this origin read its answers.

    Where only some may, every answer says that it depends on who asks: a cache must not give one origin's to another.
    """
    everyone, listed = site.settings["ckan.cors.origin_allow_all"], site.settings["ckan.cors.origin_whitelist"]
    allowed = ("*" if everyone else origin if isinstance(listed, tuple) and origin in listed else "") if origin else ""
    if not allowed and (everyone or not listed):
        return send

    async def announce(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=message.setdefault("headers", []))
            if not everyone:
                headers.add_vary_header("Origin")
            if allowed:
                headers["access-control-allow-origin"] = allowed
                headers["access-control-allow-methods"] = METHODS
                headers["access-control-allow-headers"] = HEADERS
        await send(message)

    return announce
