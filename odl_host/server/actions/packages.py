"""Datasets: create, show, update, patch, delete, purge, list."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from odl_host.ckan import JsonDict, ValidationError
from odl_host.server import permissions
from odl_host.server.clock import now
from odl_host.server.database.tables import collaborators, members, packages
from odl_host.server.documents import Rendered, encode, join_array, join_object, place
from odl_host.server.files.uploads import decode_nested, files_of_resources, type_guess
from odl_host.server.objects.activities import record_dataset
from odl_host.server.objects.dataset_fields import DatasetInput, read_dataset
from odl_host.server.objects.datasets import (
    Dataset,
    Resource,
    delete_resources,
    get_dataset,
    insert_dataset,
    insert_resources,
    purge_dataset,
    render_dataset,
    render_datasets,
    resources_of,
    update_dataset,
    update_resource,
)
from odl_host.server.objects.extras import require_dicts
from odl_host.server.objects.groups import leave_groups, put_member, remove_member
from odl_host.server.objects.plugin_data import check_plugin_data, find_plugin_data, save_plugin_data
from odl_host.server.objects.resource_fields import build_resource
from odl_host.server.objects.views import create_default_views
from odl_host.server.params import (
    MISSING_VALUE,
    Params,
    as_text,
    flag,
    named,
    natural,
    optional,
    positive,
    text,
)
from odl_host.server.registry import Context, StoredFile, action

NO_ID = {"message": "Missing id, can not get Package object"}


class Ref(Params):
    """An object named by its id or its name."""

    id: str = named()


class PackageShow(Params):
    """Which dataset; the absence of `id` is told in CKAN's own words."""

    id: str = optional(text, "")
    include_plugin_data: bool = optional(flag, False)


class NewPackage(Params):
    """A dataset; its fields are checked as a whole by `dataset_fields`."""


class ChangedPackage(Params):
    """A dataset's id or name, and what to change."""

    id: str = optional(text, "")
    name: str = optional(as_text, "")


class PackageList(Params):
    """A page of names."""

    limit: int | None = optional(natural)
    offset: int = optional(natural, 0)
    include_private: bool = optional(flag, False)
    include_drafts: bool = optional(flag, False)
    include_deleted: bool = optional(flag, False)


class Page(Params):
    """A page of objects; `page` counts from 1 in steps of `limit`."""

    limit: int | None = optional(natural)
    offset: int = optional(natural, 0)
    page: int | None = optional(positive)


def _can_show(ctx: Context, params: PackageShow) -> None:
    """Whoever may read the dataset."""
    if not params.id:
        if "name_or_id" in params.data and not (ctx.user is not None and ctx.user.sysadmin):
            raise ValidationError(NO_ID)
        raise ValidationError({"name_or_id": [MISSING_VALUE]})
    permissions.can_read_dataset(ctx, params)


def _can_patch(ctx: Context, params: PackageShow) -> None:
    """Whoever may change the dataset."""
    if not params.id and ctx.user is not None and ctx.user.sysadmin:
        raise ValidationError({"id" if "id" not in params.data else "name_or_id": [MISSING_VALUE]})
    if not params.id:
        raise ValidationError(NO_ID)
    permissions.can_edit_dataset(ctx, params)
    permissions.can_read_dataset(ctx, params)


def _can_change(ctx: Context, params: ChangedPackage) -> None:
    """Whoever may change the dataset named by `id`, or without one by `name`."""
    permissions.require_writer(ctx, _changed(ctx, params))


@action(params=PackageShow, allow=_can_show, reads=True, quick=True, keeps=True)
def package_show(ctx: Context, params: PackageShow) -> Rendered:
    """Return one dataset with its resources.

    :param id: the dataset's id or name
    :param include_plugin_data: a sysadmin also gets what programs keep beside the dataset
    """
    dataset = ctx.once(get_dataset, params.id)
    if not params.include_plugin_data or ctx.user is None or not ctx.user.sysadmin:
        return _shown(ctx, dataset)
    kept = find_plugin_data(ctx.db, "package", dataset.id)
    if kept is None:
        return _shown(ctx, dataset)
    return place(join_object(render_dataset(ctx.db, dataset), plugin_data=encode(kept)), ctx.site.url)


@action(params=PackageList, allow=permissions.anyone, reads=True)
def package_list(ctx: Context, params: PackageList) -> list[str]:
    """Return the names of the public datasets, sorted.

    :param limit: at most this many
    :param offset: leave out this many first ones
    :param include_private: a sysadmin also gets private ones
    :param include_drafts: a sysadmin also gets drafts
    :param include_deleted: a sysadmin also gets deleted ones
    """
    is_sysadmin = ctx.user is not None and ctx.user.sysadmin
    states = ["active"]
    if is_sysadmin:
        states += ["draft"] * params.include_drafts + ["deleted"] * params.include_deleted
    query = sa.select(packages.c.name).where(packages.c.state.in_(states)).order_by(packages.c.name)
    if not (is_sysadmin and params.include_private):
        query = query.where(packages.c.private == sa.false())
    # As in CKAN, a limit of 0 is none.
    return list(ctx.db.scalars(query.limit(params.limit or None).offset(params.offset)))


@action(params=Page, allow=permissions.anyone, reads=True)
def current_package_list_with_resources(ctx: Context, params: Page) -> Rendered:
    """Return the public datasets whole, the last changed first; a sysadmin also sees the private ones.

    :param limit: at most this many
    :param offset: leave out this many first ones
    :param page: or the page of this number, from 1
    """
    limit = 1000 if params.limit is None else min(params.limit, 1000)
    offset = params.offset if params.page is None else (params.page - 1) * limit
    query = (
        sa.select(packages.c.id)
        .where(packages.c.state == "active")
        .order_by(packages.c.metadata_modified.desc(), packages.c.id)
        .limit(limit)
        .offset(offset)
    )
    if not (ctx.user and ctx.user.sysadmin):
        query = query.where(packages.c.private == sa.false())
    return place(join_array(render_datasets(ctx.db, list(ctx.db.scalars(query)))), ctx.site.url)


@action(params=NewPackage, allow=permissions.can_create_dataset, quick=True)
def package_create(ctx: Context, params: NewPackage) -> Any:
    """Create a dataset and return it.

    :param name: 2 to 100 lower-case letters, digits, - and _; unique
    :param title: the name when absent
    :param owner_org: the organization's id or name
    :param private: only the organization's members see it
    :param state: `draft` hides it until it is set to `active`
    :param resources: list of resources; their files are sent with `resource_create`
    :param resources__N__upload, resources__N__original: or with this call (multipart; odl-host's own), where lists
        and dictionaries are JSON; the first resource is 0
    :param tags, extras, groups: lists of dictionaries
    :param plugin_data: a sysadmin may keep a dictionary of dictionaries beside the dataset
    """
    data = decode_nested(params.data) if ctx.files else params.data
    entry = read_dataset(ctx, {**data, "type": data.get("type") or "dataset"})
    files = files_of_resources(ctx, len(entry.resources or []))
    check_plugin_data(data)
    _require_group_membership(ctx, entry)
    _free_name(ctx, entry)
    dataset = insert_dataset(ctx.db, entry.doc, organization=entry.organization)
    dataset_id = dataset.id
    guess = type_guess(ctx.site)
    rows = [
        build_resource(given, package_id=dataset_id, position=position, guess_type=guess, files=files.get(position))
        for position, given in enumerate(entry.resources or [])
    ]
    insert_resources(ctx.db, rows)
    for group_id in entry.group_ids or []:
        put_member(ctx.db, group_id, "package", dataset_id, "public")
    if rows and ctx.site.default_views:
        for row in rows:
            create_default_views(ctx.db, row.fields, ctx.site)
    save_plugin_data(ctx, "package", dataset_id, data)
    record_dataset(ctx, dataset_id, "new")
    if entry.group_ids:
        dataset = get_dataset(ctx.db, dataset_id)
    return place(render_dataset(ctx.db, dataset, [row.doc for row in rows]), ctx.site.url)


@action(params=ChangedPackage, allow=_can_change)
def package_update(ctx: Context, params: ChangedPackage) -> Rendered:
    """Replace a dataset by what is sent and return it.

    Tags and extras that are not sent are removed; resources and groups that are not sent stay.

    :param id: the dataset's id or name; without one, `name` says which
    """
    dataset = _changed(ctx, params)
    replace_dataset(ctx, dataset, {**params.data, "type": params.data.get("type") or dataset.type})
    return _shown(ctx, get_dataset(ctx.db, dataset.id))


@action(params=PackageShow, allow=_can_patch)
def package_patch(ctx: Context, params: PackageShow) -> Rendered:
    """Change some fields of a dataset and return it; what is not sent stays.

    :param id: the dataset's id or name
    """
    dataset = ctx.once(get_dataset, params.id)
    kept = {key: value for key, value in dataset.fields.items() if key not in ("metadata_modified", "metadata_created")}
    for key in ("extras", "tags", "groups", "resources"):
        require_dicts(key, params.data.get(key), params.data)
    replace_dataset(ctx, dataset, {**kept, **params.data, "id": dataset.id})
    return _shown(ctx, get_dataset(ctx.db, dataset.id))


@action(params=Ref, allow=permissions.can_edit_dataset)
def package_delete(ctx: Context, params: Ref) -> None:
    """Delete a dataset: who may read private ones of its organization still sees it, and its name is free again.

    Nobody collaborates on it any more.

    :param id: the dataset's id or name
    """
    dataset = ctx.once(get_dataset, params.id)
    fields = dataset.fields
    fields |= {"state": "deleted", "metadata_modified": now()}
    # As in CKAN, a dataset that is brought back belongs to no group, and has no collaborators.
    leave_groups(ctx.db, dataset.id)
    ctx.db.execute(collaborators.delete().where(collaborators.c.package_id == dataset.id))
    update_dataset(ctx.db, fields, tags_changed=False)
    record_dataset(ctx, dataset.id, "deleted")


def _sysadmin_of_known(ctx: Context, params: Ref) -> None:
    """Only a sysadmin may, and only what is there."""
    ctx.once(get_dataset, params.id)
    permissions.sysadmin(ctx, params)


@action(params=Ref, allow=_sysadmin_of_known)
def dataset_purge(ctx: Context, params: Ref) -> None:
    """Remove a dataset for good; this cannot be undone.

    :param id: the dataset's id or name
    """
    dataset = ctx.once(get_dataset, params.id)
    gone = [resource.id for resource in resources_of(ctx.db, dataset.id)]
    purge_dataset(ctx.db, dataset.id)
    ctx.then.extend(functools.partial(ctx.site.rows.forget, key) for key in gone)


def _shown(ctx: Context, dataset: Dataset) -> Rendered:
    return place(render_dataset(ctx.db, dataset), ctx.site.url)


def _changed(ctx: Context, params: ChangedPackage) -> Dataset:
    ref = params.id or params.name
    if not ref:
        raise ValidationError({"id": MISSING_VALUE})
    return ctx.once(get_dataset, ref)


def replace_dataset(
    ctx: Context,
    dataset: Dataset,
    data: JsonDict,
    files: Mapping[int, Mapping[str, StoredFile]] = MappingProxyType({}),
) -> None:
    """Write what was sent over a stored dataset; nothing is written when nothing changed.

    `files` are those that came for its resources, by their index in what was sent.
    """
    check_plugin_data(data)
    before = dataset.fields
    stored = {row.id: row for row in resources_of(ctx.db, dataset.id)}
    entry = read_dataset(ctx, {**data, "id": dataset.id}, before=before, stored=stored)
    _require_group_membership(ctx, entry)
    save_plugin_data(ctx, "package", dataset.id, data)
    changed = _replace_resources(ctx, dataset, entry, stored, files)
    changed |= _replace_groups(ctx, dataset, entry)
    is_same = not changed and _without_date(entry.doc) == _without_date(before)
    if is_same and not entry.is_dated:
        return
    if entry.doc["name"] != before["name"]:
        _free_name(ctx, entry)
    update_dataset(ctx.db, entry.doc, tags_changed=entry.doc["tags"] != before["tags"])
    record_dataset(ctx, dataset.id, "deleted" if entry.doc["state"] == "deleted" else "changed")


def _without_date(doc: JsonDict) -> JsonDict:
    return {key: value for key, value in doc.items() if key != "metadata_modified"}


def _replace_resources(
    ctx: Context,
    dataset: Dataset,
    entry: DatasetInput,
    stored: dict[str, Resource],
    files: Mapping[int, Mapping[str, StoredFile]],
) -> bool:
    if entry.resources is None:
        return False
    guess = type_guess(ctx.site)
    rows = [
        build_resource(
            given,
            package_id=dataset.id,
            position=position,
            guess_type=guess,
            stored=stored.get(given.id),
            files=files.get(position),
        )
        for position, given in enumerate(entry.resources)
    ]
    kept = {row.id for row in rows}
    gone = [key for key in stored if key not in kept]
    delete_resources(ctx.db, gone)
    ctx.then.extend(functools.partial(ctx.site.rows.forget, key) for key in gone)
    changed = bool(gone)
    for row in rows:
        before = stored.get(row.id)
        if before is not None and before != row:
            update_resource(ctx.db, row)
            changed = True
    new = [row for row in rows if row.id not in stored]
    insert_resources(ctx.db, new)
    for row in new if ctx.site.default_views else ():
        create_default_views(ctx.db, row.fields, ctx.site)
    return changed or bool(new)


def _replace_groups(ctx: Context, dataset: Dataset, entry: DatasetInput) -> bool:
    if entry.group_ids is None:
        return False
    query = sa.select(members.c.group_id).where(members.c.object_id == dataset.id, members.c.object_type == "package")
    before = set(ctx.db.scalars(query))
    after = set(entry.group_ids)
    for group_id in before - after:
        remove_member(ctx.db, group_id, "package", dataset.id)
    for group_id in after - before:
        put_member(ctx.db, group_id, "package", dataset.id, "public")
    return before != after


def _require_group_membership(ctx: Context, entry: DatasetInput) -> None:
    """Only members of a group put datasets in it."""
    for group_id in entry.group_ids or []:
        if not permissions.has_capacity(ctx, group_id, permissions.READERS):
            permissions.refuse(ctx, "User {user} not authorized to edit these groups")


def _free_name(ctx: Context, entry: DatasetInput) -> None:
    """A deleted dataset gives its name back: it is then known by its id."""
    if entry.name_taken_from is not None:
        fields = get_dataset(ctx.db, entry.name_taken_from).fields
        fields["name"] = fields["id"]
        update_dataset(ctx.db, fields, tags_changed=False)
