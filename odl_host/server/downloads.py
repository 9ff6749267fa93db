"""The files of resources over HTTP: ranges, entity tags, no redirect.

A harvester follows none, and the address of a resource never changes. The bytes are sent as they are stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

import anyio.to_thread
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from odl_host.ckan import NotAuthorized, NotFound
from odl_host.server.files import ResourceFile, find_file
from odl_host.server.formats import guess_mimetype
from odl_host.server.sites import Site
from odl_host.storage.local import iter_chunks

GetSite: TypeAlias = Callable[[Request], Site]

SHOWN_IN_BROWSER = frozenset({"application/pdf", "image/png", "image/jpeg", "image/gif", "text/csv", "text/plain"})
"""Media types that a browser may show; anything else is offered as a download, so that no upload runs as a page."""


def routes(get_site: GetSite) -> list[Route]:
    """Return the routes of resource files."""

    async def download(request: Request) -> Response:
        return await _send(get_site(request), request, is_original=False)

    async def original(request: Request) -> Response:
        return await _send(get_site(request), request, is_original=True)

    folder = "/dataset/{package_id}/resource/{resource_id}"
    return [
        Route(f"{folder}/download/{{filename:path}}", download, methods=["GET", "HEAD"]),
        Route(f"{folder}/download", download, methods=["GET", "HEAD"]),
        Route(f"{folder}/original/{{filename:path}}", original, methods=["GET", "HEAD"]),
    ]


async def _send(site: Site, request: Request, *, is_original: bool) -> Response:
    token = request.headers.get("authorization") or request.headers.get("x-ckan-api-key")
    user = site.find_user_by_token(token.strip()) if token else None
    try:
        file = find_file(site, user, request.path_params["resource_id"], is_original=is_original)
    except NotFound:
        return PlainTextResponse("Not found\n", 404)
    except NotAuthorized:
        return PlainTextResponse("Access denied\n", 403)
    etag = f'"{file.sha256}"'
    headers = {"etag": etag, "x-content-type-options": "nosniff", "cache-control": "no-cache"}
    if etag in (tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")):
        return Response(status_code=304, headers=headers)
    return await _respond(site, file, headers)


async def _respond(site: Site, file: ResourceFile, headers: dict[str, str]) -> Response:
    media_type = guess_mimetype(file.name) or "application/octet-stream"
    disposition = "inline" if media_type in SHOWN_IN_BROWSER else "attachment"
    path = site.storage.path(file.sha256)
    if path is not None:
        return FileResponse(
            path, headers=headers, media_type=media_type, filename=file.name, content_disposition_type=disposition
        )
    if not await run_in_threadpool(site.storage.exists, file.sha256):
        return PlainTextResponse("Not found\n", 404)
    stream = await anyio.to_thread.run_sync(site.storage.open, file.sha256)

    def chunks() -> Iterator[bytes]:
        with stream:
            yield from iter_chunks(stream)

    headers["content-disposition"] = f'{disposition}; filename="{file.name}"'
    return StreamingResponse(chunks(), headers=headers, media_type=media_type)
