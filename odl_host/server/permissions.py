"""Who may do what: functions that read as a sentence and raise `NotAuthorized`, or `NotFound` for what is absent.

Roles are CKAN's: a sysadmin may do everything; an organization's admin and editor write its datasets; its members
read its private ones. Source: CKAN 2.12 documentation, "Organizations and authorization".
"""

from __future__ import annotations

from typing import Any, NoReturn

import sqlalchemy as sa

from odl_host.ckan import NotAuthorized, NotFound, ValidationError
from odl_host.server.accounts.users import get_account
from odl_host.server.database.tables import collaborators
from odl_host.server.datastore.aliases import ROW_LISTS, find_table_resource
from odl_host.server.files.versions import dataset_of
from odl_host.server.objects.datasets import Dataset, Resource, find_dataset, find_resource, get_dataset, get_resource
from odl_host.server.objects.groups import (
    Group,
    ancestors_of,
    capacity_in,
    descendants_of,
    find_group,
    get_group,
    group_ids_of_user,
)
from odl_host.server.params import MISSING_VALUE
from odl_host.server.registry import Context, of_callers
from odl_host.server.search.documents import PUBLIC

READERS = frozenset({"admin", "editor", "member"})
WRITERS = frozenset({"admin", "editor"})
ADMINS = frozenset({"admin"})


def anyone(ctx: Context, params: Any) -> None:
    """Everyone may, anonymous callers too."""


@of_callers
def sysadmin(ctx: Context, params: Any) -> None:  # noqa: ARG001 - every rule has the same form
    """Only a sysadmin may."""
    if ctx.user is None or not ctx.user.sysadmin:
        raise NotAuthorized("")


def logged_in(ctx: Context, params: Any) -> None:  # noqa: ARG001 - every rule has the same form
    """Every known user may."""
    if ctx.user is None:
        raise NotAuthorized(f"Action {ctx.action} requires an authenticated user")


def logged_in_silently(ctx: Context, params: Any) -> None:  # noqa: ARG001 - every rule has the same form
    """Every known user may; CKAN gives no reason to others."""
    if ctx.user is None:
        raise NotAuthorized("")


def refuse(ctx: Context, reason: str) -> NoReturn:
    """Deny the call in CKAN's words; `{user}` in `reason` is the caller's name, nothing for an anonymous one."""
    raise NotAuthorized(reason.replace("{user}", ctx.user.name if ctx.user else ""))


def has_capacity(ctx: Context, group_id: str | None, capacities: frozenset[str]) -> bool:
    """Return whether the caller is a sysadmin, or belongs to the group in one of these capacities.

    The roles of `ckan.auth.roles_that_cascade_to_sub_groups` count in everything below the group, too.
    """
    if ctx.user is None or (ctx.user.scope and group_id != ctx.user.scope):
        return False
    if group_id is None:
        return ctx.user.sysadmin
    if ctx.user.sysadmin or capacity_in(ctx.db, group_id, ctx.user.id) in capacities:
        return True
    cascading = capacities & ctx.site.cascading_roles
    return bool(cascading) and any(
        capacity_in(ctx.db, above, ctx.user.id) in cascading for above in ancestors_of(ctx.db, group_id)
    )


def is_collaborator(ctx: Context, dataset: Dataset, capacities: frozenset[str]) -> bool:
    """Return whether the caller is a collaborator of the dataset in one of these capacities."""
    if ctx.user is None or not ctx.site.settings["ckan.auth.allow_dataset_collaborators"]:
        return False
    if ctx.user.scope and dataset.owner_org != ctx.user.scope:
        return False
    query = sa.select(collaborators.c.capacity).where(
        collaborators.c.package_id == dataset.id, collaborators.c.user_id == ctx.user.id
    )
    return ctx.db.scalar(query) in capacities


def labels_of_caller(ctx: Context) -> list[str] | None:
    """Return the labels (`search.documents.labels_of`) of the datasets that the caller may find; None: all."""
    if ctx.user is None:
        return [PUBLIC]
    if ctx.user.sysadmin:
        return None
    if ctx.user.scope:
        return [PUBLIC, *[f"member-{ctx.user.scope}"] * has_capacity(ctx, ctx.user.scope, READERS)]
    member_of = group_ids_of_user(ctx.db, ctx.user.id, READERS)
    if cascading := READERS & ctx.site.cascading_roles:
        member_of += descendants_of(ctx.db, group_ids_of_user(ctx.db, ctx.user.id, cascading))
    labels = [PUBLIC, f"creator-{ctx.user.id}", *(f"member-{key}" for key in member_of)]
    if ctx.site.settings["ckan.auth.allow_dataset_collaborators"]:
        works_on = sa.select(collaborators.c.package_id).where(collaborators.c.user_id == ctx.user.id)
        labels += [f"collaborator-{key}" for key in ctx.db.scalars(works_on)]
    return labels


def is_reader(ctx: Context, dataset: Dataset) -> bool:
    """Return whether the caller may read the dataset; drafts and deleted ones are read as private ones are."""
    return (
        (dataset.state == "active" and not dataset.private)
        or has_capacity(ctx, dataset.owner_org, READERS)
        or is_collaborator(ctx, dataset, READERS)
        or _is_own(ctx, dataset)
    )


def is_writer(ctx: Context, dataset: Dataset) -> bool:
    """Return whether the caller may change the dataset.

    One of no organization belongs to who created it; where everyone may create such datasets
    (`ckan.auth.create_unowned_dataset`), everyone may change them, as in CKAN.
    """
    return (
        has_capacity(ctx, dataset.owner_org, WRITERS)
        or is_collaborator(ctx, dataset, WRITERS)
        or _is_own(ctx, dataset)
        or (dataset.owner_org is None and _is_everyones(ctx))
    )


def _is_own(ctx: Context, dataset: Dataset) -> bool:
    """Whether the caller created this dataset of no organization."""
    is_theirs = ctx.user is not None and dataset.creator_user_id == ctx.user.id and not ctx.user.scope
    return is_theirs and dataset.owner_org is None


def _is_everyones(ctx: Context) -> bool:
    settings = ctx.site.settings
    return (
        ctx.user is not None
        and not ctx.user.scope
        and bool(settings["ckan.auth.create_unowned_dataset"])
        and bool(settings["ckan.auth.create_dataset_if_not_in_organization"])
    )


def is_manager(ctx: Context, dataset: Dataset) -> bool:
    """Return whether the caller may say who collaborates on the dataset: its creator, too, if none owns it."""
    if dataset.owner_org is None and _is_everyones(ctx) and ctx.user and dataset.creator_user_id == ctx.user.id:
        return True
    return has_capacity(ctx, dataset.owner_org, ADMINS) or is_collaborator(ctx, dataset, ADMINS)


def can_read_dataset(ctx: Context, params: Any) -> None:
    """Whoever may read the dataset named by `id`."""
    require_reader(ctx, ctx.once(get_dataset, params.id))


def can_read_resource(ctx: Context, params: Any) -> None:
    """Whoever may read the dataset of the resource named by `id`."""
    require_resource_reader(ctx, ctx.once(get_resource, params.id))


def can_read_versions(ctx: Context, params: Any) -> None:
    """Whoever may read the dataset of the resource named by `id`; once it is gone, who may edit that dataset."""
    resource = find_resource(ctx.db, params.id)
    if resource is not None:
        require_resource_reader(ctx, resource)
    else:
        require_writer(ctx, get_dataset(ctx.db, dataset_of(ctx.db, params.id)))


def can_edit_version(ctx: Context, params: Any) -> None:
    """Whoever may change the dataset that the resource named by `id` is in, or was in."""
    require_writer(ctx, get_dataset(ctx.db, dataset_of(ctx.db, params.id)))


def can_edit_dataset(ctx: Context, params: Any) -> None:
    """Whoever may change the dataset named by `id`."""
    require_writer(ctx, ctx.once(get_dataset, params.id))


def can_add_resource(ctx: Context, params: Any) -> None:
    """Whoever may change the dataset named by `package_id`."""
    if params.package_id is None:
        raise ValidationError({"name_or_id": [MISSING_VALUE]})
    require_resource_creator(ctx, ctx.once(get_dataset, params.package_id))


def can_edit_resource(ctx: Context, params: Any) -> None:
    """Whoever may change the dataset of the resource named by `id`."""
    require_resource_writer(ctx, ctx.once(get_resource, params.id), "edit")


def can_delete_resource(ctx: Context, params: Any) -> None:
    """Whoever may change the dataset of the resource named by `id`."""
    require_resource_writer(ctx, ctx.once(get_resource, params.id), "delete")


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
    if params.resource_id is None and not params.resource and not (ctx.user and ctx.user.sysadmin):
        raise ValidationError({"message": "Missing id, can not get Resource object"})
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
    refuse(ctx, f"User {{user}} not authorized to perform {action} on resource {ref}")


def can_create_dataset(ctx: Context, params: Any) -> None:
    """Editors of the organization named by `owner_org`; without one, who edits any organization may.

    Others may where datasets need no organization and `ckan.auth.create_dataset_if_not_in_organization` is on;
    anonymous callers, too, with `ckan.auth.anon_create_dataset`.
    """
    if ctx.user is not None and ctx.user.sysadmin:
        return
    settings = ctx.site.settings
    needs_none = bool(
        settings["ckan.auth.create_unowned_dataset"] and settings["ckan.auth.create_dataset_if_not_in_organization"]
    )
    if ctx.user is None and not (needs_none and settings["ckan.auth.anon_create_dataset"]):
        refuse(ctx, "User {user} not authorized to create packages")
    owner_org = params.data.get("owner_org")
    if not owner_org and ctx.user is not None and ctx.user.scope:
        refuse(ctx, "User {user} not authorized to create packages without an organization")
    if not owner_org:
        if needs_none or (ctx.user is not None and group_ids_of_user(ctx.db, ctx.user.id, WRITERS)):
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
        refuse(ctx, f"User {ctx.user.name if ctx.user else None} not authorized to create organizations")


def can_create_group(ctx: Context, params: Any) -> None:  # noqa: ARG001 - every rule has the same form
    """A sysadmin; any user where `ckan.auth.user_create_groups` says so."""
    if ctx.user is None or not (ctx.user.sysadmin or ctx.site.settings["ckan.auth.user_create_groups"]):
        refuse(ctx, f"User {ctx.user.name if ctx.user else None} not authorized to create groups")


def _asks_people(params: Any) -> bool:
    """Whether the users of a group are asked for (`group_show`), or members of which these may be (`member_list`)."""
    if "include_users" in getattr(params, "data", {}) and getattr(params, "include_users", False):
        return True
    return getattr(params, "object_type", None) in ("", "user")


def can_read_group(ctx: Context, params: Any) -> None:
    """Everyone where it is active, else its members; they alone see each other where users are not public."""
    group = ctx.once(get_group, params.id)
    is_open = ctx.site.settings["ckan.auth.public_user_details"] or not _asks_people(params)
    if group.state != "active" or not is_open:
        require_member(ctx, group.id)


def require_member(ctx: Context, group_id: str) -> None:
    """Refuse a caller who is neither in this group nor a sysadmin."""
    if not has_capacity(ctx, group_id, READERS):
        refuse(ctx, f"User {{user}} not authorized to read group {group_id}")


def org_admin(ctx: Context, params: Any) -> None:
    """An admin of the organization or group named by `id`."""
    _require_admin(ctx, ctx.once(get_group, params.id))


def can_delete_group(ctx: Context, params: Any) -> None:
    """An admin of it, unless the site keeps deletion to sysadmins."""
    group = ctx.once(get_group, params.id)
    noun = "organizations" if group.is_organization else "groups"
    if ctx.user and not ctx.user.sysadmin and not ctx.site.settings[f"ckan.auth.user_delete_{noun}"]:
        refuse(ctx, f"User {{user}} not authorized to delete {noun}")
    if not has_capacity(ctx, group.id, ADMINS):
        refuse(ctx, f"User {{user}} not authorized to delete {noun.removesuffix('s')} {group.id}")


def self_or_sysadmin(ctx: Context, ref: str) -> None:
    """Refuse whoever is neither the user named by `ref` nor a sysadmin."""
    if ctx.user is None or not (ctx.user.sysadmin or ref in (ctx.user.id, ctx.user.name)):
        raise NotAuthorized("")


def can_see_users(ctx: Context, params: Any) -> None:
    """Everyone, unless `ckan.auth.public_user_details` is off: then known users."""
    if not ctx.site.settings["ckan.auth.public_user_details"]:
        logged_in(ctx, params)


def can_edit_user(ctx: Context, params: Any) -> None:
    """The user oneself, or a sysadmin."""
    account = ctx.once(get_account, params.id)
    if ctx.user is None:
        raise NotAuthorized("Have to be logged in to edit user")
    if not ctx.user.sysadmin and account.id != ctx.user.id:
        refuse(ctx, f"User {{user}} not authorized to edit user {account.id}")


def can_create_user(ctx: Context, params: Any) -> None:  # noqa: ARG001 - every rule has the same form
    """A sysadmin; everyone where `ckan.auth.create_user_via_api` says so."""
    if not (ctx.user and ctx.user.sysadmin) and not ctx.site.settings["ckan.auth.create_user_via_api"]:
        refuse(ctx, "User {user} not authorized to create users via the API")


def require_reader(ctx: Context, dataset: Dataset) -> None:
    """Refuse whoever may not read the dataset."""
    if not is_reader(ctx, dataset):
        refuse(ctx, f"User {{user}} not authorized to read package {dataset.id}")


def require_resource_reader(ctx: Context, resource: Resource) -> None:
    """Refuse whoever may not read the dataset of the resource."""
    if not is_reader(ctx, ctx.once(get_dataset, resource.package_id)):
        refuse(ctx, f"User {{user}} not authorized to read resource {resource.id}")


def require_resource_creator(ctx: Context, dataset: Dataset) -> None:
    """Refuse whoever may not read the dataset, or not add resources to it."""
    require_reader(ctx, dataset)
    if not is_writer(ctx, dataset):
        refuse(ctx, f"User {{user}} not authorized to create resources on dataset {dataset.id}")


def require_resource_writer(ctx: Context, resource: Resource, deed: str) -> None:
    """Refuse whoever may not change the dataset of the resource; `deed` says what for: edit or delete."""
    if not is_writer(ctx, ctx.once(get_dataset, resource.package_id)):
        refuse(ctx, f"User {{user}} not authorized to {deed} resource {resource.id}")


def require_writer(ctx: Context, dataset: Dataset) -> None:
    """Refuse whoever may not change the dataset."""
    if not is_writer(ctx, dataset):
        refuse(ctx, f"User {{user}} not authorized to edit package {dataset.id}")


def _require_admin(ctx: Context, group: Group) -> None:
    if not has_capacity(ctx, group.id, ADMINS):
        noun = "organization" if group.is_organization else "group"
        refuse(ctx, f"User {{user}} not authorized to edit {noun} {group.id}")
