"""Tables that no file makes: rows that were written, and dictionaries, carried from one catalogue into another.

A table is told as `ckanapi batch` reads it: one `datastore_create`, then a `datastore_upsert` for each further page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from odl_host.catalogue.client import Catalogue
from odl_host.catalogue.rows import delete_rows
from odl_host.ckan import ROWS_OF_FILE, JsonDict
from odl_host.errors import CatalogueError, CatalogueNotFound, CatalogueRefused

PAGE = 1000
_CREATE, _ADD = "datastore_create", "datastore_upsert"


def read_table(catalogue: Catalogue, resource: JsonDict) -> Iterator[JsonDict]:
    """Yield the calls (`action`, `data`) that make a resource's table again; none where its file alone makes it.

    :raises Unavailable: the catalogue does not answer.
    """
    if not resource.get("datastore_active"):
        return
    table = {"resource_id": str(resource["id"])}
    try:
        info = catalogue.call_action("datastore_info", {"id": resource["id"]})
    except (CatalogueNotFound, CatalogueRefused):
        return  # it is said to have rows, and has none; or its CKAN is older than this action
    columns = [column for column in info["fields"] if column["id"] != "_id"]
    meta = info.get("meta") or {}
    if meta.get("table_type") == ROWS_OF_FILE:
        return
    if resource.get("url_type") != "datastore" and not any(_told(column) for column in columns):
        return
    keys = [column["id"] for column in columns if (column.get("schema") or {}).get("uniquekey")]
    more = {
        "fields": [{"id": column["id"], "type": column["type"], **_told(column)} for column in columns],
        "primary_key": keys,
        "aliases": meta.get("aliases") or [],
    }
    start = 0
    while True:
        page = {**table, "limit": PAGE, "offset": start, "sort": "_id", "include_total": False}
        found = catalogue.call_action("datastore_search", page)["records"]
        records = [{name: cell for name, cell in row.items() if name != "_id"} for row in found]
        if start == 0:
            yield {"action": _CREATE, "data": {**table, "force": True, **more, "records": records}}
        elif records:
            yield {"action": _ADD, "data": {**table, "force": True, "method": "insert", "records": records}}
        if not records:
            return
        start += len(records)


def _told(column: JsonDict) -> JsonDict:
    """Return what the dictionary says of a column: nothing where all of it is empty."""
    said = {key: value for key, value in (column.get("info") or {}).items() if value}
    return {"info": said} if said else {}


def write_table(catalogue: Catalogue, resource_id: str, calls: Iterable[JsonDict]) -> bool:
    """Make a table of these calls, in place of the one that is there, and return whether there were any.

    :raises CatalogueError: a call is of another kind or of another table, or is refused.
    """
    is_begun = False
    for call in calls:
        data = call.get("data")
        action = _ADD if is_begun else _CREATE
        if call.get("action") != action or not isinstance(data, dict) or data.get("resource_id") != resource_id:
            raise CatalogueError(f"What was written of the rows of {resource_id} is not what makes its table.")
        if not is_begun:
            delete_rows(catalogue, resource_id)
        catalogue.call_action(action, data)
        is_begun = True
    return is_begun
