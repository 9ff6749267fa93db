"""Datasets: create, show, update, patch, delete, purge, list."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from odl_host.ckan import JsonDict, NotAuthorized
from odl_host.server import permissions
from odl_host.server.clock import now
from odl_host.server.dataset_fields import DatasetInput, read_dataset
from odl_host.server.datasets import (
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
from odl_host.server.documents import Rendered, join_array, place
from odl_host.server.groups import put_member, remove_member
from odl_host.server.params import Params, flag, natural, optional, required, text
from odl_host.server.registry import Context, action
from odl_host.server.resource_fields import build_resource
from odl_host.server.tables import groups, members, packages

FIELDS_COMPUTED_LATER = ("organization", "groups", "resources", "num_resources")


class Ref(Params):
    """An object named by its id or its name."""

    id: str = required(text)


class PackageShow(Params):
    """Which dataset; `name_or_id` is CKAN's other name for `id`."""

    id: str = required(text)


class NewPackage(Params):
    """A dataset; its fields are checked as a whole by `dataset_fields`."""

    return_id_only: bool = optional(flag, False)


class ChangedPackage(Params):
    """A dataset's id or name, and what to change."""

    id: str = required(text)
    return_id_only: bool = optional(flag, False)


class PackageList(Params):
    """A page of names."""

    limit: int | None = optional(natural)
    offset: int = optional(natural, 0)
    include_private: bool = optional(flag, False)
    include_drafts: bool = optional(flag, False)
    include_deleted: bool = optional(flag, False)


class Page(Params):
    """A page of objects."""

    limit: int | None = optional(natural)
    offset: int = optional(natural, 0)


@action(params=PackageShow, allow=permissions.can_read_dataset, reads=True, quick=True, keeps=True)
def package_show(ctx: Context, params: PackageShow) -> Rendered:
    """Return one dataset with its resources.

    :param id: the dataset's id or name
    """
    return _shown(ctx, ctx.once(get_dataset, params.id))


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
    return list(ctx.db.scalars(query.limit(params.limit).offset(params.offset)))


@action(params=Page, allow=permissions.anyone, reads=True)
def current_package_list_with_resources(ctx: Context, params: Page) -> Rendered:
    """Return the public datasets whole, the last changed first.

    :param limit: at most this many
    :param offset: leave out this many first ones
    """
    query = (
        sa.select(packages.c.id)
        .where(packages.c.state == "active", packages.c.private == sa.false())
        .order_by(packages.c.metadata_modified.desc(), packages.c.id)
        .limit(1000 if params.limit is None else min(params.limit, 1000))
        .offset(params.offset)
    )
    return place(join_array(render_datasets(ctx.db, list(ctx.db.scalars(query)))), ctx.site.url)


@action(params=NewPackage, allow=permissions.can_create_dataset)
def package_create(ctx: Context, params: NewPackage) -> Any:
    """Create a dataset and return it.

    :param name: 2 to 100 lower-case letters, digits, - and _; unique
    :param title: the name when absent
    :param owner_org: the organization's id or name
    :param private: only the organization's members see it
    :param state: `draft` hides it until it is set to `active`
    :param resources: list of resources; their files are sent with `resource_create`
    :param tags, extras, groups: lists of dictionaries
    :param return_id_only: return the id instead of the dataset
    """
    entry = read_dataset(ctx, params.data)
    _require_group_membership(ctx, entry)
    _free_name(ctx, entry)
    dataset = insert_dataset(ctx.db, entry.doc, organization=entry.organization)
    dataset_id = dataset.id
    rows = [
        build_resource(given, package_id=dataset_id, position=position)
        for position, given in enumerate(entry.resources or [])
    ]
    insert_resources(ctx.db, rows)
    for group_id in entry.group_ids or []:
        put_member(ctx.db, group_id, "package", dataset_id, "public")
    if params.return_id_only:
        return dataset_id
    if entry.group_ids:
        dataset = get_dataset(ctx.db, dataset_id)
    return place(render_dataset(ctx.db, dataset, [row.doc for row in rows]), ctx.site.url)


@action(params=ChangedPackage, allow=permissions.can_edit_dataset)
def package_update(ctx: Context, params: ChangedPackage) -> Any:
    """Replace a dataset by what is sent and return it.

    Tags and extras that are not sent are removed; resources and groups that are not sent stay.

    :param id: the dataset's id or name
    """
    dataset = ctx.once(get_dataset, params.id)
    _replace(ctx, dataset, params.data)
    return dataset.id if params.return_id_only else _shown(ctx, get_dataset(ctx.db, dataset.id))


@action(params=ChangedPackage, allow=permissions.can_edit_dataset)
def package_patch(ctx: Context, params: ChangedPackage) -> Any:
    """Change some fields of a dataset and return it; what is not sent stays.

    :param id: the dataset's id or name
    """
    dataset = ctx.once(get_dataset, params.id)
    kept = {key: value for key, value in dataset.fields.items() if key not in ("metadata_modified", "metadata_created")}
    if "tag_string" in params.data:
        kept.pop("tags")
    _replace(ctx, dataset, {**kept, **params.data, "id": dataset.id})
    return dataset.id if params.return_id_only else _shown(ctx, get_dataset(ctx.db, dataset.id))


@action(params=Ref, allow=permissions.can_edit_dataset)
def package_delete(ctx: Context, params: Ref) -> None:
    """Delete a dataset; a sysadmin can still see it and bring it back, its name is free again.

    :param id: the dataset's id or name
    """
    dataset = ctx.once(get_dataset, params.id)
    fields = dataset.fields
    fields |= {"state": "deleted", "metadata_modified": now()}
    update_dataset(ctx.db, fields, tags_changed=False)


@action(params=Ref, allow=permissions.sysadmin)
def dataset_purge(ctx: Context, params: Ref) -> None:
    """Remove a dataset for good; this cannot be undone.

    :param id: the dataset's id or name
    """
    purge_dataset(ctx.db, get_dataset(ctx.db, params.id).id)


class Autocomplete(Params):
    """The beginning of a name or title."""

    q: str = required(text)
    limit: int = optional(natural, 10)


@action(params=Autocomplete, allow=permissions.anyone, reads=True)
def package_autocomplete(ctx: Context, params: Autocomplete) -> list[JsonDict]:
    """Return the datasets whose name or title contains a text, for a search box.

    :param q: the text
    :param limit: at most this many, 10 by default
    """
    query = (
        sa.select(packages.c.name, packages.c.title)
        .where(
            packages.c.state == "active",
            packages.c.private == sa.false(),
            sa.or_(
                packages.c.name.icontains(params.q, autoescape=True),
                packages.c.title.icontains(params.q, autoescape=True),
            ),
        )
        .order_by(packages.c.name)
        .limit(params.limit)
    )
    found = []
    for row in ctx.db.execute(query):
        match = "name" if params.q.lower() in row.name else "title"
        shown = row.name if match == "name" else row.title
        found.append({"match_displayed": shown, "match_field": match, "name": row.name, "title": row.title})
    return found


def _shown(ctx: Context, dataset: Dataset) -> Rendered:
    return place(render_dataset(ctx.db, dataset), ctx.site.url)


def _replace(ctx: Context, dataset: Dataset, data: JsonDict) -> None:
    """Write what was sent over a stored dataset; nothing is written when nothing changed."""
    before = dataset.fields
    stored = {row.id: row for row in resources_of(ctx.db, dataset.id)}
    entry = read_dataset(ctx, {**data, "id": dataset.id}, before=before, stored=stored)
    _require_group_membership(ctx, entry)
    changed = _replace_resources(ctx, dataset, entry, stored)
    changed |= _replace_groups(ctx, dataset, entry)
    is_same = not changed and _without_date(entry.doc) == _without_date(before)
    if is_same and entry.doc["metadata_modified"] != data.get("metadata_modified"):
        return
    if entry.doc["name"] != before["name"]:
        _free_name(ctx, entry)
    update_dataset(ctx.db, entry.doc, tags_changed=entry.doc["tags"] != before["tags"])


def _without_date(doc: JsonDict) -> JsonDict:
    return {key: value for key, value in doc.items() if key != "metadata_modified"}


def _replace_resources(ctx: Context, dataset: Dataset, entry: DatasetInput, stored: dict[str, Resource]) -> bool:
    if entry.resources is None:
        return False
    rows = [
        build_resource(given, package_id=dataset.id, position=position, stored=stored.get(given.id))
        for position, given in enumerate(entry.resources)
    ]
    kept = {row.id for row in rows}
    gone = [key for key in stored if key not in kept]
    delete_resources(ctx.db, gone)
    changed = bool(gone)
    for row in rows:
        before = stored.get(row.id)
        if before is not None and before != row:
            update_resource(ctx.db, row)
            changed = True
    new = [row for row in rows if row.id not in stored]
    insert_resources(ctx.db, new)
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
            name = ctx.db.scalar(sa.select(groups.c.name).where(groups.c.id == group_id))
            raise NotAuthorized(f"User {ctx.user.name if ctx.user else ''} not authorized to edit group {name}")


def _free_name(ctx: Context, entry: DatasetInput) -> None:
    """A deleted dataset gives its name back: it is then known by its id."""
    if entry.name_taken_from is not None:
        fields = get_dataset(ctx.db, entry.name_taken_from).fields
        fields["name"] = fields["id"]
        update_dataset(ctx.db, fields, tags_changed=False)
