"""Organizations and groups, read: one, all, those of a user, what a group holds. The same actions under both nouns."""

from __future__ import annotations

from typing import Any

from odl_host.ckan import JsonDict, ValidationError
from odl_host.server import permissions
from odl_host.server.documents import Rendered
from odl_host.server.objects.group_views import (
    ForUser,
    GroupList,
    GroupShow,
    list_groups,
    list_groups_for_user,
    packages_of_group,
    show_group,
)
from odl_host.server.objects.groups import get_group
from odl_host.server.params import Invalid, Params, anything, named, natural, optional
from odl_host.server.registry import Context, action


class PackagesOf(Params):
    """Whose datasets, and how many."""

    id: str = named()
    limit: Any = optional(anything)


@action(params=GroupShow, allow=permissions.can_read_group, reads=True, keeps=True)
def organization_show(ctx: Context, params: GroupShow) -> Rendered:
    """Return one organization.

    :param id: the organization's id or name
    :param include_datasets: add its 10 last changed datasets, private ones for its members
    :param include_dataset_count, include_extras: true by default
    :param include_users: true by default, unless `ckan.auth.public_user_details` is off: then only members may ask
    """
    return show_group(ctx, params, is_organization=True)


@action(params=GroupShow, allow=permissions.can_read_group, reads=True, keeps=True)
def group_show(ctx: Context, params: GroupShow) -> Rendered:
    """Return one group.

    :param id: the group's id or name
    :param include_datasets: add its 10 last changed datasets, private ones for its members
    :param include_dataset_count, include_extras: true by default
    :param include_users: true by default, unless `ckan.auth.public_user_details` is off: then only members may ask
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


@action(params=PackagesOf, allow=permissions.can_read_group, reads=True)
def group_package_show(ctx: Context, params: PackagesOf) -> Rendered:
    """Return the datasets that were put in a group; an organization owns its own, which `package_search` finds.

    :param id: its id or name
    :param limit: at most this many, 1000 by default
    """
    limit = None
    if params.limit not in (None, ""):
        try:
            limit = natural(params.limit)
        except Invalid:
            raise ValidationError({"message": "Limit must be a positive integer"}) from None
    return packages_of_group(ctx, get_group(ctx.db, params.id), limit)
