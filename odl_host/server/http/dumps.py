"""`/datastore/dump/ID`: the rows of a resource as a file."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from typing import TypeAlias

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from odl_host.ckan import JsonDict, NotAuthorized, NotFound, ValidationError
from odl_host.server.actions.datastore import TableRef, datastore_search, open_table
from odl_host.server.datastore.dump import KINDS, iter_dump
from odl_host.server.datastore.parameters import read_search
from odl_host.server.documents import clean
from odl_host.server.http.visitors import find_caller
from odl_host.server.params import flag
from odl_host.server.permissions import can_read_rows
from odl_host.server.registry import Context, User
from odl_host.server.sites import Site

GetSite: TypeAlias = Callable[[Request], Site]

_PASSED_ON = ("q", "filters", "fields", "sort", "plain", "language", "distinct", "offset", "full_text")


def routes(get_site: GetSite) -> list[Route]:
    """Return the route of dumps."""

    async def dump(request: Request) -> Response:
        site = get_site(request)
        try:
            user = find_caller(site, request)
            kind, pieces = await run_in_threadpool(_start, site, user, request)
        except (NotFound, NotAuthorized):
            return PlainTextResponse("Not found\n", 404)
        except ValidationError as error:
            return PlainTextResponse(f"{error}\n", 400)
        name = request.path_params["resource_id"]
        safe = "".join(char for char in name if char.isalnum() or char in "-_.")
        headers = {
            "content-disposition": f'attachment; filename="{safe.encode("ascii", "ignore").decode() or "rows"}.{kind}"',
            "x-content-type-options": "nosniff",
            "cache-control": "no-cache",
        }
        return StreamingResponse(pieces, headers=headers, media_type="application/octet-stream")

    return [Route("/datastore/dump/{resource_id}", dump, methods=["GET"])]


def _start(site: Site, user: User | None, request: Request) -> tuple[str, Iterator[str]]:
    """Return the kind of file and its text; what is wrong is found before the first byte is sent."""
    given: dict[str, str] = {}
    for key, value in request.query_params.multi_items():
        given.setdefault(key, value)
    kind = given.get("format") or "csv"
    if kind not in KINDS:
        raise ValidationError({"format": [f"Value must be one of {list(KINDS)}"]})
    data: JsonDict = {key: given[key] for key in _PASSED_ON if given.get(key)}
    data["fields"] = _names(data.get("fields", ""))
    params = TableRef.parse({"resource_id": request.path_params["resource_id"]})
    limit = _limit(given.get("limit", ""))
    search, _, _ = read_search(data, params.resource_id, site.settings)
    with site.db.reading() as db:
        ctx = Context(datastore_search.__name__, site, db, user)
        can_read_rows(ctx, params)
        table = open_table(ctx, params)
    pieces = iter_dump(table, search, kind, limit=limit, bom=flag(given.get("bom", "")))
    first = next(pieces)
    return kind, itertools.chain([first], pieces)


def _names(text: str) -> list[str] | str:
    """Read names separated by commas, or a JSON list of them."""
    if text.startswith("["):
        try:
            read = clean(json.loads(text))
        except ValueError:
            return text
        if isinstance(read, list) and all(isinstance(item, str) for item in read):
            return read
    return text


def _limit(text: str) -> int | None:
    if not text:
        return None
    if not text.isdecimal() or len(text) > 18:
        raise ValidationError({"limit": ["Invalid integer"]})
    return int(text)
