"""Who may do what: functions that read as a sentence and raise `NotAuthorized`, or `NotFound` for what is absent.

Roles are CKAN's: a sysadmin may do everything; an organization's admin and editor write its datasets; its members
read its private ones. Source: CKAN 2.12 documentation, "Organizations and authorization".
"""

from __future__ import annotations

from typing import Any, NoReturn

from odl_host.ckan import NotAuthorized, NotFound, ValidationError
from odl_host.server.datasets import Dataset, find_dataset, find_resource, get_dataset, get_resource
from odl_host.server.datastore.aliases import ROW_LISTS, find_table_resource
from odl_host.server.groups import Group, capacity_in, find_group, get_group, group_ids_of_user
from odl_host.server.registry import Context

READERS = frozenset({"admin", "editor", "member"})
WRITERS = frozenset({"admin", "editor"})
ADMINS = frozenset({"admin"})


def anyone(ctx: Context, params: Any) -> None:
    """Everyone may, anonymous callers too."""


def sysadmin(ctx: Context, params: Any) -> None:  # noqa: ARG001 - every rule has the same form
    """Only a sysadmin may."""
    if ctx.user is None or not ctx.user.sysadmin:
        refuse(ctx, "User {user} not authorized to perform this action")


def logged_in(ctx: Context, params: Any) -> None:  # noqa: ARG001 - every rule has the same form
    """Every known user may."""
    if ctx.user is None:
        refuse(ctx, "")


def refuse(ctx: Context, reason: str) -> NoReturn:
    """Deny the call in CKAN's words; `{user}` in `reason` is the caller's name."""
    if ctx.user is None:
        raise NotAuthorized(f"Action {ctx.action} requires an authenticated user")
    raise NotAuthorized(reason.replace("{user}", ctx.user.name))


def has_capacity(ctx: Context, group_id: str | None, capacities: frozenset[str]) -> bool:
    """Return whether the caller is a sysadmin, or belongs to the group in one of these capacities."""
    if ctx.user is None or (ctx.user.scope and group_id != ctx.user.scope):
        return False
    return ctx.user.sysadmin or (group_id is not None and capacity_in(ctx.db, group_id, ctx.user.id) in capacities)


def is_reader(ctx: Context, dataset: Dataset) -> bool:
    """Return whether the caller may read the dataset."""
    if dataset.state == "active":
        return not dataset.private or has_capacity(ctx, dataset.owner_org, READERS)
    if dataset.state == "deleted":
        return ctx.user is not None and ctx.user.sysadmin
    return is_writer(ctx, dataset)


def is_writer(ctx: Context, dataset: Dataset) -> bool:
    """Return whether the caller may change the dataset; one of no organization belongs to who created it."""
    if ctx.user is None:
        return False
    if dataset.owner_org is None:
        return ctx.user.sysadmin or (dataset.creator_user_id == ctx.user.id and not ctx.user.scope)
    return has_capacity(ctx, dataset.owner_org, WRITERS)


def can_read_dataset(ctx: Context, params: Any) -> None:
    """Whoever may read the dataset named by `id`."""
    dataset = ctx.once(get_dataset, params.id)
    if not is_reader(ctx, dataset):
        _refuse_reading(ctx, dataset)


def can_read_resource(ctx: Context, params: Any) -> None:
    """Whoever may read the dataset of the resource named by `id`."""
    dataset = ctx.once(get_dataset, ctx.once(get_resource, params.id).package_id)
    if not is_reader(ctx, dataset):
        _refuse_reading(ctx, dataset)


def can_edit_dataset(ctx: Context, params: Any) -> None:
    """Whoever may change the dataset named by `id`."""
    _require_writer(ctx, ctx.once(get_dataset, params.id))


def can_add_resource(ctx: Context, params: Any) -> None:
    """Whoever may change the dataset named by `package_id`."""
    _require_writer(ctx, ctx.once(get_dataset, params.package_id))


def can_edit_resource(ctx: Context, params: Any) -> None:
    """Whoever may change the dataset of the resource named by `id`."""
    _require_writer(ctx, ctx.once(get_dataset, ctx.once(get_resource, params.id).package_id))


def can_read_rows(ctx: Context, params: Any) -> None:
    """Whoever may read the dataset of the resource whose id, or whose table's alias, is `resource_id`."""
    if params.resource_id in ROW_LISTS:
        return
    resource = ctx.once(find_table_resource, params.resource_id)
    if resource is None:
        raise NotFound(f'{params.noun} "{params.resource_id}" was not found.')
    if not is_reader(ctx, ctx.once(get_dataset, resource.package_id)):
        _refuse_rows(ctx, "resource_show", resource.id)


def can_write_rows(ctx: Context, params: Any) -> None:
    """Whoever may change the dataset of the resource named by `resource_id`."""
    resource = ctx.once(find_resource, params.resource_id)
    if resource is None:
        raise NotFound("")
    if not is_writer(ctx, ctx.once(get_dataset, resource.package_id)):
        _refuse_rows(ctx, "resource_update", resource.id)


def can_create_rows(ctx: Context, params: Any) -> None:
    """Whoever may change the dataset of the resource named by `resource_id`, or to be made in a dataset."""
    if params.resource_id is not None:
        if ctx.once(find_resource, params.resource_id) is None:
            raise ValidationError({"resource_id": [f"Resource not found: {params.resource_id}"]})
        can_write_rows(ctx, params)
    elif isinstance(params.resource, dict) and params.resource:
        dataset = ctx.once(find_dataset, str(params.resource.get("package_id", "")))
        if dataset is None:
            raise NotFound("")
        if not is_writer(ctx, dataset):
            _refuse_rows(ctx, "package_update", dataset.id)


def _refuse_rows(ctx: Context, action: str, ref: str) -> NoReturn:
    refuse_anyone(ctx, f"User {{user}} not authorized to perform {action} on resource {ref}")


def can_create_dataset(ctx: Context, params: Any) -> None:
    """Editors of the organization named by `owner_org`; without one, who edits any organization may."""
    if ctx.user is not None and ctx.user.sysadmin:
        return
    if ctx.user is None:
        if ctx.site.settings["ckan.auth.anon_create_dataset"]:
            return
        refuse(ctx, "")
    owner_org = params.data.get("owner_org")
    if not owner_org and ctx.user.scope:
        refuse(ctx, "User {user} not authorized to create packages without an organization")
    if not owner_org:
        if ctx.site.settings["ckan.auth.create_dataset_if_not_in_organization"]:
            return
        if group_ids_of_user(ctx.db, ctx.user.id, WRITERS):
            return
        refuse(ctx, "User {user} not authorized to create packages")
    require_owner(ctx, owner_org)


def require_owner(ctx: Context, owner_org: object) -> None:
    """Refuse a caller who may not put datasets in this organization, which may not exist."""
    group = ctx.once(find_group, owner_org) if isinstance(owner_org, str) else None
    if group is None or not has_capacity(ctx, group.id, WRITERS):
        refuse(ctx, "User {user} not authorized to add dataset to this organization")


def can_create_organization(ctx: Context, params: Any) -> None:  # noqa: ARG001 - every rule has the same form
    """A sysadmin; any user where `ckan.auth.user_create_organizations` says so."""
    if ctx.user is None or not (ctx.user.sysadmin or ctx.site.settings["ckan.auth.user_create_organizations"]):
        refuse(ctx, "User {user} not authorized to create organizations")


def can_create_group(ctx: Context, params: Any) -> None:  # noqa: ARG001 - every rule has the same form
    """A sysadmin; any user where `ckan.auth.user_create_groups` says so."""
    if ctx.user is None or not (ctx.user.sysadmin or ctx.site.settings["ckan.auth.user_create_groups"]):
        refuse(ctx, "User {user} not authorized to create groups")


def can_read_group(ctx: Context, params: Any) -> None:
    """Everyone, unless it is deleted: then its admins."""
    group = ctx.once(get_group, params.id)
    if group.state != "active" and not has_capacity(ctx, group.id, ADMINS):
        refuse_anyone(ctx, f"User {{user}} not authorized to read group {group.id}")


def org_admin(ctx: Context, params: Any) -> None:
    """An admin of the organization or group named by `id`."""
    _require_admin(ctx, ctx.once(get_group, params.id))


def can_delete_group(ctx: Context, params: Any) -> None:
    """An admin of it, unless the site keeps deletion to sysadmins."""
    group = ctx.once(get_group, params.id)
    noun = "organizations" if group.is_organization else "groups"
    if ctx.user and not ctx.user.sysadmin and not ctx.site.settings[f"ckan.auth.user_delete_{noun}"]:
        refuse(ctx, f"User {{user}} not authorized to delete {noun}")
    _require_admin(ctx, group)


def self_or_sysadmin(ctx: Context, ref: str) -> None:
    """Refuse whoever is neither the user named by `ref` nor a sysadmin."""
    if ctx.user is None or not (ctx.user.sysadmin or ref in (ctx.user.id, ctx.user.name)):
        refuse(ctx, "User {user} not authorized to do this for another user")


def can_see_users(ctx: Context, params: Any) -> None:
    """Everyone, unless `ckan.auth.public_user_details` is off: then known users."""
    if not ctx.site.settings["ckan.auth.public_user_details"]:
        logged_in(ctx, params)


def can_edit_user(ctx: Context, params: Any) -> None:
    """The user oneself, or a sysadmin."""
    if ctx.user is None or not (ctx.user.sysadmin or params.id in (ctx.user.id, ctx.user.name)):
        refuse(ctx, f"User {{user}} not authorized to edit user {params.id}")


def can_create_user(ctx: Context, params: Any) -> None:  # noqa: ARG001 - every rule has the same form
    """A sysadmin; everyone where `ckan.auth.create_user_via_api` says so."""
    if not (ctx.user and ctx.user.sysadmin) and not ctx.site.settings["ckan.auth.create_user_via_api"]:
        refuse_anyone(ctx, "User {user} not authorized to create users via the API")


def refuse_anyone(ctx: Context, reason: str) -> NoReturn:
    """Deny the call with the same words for known and anonymous callers."""
    raise NotAuthorized(reason.replace("{user}", ctx.user.name if ctx.user else ""))


def _require_writer(ctx: Context, dataset: Dataset) -> None:
    if not is_writer(ctx, dataset):
        refuse(ctx, f"User {{user}} not authorized to edit package {dataset.id}")


def _require_admin(ctx: Context, group: Group) -> None:
    if not has_capacity(ctx, group.id, ADMINS):
        noun = "organization" if group.is_organization else "group"
        refuse(ctx, f"User {{user}} not authorized to edit {noun} {group.id}")


def _refuse_reading(ctx: Context, dataset: Dataset) -> NoReturn:
    refuse_anyone(ctx, f"User {{user}} not authorized to read package {dataset.id}")
