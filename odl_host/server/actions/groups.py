"""Organizations and groups: the same actions under both nouns."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa

from odl_host.ckan import JsonDict, NotAuthorized, ValidationError
from odl_host.server import permissions
from odl_host.server.datasets import get_dataset, reindex_organization, render_datasets, update_dataset
from odl_host.server.documents import Rendered, encode, join_array, join_object, place
from odl_host.server.group_fields import read_group
from odl_host.server.groups import Group, get_group, put_member, remove_member, save_group
from odl_host.server.params import Params, flag, natural, optional, required, text, text_list
from odl_host.server.registry import Context, action
from odl_host.server.tables import groups, members, packages, users

SHOWN_DATASETS_MAX = 1000
SORT_FIELDS = ("name", "package_count", "title")
PUBLIC_DATASETS = sa.and_(packages.c.state == "active", packages.c.private == sa.false())


class Ref(Params):
    """An organization's or a group's id or name."""

    id: str = required(text)


class Sent(Params):
    """An organization or a group; its fields are checked as a whole by `group_fields`."""


class GroupShow(Params):
    """Which one, and what to add to it."""

    id: str = required(text)
    include_datasets: bool = optional(flag, False)
    include_dataset_count: bool = optional(flag, True)
    include_extras: bool = optional(flag, True)
    include_users: bool = optional(flag, True)
    include_groups: bool = optional(flag, True)
    include_tags: bool = optional(flag, True)
    include_followers: bool = optional(flag, True)


class GroupList(Params):
    """A page of organizations or groups, and what to add to each."""

    sort: str = optional(text, "")
    order_by: str = optional(text, "")
    limit: int | None = optional(natural)
    offset: int = optional(natural, 0)
    organizations: list[str] | None = optional(text_list)
    groups: list[str] | None = optional(text_list)
    type: str = optional(text, "")
    all_fields: bool = optional(flag, False)
    include_dataset_count: bool = optional(flag, True)
    include_extras: bool = optional(flag, False)
    include_users: bool = optional(flag, False)
    include_groups: bool = optional(flag, False)
    include_tags: bool = optional(flag, False)


class ForUser(Params):
    """Whose organizations, and what the user may do in them."""

    id: str = optional(text, "")
    permission: str = optional(text, "manage_group")
    include_dataset_count: bool = optional(flag, False)
    include_member_count: bool = optional(flag, False)


@action(params=GroupShow, allow=permissions.can_read_group, reads=True)
def organization_show(ctx: Context, params: GroupShow) -> Rendered:
    """Return one organization.

    :param id: the organization's id or name
    :param include_datasets: add its public datasets, at most 1000
    :param include_dataset_count, include_extras, include_users: true by default
    """
    return _show(ctx, params, is_organization=True)


@action(params=GroupShow, allow=permissions.can_read_group, reads=True)
def group_show(ctx: Context, params: GroupShow) -> Rendered:
    """Return one group.

    :param id: the group's id or name
    :param include_datasets: add its public datasets, at most 1000
    :param include_dataset_count, include_extras, include_users: true by default
    """
    return _show(ctx, params, is_organization=False)


@action(params=GroupList, allow=permissions.anyone, reads=True)
def organization_list(ctx: Context, params: GroupList) -> list[Any]:
    """Return the organizations, by title: their names, or whole with `all_fields`.

    :param sort: `name`, `package_count` or `title`, with `asc` or `desc`
    :param limit, offset: a page; at most 1000, or 25 with `all_fields`
    :param organizations: only those with these names
    :param all_fields: whole organizations
    :param include_dataset_count, include_extras, include_users: what to add to each
    """
    return _list(ctx, params, params.organizations, is_organization=True)


@action(params=GroupList, allow=permissions.anyone, reads=True)
def group_list(ctx: Context, params: GroupList) -> list[Any]:
    """Return the groups, by title: their names, or whole with `all_fields`.

    :param sort: `name`, `package_count` or `title`, with `asc` or `desc`
    :param limit, offset: a page; at most 1000, or 25 with `all_fields`
    :param groups: only those with these names
    :param all_fields: whole groups
    :param include_dataset_count, include_extras, include_users: what to add to each
    """
    return _list(ctx, params, params.groups, is_organization=False)


@action(params=Sent, allow=permissions.can_create_organization)
def organization_create(ctx: Context, params: Sent) -> Rendered:
    """Create an organization, with the caller as its admin, and return it.

    :param name: 2 to 100 lower-case letters, digits, - and _; unique
    :param title, description, image_url: texts
    :param extras: list of key and value
    :param users: list of name and capacity (admin, editor, member)
    """
    return _create(ctx, params.data, is_organization=True)


@action(params=Sent, allow=permissions.can_create_group)
def group_create(ctx: Context, params: Sent) -> Rendered:
    """Create a group, with the caller as its admin, and return it.

    :param name: 2 to 100 lower-case letters, digits, - and _; unique
    :param title, description, image_url: texts
    :param extras: list of key and value
    :param users: list of name and capacity (admin, editor, member)
    """
    return _create(ctx, params.data, is_organization=False)


@action(params=Ref, allow=permissions.org_admin)
def organization_update(ctx: Context, params: Ref) -> Rendered:
    """Replace an organization by what is sent and return it; users that are not sent stay.

    :param id: the organization's id or name
    """
    return _update(ctx, params, is_organization=True, is_patch=False)


@action(params=Ref, allow=permissions.org_admin)
def group_update(ctx: Context, params: Ref) -> Rendered:
    """Replace a group by what is sent and return it; users that are not sent stay.

    :param id: the group's id or name
    """
    return _update(ctx, params, is_organization=False, is_patch=False)


@action(params=Ref, allow=permissions.org_admin)
def organization_patch(ctx: Context, params: Ref) -> Rendered:
    """Change some fields of an organization and return it.

    :param id: the organization's id or name
    """
    return _update(ctx, params, is_organization=True, is_patch=True)


@action(params=Ref, allow=permissions.org_admin)
def group_patch(ctx: Context, params: Ref) -> Rendered:
    """Change some fields of a group and return it.

    :param id: the group's id or name
    """
    return _update(ctx, params, is_organization=False, is_patch=True)


@action(params=Ref, allow=permissions.can_delete_group)
def organization_delete(ctx: Context, params: Ref) -> None:
    """Delete an organization that has no dataset left; a sysadmin can bring it back.

    :param id: the organization's id or name
    """
    group = get_group(ctx.db, params.id, is_organization=True)
    owned = sa.exists().where(packages.c.owner_org == group.id, packages.c.state != "deleted")
    if ctx.db.scalar(sa.select(owned)):
        if not ctx.site.settings["ckan.auth.create_unowned_dataset"]:
            raise ValidationError({"message": "Organization cannot be deleted while it still has datasets"})
        _disown(ctx, group)
    _set_deleted(ctx, group)


@action(params=Ref, allow=permissions.can_delete_group)
def group_delete(ctx: Context, params: Ref) -> None:
    """Delete a group; its datasets stay, a sysadmin can bring it back.

    :param id: the group's id or name
    """
    group = get_group(ctx.db, params.id, is_organization=False)
    reindex_organization(ctx.db, group.id)
    _set_deleted(ctx, group)


@action(params=Ref, allow=permissions.sysadmin)
def organization_purge(ctx: Context, params: Ref) -> None:
    """Remove an organization for good; its datasets stay, without organization.

    :param id: the organization's id or name
    """
    group = get_group(ctx.db, params.id, is_organization=True)
    _disown(ctx, group)
    _remove(ctx, group)


@action(params=Ref, allow=permissions.sysadmin)
def group_purge(ctx: Context, params: Ref) -> None:
    """Remove a group for good; its datasets stay.

    :param id: the group's id or name
    """
    group = get_group(ctx.db, params.id, is_organization=False)
    reindex_organization(ctx.db, group.id)
    _remove(ctx, group)


PERMISSION_ROLES = {
    "read": permissions.READERS,
    "create_dataset": permissions.WRITERS,
    "update_dataset": permissions.WRITERS,
    "delete_dataset": permissions.WRITERS,
}


@action(params=ForUser, allow=permissions.anyone, reads=True)
def organization_list_for_user(ctx: Context, params: ForUser) -> list[JsonDict]:
    """Return the organizations in which a user may do something.

    :param id: the user, the caller by default
    :param permission: `manage_group` by default, `read`, `create_dataset`, `update_dataset`, `delete_dataset`
    :param include_dataset_count: add the number of public datasets
    """
    return _list_for_user(ctx, params, is_organization=True)


@action(params=ForUser, allow=permissions.anyone, reads=True)
def group_list_authz(ctx: Context, params: ForUser) -> list[JsonDict]:
    """Return the groups in which a user may do something.

    :param id: the user, the caller by default
    :param permission: `manage_group` by default, or `read`
    """
    return _list_for_user(ctx, params, is_organization=False)


def _show(ctx: Context, params: GroupShow, *, is_organization: bool) -> Rendered:
    group = get_group(ctx.db, params.id, is_organization=is_organization)
    doc = _shown_fields(group.fields, include_extras=params.include_extras)
    if params.include_followers:
        doc["num_followers"] = 0
    if params.include_dataset_count:
        doc["package_count"] = _dataset_counts(ctx, [group.id], is_organization=is_organization).get(group.id, 0)
    if params.include_tags:
        doc["tags"] = []
    if params.include_groups:
        doc["groups"] = []
    if params.include_users:
        doc["users"] = _users(ctx, [group.id]).get(group.id, [])
    body = encode(doc)
    if params.include_datasets:
        body = join_object(body, packages=join_array(render_datasets(ctx.db, _dataset_ids(ctx, group))))
    return place(body, ctx.site.url)


def _shown_fields(fields: JsonDict, *, include_extras: bool) -> JsonDict:
    doc = dict(fields)
    doc["display_name"] = doc["title"] or doc["name"]
    doc["image_display_url"] = doc["image_url"]
    if not include_extras:
        del doc["extras"]
    return doc


def _list(ctx: Context, params: GroupList, names: list[str] | None, *, is_organization: bool) -> list[Any]:
    field, _, direction = (params.sort or params.order_by or "title asc").strip().partition(" ")
    if field == "packages":
        field = "package_count"
    if field not in SORT_FIELDS or direction.strip() not in ("", "asc", "desc"):
        raise ValidationError({"message": f"Cannot sort by field `{field}`"})
    # CKAN's old `order_by` put the fullest first.
    is_descending = direction.strip() == "desc" or (not direction and field == "package_count")
    ceiling_name = "ckan.group_and_organization_list_max"
    if params.all_fields:
        ceiling_name = "ckan.group_and_organization_list_all_fields_max"
    ceiling = int(str(ctx.site.settings[ceiling_name]))
    limit = ceiling if params.limit is None else min(params.limit, ceiling)
    query = sa.select(groups.c.id, groups.c.name, *([groups.c.doc] if params.all_fields else [])).where(
        groups.c.is_organization == sa.literal(is_organization),
        groups.c.state == "active",
        groups.c.type == (params.type or ("organization" if is_organization else "group")),
    )
    if names is not None:
        query = query.where(groups.c.name.in_(names))
    if field == "package_count":
        counted = _count_query(is_organization=is_organization).subquery()
        query = query.outerjoin(counted, counted.c.group_id == groups.c.id)
        key: Any = sa.func.coalesce(counted.c.n, 0)
    else:
        key = sa.func.coalesce(sa.func.nullif(groups.c.title, ""), groups.c.name) if field == "title" else groups.c.name
    query = query.order_by(key.desc() if is_descending else key, groups.c.name).limit(limit).offset(params.offset)
    rows = list(ctx.db.execute(query))
    if not params.all_fields:
        return [row.name for row in rows]
    return _whole(ctx, params, rows, is_organization=is_organization)


def _whole(ctx: Context, params: GroupList, rows: list[Any], *, is_organization: bool) -> list[JsonDict]:
    ids = [row.id for row in rows]
    counts = _dataset_counts(ctx, ids, is_organization=is_organization) if params.include_dataset_count else {}
    people = _users(ctx, ids) if params.include_users else {}
    found = []
    for row in rows:
        doc = _shown_fields(json.loads(row.doc), include_extras=params.include_extras)
        doc["num_followers"] = 0
        if params.include_dataset_count:
            doc["package_count"] = counts.get(row.id, 0)
        if params.include_users:
            doc["users"] = people.get(row.id, [])
        if params.include_groups:
            doc["groups"] = []
        if params.include_tags:
            doc["tags"] = []
        found.append(doc)
    return found


def _count_query(*, is_organization: bool) -> sa.Select[Any]:
    if is_organization:
        return (
            sa.select(packages.c.owner_org.label("group_id"), sa.func.count().label("n"))
            .where(PUBLIC_DATASETS, packages.c.owner_org.is_not(None))
            .group_by(packages.c.owner_org)
        )
    return (
        sa.select(members.c.group_id, sa.func.count().label("n"))
        .join(packages, packages.c.id == members.c.object_id)
        .where(PUBLIC_DATASETS, members.c.object_type == "package")
        .group_by(members.c.group_id)
    )


def _dataset_counts(ctx: Context, ids: list[str], *, is_organization: bool) -> dict[str, int]:
    column = packages.c.owner_org if is_organization else members.c.group_id
    query = _count_query(is_organization=is_organization).where(column.in_(ids))
    return {row[0]: row[1] for row in ctx.db.execute(query)} if ids else {}


def _users(ctx: Context, ids: list[str]) -> dict[str, list[JsonDict]]:
    """Return the users of each group with their capacity, by name."""
    query = (
        sa.select(members.c.group_id, members.c.capacity, users)
        .join(users, users.c.id == members.c.object_id)
        .where(members.c.group_id.in_(ids), members.c.object_type == "user", users.c.state == "active")
        .order_by(users.c.name)
    )
    found: dict[str, list[JsonDict]] = {}
    for row in ctx.db.execute(query):
        found.setdefault(row.group_id, []).append(
            {
                "about": row.about,
                "activity_streams_email_notifications": False,
                "capacity": row.capacity,
                "created": row.created,
                "display_name": row.fullname or row.name,
                "fullname": row.fullname,
                "id": row.id,
                "image_display_url": row.image_url,
                "image_url": row.image_url,
                "name": row.name,
                "number_created_packages": 0,
                "state": row.state,
                "sysadmin": row.sysadmin,
            }
        )
    return found


def _dataset_ids(ctx: Context, group: Group) -> list[str]:
    query = sa.select(packages.c.id).where(PUBLIC_DATASETS)
    if group.is_organization:
        query = query.where(packages.c.owner_org == group.id)
    else:
        query = query.join(members, members.c.object_id == packages.c.id).where(
            members.c.group_id == group.id, members.c.object_type == "package"
        )
    return list(ctx.db.scalars(query.order_by(packages.c.metadata_modified.desc()).limit(SHOWN_DATASETS_MAX)))


def _create(ctx: Context, data: JsonDict, *, is_organization: bool) -> Rendered:
    fields = read_group(ctx, data, is_organization=is_organization)
    save_group(ctx.db, fields, is_new=True)
    _write_users(ctx, fields["id"], data)
    if ctx.user is not None:
        put_member(ctx.db, fields["id"], "user", ctx.user.id, "admin")
    return _show(ctx, GroupShow.parse({"id": fields["id"]}), is_organization=is_organization)


def _update(ctx: Context, params: Ref, *, is_organization: bool, is_patch: bool) -> Rendered:
    group = get_group(ctx.db, params.id, is_organization=is_organization)
    before = group.fields
    data = {**before, **params.data, "id": group.id} if is_patch else params.data
    fields = read_group(ctx, data, is_organization=is_organization, before=before)
    if fields != before:
        save_group(ctx.db, fields, is_new=False)
        reindex_organization(ctx.db, group.id)
    _write_users(ctx, group.id, data)
    return _show(ctx, GroupShow.parse({"id": group.id}), is_organization=is_organization)


def _write_users(ctx: Context, group_id: str, data: JsonDict) -> None:
    """Make the members exactly those that were sent; none sent: leave them."""
    sent = data.get("users")
    if sent is None:
        return
    if not isinstance(sent, list) or not all(isinstance(entry, dict) for entry in sent):
        raise ValidationError({"users": ["Only lists of dicts can be placed against subschema"]})
    wanted: dict[str, str] = {}
    errors: list[JsonDict] = []
    for entry in sent:
        ref = entry.get("name") or entry.get("id")
        user_id = ctx.db.scalar(sa.select(users.c.id).where(sa.or_(users.c.name == ref, users.c.id == ref)))
        errors.append({} if user_id else {"name": [f"Not found: User {ref}"]})
        if user_id:
            wanted[user_id] = str(entry.get("capacity") or "member")
    if any(errors):
        raise ValidationError({"users": errors})
    query = sa.select(members.c.object_id).where(members.c.group_id == group_id, members.c.object_type == "user")
    for user_id in set(ctx.db.scalars(query)) - set(wanted):
        remove_member(ctx.db, group_id, "user", user_id)
    for user_id, capacity in wanted.items():
        put_member(ctx.db, group_id, "user", user_id, capacity)


def _set_deleted(ctx: Context, group: Group) -> None:
    save_group(ctx.db, {**group.fields, "state": "deleted"}, is_new=False)


def _disown(ctx: Context, group: Group) -> None:
    """Take its datasets away from an organization."""
    for dataset_id in list(ctx.db.scalars(sa.select(packages.c.id).where(packages.c.owner_org == group.id))):
        fields = get_dataset(ctx.db, dataset_id).fields
        update_dataset(ctx.db, {**fields, "owner_org": None, "private": False}, tags_changed=False)


def _remove(ctx: Context, group: Group) -> None:
    ctx.db.execute(members.delete().where(members.c.group_id == group.id))
    ctx.db.execute(groups.delete().where(groups.c.id == group.id))


def _list_for_user(ctx: Context, params: ForUser, *, is_organization: bool) -> list[JsonDict]:
    asked = params.id or (ctx.user.id if ctx.user else "")
    person = ctx.db.execute(
        sa.select(users.c.id, users.c.sysadmin).where(sa.or_(users.c.id == asked, users.c.name == asked))
    ).first()
    if person is None:
        return []
    is_self = ctx.user is not None and (ctx.user.sysadmin or ctx.user.id == person.id)
    if not is_self:
        raise NotAuthorized("User not authorized to list these organizations")
    query = (
        sa.select(groups.c.id, groups.c.doc, members.c.capacity)
        .outerjoin(
            members,
            sa.and_(
                members.c.group_id == groups.c.id,
                members.c.object_type == "user",
                members.c.object_id == person.id,
            ),
        )
        .where(groups.c.is_organization == sa.literal(is_organization), groups.c.state == "active")
        .order_by(groups.c.title, groups.c.name)
    )
    if not person.sysadmin:
        roles = PERMISSION_ROLES.get(params.permission, permissions.ADMINS)
        query = query.where(members.c.capacity.in_(list(roles)))
    rows = list(ctx.db.execute(query))
    counts: dict[str, int] = {}
    if params.include_dataset_count:
        counts = _dataset_counts(ctx, [row.id for row in rows], is_organization=is_organization)
    found = []
    for row in rows:
        doc = _shown_fields(json.loads(row.doc), include_extras=False)
        doc["capacity"] = "admin" if person.sysadmin else row.capacity
        doc["num_followers"] = 0
        if params.include_dataset_count:
            doc["package_count"] = counts.get(row.id, 0)
        found.append(doc)
    return found
