"""The page of a table: what its columns are, and how programs read its rows.

CKAN has these at two addresses, the dictionary of a resource and the help on its API: here both show the same page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from odl_host.ckan import NotFound
from odl_host.server.pages.cards import DatasetCard
from odl_host.server.pages.visits import Visit
from odl_host.server.rendering import vocabulary
from odl_host.server.rendering.languages import Language


@dataclass(frozen=True, slots=True)
class ColumnCard:
    """A column of a table."""

    name: str
    kind: str
    label: str
    notes: str

    @classmethod
    def read(cls, field: Mapping[str, Any], language: Language) -> ColumnCard:
        """Return the card of a field, as `datastore_info` gives it, in a language."""
        info = field.get("info")
        said = info if isinstance(info, dict) else {}
        return cls(
            name=field["id"],
            kind=vocabulary.column_type(str(field["type"]), language),
            label=str(said.get("label") or ""),
            notes=str(said.get("notes") or ""),
        )


def dictionary(visit: Visit) -> Response:
    """Show the table of a dataset's file."""
    return _page(visit, visit.request.path_params["id"])


def api_info(visit: Visit) -> Response:
    """Show the table of a file that is known by its id, or its table's other name."""
    return _page(visit, None)


def _page(visit: Visit, dataset_ref: str | None) -> Response:
    table = visit.call("datastore_info", id=visit.request.path_params["resource_id"])
    resource_id = table["meta"]["id"]
    if dataset_ref is None:
        dataset_ref = visit.call("resource_show", id=resource_id)["package_id"]
    dataset = DatasetCard.read(visit.call("package_show", id=dataset_ref), visit.language)
    chosen = next((file for file in dataset.files if file.id == resource_id), None)
    if chosen is None:
        raise NotFound
    return visit.page(
        "table.html",
        dataset=dataset,
        file=chosen,
        columns=[ColumnCard.read(field, visit.language) for field in table["fields"]],
        row_count=table["meta"]["count"],
        has_sql=visit.site.settings["ckan.datastore.sqlsearch.enabled"],
    )
