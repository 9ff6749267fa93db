"""A view of a file as a page: its picture, the beginning of its text, or its rows.

What lies on other sites is not drawn, as the portal's pages load nothing from elsewhere: it is named with its address.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from starlette.responses import Response

from odl_host.ckan import NotFound
from odl_host.errors import StorageError
from odl_host.server.files.lookup import find_file
from odl_host.server.files.preview import READ_BYTES, read_text
from odl_host.server.pages.cards import DatasetCard, FileCard, web_address
from odl_host.server.pages.facets import PAGE_ROWS, SearchQuery
from odl_host.server.pages.visits import Visit

MEDIA = {"image_view": "image_url", "video_view": "video_url", "audio_view": "audio_url", "webpage_view": "page_url"}
"""The kinds of views that show what lies at an address, and the setting that names it in place of the file."""


def listed(visit: Visit, file: FileCard) -> list[dict[str, Any]]:
    """Return the views of a file, each with the address that it names in place of the file's."""
    return [
        found | {"address": web_address(found.get(MEDIA.get(found["view_type"], "")))}
        for found in visit.call("resource_view_list", id=file.id)
    ]


def view(visit: Visit) -> Response:
    """Show one view of a dataset's file."""
    asked = visit.request.path_params
    card = DatasetCard.read(visit.call("package_show", id=asked["id"]), visit.language)
    file = next((item for item in card.files if item.id == asked["resource_id"]), None)
    found = visit.call("resource_view_show", id=asked["view_id"])
    if file is None or found["resource_id"] != file.id:
        raise NotFound
    kind = found["view_type"]
    address = web_address(found.get(MEDIA[kind]) or file.url) if kind in MEDIA else ""
    return visit.page(
        "view.html",
        dataset=card,
        file=file,
        view=found,
        kind=kind,
        address=address,
        is_here=address.startswith(("/", f"{visit.site.url}/")),
        text=_beginning(visit, file) if kind == "text_view" else None,
        table=_rows(visit, file, found) if kind == "datatables_view" and file.has_rows else None,
    )


def _beginning(visit: Visit, file: FileCard) -> str | None:
    """Return the beginning of a text that this site keeps, or None."""
    try:
        stored = find_file(visit.site, visit.visitor, file.id, is_original=False)
        with visit.site.storage.open(stored.sha256) as content:
            data = content.read(READ_BYTES)
    except (NotFound, StorageError):
        return None
    return read_text(data, is_whole=len(data) < READ_BYTES)


def _rows(visit: Visit, file: FileCard, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return a page of the rows that a view shows: of the columns and the values that it is limited to."""
    query = SearchQuery.read(visit.root + visit.request.url.path, visit.request.query_params.multi_items())
    columns = {"fields": settings["show_fields"]} if settings.get("show_fields") else {}
    found = visit.call(
        "datastore_search",
        resource_id=file.id,
        filters=settings.get("filters") or {},
        limit=PAGE_ROWS,
        offset=(query.page - 1) * PAGE_ROWS,
        **columns,
    )
    names = [field["id"] for field in found["fields"] if field["id"] != "_id"]
    if query.page > 1 and not found["records"]:
        raise NotFound
    return {
        "header": names,
        "rows": [[record[name] for name in names] for record in found["records"]],
        "total": found["total"],
        "pages": query.pages(found["total"]),
    }


PAGES: Mapping[str, Callable[[Visit], Response]] = {"/dataset/{id}/resource/{resource_id}/view/{view_id}": view}
