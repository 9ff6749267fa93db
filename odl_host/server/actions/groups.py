"""Organizations and groups: the same actions under both nouns."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from odl_host.ckan import JsonDict, ValidationError
from odl_host.server import permissions
from odl_host.server.datasets import get_dataset, reindex_organization, update_dataset
from odl_host.server.documents import Rendered
from odl_host.server.group_fields import read_group
from odl_host.server.group_views import ForUser, GroupList, GroupShow, list_groups, list_groups_for_user, show_group
from odl_host.server.groups import Group, get_group, put_member, remove_member, save_group
from odl_host.server.params import Params, required, text
from odl_host.server.registry import Context, action
from odl_host.server.tables import groups, members, packages, users


class Ref(Params):
    """An organization's or a group's id or name."""

    id: str = required(text)


class Sent(Params):
    """An organization or a group; its fields are checked as a whole by `group_fields`."""


@action(params=GroupShow, allow=permissions.can_read_group, reads=True, keeps=True)
def organization_show(ctx: Context, params: GroupShow) -> Rendered:
    """Return one organization.

    :param id: the organization's id or name
    :param include_datasets: add its public datasets, at most 1000
    :param include_dataset_count, include_extras, include_users: true by default
    """
    return show_group(ctx, params, is_organization=True)


@action(params=GroupShow, allow=permissions.can_read_group, reads=True, keeps=True)
def group_show(ctx: Context, params: GroupShow) -> Rendered:
    """Return one group.

    :param id: the group's id or name
    :param include_datasets: add its public datasets, at most 1000
    :param include_dataset_count, include_extras, include_users: true by default
    """
    return show_group(ctx, params, is_organization=False)


@action(params=GroupList, allow=permissions.anyone, reads=True, keeps=True)
def organization_list(ctx: Context, params: GroupList) -> list[Any]:
    """Return the organizations, by title: their names, or whole with `all_fields`.

    :param sort: `name`, `package_count` or `title`, with `asc` or `desc`
    :param limit, offset: a page; at most 1000, or 25 with `all_fields`
    :param organizations: only those with these names
    :param all_fields: whole organizations
    :param include_dataset_count, include_extras, include_users: what to add to each
    """
    return list_groups(ctx, params, params.organizations, is_organization=True)


@action(params=GroupList, allow=permissions.anyone, reads=True, keeps=True)
def group_list(ctx: Context, params: GroupList) -> list[Any]:
    """Return the groups, by title: their names, or whole with `all_fields`.

    :param sort: `name`, `package_count` or `title`, with `asc` or `desc`
    :param limit, offset: a page; at most 1000, or 25 with `all_fields`
    :param groups: only those with these names
    :param all_fields: whole groups
    :param include_dataset_count, include_extras, include_users: what to add to each
    """
    return list_groups(ctx, params, params.groups, is_organization=False)


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


@action(params=ForUser, allow=permissions.anyone, reads=True)
def organization_list_for_user(ctx: Context, params: ForUser) -> list[JsonDict]:
    """Return the organizations in which a user may do something.

    :param id: the user, the caller by default
    :param permission: `manage_group` by default, `read`, `create_dataset`, `update_dataset`, `delete_dataset`
    :param include_dataset_count: add the number of public datasets
    """
    return list_groups_for_user(ctx, params, is_organization=True)


@action(params=ForUser, allow=permissions.anyone, reads=True)
def group_list_authz(ctx: Context, params: ForUser) -> list[JsonDict]:
    """Return the groups in which a user may do something.

    :param id: the user, the caller by default
    :param permission: `manage_group` by default, or `read`
    """
    return list_groups_for_user(ctx, params, is_organization=False)


def _create(ctx: Context, data: JsonDict, *, is_organization: bool) -> Rendered:
    fields = read_group(ctx, data, is_organization=is_organization)
    save_group(ctx.db, fields, is_new=True)
    _write_users(ctx, fields["id"], data)
    if ctx.user is not None:
        put_member(ctx.db, fields["id"], "user", ctx.user.id, "admin")
    return show_group(ctx, GroupShow.parse({"id": fields["id"]}), is_organization=is_organization)


def _update(ctx: Context, params: Ref, *, is_organization: bool, is_patch: bool) -> Rendered:
    group = get_group(ctx.db, params.id, is_organization=is_organization)
    before = group.fields
    data = {**before, **params.data, "id": group.id} if is_patch else params.data
    fields = read_group(ctx, data, is_organization=is_organization, before=before)
    if fields != before:
        save_group(ctx.db, fields, is_new=False)
        reindex_organization(ctx.db, group.id)
    _write_users(ctx, group.id, data)
    return show_group(ctx, GroupShow.parse({"id": group.id}), is_organization=is_organization)


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
