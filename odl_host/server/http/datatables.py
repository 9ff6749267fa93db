"""`/datatables/…`: the rows of a table view, as the DataTables script of CKAN's pages asks for them.

Source: CKAN 2.12, `datatables_view`; https://datatables.net/manual/server-side. Pages that embed such a view, and
scripts that read it, ask here; a filter in the address (`?filters=column:value|…`) is added to the view's own.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias
from urllib.parse import unquote, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from odl_host.ckan import JsonDict, NotAuthorized, NotFound, WireError
from odl_host.server.embedded import EmbeddedCKAN
from odl_host.server.http.bodies import bounded
from odl_host.server.http.visitors import find_caller
from odl_host.server.sites import Site

GetSite: TypeAlias = Callable[[Request], Site]

MAX_BYTES = 1_000_000
MAX_FIELDS = 10_000
ESTIMATED_ABOVE = 100_000
_NOT_IN_WORDS = re.compile(r"[^0-9a-zA-Z\-]+")


def routes(get_site: GetSite) -> list[Route]:
    """Return the routes of the rows of a view and of their download."""

    def answering(answer: Callable[[EmbeddedCKAN, str, Mapping[str, str], str], Response]) -> Any:
        async def endpoint(request: Request) -> Response:
            site = get_site(request)
            catalogue = EmbeddedCKAN(site, caller=find_caller(site, request))
            async with bounded(request, MAX_BYTES).form(max_files=0, max_fields=MAX_FIELDS) as form:
                sent = {key: value for key, value in form.items() if isinstance(value, str)}
            view_id, filters = request.path_params["view_id"], request.query_params.get("filters", "")
            try:
                return await run_in_threadpool(answer, catalogue, view_id, sent, filters)
            except NotFound:
                return JSONResponse({"error": "Object not found"}, 404)
            except NotAuthorized:
                return JSONResponse({"error": "Not Authorized"}, 403)
            except WireError as error:
                return JSONResponse({"error": str(error)}, 400)
            except (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError) as error:
                raise HTTPException(400, f"The form lacks what DataTables sends: {error}") from None

        return endpoint

    return [
        Route("/datatables/ajax/{view_id}", answering(_rows), methods=["POST"]),
        Route("/datatables/filtered-download/{view_id}", answering(_download), methods=["POST"]),
    ]


def _rows(catalogue: EmbeddedCKAN, view_id: str, sent: Mapping[str, str], filters: str) -> Response:
    draw, start, length = (int(sent[key]) for key in ("draw", "start", "length"))
    words = sent["search[value]"]
    view, every, columns = _table(catalogue, view_id)
    sort = [
        _order(columns, number, sent.get(f"order[{index}][dir]"))
        for index, number in enumerate(_numbered(sent, "order[{}][column]"))
    ]
    wanted = {
        sent[f"columns[{index}][name]"]: value
        for index, value in enumerate(_numbered(sent, "columns[{}][search][value]"))
        if value
    }
    try:
        found = catalogue.call_action(
            "datastore_search",
            {
                "resource_id": view["resource_id"],
                "q": _query(words, wanted),
                "plain": False,
                "language": "simple",
                "offset": start,
                "limit": length,
                "sort": ", ".join(sort),
                "filters": _merged(view, filters),
                "total_estimation_threshold": ESTIMATED_ABOVE,
            },
        )
    except WireError:
        return JSONResponse({"error": f"Invalid search query... {_query(words, wanted)}"}, 400)
    return JSONResponse(
        {
            "draw": draw,
            "recordsTotal": every.get("total", 0),
            "recordsFiltered": found.get("total", 0),
            "data": [_shown(row, columns) for row in found["records"]],
            "total_was_estimated": every.get("total_was_estimated", False),
        }
    )


def _download(catalogue: EmbeddedCKAN, view_id: str, sent: Mapping[str, str], filters: str) -> Response:
    asked, kind = json.loads(sent["params"]), sent["format"]
    view, _, columns = _table(catalogue, view_id)
    sort = [_order(columns, order["column"], order["dir"]) for order in asked["order"]]
    wanted = {column["name"]: column["search"]["value"] for column in asked["columns"] if column["search"]["value"]}
    query = {
        "q": _query(str(asked["search"]["value"]), wanted),
        "plain": False,
        "language": "simple",
        "sort": ",".join(sort),
        "filters": json.dumps(_merged(view, filters)),
        "format": kind,
        "fields": ",".join(column for column, is_shown in zip(columns, asked["visible"], strict=False) if is_shown),
    }
    return RedirectResponse(f"/datastore/dump/{view['resource_id']}?{urlencode(query)}", 302)


def _table(catalogue: EmbeddedCKAN, view_id: str) -> tuple[JsonDict, JsonDict, list[str]]:
    """Return a view, what a search of all of its rows says, and the columns that it shows."""
    view = catalogue.call_action("resource_view_show", {"id": view_id})
    every = catalogue.call_action(
        "datastore_search",
        {
            "resource_id": view["resource_id"],
            "limit": 0,
            "filters": view.get("filters", {}),
            "total_estimation_threshold": ESTIMATED_ABOVE,
        },
    )
    columns = [field["id"] for field in every["fields"]]
    if "show_fields" in view:
        columns = [column for column in columns if column in view["show_fields"]]
    return view, every, columns


def _numbered(sent: Mapping[str, str], key: str) -> list[str]:
    """Return the values of `order[0][column]`, `order[1][column]`, … as far as they go."""
    values: list[str] = []
    while (name := key.format(len(values))) in sent:
        values.append(sent[name])
    return values


def _order(columns: list[str], number: str | int, direction: object) -> str:
    return f'"{columns[int(number)]}" {"desc" if direction == "desc" else "asc"}'


def _query(words: str, wanted: Mapping[str, str]) -> str:
    """Return a search for the beginnings of words: of columns one by one where any is asked for."""
    if wanted:
        return json.dumps({name: _beginning(value) for name, value in wanted.items()})
    return _beginning(words) if words else ""


def _beginning(words: str) -> str:
    return _NOT_IN_WORDS.sub("_", words) + ":*"


def _merged(view: JsonDict, text: str) -> JsonDict:
    """Return the filters of a view with those of the address, `column:value|column:value`."""
    merged: JsonDict = {name: list(values) for name, values in view.get("filters", {}).items()}
    asked: dict[str, list[str]] = {}
    for part in text.split("|"):
        name, colon, value = part.partition(":")
        if colon:
            asked.setdefault(unquote(name), []).append(unquote(value))
    for name, values in asked.items():
        merged[name] = values + merged.get(name, [])
    return merged


def _shown(row: Mapping[str, Any], columns: list[str]) -> JsonDict:
    """Return a row as the script puts it into a page: texts without mark-up, and a name for its line."""
    shown = {name: "" if row.get(name) is None else html.escape(str(row[name])) for name in columns}
    return {**shown, "DT_RowId": f"row{row.get('_id', '')}"}
