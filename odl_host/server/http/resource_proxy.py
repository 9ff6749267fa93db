"""The resource proxy: the file that a resource's address leads to on another site, for pages that may not fetch it.

CKAN's plugin `resource_proxy`; off unless `ckan.plugins` names it. Nothing of the caller's request is sent on, and
nothing of the answer but its type and its bytes, which no browser runs as a page of this site.
"""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from odl_host.ckan import NotAuthorized, NotFound
from odl_host.server.documents import SITE
from odl_host.server.files.lookup import find_address
from odl_host.server.http.downloads import SHOWN_IN_BROWSER, GetSite
from odl_host.server.http.public_web import KEPT, Fetched, Refused, fetch
from odl_host.server.http.visitors import find_caller
from odl_host.server.sites import Site

MOST_AT_ONCE = 8
"""So many files are fetched at once by one process: each is held in memory."""


def routes(get_site: GetSite) -> list[Route]:
    """Return the route of the proxy."""
    turns = asyncio.Semaphore(MOST_AT_ONCE)

    async def proxy(request: Request) -> Response:
        site = get_site(request)
        if not site.proxies:
            return PlainTextResponse("Not found\n", 404)
        try:
            url = await run_in_threadpool(
                find_address, site, find_caller(site, request), request.path_params["resource_id"]
            )
        except NotFound:
            return PlainTextResponse("Not found\n", 404)
        except NotAuthorized:
            return PlainTextResponse("Access denied\n", 403)
        if url.startswith(SITE):
            return RedirectResponse(quote(url.removeprefix(SITE), safe=KEPT), 307)
        if turns.locked():
            return PlainTextResponse("Too many files are being fetched. Try again.\n", 503, {"retry-after": "5"})
        try:
            async with turns:
                return _hand_on(await fetch(url, **_limits(site)))
        except Refused as error:
            return PlainTextResponse(f"Could not proxy resource. {error}\n", error.status)

    return [Route("/dataset/{package_id}/resource/{resource_id}/proxy", proxy, methods=["GET", "HEAD"])]


def _limits(site: Site) -> dict[str, Any]:
    names = {"most_bytes": "max_file_size", "timeout_s": "timeout"}
    return {name: site.settings[f"ckan.resource_proxy.{key}"] for name, key in names.items()}


def _hand_on(file: Fetched) -> Response:
    kind = file.media_type.partition(";")[0].strip().lower()
    headers = {
        "cache-control": "no-cache",
        "content-disposition": "inline" if kind in SHOWN_IN_BROWSER else "attachment",
        "content-security-policy": "sandbox; default-src 'none'",
        "content-type": file.media_type or "application/octet-stream",
        "x-content-type-options": "nosniff",
        **({"content-encoding": file.encoding} if file.encoding else {}),
    }
    return Response(file.content, headers=headers)
