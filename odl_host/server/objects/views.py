"""Resource views: how a resource may be shown, as rows; which kinds there are and what each may be told.

Source: CKAN 2.12 documentation, "Data preview and visualization".
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from odl_host.ckan import JsonDict
from odl_host.server.database.statements import Statement
from odl_host.server.database.tables import resource_views
from odl_host.server.documents import SITE, encode

if TYPE_CHECKING:
    from odl_host.server.sites import Site

_IMAGES = frozenset({"png", "jpg", "jpeg", "gif", "bmp", "svg", "webp", "ico", "cur", "apng", "avif", "tiff"})
_TEXTS = frozenset({"txt", "text/plain", "json", "jsonp", "xml", "rdf", "rdf+xml", "owl+xml", "rss", "atom"})


@dataclass(frozen=True, slots=True)
class ViewType:
    """One kind of view: its title by default, its own settings, the formats that it shows."""

    title: str
    settings: tuple[str, ...] = ()
    defaults: Mapping[str, object] = field(default_factory=dict)
    formats: frozenset[str] = frozenset()
    needs_upload: bool = False
    """Whether a page must be able to read the file: one of this site, or of another where this one hands it on."""
    needs_rows: bool = False
    """Whether the resource must have rows (its `datastore_active`), whatever its format."""


VIEW_TYPES: Mapping[str, ViewType] = MappingProxyType(
    {
        "image_view": ViewType("Image", ("image_url",), formats=_IMAGES),
        "text_view": ViewType("Text", formats=_TEXTS, needs_upload=True),
        "datatables_view": ViewType(
            "Table",
            (
                *("responsive", "ellipsis_length", "date_format", "show_fields", "filterable"),
                *("filter_fields", "filter_values"),
            ),
            MappingProxyType({"responsive": False, "ellipsis_length": 100, "date_format": "llll", "filterable": True}),
            needs_rows=True,
        ),
        "webpage_view": ViewType("Website", ("page_url",)),
        "video_view": ViewType("Video", ("video_url", "poster_url"), formats=frozenset({"mp4", "ogg", "webm"})),
        "audio_view": ViewType("Audio", ("audio_url",), formats=frozenset({"wav", "ogg", "mp3"})),
    }
)

_OF_RESOURCE = Statement(
    sa.select(resource_views)
    .where(resource_views.c.resource_id == sa.bindparam("resource_id"))
    .order_by(resource_views.c.position, resource_views.c.id)
)

_BY_ID = Statement(sa.select(resource_views).where(resource_views.c.id == sa.bindparam("id")))
_NEXT_POSITION = Statement(
    sa.select(sa.func.coalesce(sa.func.max(resource_views.c.position) + 1, 0)).where(
        resource_views.c.resource_id == sa.bindparam("resource_id")
    )
)
_INSERT = Statement(resource_views.insert())


def find_view(db: sa.Connection, view_id: str) -> Any:
    """Return the row of a view, or None."""
    return _BY_ID.first(db, id=view_id)


def views_of(db: sa.Connection, resource_id: str) -> list[Any]:
    """Return the rows of a resource's views, in order."""
    return _OF_RESOURCE.all(db, resource_id=resource_id)


def show_view(row: Any) -> JsonDict:
    """Return a view as callers see it; its own settings stand beside the title."""
    shown: JsonDict = json.loads(row.doc)
    return shown | {
        "id": row.id,
        "package_id": row.package_id,
        "resource_id": row.resource_id,
        "view_type": row.view_type,
    }


def insert_view(
    db: sa.Connection, resource: Mapping[str, Any], view_type: str, doc: JsonDict, view_id: str = ""
) -> str:
    """Add a view after the others of its resource and return its id, a new one unless it is given."""
    view_id = view_id or str(uuid.uuid4())
    row = {
        "id": view_id,
        "resource_id": resource["id"],
        "package_id": resource["package_id"],
        "view_type": view_type,
        "position": _NEXT_POSITION.first(db, resource_id=resource["id"])[0],
        "doc": encode(doc),
    }
    _INSERT.run(db, row)
    return view_id


def create_default_views(
    db: sa.Connection, resource: Mapping[str, Any], site: Site, *, with_rows: bool = False
) -> list[JsonDict]:
    """Create the site's default views that fit a resource and that it lacks; return them as callers see them.

    `with_rows` asks for the kinds that show rows, otherwise for those that show the file itself.
    """
    word = str(resource.get("format") or "").lower()
    fitting = [
        kind
        for kind in site.default_views
        if (known := VIEW_TYPES.get(kind))
        and known.needs_rows == with_rows
        and (not known.needs_upload or site.proxies or str(resource.get("url")).startswith(SITE))
        and (word in known.formats or (known.needs_rows and resource.get("datastore_active")))
    ]
    if not fitting:
        return []
    present = {row.view_type for row in views_of(db, str(resource["id"]))}
    made = []
    for kind in fitting:
        if kind not in present:
            view_id = insert_view(db, resource, kind, {"title": VIEW_TYPES[kind].title, "description": ""})
            made.append(show_view(find_view(db, view_id)))
    return made
