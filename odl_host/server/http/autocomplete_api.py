"""The addresses under `/api/util` that search boxes ask, and `/api` itself; clients of the actions.

Each names an action and how its answer is wrapped. Source: CKAN 2.12, observed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from odl_host.ckan import JsonDict, WireError
from odl_host.server.documents import encode
from odl_host.server.http.api import find_user, respond
from odl_host.server.registry import call_action
from odl_host.server.sites import Site

GetSite: TypeAlias = Callable[[Request], Site]

VERSIONS = (1, 2, 3)
BOX_VERSIONS = (1, 2)


@dataclass(frozen=True, slots=True)
class Box:
    """A search box: the action that it asks, the parameter that holds the text, what each result is wrapped as."""

    path: str
    action: str
    text: str = "q"
    more: tuple[str, ...] = ()
    wrap: str | None = None
    """None: the results as they are; "": in a `ResultSet`; else in one, each under this key."""


BOXES = (
    Box("user/autocomplete", "user_autocomplete", more=("ignore_self",)),
    Box("group/autocomplete", "group_autocomplete"),
    Box("organization/autocomplete", "organization_autocomplete"),
    Box("dataset/autocomplete", "package_autocomplete", "incomplete", wrap=""),
    Box("tag/autocomplete", "tag_autocomplete", "incomplete", ("vocabulary_id",), "Name"),
    Box("resource/format_autocomplete", "format_autocomplete", "incomplete", wrap="Format"),
)


def routes(get_site: GetSite) -> list[Route]:
    """Return the routes of search boxes and of the API's version."""

    def asked_by(box: Box) -> Callable[[Request], Any]:
        async def handle(request: Request) -> Response:
            return await _answer(get_site(request), request, box)

        return handle

    async def version(request: Request) -> Response:
        number = request.url.path.rstrip("/").rpartition("/")[2]
        shown = {"version": int(number) if number.isdigit() else 1}
        return respond(200, encode(shown), request.query_params.get("callback"))

    found = [Route(f"/api/util/{box.path}", asked_by(box)) for box in BOXES]
    found += [Route(f"/api/{n}/util/{box.path}", asked_by(box)) for n in BOX_VERSIONS for box in BOXES]
    found += [Route(f"/api{slash}", version) for slash in ("", "/")]
    return found + [Route(f"/api/{n}{slash}", version) for n in VERSIONS for slash in ("", "/")]


async def _answer(site: Site, request: Request, box: Box) -> Response:
    callback = request.query_params.get("callback")
    wanted = request.query_params.get(box.text, "")
    results: list[Any] = []
    if wanted:
        parameters: JsonDict = {"q": wanted, "limit": request.query_params.get("limit", 20 if box.wrap is None else 10)}
        parameters |= {key: request.query_params[key] for key in box.more if key in request.query_params}
        user = None if callback else await find_user(site, request)
        try:
            results = await run_in_threadpool(call_action, site, user, box.action, parameters)
        except WireError as error:
            return respond(error.status, encode(error.error()), callback)
    if box.wrap is None:
        return respond(200, encode(results), callback)
    wrapped = [{box.wrap: result} for result in results] if box.wrap else results
    return respond(200, encode({"ResultSet": {"Result": wrapped}}), callback)
