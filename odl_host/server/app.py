"""The web application: from a request's host name to a site, from its path to a handler.

Production servers reach it through `odl_host.wiring`. An unknown host is 404, whoever asks: there is no default site.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import TypeAlias

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from odl_host.errors import OdlError
from odl_host.server.http import (
    addresses,
    api,
    autocomplete_api,
    datatables,
    downloads,
    dumps,
    resource_proxy,
)
from odl_host.server.http.language_addresses import LanguageMiddleware
from odl_host.server.http.origins import Origins
from odl_host.server.pages import login, portal
from odl_host.server.sites import Site

log = logging.getLogger(__name__)
CLOSED_FRENCH = "Ce portail est momentanément indisponible. Réessayez plus tard.\n"

FindSite: TypeAlias = Callable[[str], Site | None]
"""From a host name, without port and in lower case, to the opened site."""


class HostMiddleware:
    """Puts the site of the request's host in its state; answers 404 where there is none."""

    def __init__(self, app: ASGIApp, find_site: FindSite) -> None:
        self.app = app
        self.find_site = find_site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            site = self.find_site(host_name(Headers(scope=scope).get("host", "")))
        except OdlError as error:
            log.error("%s %s", error, error.hint)
            await PlainTextResponse(CLOSED_FRENCH, status_code=503)(scope, receive, send)
            return
        if site is None:
            response = PlainTextResponse("No portal is served under this host name.\n", status_code=404)
            await response(scope, receive, send)
            return
        scope.setdefault("state", {})["site"] = site
        if "//" in scope["path"]:  # of a client that joins a base with a slash at its end; CKAN behind nginx takes it
            scope["path"] = re.sub("/{2,}", "/", scope["path"])
        await self.app(scope, receive, send)


class ActionMiddleware:
    """Answers calls of the usual form at once: they need no routes."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        name = api.find_action(scope) if scope["type"] == "http" else None
        if name is None:
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        answer = await api.answer(get_site(request), request, name)
        await answer(scope, receive, send)


def host_name(header: str) -> str:
    """Return the host name of a `Host` header, without port, in lower case.

    >>> host_name("Portal.Example.org:8000"), host_name("[::1]:8000")
    ('portal.example.org', '[::1]')
    """
    name = header.strip().lower()
    if name.startswith("["):
        return name.partition("]")[0] + "]"
    return name.partition(":")[0].rstrip(".")


def get_site(request: Request) -> Site:
    """Return the site that this request is for."""
    site: Site = request.scope["state"]["site"]
    return site


def create_app(sites: FindSite) -> ASGIApp:
    """Return the web application over the sites that `sites` finds by host name."""
    routes: list[BaseRoute] = [
        *api.routes(get_site),
        *addresses.routes(get_site),
        *autocomplete_api.routes(get_site),
        *downloads.routes(get_site),
        *dumps.routes(get_site),
        *datatables.routes(get_site),
        *resource_proxy.routes(get_site),
        *login.routes(get_site),
        *portal.routes(get_site),
    ]
    app = Starlette(routes=routes, exception_handlers=portal.exception_handlers(get_site))
    app.router.redirect_slashes = False
    # The site, the language, who may read the answer, then the answer; around Starlette, whose own layers an action
    # does without.
    return HostMiddleware(LanguageMiddleware(Origins(ActionMiddleware(app), routes)), sites)
