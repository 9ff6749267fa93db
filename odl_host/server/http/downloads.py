"""Stored files over HTTP: ranges, entity tags, and no redirect unless the manifest asks for one.

A harvester follows none, and the address of a resource never changes. The bytes are sent as they are stored. What is
not stored here, a resource that is a link, is one redirect to where it is, as in CKAN.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from email.utils import formatdate
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from odl_host.ckan import NotAuthorized, NotFound
from odl_host.errors import NotStored, OdlError
from odl_host.server.files.formats import guess_mimetype
from odl_host.server.files.lookup import (
    Linked,
    ResourceFile,
    find_file,
    find_image_file,
    find_owned_file,
    find_public_file,
    find_version,
)
from odl_host.server.http.ranges import Unsatisfiable, find_range
from odl_host.server.http.visitors import find_caller
from odl_host.server.registry import User
from odl_host.server.sites import Site
from odl_host.storage.local import CHUNK_BYTES, Storage

GetSite: TypeAlias = Callable[[Request], Site]

SHOWN_IN_BROWSER = frozenset({"application/pdf", "image/png", "image/jpeg", "image/gif", "text/csv", "text/plain"})
"""Media types that a browser may show; anything else is offered as a download, so that no upload runs as a page."""

_NO_WAIT = getattr(os, "RWF_NOWAIT", 0)
"""Read what needs no disk. Linux's: elsewhere a thread reads all."""

SMALL_BYTES = 1 << 18
"""A file of no more is read in a fraction of a millisecond."""


def routes(get_site: GetSite) -> list[Route]:
    """Return the routes of resource files."""

    async def download(request: Request) -> Response:
        return await _send(get_site(request), request, partial(find_file, is_original=False))

    async def original(request: Request) -> Response:
        return await _send(get_site(request), request, partial(find_file, is_original=True))

    async def version(request: Request) -> Response:
        return await _send(get_site(request), request, partial(find_version, number=request.path_params["number"]))

    async def owned(request: Request) -> Response:
        return await _send(get_site(request), request, find_owned_file, key="file_id")

    async def public(request: Request) -> Response:
        storage = request.path_params["storage"]
        return await _send(
            get_site(request),
            request,
            lambda site, _, location: find_public_file(site, storage, location),
            key="location",
        )

    async def image(request: Request) -> Response:
        return await _send_image(get_site(request), request)

    folder = "/dataset/{package_id}/resource/{resource_id}"
    return [
        Route(f"{folder}/download/{{filename:path}}", download, methods=["GET", "HEAD"]),
        Route(f"{folder}/download", download, methods=["GET", "HEAD"]),
        Route(f"{folder}/original/{{filename:path}}", original, methods=["GET", "HEAD"]),
        Route(f"{folder}/version/{{number:int}}/{{filename:path}}", version, methods=["GET", "HEAD"]),
        Route("/file/download/{file_id}", owned, methods=["GET", "HEAD"]),
        Route("/file/public-download/{storage}/{location:path}", public, methods=["GET", "HEAD"]),
        Route("/uploads/{folder}/{name}", image, methods=["GET", "HEAD"]),
    ]


async def _send(
    site: Site, request: Request, find: Callable[[Site, User | None, str], ResourceFile], *, key: str = "resource_id"
) -> Response:
    try:
        file = find(site, find_caller(site, request), request.path_params[key])
    except Linked as elsewhere:
        return RedirectResponse(elsewhere.address, 302, {"cache-control": "no-cache"})
    except NotFound:
        return PlainTextResponse("Not found\n", 404)
    except NotAuthorized:
        return PlainTextResponse("Access denied\n", 403)
    etag = f'"{file.sha256}"'
    headers = {"etag": etag, "x-content-type-options": "nosniff", "cache-control": "no-cache"}
    if etag in (tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")):
        return Response(status_code=304, headers=headers)
    return await _respond(site, request, file, headers)


class LocalFileResponse(FileResponse):
    """A file of this machine.

    What the system has in memory, and a small file whole, is read where it is asked for: the way to a thread and back
    takes longer.
    """

    chunk_size = CHUNK_BYTES

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the whole file, or with the parts that were asked for."""
        if self.stat_result and self.stat_result.st_size <= SMALL_BYTES:
            scope = {**scope, "extensions": {"http.response.pathsend": {}}}
            send = partial(_send_path, send)
        await super().__call__(scope, receive, send)

    @asynccontextmanager
    async def _open_file(self) -> AsyncIterator[Any]:
        with Path(self.path).open("rb", buffering=0) as file:
            yield _Reader(file.fileno())


class _Reader:
    """Reads on from a place in an open file."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.place = 0

    async def seek(self, place: int) -> None:
        self.place = place

    async def read(self, count: int) -> bytes:
        chunk = _read_from_memory(self.descriptor, count, self.place)
        if chunk is None:
            chunk = await run_in_threadpool(os.pread, self.descriptor, count, self.place)
        self.place += len(chunk)
        return chunk


def _read_from_memory(descriptor: int, count: int, place: int) -> bytes | None:
    """Return what is at a place of a file if the system has all of it in memory, else None, without waiting."""
    if not _NO_WAIT:
        return None
    chunk = bytearray(count)
    try:
        is_whole = os.preadv(descriptor, [chunk], place, _NO_WAIT) == count
    except OSError:  # it is not in memory, or its file system cannot say
        return None
    return bytes(chunk) if is_whole else None


async def _send_path(send: Send, message: Message) -> None:
    if message["type"] == "http.response.pathsend":
        message = {"type": "http.response.body", "body": Path(message["path"]).read_bytes()}
    await send(message)


async def _send_image(site: Site, request: Request) -> Response:
    try:
        file = find_image_file(site, request.path_params["folder"], request.path_params["name"])
    except NotFound:
        return PlainTextResponse("Not found\n", 404)
    etag = f'"{file.sha256}"'
    headers = {"etag": etag, "x-content-type-options": "nosniff", "cache-control": "max-age=86400"}
    return await _respond(site, request, file, headers)


async def _respond(site: Site, request: Request, file: ResourceFile, headers: dict[str, str]) -> Response:
    media_type = file.media_type or guess_mimetype(file.name) or "application/octet-stream"
    disposition = "inline" if media_type in SHOWN_IN_BROWSER else "attachment"
    path = site.storage.path(file.sha256)
    if path is not None:
        stat = path.stat()
        # The very date, not a later one: an older file may come back under the same address.
        same_date = request.headers.get("if-modified-since") == formatdate(stat.st_mtime, usegmt=True)
        if same_date and "if-none-match" not in request.headers:
            return Response(status_code=304, headers=headers)
        return LocalFileResponse(
            path,
            headers=headers,
            media_type=media_type,
            filename=file.name,
            stat_result=stat,
            content_disposition_type=disposition,
        )
    headers["content-disposition"] = f'{disposition}; filename="{file.name}"'
    try:
        return await run_in_threadpool(_send_from_afar, site.storage, file.sha256, request, headers, media_type)
    except NotStored:
        return PlainTextResponse("Not found\n", 404)
    except OdlError:
        return PlainTextResponse("The storage does not answer. Try again later.\n", 503, {"retry-after": "60"})


def _send_from_afar(
    storage: Storage, sha256: str, request: Request, headers: dict[str, str], media_type: str
) -> Response:
    """Return the bytes of a file that lies elsewhere, the part of them that was asked for, or the way to them.

    :raises NotStored: it is not there. :raises OdlError: the storage refuses or does not answer.
    """
    link = storage.link(sha256, disposition=headers["content-disposition"], media_type=media_type)
    if link is not None:
        return RedirectResponse(link, 302, {"cache-control": "no-store"})
    stream = storage.open(sha256)
    size = stream.seek(0, os.SEEK_END)
    headers["accept-ranges"] = "bytes"
    wanted = None
    if request.headers.get("if-range", headers["etag"]) == headers["etag"]:
        try:
            wanted = find_range(request.headers.get("range", ""), size)
        except Unsatisfiable:
            stream.close()
            return Response(status_code=416, headers={"content-range": f"bytes */{size}"})
    start, end = wanted or (0, size)
    headers["content-length"] = str(end - start)
    if wanted:
        headers["content-range"] = f"bytes {start}-{end - 1}/{size}"
    status = 206 if wanted else 200
    if request.method == "HEAD":
        stream.close()
        return Response(status_code=status, headers=headers, media_type=media_type)

    def chunks() -> Iterator[bytes]:
        with stream:
            stream.seek(start)
            left = end - start
            while left and (chunk := stream.read(min(CHUNK_BYTES, left))):
                left -= len(chunk)
                yield chunk

    return StreamingResponse(chunks(), status, headers, media_type)
