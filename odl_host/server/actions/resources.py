"""Resources: create, show, update, patch, delete; their files come as `upload` and `original`."""

from __future__ import annotations

import dataclasses
from typing import Any

from odl_host.ckan import JsonDict, NotFound, ValidationError
from odl_host.server import permissions
from odl_host.server.documents import Rendered, encode, place
from odl_host.server.files.uploads import check_size, type_guess
from odl_host.server.objects.activities import record_dataset
from odl_host.server.objects.datasets import (
    Dataset,
    Resource,
    delete_resources,
    find_resource,
    get_dataset,
    get_resource,
    insert_resources,
    next_position,
    renumber,
    resources_of,
    touch_dataset,
    update_resource,
)
from odl_host.server.objects.resource_fields import ORIGINAL_KEYS, ResourceInput, build_resource, check_resource
from odl_host.server.objects.views import create_default_views
from odl_host.server.params import MISSING_VALUE, Params, anything, flag, named, optional, required, sent, text
from odl_host.server.registry import Context, StoredFile, action

FILE_KEYS = frozenset({"upload", "original"})


class Ref(Params):
    """A resource's id."""

    id: str = named()


class NewResource(Params):
    """A resource of a dataset; its fields are checked as a whole by `resource_fields`."""

    package_id: str = sent(text)


class ChangedResource(Params):
    """A resource's id, and what to change."""

    id: str = named()
    clear_upload: bool = optional(flag, False)


class Ordered(Params):
    """A dataset, and ids of its resources in the order to give them."""

    id: str = named()
    order: Any = required(anything)


class PatchedResource(Params):
    """A resource's id, and what to change; the absence of `id` is told in CKAN's own words."""

    id: str = optional(text, "")
    clear_upload: bool = optional(flag, False)


@action(params=Ref, allow=permissions.can_read_resource, reads=True, quick=True)
def resource_show(ctx: Context, params: Ref) -> Rendered:
    """Return one resource.

    :param id: the resource's id
    """
    return place(ctx.once(get_resource, params.id).doc, ctx.site.url)


@action(params=NewResource, allow=permissions.can_add_resource)
def resource_create(ctx: Context, params: NewResource) -> Rendered:
    """Add a resource to a dataset, after the others, and return it.

    :param package_id: the dataset's id or name
    :param url: the address of the file, unless `upload` is sent
    :param upload: the file (multipart)
    :param original: the file as its producer sent it, kept beside `upload` (multipart; odl-host's own)
    """
    dataset = ctx.once(get_dataset, params.package_id)
    entry = _checked(params.data, None)
    if "id" in params.data and find_resource(ctx.db, entry.id):
        raise ValidationError({"id": ["Resource id already exists."]})
    position = next_position(ctx.db, dataset.id)
    row = build_resource(
        entry,
        package_id=dataset.id,
        position=position,
        guess_type=type_guess(ctx.site),
        files=_files(ctx),
        guesses_mimetype=True,
    )
    insert_resources(ctx.db, [row])
    create_default_views(ctx.db, row.fields, ctx.site)
    touch_dataset(ctx.db, dataset)
    record_dataset(ctx, dataset.id, "changed")
    return place(row.doc, ctx.site.url)


@action(params=ChangedResource, allow=permissions.can_edit_resource)
def resource_update(ctx: Context, params: ChangedResource) -> Rendered:
    """Replace a resource by what is sent and return it; its id and, for the same file name, its URL stay.

    :param id: the resource's id
    :param upload: the new file (multipart)
    :param original: the new file as its producer sent it (multipart; odl-host's own)
    :param clear_upload: forget the uploaded file
    """
    return _replace(ctx, ctx.once(get_resource, params.id), params.data, is_cleared=params.clear_upload)


def _can_patch(ctx: Context, params: PatchedResource) -> None:
    """Whoever may change the dataset of the resource."""
    if not params.id and ctx.user is not None and ctx.user.sysadmin:
        if "id" in params.data:
            raise NotFound("Resource was not found.")
        raise ValidationError({"id": [MISSING_VALUE]})
    if not params.id:
        raise ValidationError({"message": "Missing id, can not get Resource object"})
    permissions.can_edit_resource(ctx, params)


@action(params=PatchedResource, allow=_can_patch)
def resource_patch(ctx: Context, params: PatchedResource) -> Rendered:
    """Change some fields of a resource and return it; what is not sent stays.

    :param id: the resource's id
    :param upload: the new file (multipart)
    :param original: the new file as its producer sent it (multipart; odl-host's own)
    :param clear_upload: forget the uploaded file
    """
    stored = ctx.once(get_resource, params.id)
    kept = stored.fields
    if "upload" in ctx.files:
        # They describe the file that is replaced.
        for key in ("hash", "size", "mimetype", "last_modified"):
            kept.pop(key, None)
    return _replace(ctx, stored, {**kept, **params.data}, is_cleared=params.clear_upload)


@action(params=Ref, allow=permissions.can_delete_resource)
def resource_delete(ctx: Context, params: Ref) -> None:
    """Remove a resource from its dataset.

    :param id: the resource's id
    """
    gone = ctx.once(get_resource, params.id)
    dataset = ctx.once(get_dataset, gone.package_id)
    others = [row for row in resources_of(ctx.db, dataset.id) if row.id != gone.id]
    delete_resources(ctx.db, [gone.id])
    ctx.then.append(lambda: ctx.site.rows.forget(gone.id))
    renumber(ctx.db, others)
    touch_dataset(ctx.db, dataset)
    record_dataset(ctx, dataset.id, "changed")


@action(params=Ordered, allow=permissions.can_edit_dataset)
def package_resource_reorder(ctx: Context, params: Ordered) -> JsonDict:
    """Put the resources of a dataset in another order; those that are not named follow in their old one.

    :param id: the dataset's id or name
    :param order: ids of resources
    """
    dataset = ctx.once(get_dataset, params.id)
    order = params.order
    if not isinstance(order, list):
        raise ValidationError({"order": "Must be a list of resource"})
    if len({str(key) for key in order}) != len(order):
        raise ValidationError({"order": "Must supply unique resource_ids"})
    stored = {row.id: row for row in resources_of(ctx.db, dataset.id)}
    for key in order:
        if not isinstance(key, str) or key not in stored:
            raise ValidationError({"order": f"resource_id {key} can not be found"})
    final = [*order, *(key for key in stored if key not in order)]
    if renumber(ctx.db, [stored[key] for key in final]):
        touch_dataset(ctx.db, dataset)
        record_dataset(ctx, dataset.id, "changed")
    return {"id": dataset.id, "order": final}


def _replace(ctx: Context, stored: Resource, data: JsonDict, *, is_cleared: bool) -> Rendered:
    dataset: Dataset = ctx.once(get_dataset, stored.package_id)
    if is_cleared and "upload" not in ctx.files:
        data = {key: value for key, value in data.items() if key not in ("url_type", *ORIGINAL_KEYS)}
    elif stored.blob and "upload" not in ctx.files and "url_type" not in data:
        data = {**data, "url_type": "upload"}
    row = build_resource(
        _checked(data, stored),
        package_id=stored.package_id,
        position=stored.position,
        guess_type=type_guess(ctx.site),
        stored=stored,
        files=_files(ctx),
        guesses_mimetype=True,
    )
    if is_cleared and "upload" not in ctx.files and not row.fields["url_type"]:
        row = dataclasses.replace(row, doc=encode({**row.fields, "url_type": ""}))
    if row != stored:
        update_resource(ctx.db, row)
        if row.fields["format"] != stored.fields["format"]:
            create_default_views(ctx.db, row.fields, ctx.site)
        touch_dataset(ctx.db, dataset)
        record_dataset(ctx, dataset.id, "changed")
    return place(row.doc, ctx.site.url)


def _checked(data: JsonDict, stored: Resource | None) -> ResourceInput:
    entry, errors = check_resource(data, stored=stored)
    if entry is None:
        raise ValidationError(dict(errors))
    return entry


def _files(ctx: Context) -> dict[str, StoredFile]:
    for key in FILE_KEYS & ctx.files.keys():
        check_size(ctx, ctx.files[key], key, "ckan.max_resource_size")
    return {key: file for key, file in ctx.files.items() if key in FILE_KEYS}
