"""Versions of files: list them, go back to one, forget them. odl-host's own; CKAN has nothing like it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from odl_host.ckan import JsonDict
from odl_host.server import permissions
from odl_host.server.clock import now
from odl_host.server.documents import Rendered, encode, place
from odl_host.server.files.versions import Version, forget_versions, get_version, list_versions
from odl_host.server.objects.datasets import (
    Resource,
    find_resource,
    get_dataset,
    insert_resources,
    next_position,
    touch_dataset,
    update_resource,
)
from odl_host.server.params import Params, integer, optional, required, text
from odl_host.server.registry import Context, action


class OfResource(Params):
    """A resource's id."""

    id: str = required(text)


class OneVersion(Params):
    """A resource's id, and the number of one of its versions."""

    id: str = required(text)
    version: int = required(integer)


class Kept(Params):
    """A resource's id, and how many of its last versions stay."""

    id: str = required(text)
    keep: int = optional(integer, 0)


@action(params=OfResource, allow=permissions.can_read_versions, reads=True)
def odl_version_list(ctx: Context, params: OfResource) -> list[JsonDict]:
    """Return the files that a resource had, the oldest first; the last one is the one it has now.

    :param id: the resource's id; of one that was deleted, for who may edit its dataset
    """
    current = find_resource(ctx.db, params.id)
    versions = list_versions(ctx.db, params.id)
    is_there = current is not None and current.blob and get_dataset(ctx.db, current.package_id).state != "deleted"
    last = versions[-1].number if versions and is_there else None
    return [_shown(version, ctx.site.url, is_current=version.number == last) for version in versions]


@action(params=OneVersion, allow=permissions.can_edit_version)
def odl_version_restore(ctx: Context, params: OneVersion) -> Rendered:
    """Give a resource the file of an earlier version again, and return it; one that was deleted comes back.

    :param id: the resource's id
    :param version: the number of the version
    """
    version = get_version(ctx.db, params.id, params.version)
    dataset = get_dataset(ctx.db, version.package_id)
    stored = find_resource(ctx.db, params.id)
    moment = now()
    position = stored.position if stored else next_position(ctx.db, dataset.id)
    fields = {**version.fields, "position": position, "last_modified": moment, "metadata_modified": moment}
    row = Resource(
        id=params.id,
        package_id=version.package_id,
        position=position,
        blob=version.blob,
        blob_name=version.blob_name,
        original=version.original,
        original_name=version.original_name,
        doc=encode(fields),
    )
    if stored is None:
        insert_resources(ctx.db, [row])
    else:
        update_resource(ctx.db, row)
    touch_dataset(ctx.db, dataset)
    return place(row.doc, ctx.site.url)


@action(params=Kept, allow=permissions.sysadmin)
def odl_version_purge(ctx: Context, params: Kept) -> JsonDict:
    """Forget the versions of a resource, all but the last `keep`; the files go with the next clean-up.

    :param id: the resource's id
    :param keep: how many of the last versions stay (0)
    """
    return {"forgotten": forget_versions(ctx.db, params.id, keep=max(0, params.keep))}


def _shown(version: Version, site_url: str, *, is_current: bool) -> JsonDict:
    fields: dict[str, Any] = version.fields
    folder = f"{site_url}/dataset/{version.package_id}/resource/{version.resource_id}/version/{version.number}"
    return {
        "resource_id": version.resource_id,
        "package_id": version.package_id,
        "version": version.number,
        "created": version.created,
        "name": fields.get("name"),
        "url": f"{folder}/{quote(version.blob_name)}",
        "hash": version.blob,
        "size": fields.get("size"),
        "rows": fields.get("rows"),
        "source_hash": fields.get("source_hash"),
        "is_current": is_current,
    }
